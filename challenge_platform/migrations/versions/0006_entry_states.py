"""How teams take part in a ranking, and the submissions among which their best was chosen."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STATES = ("ranked", "not_eligible", "baseline", "disqualified", "withdrawn")


def upgrade() -> None:
    """Apply."""
    state = sa.Enum(
        *STATES, name="entrystate", native_enum=False, create_constraint=True, length=40
    )
    with op.batch_alter_table("team", schema=None) as batch_op:
        batch_op.add_column(sa.Column("state", state, nullable=False, server_default="ranked"))
        batch_op.add_column(sa.Column("reason", sa.String(length=500), nullable=True))
    op.execute("UPDATE team SET state = 'baseline' WHERE baseline")
    with op.batch_alter_table("team", schema=None) as batch_op:
        batch_op.alter_column("state", server_default=None)
        batch_op.drop_column("baseline")

    op.create_table(
        "candidate",
        sa.Column("submission_id", sa.String(length=32), nullable=False),
        sa.Column("challenge_id", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(length=64), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("resamples", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["challenge_id"], ["challenge.id"], name=op.f("fk_candidate_challenge_id_challenge")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_candidate_submission_id_submission")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_candidate_team_id_team")),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_candidate")),
    )
    op.create_index("ix_candidate_board", "candidate", ["challenge_id", "phase"], unique=False)
    # Of earlier submissions only those that stand have kept their resamples.
    op.execute(
        "INSERT INTO candidate (submission_id, challenge_id, phase, team_id, score, resamples) "
        "SELECT submission_id, challenge_id, phase, team_id, score, resamples FROM standing "
        "WHERE board = 'public'"
    )
    op.execute("UPDATE board_revision SET revision = revision + 1")


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_candidate_board", table_name="candidate")
    op.drop_table("candidate")
    with op.batch_alter_table("team", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("baseline", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.execute("UPDATE team SET baseline = (state = 'baseline')")
    with op.batch_alter_table("team", schema=None) as batch_op:
        batch_op.alter_column("baseline", server_default=None)
        batch_op.drop_constraint(op.f("ck_team_entrystate"), type_="check")
        batch_op.drop_column("reason")
        batch_op.drop_column("state")
