"""The database: what its errors tell, and what a session that reads may do."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, InternalError, OperationalError
from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.core.account import User
from tests.conftest import Participant
from tests.postgresql import on_both_databases

READ_ONLY = (OperationalError, InternalError)


def test_an_error_of_the_database_tells_no_values(platform: Platform) -> None:
    def add() -> None:
        with platform.database.writing() as session:
            session.add(
                User(
                    email="eve@example.org",
                    name="Eve",
                    password="the hash",  # noqa: S106 -- stands for one
                    created_at=platform.clock(),
                )
            )

    add()

    with pytest.raises(IntegrityError) as failed:
        add()
    assert "the hash" not in str(failed.value)


def _eve(platform: Platform) -> User:
    return User(email="eve@example.org", name="Eve", password="", created_at=platform.clock())


@on_both_databases
def test_a_session_that_reads_cannot_write(platform: Platform, alice: Participant) -> None:
    with platform.database.reading() as session:
        session.add(_eve(platform))
        with pytest.raises(READ_ONLY, match=r"read-?only"):
            session.flush()
    with (
        platform.database.reading() as session,
        pytest.raises(READ_ONLY, match=r"read-?only"),
    ):
        session.execute(text("DELETE FROM membership"))

    with platform.database.reading() as session:
        assert session.exec(select(User.name)).all() == [alice.user.name]


@on_both_databases
def test_a_session_that_reads_sees_what_is_committed_meanwhile(platform: Platform) -> None:
    with platform.database.reading() as session:
        assert session.exec(select(User)).all() == []
        with platform.database.writing() as writing:
            writing.add(_eve(platform))
        assert len(session.exec(select(User)).all()) == 1
