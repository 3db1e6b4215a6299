"""What several processes do at the same moment ends as if they had done it one after another."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlmodel import Session, func, select

from challenge_platform.bootstrap import Platform
from challenge_platform.core import account, heartbeat, identity, invitation, login, recovery
from challenge_platform.core.account import User
from challenge_platform.core.board import build_board
from challenge_platform.core.board_state import BoardState
from challenge_platform.core.challenge import PublishedChallenge, find_challenge
from challenge_platform.core.definition import Board
from challenge_platform.core.heartbeat import Heartbeat, Part
from challenge_platform.core.identity import Claims
from challenge_platform.core.login import Way
from challenge_platform.core.standing import BoardRevision, Standing
from challenge_platform.core.submission import State, Submission
from challenge_platform.core.team import Membership, Team, join
from challenge_platform.errors import Conflict, NotFound, PlatformError
from tests.conftest import Participant, participant, publish_changed
from tests.core.test_submission import send
from tests.postgresql import on_both_databases

TIMES = 4
APART_SECONDS = 0.5
"""How long one waits for the others before it concludes that a lock keeps them away."""

pytestmark = on_both_databases


@contextmanager
def meeting(times: int) -> Iterator[None]:
    """Let no transaction write before so many have read, unless a lock keeps them apart."""
    barrier = threading.Barrier(times)

    def meet(*_: object) -> None:
        with suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=APART_SECONDS)

    event.listen(Session, "before_flush", meet)
    try:
        yield
    finally:
        event.remove(Session, "before_flush", meet)


def at_once(
    platform: Platform, *actions: Callable[[Session], object]
) -> list[object | PlatformError]:
    """Do each action in a transaction of its own, all at once; give the answers and refusals."""

    def act(action: Callable[[Session], object]) -> object | PlatformError:
        try:
            with platform.database.writing() as session:
                return action(session)
        except PlatformError as refused:
            return refused

    with meeting(len(actions)), ThreadPoolExecutor(len(actions)) as threads:
        return list(threads.map(act, actions))


def test_first_scores_of_many_teams_all_reach_the_board(
    platform: Platform, challenge: PublishedChallenge
) -> None:
    names = [f"team{number}" for number in range(TIMES)]
    people = [participant(platform, challenge, name=name) for name in names]
    sent = [send(platform, who).submission_id for who in people]

    with ThreadPoolExecutor(TIMES) as threads:
        ends = list(threads.map(platform.evaluator.evaluate, sent))

    assert ends == [State.SCORED] * TIMES
    with platform.database.reading() as session:
        assert session.exec(select(func.count()).select_from(Standing)).one() == TIMES
        assert session.exec(select(BoardRevision.revision)).one() == TIMES


def test_a_board_built_by_many_at_once_has_one_new_state(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    platform.evaluator.evaluate(send(platform, alice).submission_id)

    def build(_number: int) -> None:
        build_board(
            platform.database,
            platform.store,
            challenge.id,
            phase="development",
            board=Board.PUBLIC,
            clock=platform.clock,
        )

    with meeting(TIMES), ThreadPoolExecutor(TIMES) as threads:
        list(threads.map(build, range(TIMES)))

    with platform.database.reading() as session:
        assert session.exec(select(BoardState.number)).all() == [1]


def test_one_request_repeated_at_once_makes_one_submission(
    platform: Platform, alice: Participant
) -> None:
    with ThreadPoolExecutor(TIMES) as threads:
        accepted = list(
            threads.map(lambda _: send(platform, alice, idempotency_key="k"), range(TIMES))
        )

    assert len({answer.submission_id for answer in accepted}) == 1
    assert sorted(answer.repeated for answer in accepted) == [False, True, True, True]
    with platform.database.reading() as session:
        assert session.exec(select(func.count()).select_from(Submission)).one() == 1


@pytest.mark.parametrize("email", ["eve@example.org", "eve{}@example.org"])
@pytest.mark.parametrize("name", ["Eve", "Eve {}"])
def test_of_those_who_register_alike_at_once_one_succeeds(
    email: str, name: str, platform: Platform
) -> None:
    def register(number: int) -> Callable[[Session], object]:
        return lambda session: account.add_user(
            session,
            email=email.format(number),
            name=name.format(number),
            hashed="x",
            now=platform.clock(),
        )

    answers = at_once(platform, *map(register, range(TIMES)))

    alike = "{}" not in email or "{}" not in name
    assert sum(isinstance(answer, User) for answer in answers) == (1 if alike else TIMES)
    assert all(isinstance(answer, User | Conflict) for answer in answers)


def test_of_two_who_take_one_address_at_once_one_gets_it(
    platform: Platform, alice: Participant, bob: Participant
) -> None:
    def take(who: Participant) -> Callable[[Session], object]:
        return lambda session: account.change_email(
            session,
            session.get_one(User, who.user.id),
            email="one@example.org",
            now=platform.clock(),
        )

    answers = at_once(platform, take(alice), take(bob))

    assert answers.count(None) == 1
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1


def test_joining_twice_at_once_makes_one_team(
    platform: Platform, challenge: PublishedChallenge
) -> None:
    with platform.database.writing() as session:
        ann = account.add_user(
            session, email="ann@example.org", name="ann", hashed="x", now=platform.clock()
        )

    def accept(session: Session) -> object:
        return join(session, challenge, user=ann, agreement_version="1", now=platform.clock())

    answers = at_once(platform, *[accept] * TIMES)

    assert all(isinstance(answer, Team) for answer in answers)
    with platform.database.reading() as session:
        assert session.exec(select(func.count()).select_from(Team)).one() == 1
        assert session.exec(select(func.count()).select_from(Membership)).one() == 1


def test_an_invitation_that_is_used_while_it_is_withdrawn_ends_one_way(
    platform: Platform, alice: Participant, bob: Participant, tmp_path: Path
) -> None:
    publish_changed(platform, tmp_path, "max_size: 3", "max_size: 2")
    now = platform.clock()
    with platform.database.writing() as session:
        challenge = find_challenge(session, "tiny-survival")
        secret = invitation.invite(session, challenge, user=alice.user, now=now)
        [link] = invitation.invitations_of(session, alice.team, now=now)

    answers = at_once(
        platform,
        lambda session: invitation.withdraw(session, challenge, link.id, user=alice.user, now=now),
        lambda session: invitation.redeem(session, challenge, secret, user=bob.user, now=now),
    )

    assert sum(isinstance(answer, NotFound) for answer in answers) == 1
    with platform.database.reading() as session:
        together = len(invitation.members_of(session, alice.team)) == 2
    assert together is isinstance(answers[1], Team)


def test_the_first_heartbeats_of_two_reapers_do_not_collide(platform: Platform) -> None:
    def beat(session: Session) -> None:
        heartbeat.beat(session, Part.REAPER, now=platform.clock())

    assert at_once(platform, beat, beat) == [None, None]
    with platform.database.reading() as session:
        assert session.exec(select(Heartbeat.part)).all() == [Part.REAPER]


def test_of_two_recovery_links_made_at_once_one_stands(
    platform: Platform, alice: Participant
) -> None:
    def make(session: Session) -> str:
        user = session.get_one(User, alice.user.id)
        return recovery.issue_link(session, user, now=platform.clock())

    keys = at_once(platform, make, make)

    with platform.database.reading() as session:
        stands = 0
        for key in keys:
            with suppress(NotFound):
                recovery.find_by_link(session, str(key), now=platform.clock())
                stands += 1
    assert stands == 1


def test_an_identity_that_comes_twice_at_once_opens_one_account(platform: Platform) -> None:
    claims = Claims(issuer="https://id.example.org", subject="1", email="ida@example.org")

    def register(session: Session) -> object:
        return identity.register(session, claims, name="Ida", now=platform.clock())

    answers = at_once(platform, register, register)

    assert sum(isinstance(answer, User) for answer in answers) == 1
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1
    with platform.database.reading() as session:
        assert session.exec(select(func.count()).select_from(User)).one() == 1


def test_an_identity_that_is_linked_twice_at_once_is_linked_once(
    platform: Platform, alice: Participant
) -> None:
    claims = Claims(issuer="https://id.example.org", subject="1", email="alice@example.org")

    def link(session: Session) -> None:
        identity.link(session, alice.user, claims, now=platform.clock())

    assert at_once(platform, link, link) == [None, None]


def test_a_session_that_ends_while_it_is_used_has_ended(
    platform: Platform, alice: Participant
) -> None:
    with platform.database.writing() as session:
        key = login.begin(
            session,
            user_id=alice.user.id,
            way=Way.PASSWORD,
            second_factor=False,
            browser="",
            system="",
            now=platform.clock(),
        )
    id_ = login.identifier_of(key)
    platform.clock.advance(minutes=5)  # type: ignore[attr-defined]  # the tests' clock

    at_once(
        platform,
        lambda session: login.note_seen(session, id_, now=platform.clock()),
        lambda session: login.end(session, id_, user_id=alice.user.id, now=platform.clock()),
    )

    with platform.database.reading() as session:
        assert login.logins_of(session, user_id=alice.user.id, now=platform.clock()) == []
