"""Turns: reads one after another, none held up for long, and what an answer says of its time."""

import re
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from werkzeug.test import Client

from challenge_platform.web.turns import Turns

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LONG = 20
"""Seconds that no test takes unless it fails."""


class Work:
    """An application that counts its requests at work; those for /slow last until they may go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.at_work = threading.Semaphore(0)
        self.together = 0
        self.most = 0
        self._lock = threading.Lock()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer, or fail for the path /broken."""
        with self._lock:
            self.together += 1
            self.most = max(self.most, self.together)
        self.at_work.release()
        if environ["PATH_INFO"] == "/slow":
            self.go.wait(LONG)
        with self._lock:
            self.together -= 1
        if environ["PATH_INFO"] == "/broken":
            raise ZeroDivisionError
        start_response("200 OK", [])
        return [b"done"]


def test_reads_are_answered_one_after_another() -> None:
    work = Work()
    client = Client(Turns(work, patience=LONG))

    with ThreadPoolExecutor(2) as threads:
        slow = threads.submit(client.get, "/slow")
        assert work.at_work.acquire(timeout=LONG)
        other = threads.submit(client.get, "/")
        threading.Timer(0.3, work.go.set).start()

        (_, worked), (waited, _) = (_timing(answer.result().headers) for answer in (slow, other))
    assert work.most == 1
    assert worked > 250
    assert waited > 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_waits_for_something_outside_holds_nobody_up(method: str) -> None:
    work = Work()
    client = Client(Turns(work, patience=0.01 if method == "GET" else LONG))

    with ThreadPoolExecutor(2) as threads:
        slow = threads.submit(client.get, "/slow")
        assert work.at_work.acquire(timeout=LONG)
        other = threads.submit(client.open, "/", method=method)
        assert other.result(timeout=LONG / 2).data == b"done"
        work.go.set()

        assert slow.result().data == b"done"


def test_who_came_out_of_turn_gives_no_turn_away() -> None:
    work = Work()
    client = Client(Turns(work, patience=0.1))

    with ThreadPoolExecutor(1) as thread:
        slow = thread.submit(client.get, "/slow")
        assert work.at_work.acquire(timeout=LONG)
        waits = [_timing(client.get("/").headers)[0] for _ in range(2)]
        work.go.set()

        assert slow.result().status_code == 200
    assert min(waits) > 90


def test_a_request_that_fails_gives_its_turn_back() -> None:
    work = Work()
    client = Client(Turns(work, patience=LONG))
    with pytest.raises(ZeroDivisionError):
        client.get("/broken")

    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(client.get, "/").result(timeout=LONG / 2).status_code == 200


def _timing(headers: Iterable[tuple[str, str]]) -> tuple[float, float]:
    """Give the milliseconds of the wait and of the work."""
    found = re.fullmatch(
        r"wait;dur=(\d+\.\d\d), app;dur=(\d+\.\d\d)", dict(headers)["Server-Timing"]
    )
    assert found is not None
    return float(found[1]), float(found[2])
