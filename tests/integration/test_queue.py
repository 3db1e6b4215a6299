"""What happens to messages that others write into Redis, each forged with a real server."""

import json
import logging
import pickle
import sys
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from challenge_platform.errors import QueueUnavailable
from challenge_platform.queue import Queue, SignedJSON, Table

KEY = b"k" * 32
OTHER_KEY = b"x" * 32
NAME = "scoring"
pytestmark = pytest.mark.redis


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """Give a client as an attacker has it: it may write anything into Redis."""
    with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def queue(redis_url: str) -> Queue:
    """Give the platform's queue."""
    return Queue(address=redis_url, key=lambda: KEY)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)  # each forged message is logged as an error, as it should be
    yield
    logging.disable(logging.NOTSET)


def work(queue: Queue, *names: str) -> list[str]:
    """Work queues off; give what the one allowed function was called with."""
    called: list[str] = []
    work_with(queue, called.append, *names)
    return called


def work_with(
    queue: Queue, function: Callable[[str], None], *names: str, seconds: int = 60
) -> None:
    """Work queues off with this function."""
    table = Table(functions={"evaluate": function}, seconds=seconds)
    queue.work(dict.fromkeys(names or (NAME,), table), burst=True)


def signed(
    function: str = "evaluate",
    instance: str | None = None,
    arguments: Sequence[object] = ("abc",),
    keywords: Mapping[str, str] | None = None,
    *,
    key: bytes = KEY,
    queue: str = NAME,
) -> bytes:
    """Sign a message for a queue."""
    message = [function, instance, list(arguments), dict(keywords or {})]
    return SignedJSON(key, queue=queue).dumps(message)


def forge(redis: Redis, data: bytes, **fields: str | bytes) -> None:
    """Write a job hash and its id as RQ would."""
    job: dict[Any, Any] = {
        "data": zlib.compress(data),
        "created_at": "2026-11-22T12:00:00.000000Z",
        "origin": NAME,
        "status": "queued",
        "timeout": "180",
        **fields,
    }
    redis.hset("rq:job:forged", mapping=job)
    redis.rpush(f"rq:queue:{NAME}", "forged")


def test_an_honest_job_runs_once(queue: Queue) -> None:
    queue.enqueue("evaluate", "abc", queue=NAME, job_id="evaluate-abc-0")
    queue.enqueue("evaluate", "abc", queue=NAME, job_id="evaluate-abc-0")

    assert queue.length(NAME) == 1
    assert work(queue) == ["abc"]


def test_a_job_leaves_nothing_in_redis(queue: Queue, redis: Redis) -> None:
    queue.enqueue("evaluate", "abc", queue=NAME, job_id="evaluate-abc-0")
    work(queue)

    assert [key for key in redis.scan_iter() if b":job:" in key or b"result" in key] == []


def test_a_pickle_is_not_opened(queue: Queue, redis: Redis, tmp_path: Path) -> None:
    marker = tmp_path / "ran"

    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (marker,))

    forge(redis, pickle.dumps(Bomb()))

    assert work(queue) == []
    assert not marker.exists()


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(["os.system", None, ["touch ran"], {}]).encode(),
        signed(key=OTHER_KEY),
        signed(queue="gpu"),
        signed("os.system", None, ["touch ran"]),
        signed("evaluate", "instance"),
        signed("evaluate", None, [{"id": "abc"}]),
        signed("evaluate", None, ["abc"], {"more": "x"}),
        signed().replace(b"abc", b"abd"),
        signed("evaluate", None, ["a" * 5000]),
        b"",
    ],
    ids=[
        "unsigned",
        "signed with another key",
        "signed for another queue",
        "a signed name that is not in the table",
        "an instance",
        "an argument that is not text",
        "keyword arguments",
        "changed after signing",
        "too long",
        "empty",
    ],
)
def test_a_forged_job_does_not_run(
    queue: Queue, redis: Redis, data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    forge(redis, data)

    assert work(queue) == []
    assert list(tmp_path.iterdir()) == []


def test_a_worker_takes_from_each_of_its_queues_in_turn(queue: Queue) -> None:
    for name in ("code", "code", "container", "container", "gpu"):
        queue.enqueue("evaluate", name, queue=name, job_id=f"evaluate-{name}-{queue.length(name)}")

    assert work(queue, "code", "container") == ["code", "container"] * 2
    assert queue.length("gpu") == 1


def test_a_job_moved_to_another_queue_does_not_run(queue: Queue, redis: Redis) -> None:
    queue.enqueue("evaluate", "abc", queue="code", job_id="evaluate-abc-0")
    redis.hset("rq:job:evaluate-abc-0", "origin", NAME)
    redis.lmove("rq:queue:code", f"rq:queue:{NAME}")

    assert work(queue, NAME, "code") == []


def test_a_job_may_only_name_a_function_of_its_queue(queue: Queue) -> None:
    called: list[str] = []
    queue.enqueue("board", "1", queue="code", job_id="board-1")
    board, other = ({name: called.append} for name in ("board", "evaluate"))
    queue.work(
        {NAME: Table(functions=board, seconds=5), "code": Table(functions=other, seconds=5)},
        burst=True,
    )

    assert called == []


def test_the_worker_goes_on_after_a_forged_job(queue: Queue, redis: Redis) -> None:
    forge(redis, b"rubbish")
    queue.enqueue("evaluate", "abc", queue=NAME, job_id="evaluate-abc-0")

    assert work(queue) == ["abc"]


@pytest.mark.parametrize("callback", ["success", "failure", "stopped"])
def test_a_callback_named_in_redis_is_not_imported(
    queue: Queue, redis: Redis, callback: str
) -> None:
    forge(redis, signed(), **{f"{callback}_callback_name": "antigravity.geohash"})

    assert work(queue) == ["abc"]
    assert "antigravity" not in sys.modules


def test_a_webhook_in_redis_is_not_called(queue: Queue, redis: Redis) -> None:
    called: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            called.append(self.path)
            self.send_response(200)
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/stolen"
        hooks = json.dumps(
            [{"url": url, "job_status": status} for status in ("finished", "failed")]
        )
        forge(redis, signed(), webhooks=hooks)
        ran = work(queue)
        server.shutdown()
        thread.join()

    assert ran == ["abc"]
    assert called == []


def test_retries_and_repeats_in_redis_do_nothing(queue: Queue, redis: Redis) -> None:
    forge(redis, signed(), retries_left="5", repeats_left="5", repeat_intervals="[0]")

    assert work(queue) == ["abc"]
    assert queue.length(NAME) == 0


def test_a_job_ends_after_our_time_whatever_redis_says(queue: Queue, redis: Redis) -> None:
    def sleep(_argument: str) -> None:
        threading.Event().wait(30)

    forge(redis, signed(), timeout="100000")
    work_with(queue, sleep, seconds=1)

    assert redis.zcard(f"rq:failed:{NAME}") == 1


def test_a_signed_payload_replayed_under_another_id_runs_again(queue: Queue, redis: Redis) -> None:
    """Which is why a job is only a hint: claiming the submission is what happens once."""
    queue.enqueue("evaluate", "abc", queue=NAME, job_id="evaluate-abc-0")
    forge(redis, signed())

    assert work(queue) == ["abc", "abc"]


def test_a_worker_is_not_suspended_by_a_key_in_redis(queue: Queue, redis: Redis) -> None:
    redis.set("rq:suspended", 1)
    queue.enqueue("evaluate", "abc", queue=NAME, job_id="evaluate-abc-0")

    assert work(queue) == ["abc"]


def test_a_worker_listens_to_no_command(queue: Queue, redis: Redis) -> None:
    heard: list[int] = []

    def look(_argument: str) -> None:
        channels = redis.pubsub_channels("rq:pubsub:*")
        heard.append(len(channels))

    queue.enqueue("evaluate", "abc", queue=NAME, job_id="evaluate-abc-0")
    work_with(queue, look)

    assert heard == [0]


def test_a_redis_that_is_down_is_told_as_such(tmp_path: Path) -> None:
    queue = Queue(address=f"unix://{tmp_path}/nothing.sock", key=lambda: KEY)

    with pytest.raises(QueueUnavailable, match="cannot be reached"):
        queue.enqueue("evaluate", "abc", queue=NAME, job_id="x")
    with pytest.raises(QueueUnavailable):
        queue.ping()
