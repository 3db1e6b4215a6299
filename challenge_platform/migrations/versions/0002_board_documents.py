"""states of boards are documents, named by their digest; the history of standings."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STANDING = sa.table(
    "standing",
    sa.column("submission_id", sa.String),
    sa.column("board", sa.String),
    sa.column("units", sa.Integer),
)
RESULT = sa.table("result", sa.column("submission_id", sa.String), sa.column("public", sa.JSON))


def upgrade() -> None:
    """Apply; the old snapshots held full precision and are dropped, every board is built anew."""
    with op.batch_alter_table("standing", schema=None) as batch_op:
        batch_op.add_column(sa.Column("units", sa.Integer(), nullable=True))
    _count_units()
    _create_standing_change()
    op.execute(
        "INSERT INTO standing_change"
        " (challenge_id, phase, board, team_id, submission_id, at, score)"
        " SELECT challenge_id, phase, board, team_id, submission_id, updated_at, score"
        " FROM standing"
    )
    _create_revisions("board_revision")
    op.execute(
        "INSERT INTO board_revision (challenge_id, phase, board, revision, built_revision)"
        " SELECT challenge_id, phase, board, revision, 0 FROM board_state"
    )
    op.drop_table("board_state")
    with op.batch_alter_table("snapshot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_snapshot_challenge_id"))
    op.drop_table("snapshot")
    _create_board_state()


def downgrade() -> None:
    """Take back; the boards are built anew."""
    op.drop_table("board_state")
    op.create_table(
        "snapshot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("challenge_id", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(length=64), nullable=False),
        sa.Column("board", _board(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("built_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["challenge_id"], ["challenge.id"], name=op.f("fk_snapshot_challenge_id_challenge")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot")),
        sa.UniqueConstraint(
            "challenge_id",
            "phase",
            "board",
            "number",
            name=op.f("uq_snapshot_challenge_id_phase_board_number"),
        ),
    )
    with op.batch_alter_table("snapshot", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_snapshot_challenge_id"), ["challenge_id"], unique=False
        )
    _create_revisions("board_state")
    op.execute(
        "INSERT INTO board_state (challenge_id, phase, board, revision, built_revision)"
        " SELECT challenge_id, phase, board, revision, 0 FROM board_revision"
    )
    op.drop_table("board_revision")
    op.drop_table("standing_change")
    with op.batch_alter_table("standing", schema=None) as batch_op:
        batch_op.drop_column("units")


def _count_units() -> None:
    """Fill the units of the public standings; those of the private ones are in sealed results."""
    connection = op.get_bind()
    public = STANDING.c.board == "public"
    query = sa.select(RESULT.c.submission_id, RESULT.c.public).join(
        STANDING, sa.and_(STANDING.c.submission_id == RESULT.c.submission_id, public)
    )
    for submission_id, result in connection.execute(query).all():
        connection.execute(
            sa.update(STANDING)
            .where(STANDING.c.submission_id == submission_id, public)
            .values(units=result["units"])
        )


def _create_standing_change() -> None:
    op.create_table(
        "standing_change",
        sa.Column("challenge_id", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(length=64), nullable=False),
        sa.Column("board", _board(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["challenge_id"],
            ["challenge.id"],
            name=op.f("fk_standing_change_challenge_id_challenge"),
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
            name=op.f("fk_standing_change_submission_id_submission"),
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["team.id"], name=op.f("fk_standing_change_team_id_team")
        ),
        sa.PrimaryKeyConstraint(
            "challenge_id",
            "phase",
            "board",
            "team_id",
            "submission_id",
            name=op.f("pk_standing_change"),
        ),
    )


def _create_revisions(name: str) -> None:
    op.create_table(
        name,
        sa.Column("challenge_id", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(length=64), nullable=False),
        sa.Column("board", _board(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("built_revision", sa.Integer(), nullable=False),
        sa.Column("built_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["challenge_id"], ["challenge.id"], name=op.f(f"fk_{name}_challenge_id_challenge")
        ),
        sa.PrimaryKeyConstraint("challenge_id", "phase", "board", name=op.f(f"pk_{name}")),
    )


def _create_board_state() -> None:
    op.create_table(
        "board_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("challenge_id", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(length=64), nullable=False),
        sa.Column("board", _board(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("built_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["challenge_id"], ["challenge.id"], name=op.f("fk_board_state_challenge_id_challenge")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["challenge_version.id"],
            name=op.f("fk_board_state_version_id_challenge_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_state")),
        sa.UniqueConstraint(
            "challenge_id",
            "phase",
            "board",
            "number",
            name=op.f("uq_board_state_challenge_id_phase_board_number"),
        ),
    )


def _board() -> sa.Enum:
    return sa.Enum(
        "public", "private", name="board", native_enum=False, create_constraint=True, length=40
    )
