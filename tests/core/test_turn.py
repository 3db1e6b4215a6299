"""Whose turn it is: no team's flood, and no challenge's, makes another wait for more than one."""

import dataclasses
import random
import threading
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core import submission as submissions
from challenge_platform.core import turn, worker
from challenge_platform.core.challenge import Challenge, PublishedChallenge
from challenge_platform.core.submission import (
    Claim,
    Kind,
    QueueName,
    Reason,
    State,
    Submission,
    queue_of,
)
from challenge_platform.core.team import Team
from challenge_platform.core.turn import Running, Waiting, fair_order
from tests.conftest import Participant, participant
from tests.fakes import Clock
from tests.postgresql import on_both_databases

LEASE = timedelta(seconds=20)


def put(
    platform: Platform,
    challenge: PublishedChallenge,
    team: Team,
    *,
    count: int = 1,
    queue: QueueName = QueueName.CODE,
) -> list[str]:
    """Queue submissions of a team, as an upload does it, and give their ids."""
    now = platform.clock()
    ids = []
    with platform.database.writing() as session:
        for number in range(count):
            row = Submission(
                challenge_id=challenge.id,
                version_id=challenge.version_id,
                team_id=team.id,
                user_id=1,
                phase="development",
                kind=Kind.PREDICTIONS if queue is QueueName.SCORING else Kind.CODE,
                queue=queue,
                filename="a.zip",
                artifact="a" * 64,
                size=1,
                not_before=now,
                opened_at=now,
                received_at=now + timedelta(milliseconds=number),
            )
            session.add(row)
            ids.append(row.id)
    return ids


def another_challenge(platform: Platform, known: PublishedChallenge) -> PublishedChallenge:
    """Make a challenge that is like another one."""
    with platform.database.writing() as session:
        row = Challenge(slug="another", created_at=platform.clock())
        session.add(row)
        session.flush()
        return dataclasses.replace(known, id=row.id)


def claim(
    platform: Platform, queue: QueueName = QueueName.CODE, *, team_runs: int = 1
) -> Claim | None:
    """Claim the next of a queue, as a worker does it."""
    with platform.database.writing() as session:
        return turn.claim_next(
            session, queue, now=platform.clock(), lease=LEASE, team_runs=team_runs
        )


def end(platform: Platform, held: Claim) -> None:
    """End what was claimed."""
    with platform.database.writing() as session:
        now = platform.clock()
        submissions.finish(session, held, state=State.SCORED, reason=Reason.COMPLETE, now=now)


def owner(platform: Platform, held: Claim) -> int:
    """Give the team of what was claimed."""
    with platform.database.reading() as session:
        return submissions.find_submission(session, held.submission_id).team_id


@pytest.mark.parametrize(
    ("kind", "gpus", "expected"),
    [
        (Kind.PREDICTIONS, 0, QueueName.SCORING),
        (Kind.PREDICTIONS, 1, QueueName.SCORING),
        (Kind.CODE, 0, QueueName.CODE),
        (Kind.CODE, 1, QueueName.GPU),
        (Kind.CONTAINER, 0, QueueName.CONTAINER),
        (Kind.CONTAINER, 2, QueueName.GPU),
    ],
)
def test_a_submission_waits_in_the_queue_of_its_kind(
    kind: Kind, gpus: int, expected: QueueName
) -> None:
    assert queue_of(kind, gpus=gpus) is expected


@on_both_databases
def test_a_flood_of_one_team_makes_another_wait_for_one_run_at_most(
    platform: Platform,
    challenge: PublishedChallenge,
    alice: Participant,
    bob: Participant,
    clock: Clock,
) -> None:
    put(platform, challenge, alice.team, count=50, queue=QueueName.SCORING)
    for _ in range(5):  # a worker that served Alice's before
        clock.advance(seconds=1)
        held = claim(platform, QueueName.SCORING)
        assert held is not None
        end(platform, held)
    clock.advance(seconds=1)
    put(platform, challenge, bob.team, queue=QueueName.SCORING)

    held_at_once = [claim(platform, QueueName.SCORING) for _ in range(3)]

    order = [owner(platform, held) for held in held_at_once if held]
    assert order == [bob.team.id, alice.team.id, alice.team.id]


@on_both_databases
def test_workers_that_claim_at_once_share_what_waits_and_respect_what_a_team_may_run(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, bob: Participant
) -> None:
    expected = {id_ for who in (alice, bob) for id_ in put(platform, challenge, who.team, count=8)}
    claimed: list[str] = []
    running: Counter[int] = Counter()
    most: Counter[int] = Counter()
    lock = threading.Lock()
    until = time.monotonic() + 60

    def work() -> None:
        nonlocal most
        while len(claimed) < len(expected) and time.monotonic() < until:
            if (held := claim(platform)) is None:
                time.sleep(0.002)  # or those who ask again and again starve the one who is to end
                continue
            team = owner(platform, held)
            with lock:
                claimed.append(held.submission_id)
                running[team] += 1
                most |= running
            time.sleep(0.001)
            with lock:
                running[team] -= 1
            end(platform, held)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work) for _ in range(4)]:
            done.result()

    assert sorted(claimed) == sorted(expected)
    assert most == {alice.team.id: 1, bob.team.id: 1}


@on_both_databases
def test_a_claim_waits_for_one_that_is_not_committed_yet(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, clock: Clock
) -> None:
    [first, _] = put(platform, challenge, alice.team, count=2)
    later = clock() + LEASE
    with platform.database.writing() as session:
        row = submissions.find_submission(session, first)
        row.not_before = later
        session.add(row)
    others: list[Claim | None] = []
    thread = threading.Thread(target=lambda: others.append(claim(platform)))
    with platform.database.writing() as session:
        held = turn.claim_next(session, QueueName.CODE, now=later, lease=LEASE, team_runs=1)
        thread.start()
        thread.join(0.5)
    thread.join()

    assert held is not None
    assert held.submission_id == first
    assert others == [None]


def test_while_a_team_has_a_program_running_its_others_wait_and_other_teams_do_not(
    platform: Platform,
    challenge: PublishedChallenge,
    alice: Participant,
    bob: Participant,
    clock: Clock,
) -> None:
    put(platform, challenge, alice.team, count=2)
    put(platform, challenge, alice.team, queue=QueueName.CONTAINER)
    put(platform, challenge, alice.team, queue=QueueName.SCORING)
    clock.advance(seconds=1)
    put(platform, challenge, bob.team)
    first, second = claim(platform), claim(platform)
    assert first is not None
    assert second is not None

    assert [owner(platform, first), owner(platform, second)] == [alice.team.id, bob.team.id]
    assert claim(platform) is None
    assert claim(platform, QueueName.CONTAINER) is None
    assert claim(platform, QueueName.SCORING) is not None
    end(platform, first)
    assert claim(platform) is not None


def test_an_operator_may_let_a_team_run_more_at_a_time(
    platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    put(platform, challenge, alice.team, count=3)

    assert [claim(platform, team_runs=2) is not None for _ in range(3)] == [True, True, False]


def test_nothing_is_claimed_while_the_platform_is_drained(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, clock: Clock
) -> None:
    put(platform, challenge, alice.team)
    with platform.database.writing() as session:
        worker.ask_to_drain(session, now=clock())
        worker.ask_to_drain(session, now=clock())  # an operator who asks again

    drained = claim(platform)
    with platform.database.reading() as session:
        hints = turn.due(session, now=clock(), team_runs=1)
    with platform.database.writing() as session:
        worker.resume(session)

    assert (drained, hints) == (None, [])
    assert claim(platform) is not None


def test_the_reaper_makes_jobs_for_what_may_be_claimed_only(
    platform: Platform,
    challenge: PublishedChallenge,
    alice: Participant,
    bob: Participant,
    clock: Clock,
) -> None:
    own = put(platform, challenge, alice.team, count=3)
    clock.advance(seconds=1)
    other = put(platform, challenge, bob.team, count=2)
    files = put(platform, challenge, alice.team, count=2, queue=QueueName.SCORING)

    def listed() -> set[str]:
        with platform.database.reading() as session:
            due = turn.due(session, now=platform.clock() + LEASE, team_runs=1)
        return {hint.submission_id for hint in due}

    before = listed()
    claim(platform)

    assert before == {own[0], other[0], *files}
    assert listed() == {other[0], *files}


@on_both_databases
@pytest.mark.parametrize("seed", [1, 3])
def test_the_order_that_is_told_is_that_of_the_claims(
    platform: Platform,
    challenge: PublishedChallenge,
    clock: Clock,
    seed: int,
) -> None:
    chance = random.Random(seed)  # noqa: S311 -- a reproducible table, no secret
    other = another_challenge(platform, challenge)
    owners = [
        (each, participant(platform, challenge, name=f"team{number}").team)
        for number, each in enumerate([challenge, challenge, challenge, other, other])
    ]
    for _ in range(12):
        put(platform, *chance.choice(owners), queue=QueueName.SCORING)
        clock.advance(seconds=chance.randrange(2))
    for _ in range(seed):
        held = claim(platform, QueueName.SCORING)
        clock.advance(seconds=1)
        if held and chance.random() < 0.5:
            end(platform, held)
    with platform.database.reading() as session:
        running = turn.running_in(session, QueueName.SCORING)
        waiting = turn.waiting_in(session, QueueName.SCORING, running=running)
    told = [each.id for each in waiting]

    claimed = []
    while held := claim(platform, QueueName.SCORING):
        claimed.append(held.submission_id)
        clock.advance(seconds=1)

    assert claimed == told
    assert len(told) == 12 - seed


def waiting(*owners: tuple[int, int]) -> list[Waiting]:
    """Give submissions of (challenge, team) that never were served, the oldest first."""
    start = Clock()()
    return [
        Waiting(
            id=f"{number:02}",
            challenge=challenge,
            team=team,
            received_at=start + timedelta(seconds=number),
        )
        for number, (challenge, team) in enumerate(owners)
    ]


def teams(found: Iterable[Waiting]) -> list[int]:
    """Give whose they are."""
    return [each.team for each in found]


@pytest.mark.parametrize(
    ("found", "running", "expected"),
    [
        ([], [], []),
        ([(1, 1), (1, 1), (1, 2)], [], [1, 2, 1]),
        ([(1, 1), (1, 2), (1, 3), (2, 4)], [], [1, 4, 2, 3]),
        ([(1, 1), (1, 2), (2, 4)], [(1, 9)], [4, 1, 2]),
        ([(1, 1), (1, 2)], [(1, 1)], [2, 1]),
        ([(1, 1), (2, 2), (2, 2)], [(1, 1), (1, 1), (1, 1)], [2, 2, 1]),
    ],
    ids=[
        "nothing",
        "teams in turn",
        "challenges in turn",
        "a challenge that has one running comes later",
        "a team that has one running comes later",
        "shares are made equal",
    ],
)
def test_shares_are_of_challenges_first_and_of_teams_then(
    found: list[tuple[int, int]], running: list[tuple[int, int]], expected: list[int]
) -> None:
    now = Clock()()
    run = [
        Running(id=str(number), challenge=challenge, team=team, started_at=now)
        for number, (challenge, team) in enumerate(running)
    ]

    assert teams(fair_order(waiting(*found), running=run)) == expected


def test_who_was_served_long_ago_comes_before_who_was_served_just_now() -> None:
    first, second, third = waiting((1, 1), (1, 2), (1, 3))
    now = Clock()()
    lately = Waiting(**{**vars(first), "team_served": now})
    before = Waiting(**{**vars(second), "team_served": now - timedelta(days=1)})

    assert teams(fair_order([lately, before, third], running=[])) == [3, 2, 1]
