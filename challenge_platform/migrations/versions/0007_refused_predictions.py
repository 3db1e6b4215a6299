"""Submissions whose predictions the scorer refused, through their authors' fault."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

CONSTRAINT = "ck_submission_reason"
REASONS = (
    "complete",
    "sandbox_unavailable",
    "scoring_crashed",
    "scoring_timed_out",
    "scoring_out_of_memory",
    "scoring_output_too_large",
    "scoring_answer_invalid",
    "truth_unavailable",
    "worker_lost",
    "unexpected",
    "cancelled_by_team",
)
REFUSED = "predictions_refused"


def upgrade() -> None:
    """Apply."""
    _allow(*REASONS, REFUSED)


def downgrade() -> None:
    """Undo; what was refused is told as cancelled, the only other fault of a team's."""
    op.execute(
        "UPDATE submission SET state = 'cancelled', reason = 'cancelled_by_team' "
        "WHERE reason = 'predictions_refused'"
    )
    _allow(*REASONS)


def _allow(*reasons: str) -> None:
    told = ", ".join(f"'{reason}'" for reason in reasons)
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(CONSTRAINT), type_="check")
        batch_op.create_check_constraint(op.f(CONSTRAINT), sa.text(f"reason IN ({told})"))
