"""Queues: in which one a submission waits, who serves it, and whether all is drained."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

QUEUES = ("scoring", "code", "container", "gpu")


def upgrade() -> None:
    """Apply; what waits now are predictions, code and containers as their kind says."""
    queue = sa.Enum(*QUEUES, name="queuename", native_enum=False, create_constraint=True, length=40)
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.add_column(sa.Column("queue", queue, nullable=False, server_default="scoring"))
    op.execute("UPDATE submission SET queue = kind WHERE kind <> 'predictions'")
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.alter_column("queue", server_default=None)
        batch_op.create_index(
            "ix_submission_served_challenge", ["challenge_id", "queue", "started_at"], unique=False
        )
        batch_op.create_index(
            "ix_submission_served_team", ["team_id", "queue", "started_at"], unique=False
        )
    op.create_table(
        "worker",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("queues", sa.String(length=200), nullable=False),
        sa.Column("draining", sa.Boolean(), nullable=False),
        sa.Column("busy", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
    )
    op.create_table(
        "drain",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drain")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("drain")
    op.drop_table("worker")
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_index("ix_submission_served_team")
        batch_op.drop_index("ix_submission_served_challenge")
        batch_op.drop_constraint(op.f("ck_submission_queuename"), type_="check")
        batch_op.drop_column("queue")
