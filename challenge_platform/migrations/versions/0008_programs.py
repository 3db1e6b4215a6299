"""Submitted programs: what they find in /input, their runs, and how those may end."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
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
    "predictions_refused",
)
OF_RUNS = (
    "run_crashed",
    "run_timed_out",
    "run_out_of_memory",
    "run_output_too_large",
    "run_no_file",
)
STAGES = ("smoke", "public", "hidden")
ENDS = (
    "finished",
    "crashed",
    "timed_out",
    "out_of_memory",
    "output_too_large",
    "no_file",
    "cancelled",
)
INPUT = ("input_digest", "input_object")


def upgrade() -> None:
    """Apply."""
    _allow(*REASONS, *OF_RUNS)
    with op.batch_alter_table("challenge_version", schema=None) as batch_op:
        for name in INPUT:
            batch_op.add_column(sa.Column(name, sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("input_size", sa.BigInteger(), nullable=True))
    op.create_table(
        "run",
        sa.Column("submission_id", sa.String(length=32), nullable=False),
        sa.Column("stage", _names("stage", *STAGES), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end", _names("end", *ENDS), nullable=True),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("timings", sa.JSON(), nullable=False),
        sa.Column("usage", sa.JSON(), nullable=False),
        sa.Column("log", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_bytes", sa.Integer(), nullable=False),
        sa.Column("predictions", sa.String(length=64), nullable=True),
        sa.Column("refused", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_run_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("submission_id", "stage", name=op.f("pk_run")),
    )


def downgrade() -> None:
    """Undo; what a program's run ended is told as cancelled, the only other fault of a team's."""
    op.drop_table("run")
    with op.batch_alter_table("challenge_version", schema=None) as batch_op:
        for name in (*INPUT, "input_size"):
            batch_op.drop_column(name)
    op.execute(
        "UPDATE submission SET state = 'cancelled', reason = 'cancelled_by_team' "
        "WHERE reason LIKE 'run!_%' ESCAPE '!'"
    )
    _allow(*REASONS)


def _names(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _allow(*reasons: str) -> None:
    told = ", ".join(f"'{reason}'" for reason in reasons)
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(CONSTRAINT), type_="check")
        batch_op.create_check_constraint(op.f(CONSTRAINT), sa.text(f"reason IN ({told})"))
