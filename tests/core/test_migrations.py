"""Migrations: what was stored by an earlier version is kept, or made anew."""

from pathlib import Path

from alembic import command
from sqlalchemy import text

from challenge_platform.core.definition import Board
from challenge_platform.core.standing import boards_due
from challenge_platform.database import Database, connect
from challenge_platform.migrations import configuration, upgrade

BEFORE = """
INSERT INTO challenge (id, slug, created_at) VALUES (1, 'liver', '2026-01-01');
INSERT INTO challenge_version VALUES
  (1, 1, 1, 'd', '{}', '{}', '{}', 't', 'c', 'r', 's', 'seal', '2026-01-01');
INSERT INTO "user" (id, email, name, password, active, role, fs_uniquifier, created_at)
  VALUES (1, 'a@example.org', 'Ada', '', 1, 'participant', 'u', '2026-01-01');
INSERT INTO team (id, challenge_id, name, baseline, created_at)
  VALUES (1, 1, 'Ada', 0, '2026-01-01');
INSERT INTO submission (id, challenge_id, version_id, team_id, user_id, phase, kind, filename,
  message, artifact, size, state, attempt, token, not_before, opened_at, received_at)
  VALUES ('s', 1, 1, 1, 1, 'open', 'predictions', 'p.csv', '', 'a', 1, 'scored', 1, 1,
    '2026-01-02', '2026-01-02', '2026-01-02');
INSERT INTO result VALUES ('s', '{"units": 120, "metrics": {}}', x'00', '{}', '{}', '{}');
INSERT INTO standing (challenge_id, phase, board, team_id, submission_id, score, scores, resamples,
  updated_at) VALUES (1, 'open', 'public', 1, 's', 0.7312345, '{}', 'v', '2026-01-03 10:00:00');
INSERT INTO standing (challenge_id, phase, board, team_id, submission_id, score, scores, resamples,
  updated_at) VALUES (1, 'open', 'private', 1, 's', 0.7, '{}', 'v', '2026-01-04 10:00:00');
INSERT INTO board_state (challenge_id, phase, board, revision, built_revision, built_at)
  VALUES (1, 'open', 'public', 3, 3, '2026-01-03');
INSERT INTO snapshot (id, challenge_id, phase, board, number, digest, rows, built_at)
  VALUES (1, 1, 'open', 'public', 1, 'x', '[{"score": 0.7312345}]', '2026-01-03');
"""


def of_the_first_version(folder: Path) -> Database:
    """Make a database as the first tables were, with a board that was built."""
    database = connect(f"sqlite:///{folder}/platform.db")
    command.upgrade(configuration(database), "0001")
    with database.engine.begin() as connection:
        for statement in BEFORE.strip().split(";\n"):
            connection.execute(text(statement.rstrip(";")))
    return database


def test_boards_of_the_first_version_are_built_anew(tmp_path: Path) -> None:
    database = of_the_first_version(tmp_path)

    upgrade(database)

    with database.reading() as session:
        assert [due[:3] for due in boards_due(session)] == [(1, "open", Board.PUBLIC)]
        assert session.execute(text("SELECT count(*) FROM board_state")).scalar_one() == 0
        units = session.execute(text("SELECT board, units FROM standing ORDER BY board")).all()
        assert [tuple(row) for row in units] == [("private", None), ("public", 120)]
        changes = session.execute(text("SELECT board, score FROM standing_change ORDER BY board"))
        assert [tuple(row) for row in changes] == [("private", 0.7), ("public", 0.7312345)]
    assert not (tmp_path / "platform.db").read_bytes().count(b'[{"score": 0.7312345}]')
    database.engine.dispose()


def test_the_documents_of_boards_can_be_taken_back(tmp_path: Path) -> None:
    database = of_the_first_version(tmp_path)
    command.upgrade(configuration(database), "0002")

    command.downgrade(configuration(database), "0001")

    with database.reading() as session:
        rows = session.execute(text("SELECT revision, built_revision FROM board_state")).all()
    assert [tuple(row) for row in rows] == [(3, 0)]
    database.engine.dispose()
