"""Scoring programs of organizers: a stage of what runs for a submission."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STAGES = ("smoke", "public", "hidden", "audit")
SCORING = "scoring"


def upgrade() -> None:
    """Apply."""
    _allow(*STAGES, SCORING)


def downgrade() -> None:
    """Undo; what scoring programs said is forgotten."""
    op.execute("DELETE FROM run WHERE stage = 'scoring'")
    _allow(*STAGES)


def _allow(*stages: str) -> None:
    told = ", ".join(f"'{stage}'" for stage in stages)
    constraint = op.f("ck_run_stage")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_constraint(constraint, type_="check")
        batch_op.create_check_constraint(constraint, sa.text(f"stage IN ({told})"))
