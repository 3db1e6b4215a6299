"""Migrations: what was stored by an earlier version is kept, or made anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from challenge_platform.core.definition import Board
from challenge_platform.core.standing import boards_due
from challenge_platform.database import Database, connect
from challenge_platform.migrations import configuration, upgrade

BEFORE = r"""
INSERT INTO challenge (id, slug, created_at) VALUES (1, 'liver', '2026-01-01');
INSERT INTO challenge_version VALUES
  (1, 1, 1, 'd', '{}', '{}', '{}', 't', 'c', 'r', 's', 'seal', '2026-01-01');
INSERT INTO "user" (id, email, name, password, active, role, fs_uniquifier, created_at)
  VALUES (1, 'a@example.org', 'Ada', '', true, 'participant', 'u', '2026-01-01');
INSERT INTO team (id, challenge_id, name, baseline, created_at)
  VALUES (1, 1, 'Ada', false, '2026-01-01'), (2, 1, 'Age alone', true, '2026-01-01');
INSERT INTO submission (id, challenge_id, version_id, team_id, user_id, phase, kind, filename,
  message, artifact, size, state, attempt, token, not_before, opened_at, received_at)
  VALUES ('s', 1, 1, 1, 1, 'open', 'predictions', 'p.csv', '', 'a', 1, 'scored', 1, 1,
    '2026-01-02', '2026-01-02', '2026-01-02');
INSERT INTO result VALUES ('s', '{"units": 120, "metrics": {}}', '\x00', '{}', '{}', '{}');
INSERT INTO standing (challenge_id, phase, board, team_id, submission_id, score, scores, resamples,
  updated_at) VALUES (1, 'open', 'public', 1, 's', 0.7312345, '{}', 'v', '2026-01-03 10:00:00');
INSERT INTO standing (challenge_id, phase, board, team_id, submission_id, score, scores, resamples,
  updated_at) VALUES (1, 'open', 'private', 1, 's', 0.7, '{}', 'v', '2026-01-04 10:00:00');
INSERT INTO board_state (challenge_id, phase, board, revision, built_revision, built_at)
  VALUES (1, 'open', 'public', 3, 3, '2026-01-03');
INSERT INTO snapshot (id, challenge_id, phase, board, number, digest, rows, built_at)
  VALUES (1, 1, 'open', 'public', 1, 'x', '[{"score": 0.7312345}]', '2026-01-03');
"""


@pytest.fixture
def database(tmp_path: Path, database_url: str | None) -> Iterator[Database]:
    """Give a database as the first tables were, with a board that was built."""
    database = connect(database_url or f"sqlite:///{tmp_path}/platform.db")
    upgrade(database)
    command.downgrade(configuration(database), "0001")
    with database.engine.begin() as connection:
        for statement in BEFORE.strip().split(";\n"):
            connection.execute(text(statement.rstrip(";")))
    yield database
    database.close()


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    """Give what a query finds."""
    with database.reading() as session:
        return [tuple(row) for row in session.execute(text(query))]


def test_boards_of_the_first_version_are_built_anew(database: Database, tmp_path: Path) -> None:
    upgrade(database)

    with database.reading() as session:
        assert [due[:3] for due in boards_due(session)] == [(1, "open", Board.PUBLIC)]
    assert rows(database, "SELECT count(*) FROM board_state") == [(0,)]
    units = rows(database, "SELECT board, units FROM standing ORDER BY board")
    assert units == [("private", None), ("public", 120)]
    changes = rows(database, "SELECT board, score FROM standing_change ORDER BY board")
    assert changes == [("private", 0.7), ("public", 0.7312345)]
    if (file := tmp_path / "platform.db").exists():
        assert not file.read_bytes().count(b'[{"score": 0.7312345}]')


def test_the_documents_of_boards_can_be_taken_back(database: Database) -> None:
    command.upgrade(configuration(database), "0002")

    command.downgrade(configuration(database), "0001")

    assert rows(database, "SELECT revision, built_revision FROM board_state") == [(3, 0)]


def test_tables_that_rows_refer_to_can_be_rebuilt(database: Database) -> None:
    upgrade(database)

    command.downgrade(configuration(database), "0002")

    assert rows(database, 'SELECT id, name FROM "user"') == [(1, "Ada")]
    assert rows(database, "SELECT user_id, state FROM submission") == [(1, "scored")]


def test_baselines_are_a_state_of_teams_and_what_stands_is_a_candidate(database: Database) -> None:
    upgrade(database)

    assert rows(database, "SELECT name, state FROM team ORDER BY id") == [
        ("Ada", "ranked"),
        ("Age alone", "baseline"),
    ]
    candidates = rows(database, "SELECT submission_id, phase, team_id, score FROM candidate")
    assert candidates == [("s", "open", 1, 0.7312345)]

    command.downgrade(configuration(database), "0005")
    assert rows(database, "SELECT id FROM team WHERE baseline") == [(2,)]


def test_a_submission_may_be_rejected_and_is_cancelled_to_an_older_version(
    database: Database,
) -> None:
    upgrade(database)
    with database.engine.begin() as connection:
        connection.execute(
            text("UPDATE submission SET state = 'rejected', reason = 'predictions_refused'")
        )
    with database.engine.begin() as connection, pytest.raises(IntegrityError):
        connection.execute(text("UPDATE submission SET reason = 'nobody knows'"))

    command.downgrade(configuration(database), "0006")

    ends = rows(database, "SELECT state, reason FROM submission")
    assert ends == [("cancelled", "cancelled_by_team")]


@pytest.mark.parametrize(
    ("kind", "queue"),
    [("predictions", "scoring"), ("code", "code"), ("container", "container")],
)
def test_what_an_older_version_took_waits_in_the_queue_of_its_kind(
    database: Database, kind: str, queue: str
) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE submission SET kind = :kind"), {"kind": kind})

    upgrade(database)

    assert rows(database, "SELECT queue FROM submission") == [(queue,)]


def test_rows_cannot_refer_to_nothing_after_a_migration(database: Database) -> None:
    upgrade(database)
    command.downgrade(configuration(database), "0002")

    with database.engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(text("DELETE FROM submission"))


@pytest.mark.sqlite(reason="PostgreSQL keeps no reference to nothing, even for a migration")
def test_a_migration_that_leaves_references_to_nothing_is_taken_back(database: Database) -> None:
    with database.engine.connect() as connection:
        driver = connection.connection
        driver.cursor().execute("PRAGMA foreign_keys=OFF")
        driver.cursor().execute("DELETE FROM team")
        driver.cursor().execute("PRAGMA foreign_keys=ON")

    with pytest.raises(RuntimeError, match="submission to team"):
        upgrade(database)
    assert rows(database, "SELECT version_num FROM alembic_version") == [("0001",)]


def test_tables_and_indexes_are_those_of_the_models(database: Database) -> None:
    upgrade(database)

    command.check(configuration(database))


def test_what_an_audit_refused_is_told_as_refused_predictions_to_an_older_version(
    database: Database,
) -> None:
    upgrade(database)
    with database.engine.begin() as connection:
        connection.execute(
            text("UPDATE submission SET state = 'rejected', reason = 'features_refused'")
        )

    command.downgrade(configuration(database), "0012")

    ends = rows(database, "SELECT state, reason FROM submission")
    assert ends == [("rejected", "predictions_refused")]
