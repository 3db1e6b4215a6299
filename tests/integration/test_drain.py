"""Ending and resting: what a worker does with the job under way when it is told to stop."""

import dataclasses
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from challenge_platform.bootstrap import Platform, now
from challenge_platform.cli import drain
from challenge_platform.core import turn, worker
from challenge_platform.core.reaper import enqueue_evaluation
from challenge_platform.core.submission import QueueName, State
from challenge_platform.queue import Queue
from tests.conftest import Participant
from tests.core.test_submission import row, send
from tests.waiting import PATIENCE_SECONDS, wait_until

KEY = b"k" * 32
pytestmark = pytest.mark.redis

# A worker whose sandbox takes until there is a file called released in the data folder, and that
# waits for a job under way as many seconds as its second argument says when it is told to end.
WORKER = """
import dataclasses, sys, time
from pathlib import Path
from challenge_platform import jobs, presence
from challenge_platform.bootstrap import Platform
from challenge_platform.config import Settings
from challenge_platform.queue import Queue
from tests.fakes import FakeRunner

class Slow(FakeRunner):
    def run(self, run):
        while not Path(sys.argv[1], "released").exists():
            time.sleep(0.01)
        return super().run(run)

presence.BEAT_SECONDS, presence.STOP_SECONDS = 0.2, float(sys.argv[2])
platform = Platform.from_settings(Settings(data_dir=Path(sys.argv[1])))
queue = Queue(address=sys.argv[3], key=lambda: b"k" * 32)
jobs.work(dataclasses.replace(platform, runner=Slow(), queue=queue))
"""


@pytest.fixture
def clocked(platform: Platform) -> Platform:
    """Give the platform with the clock that its workers have."""
    return dataclasses.replace(platform, clock=now)


@contextmanager
def working(
    platform: Platform, redis: str, /, *, waits: float = PATIENCE_SECONDS
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker; it is killed at the end if it still lives."""
    command = [sys.executable, "-c", WORKER, str(platform.settings.data_dir), str(waits), redis]
    with subprocess.Popen(command) as process:
        try:
            wait_until(lambda: bool(living(platform)))
            yield process
        finally:
            process.kill()


def release(platform: Platform, /) -> None:
    """Let the sandbox come to an end, now and from now on."""
    (platform.settings.data_dir / "released").touch()


def living(platform: Platform) -> list[worker.Worker]:
    """Read who lives."""
    with platform.database.reading() as session:
        return worker.workers(session, now=platform.clock())


def submit(platform: Platform, who: Participant, redis: str) -> str:
    """Submit a file and put it into the queue."""
    submission_id = send(platform, who).submission_id
    hint = turn.Hint(submission_id=submission_id, token=0, queue=QueueName.SCORING)
    enqueue_evaluation(Queue(address=redis, key=lambda: KEY), hint)
    return submission_id


def wait_for(platform: Platform, submission_id: str, state: State) -> None:
    """Wait for a state."""
    wait_until(lambda: row(platform, submission_id).state is state)


def test_a_worker_that_is_told_to_end_finishes_a_short_job(
    clocked: Platform, alice: Participant, redis_url: str
) -> None:
    platform = clocked
    with working(platform, redis_url) as process:
        submission_id = submit(platform, alice, redis_url)
        wait_for(platform, submission_id, State.RUNNING)

        process.send_signal(signal.SIGTERM)
        release(platform)

        assert process.wait(PATIENCE_SECONDS) == 0
    assert row(platform, submission_id).state is State.SCORED
    assert living(platform) == []


def test_a_worker_that_is_told_to_end_hands_a_long_job_back(
    clocked: Platform, alice: Participant, redis_url: str
) -> None:
    platform = clocked
    with working(platform, redis_url, waits=1) as process:
        submission_id = submit(platform, alice, redis_url)
        wait_for(platform, submission_id, State.RUNNING)

        process.send_signal(signal.SIGTERM)

        assert process.wait(PATIENCE_SECONDS) == 0
    back = row(platform, submission_id)
    assert (back.state, back.attempt) == (State.QUEUED, 0)
    assert living(platform) == []


def test_a_worker_that_is_drained_finishes_its_job_and_takes_no_other(
    clocked: Platform, alice: Participant, redis_url: str
) -> None:
    platform = clocked
    with working(platform, redis_url) as process:
        first = submit(platform, alice, redis_url)
        wait_for(platform, first, State.RUNNING)

        process.send_signal(signal.SIGUSR1)
        wait_until(lambda: [w.draining for w in living(platform)] == [True])
        release(platform)

        wait_for(platform, first, State.SCORED)
        wait_until(lambda: [(w.draining, w.busy) for w in living(platform)] == [(True, False)])
        second = submit(platform, alice, redis_url)
        time.sleep(1)
        assert row(platform, second).state is State.QUEUED
        hint = turn.Hint(submission_id=second, token=1, queue=QueueName.SCORING)
        queue = Queue(address=redis_url, key=lambda: KEY)
        enqueue_evaluation(queue, hint)
        time.sleep(0.5)
        assert queue.length(QueueName.SCORING) > 0  # it is left to other workers
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0


def test_a_platform_is_drained_when_nothing_is_under_way(
    clocked: Platform, alice: Participant, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    platform = clocked
    with working(platform, redis_url):
        first = submit(platform, alice, redis_url)
        wait_for(platform, first, State.RUNNING)
        second = submit(platform, alice, redis_url)

        draining = threading.Thread(target=drain.drain, args=(platform,))
        draining.start()
        told = ""

        def tells(text: str) -> bool:
            nonlocal told
            told += capsys.readouterr().out
            return text in told

        wait_until(lambda: tells("1 under way"))
        release(platform)
        draining.join(PATIENCE_SECONDS)

        states = [row(platform, id_).state for id_ in (first, second)]
        assert states == [State.SCORED, State.QUEUED]
        drain.resume(platform)
        submit(platform, alice, redis_url)
        wait_for(platform, second, State.SCORED)
    assert tells("resumed: ")
    assert [line.partition(":")[0] for line in told.splitlines() if ":" in line] == [
        *("draining", "drained", "resumed")
    ]
