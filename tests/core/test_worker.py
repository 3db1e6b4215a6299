"""Workers as the database knows them: who lives, who serves which queue, who rests."""

from challenge_platform.bootstrap import Platform
from challenge_platform.core import worker
from challenge_platform.core.heartbeat import FRESH
from challenge_platform.core.submission import QueueName
from challenge_platform.core.worker import FORGOTTEN, Worker, WorkerBeat, count_serving
from tests.fakes import Clock

FILES = Worker(host="a", queues=frozenset({QueueName.SCORING}))
PROGRAMS = Worker(host="b", queues=frozenset({QueueName.CODE, QueueName.CONTAINER}), busy=True)
RESTING = Worker(host="c", queues=frozenset(QueueName), draining=True)


def beat(platform: Platform, *known: Worker) -> None:
    """Let workers be heard of."""
    with platform.database.writing() as session:
        for each in known:
            worker.beat(session, each, now=platform.clock())


def listed(platform: Platform) -> list[Worker]:
    """Read who lives."""
    with platform.database.reading() as session:
        return worker.workers(session, now=platform.clock())


def test_a_worker_is_listed_as_long_as_it_is_heard_of(platform: Platform, clock: Clock) -> None:
    beat(platform, FILES)
    clock.advance(seconds=FRESH.total_seconds() - 1)
    beat(platform, PROGRAMS)
    both = listed(platform)
    clock.advance(seconds=1)

    assert both == [FILES, PROGRAMS]
    assert listed(platform) == [PROGRAMS]


def test_a_worker_that_ends_is_listed_no_more(platform: Platform) -> None:
    beat(platform, FILES, PROGRAMS)
    with platform.database.writing() as session:
        worker.leave(session, FILES.id)

    assert listed(platform) == [PROGRAMS]


def test_workers_of_long_ago_are_forgotten(platform: Platform, clock: Clock) -> None:
    beat(platform, FILES)
    clock.advance(seconds=FORGOTTEN.total_seconds() + 1)
    beat(platform, PROGRAMS)

    with platform.database.reading() as session:
        assert session.get(WorkerBeat, FILES.id) is None


def test_a_worker_that_rests_serves_no_queue() -> None:
    counts = {queue: count_serving([FILES, PROGRAMS, RESTING], queue) for queue in QueueName}

    assert counts == {
        QueueName.SCORING: 1,
        QueueName.CODE: 1,
        QueueName.CONTAINER: 1,
        QueueName.GPU: 0,
    }
