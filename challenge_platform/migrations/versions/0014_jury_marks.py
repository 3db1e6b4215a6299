"""Jury marks: what each juror gives a team for a criterion."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "jury_mark",
        sa.Column("challenge_id", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(length=64), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("criterion", sa.String(length=64), nullable=False),
        sa.Column("juror", sa.String(length=80), nullable=False),
        sa.Column("mark", sa.Float(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["challenge_id"], ["challenge.id"], name=op.f("fk_jury_mark_challenge_id_challenge")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_jury_mark_team_id_team")),
        sa.PrimaryKeyConstraint(
            "challenge_id", "phase", "team_id", "criterion", "juror", name=op.f("pk_jury_mark")
        ),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("jury_mark")
