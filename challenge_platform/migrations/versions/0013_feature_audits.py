"""Audits of features: a stage of a program's runs, and an end of its submission."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

REASONS = (
    *("complete", "sandbox_unavailable", "scoring_crashed", "scoring_timed_out"),
    *("scoring_out_of_memory", "scoring_output_too_large", "scoring_answer_invalid"),
    *("truth_unavailable", "worker_lost", "unexpected", "cancelled_by_team"),
    *("predictions_refused", "run_crashed", "run_timed_out", "run_out_of_memory"),
    *("run_output_too_large", "run_no_file"),
)
REFUSED = "features_refused"
STAGES = ("smoke", "public", "hidden")
AUDIT = "audit"


def upgrade() -> None:
    """Apply."""
    _allow("submission", "reason", *REASONS, REFUSED)
    _allow("run", "stage", *STAGES, AUDIT)


def downgrade() -> None:
    """Undo; an audit is forgotten, and what it refused is told as refused predictions."""
    op.execute(
        "UPDATE submission SET reason = 'predictions_refused' WHERE reason = 'features_refused'"
    )
    op.execute("DELETE FROM run WHERE stage = 'audit'")
    _allow("run", "stage", *STAGES)
    _allow("submission", "reason", *REASONS)


def _allow(table: str, column: str, *values: str) -> None:
    told = ", ".join(f"'{value}'" for value in values)
    constraint = op.f(f"ck_{table}_{column}")
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(constraint, type_="check")
        batch_op.create_check_constraint(constraint, sa.text(f"{column} IN ({told})"))
