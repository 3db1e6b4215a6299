"""The forecast: a rough time by what the last submissions took, and none where it is a guess."""

from datetime import timedelta

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core import history, pace, worker
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.forecast import UNKNOWN, Forecast, Outlook, coarse, forecast
from challenge_platform.core.submission import QueueName
from challenge_platform.core.turn import Running, Waiting
from challenge_platform.core.worker import Worker
from tests.conftest import Participant
from tests.core.test_submission import send
from tests.core.test_turn import claim, end, put
from tests.fakes import Clock

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, 10),
        (10, 10),
        (11, 20),
        (45, 60),
        (61, 120),
        (301, 600),
        (3000, 3600),
        (3601, 7200),
        (9000, 10800),
    ],
)
def test_a_time_is_told_in_coarse_steps(seconds: int, expected: int) -> None:
    assert coarse(timedelta(seconds=seconds)) == timedelta(seconds=expected)


def look(*, waiting: str, running: str = "", workers: int = 1, known: str = "ab") -> Forecast:
    """Look at a queue of challenges `a` (a minute each) and `b` (ten), runs half a minute old."""
    now = Clock()()
    taken = {ord("a"): MINUTE, ord("b"): 10 * MINUTE}
    return Forecast(
        waiting=tuple(
            Waiting(id=f"w{place}", challenge=ord(owner), team=place, received_at=now)
            for place, owner in enumerate(waiting)
        ),
        running=tuple(
            Running(
                id=f"r{place}", challenge=ord(owner), team=100 + place, started_at=now - MINUTE / 2
            )
            for place, owner in enumerate(running)
        ),
        taken={ord(owner): taken[ord(owner)] for owner in known},
        workers=workers,
        now=now,
    )


@pytest.mark.parametrize(
    ("queue", "minutes"),
    [
        (look(waiting="a"), 1),
        (look(waiting="aaa"), 3),
        (look(waiting="ba"), 15),
        (look(waiting="ba", workers=2), 1),
        (look(waiting="aaaa", workers=2), 2),
        (look(waiting="a", running="b"), 15),
        (look(waiting="a", running="bb", workers=2), 15),
        (look(waiting="a", running="b", workers=2), 1),
        (look(waiting="a", running="bb"), 15),
    ],
    ids=[
        "alone",
        "three in turn",
        "a slow one before",
        "another worker takes the slow one",
        "four by two workers",
        "the worker is busy",
        "both are busy",
        "one is free",
        "a worker went away",
    ],
)
def test_the_last_that_waits_ends_when_the_workers_are_through(
    queue: Forecast, minutes: int
) -> None:
    last = len(queue.waiting)

    assert queue.outlook(f"w{last - 1}") == Outlook(position=last, ends_in=minutes * MINUTE)


@pytest.mark.parametrize(
    "queue",
    [
        look(waiting="a", workers=0),
        look(waiting="a", known=""),
        look(waiting="a", running="b", known="a"),
    ],
    ids=["no worker", "a challenge of which too few ended", "so is the one that runs"],
)
def test_no_time_is_told_where_nothing_is_known(queue: Forecast) -> None:
    assert queue.outlook("w0") == Outlook(position=1)


def test_what_runs_is_told_what_is_left_unless_it_takes_longer_than_usual() -> None:
    assert look(waiting="", running="b").outlook("r0") == Outlook(ends_in=10 * MINUTE)
    assert look(waiting="", running="a").outlook("r0") == Outlook(ends_in=MINUTE / 2)
    late = look(waiting="", running="a")
    late = Forecast(**{**vars(late), "now": late.now + MINUTE})
    assert late.outlook("r0") == UNKNOWN
    assert late.outlook("nobody") == UNKNOWN


def test_a_team_is_told_the_place_and_the_time_once_enough_have_ended(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, clock: Clock
) -> None:
    serving = Worker(host="a", queues=frozenset({QueueName.SCORING}))

    def told() -> tuple[int | None, timedelta | None]:
        with platform.database.writing() as session:
            worker.beat(session, serving, now=clock())
        with platform.database.reading() as session:
            seen = history.read_submission(session, mine, user=alice.user, now=clock())
        return seen.position, seen.ends_in

    for _ in range(pace.FEWEST - 1):
        put(platform, challenge, alice.team, queue=QueueName.SCORING)
        held = claim(platform, QueueName.SCORING)
        clock.advance(minutes=3)
        assert held is not None
        end(platform, held)
    mine = send(platform, alice).submission_id
    before = told()
    clock.advance(seconds=1)
    put(platform, challenge, alice.team, queue=QueueName.CODE)
    put(platform, challenge, alice.team, queue=QueueName.SCORING)
    held = claim(platform, QueueName.SCORING)
    assert held is not None
    assert held.submission_id == mine
    clock.advance(minutes=3)
    end(platform, held)
    with platform.database.reading() as session:
        seen = forecast(session, QueueName.SCORING, now=clock())
    assert before == (1, None)
    assert seen.outlook(seen.waiting[0].id) == Outlook(position=1)  # the worker was not heard of
    with platform.database.writing() as session:
        worker.beat(session, serving, now=clock())
    with platform.database.reading() as session:
        seen = forecast(session, QueueName.SCORING, now=clock())
    assert seen.outlook(seen.waiting[0].id) == Outlook(position=1, ends_in=3 * MINUTE)
    with platform.database.writing() as session:
        worker.ask_to_drain(session, now=clock())
    with platform.database.reading() as session:
        seen = forecast(session, QueueName.SCORING, now=clock())
    assert seen.outlook(seen.waiting[0].id) == Outlook(position=1)
