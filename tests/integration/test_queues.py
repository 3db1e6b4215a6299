"""The queues of a platform with a real Redis: who works off what, and what an upgrade leaves."""

import dataclasses
import zlib

import pytest
from redis import Redis

from challenge_platform import jobs
from challenge_platform.bootstrap import Platform
from challenge_platform.core.submission import QueueName, State
from challenge_platform.queue import Queue, SignedJSON
from tests.conftest import Participant
from tests.core.test_submission import row, send
from tests.fakes import Clock

KEY = b"k" * 32
pytestmark = pytest.mark.redis


@pytest.fixture
def queueing(platform: Platform, redis_url: str) -> Platform:
    """Give the platform with a Redis that answers."""
    return dataclasses.replace(platform, queue=Queue(address=redis_url, key=lambda: KEY))


def test_a_job_of_the_queue_before_the_upgrade_is_given_again_by_the_reaper(
    queueing: Platform, alice: Participant, redis_url: str
) -> None:
    submission_id = send(queueing, alice).submission_id
    old = SignedJSON(KEY, queue="challenge").dumps(["evaluate", None, [submission_id], {}])
    with Redis.from_url(redis_url) as redis:
        name = f"evaluate-{submission_id}-0"
        job = {"data": zlib.compress(old), "origin": "challenge", "status": "queued"}
        redis.hset(f"rq:job:{name}", mapping=job)
        redis.rpush("rq:queue:challenge", name)
    jobs.work(queueing, burst=True)
    before = row(queueing, submission_id).state

    queueing.reaper.round()
    jobs.work(queueing, burst=True)

    assert before is State.QUEUED
    assert row(queueing, submission_id).state is State.SCORED


def test_a_worker_leaves_the_queues_of_others_alone(queueing: Platform, alice: Participant) -> None:
    submission_id = send(queueing, alice).submission_id
    queueing.reaper.round()

    jobs.work(queueing, queues=[QueueName.CODE, QueueName.CONTAINER], burst=True)

    assert row(queueing, submission_id).state is State.QUEUED
    assert queueing.queue.length(QueueName.SCORING) == 1


def test_whatever_a_job_names_the_submission_whose_turn_it_is_is_taken(
    queueing: Platform, alice: Participant, bob: Participant, clock: Clock
) -> None:
    ids = []
    for who in (alice, alice, bob):
        clock.advance(seconds=1)
        ids.append(send(queueing, who).submission_id)
    job = jobs.Jobs(queueing)

    for _ in range(2):
        job.evaluate(QueueName.SCORING, ids[1])

    states = [row(queueing, id_).state for id_ in ids]
    assert states == [State.SCORED, State.QUEUED, State.SCORED]
