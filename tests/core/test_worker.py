"""Workers as the database knows them: who lives, who serves which queue, who rests."""

import dataclasses
from contextlib import nullcontext

import pytest

from challenge_platform import jobs
from challenge_platform.bootstrap import Platform
from challenge_platform.core import worker
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.definition import Limits
from challenge_platform.core.heartbeat import FRESH
from challenge_platform.core.submission import Kind, QueueName
from challenge_platform.core.worker import FORGOTTEN, Worker, WorkerBeat, count_serving
from challenge_platform.errors import NoWorker
from sandbox import SandboxUnavailable, Status
from tests.fakes import Clock, FakeRunner

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


@pytest.mark.parametrize(
    ("kind", "gpus", "known", "refused"),
    [
        (Kind.CODE, 1, (), True),
        (Kind.CODE, 1, (FILES, PROGRAMS), True),
        (Kind.CODE, 1, (RESTING,), False),
        (Kind.CODE, 0, (), False),
        (Kind.PREDICTIONS, 1, (), False),
    ],
    ids=["nobody", "others only", "one that rests", "no GPU needed", "no program"],
)
def test_a_program_is_refused_where_no_worker_has_the_gpu_that_it_needs(
    platform: Platform,
    challenge: PublishedChallenge,
    kind: Kind,
    gpus: int,
    known: tuple[Worker, ...],
    refused: bool,
) -> None:
    definition = challenge.definition.model_copy(update={"limits": Limits(gpus=gpus)})
    beat(platform, *known)

    told = pytest.raises(NoWorker, match=r"limits\.gpus is 1") if refused else nullcontext()
    with told, platform.database.reading() as session:
        changed = dataclasses.replace(challenge, definition=definition)
        worker.require_gpu(session, changed, kind=kind, now=platform.clock())


@pytest.mark.parametrize(
    ("engine", "serves"),
    [({"gpus": True}, True), ({"gpus": False}, False), ({}, False), (None, False)],
)
def test_a_worker_serves_the_gpu_queue_where_the_engine_has_some(
    engine: dict[str, bool] | None, serves: bool
) -> None:
    class Engine(FakeRunner):
        def status(self) -> Status:
            return dataclasses.replace(super().status(), engine=engine)

    assert (QueueName.GPU in jobs.fitting(Engine())) is serves
    assert set(jobs.WITHOUT_GPU) <= set(jobs.fitting(Engine()))


def test_a_worker_that_cannot_serve_the_gpu_queue_says_so_at_its_start(platform: Platform) -> None:
    with pytest.raises(SandboxUnavailable, match="NVIDIA Container Toolkit"):
        jobs.work(platform, queues=[QueueName.GPU], burst=True)
