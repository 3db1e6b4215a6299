"""The removal of contents: what something still refers to stays, found with few statements."""

from sqlalchemy import Connection, Engine, event
from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.core.board import build_board
from challenge_platform.core.board_state import BoardState
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.definition import Board
from challenge_platform.core.departure import Tombstone
from challenge_platform.core.standing import Standing
from challenge_platform.core.submission import Submission
from tests.conftest import Participant
from tests.core.test_departure import depart, queue, submit


def test_what_boards_are_made_of_stays(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, bob: Participant
) -> None:
    submit(platform, bob)
    build_board(
        platform.database,
        platform.store,
        challenge.id,
        phase="development",
        board=Board.PUBLIC,
        clock=platform.clock,
    )
    queued = queue(platform, alice)
    with platform.database.writing() as session:
        state = session.exec(select(BoardState.digest)).one()
        standing = session.exec(select(Standing.resamples)).one()
        hers = session.get_one(Submission, queued)
        hers.artifact, hers.source = state, standing

    depart(platform, alice)

    assert platform.store.has(state)
    assert platform.store.has(standing)


def test_the_statements_do_not_grow_with_the_contents(
    platform: Platform, alice: Participant, bob: Participant
) -> None:
    def statements(*, contents: int) -> int:
        """Count what is read to remove so many contents."""
        with platform.database.writing() as session:
            for stone in session.exec(select(Tombstone).limit(contents)):
                stone.removed_at = None
                session.add(stone)
        read: list[str] = []

        def note(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
            if not statement.startswith("UPDATE"):
                read.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        platform.departures.remove_contents()
        event.remove(Engine, "before_cursor_execute", note)
        return len(read)

    for who in (alice, bob):
        submit(platform, who)
        depart(platform, who)

    assert statements(contents=1) == statements(contents=2)
