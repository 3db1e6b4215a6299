"""Power: what the pre-flight of a challenge found that scores can tell."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("challenge_version", schema=None) as batch_op:
        batch_op.add_column(sa.Column("power", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("challenge_version", schema=None) as batch_op:
        batch_op.drop_column("power")
