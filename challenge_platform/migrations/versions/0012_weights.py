"""Weights: archives that teams send beside their code or image; images above 2 GiB."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.add_column(sa.Column("weights", sa.String(length=64), nullable=True))
        batch_op.alter_column("size", existing_type=sa.Integer(), type_=sa.BigInteger())
        batch_op.create_index(batch_op.f("ix_submission_weights"), ["weights"], unique=False)
    op.create_table(
        "weights",
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("tar_digest", sa.String(length=64), nullable=False),
        sa.Column("tar_size", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_weights_team_id_team")),
        sa.PrimaryKeyConstraint("team_id", "digest", name=op.f("pk_weights")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("weights")
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_submission_weights"))
        batch_op.alter_column("size", existing_type=sa.BigInteger(), type_=sa.Integer())
        batch_op.drop_column("weights")
