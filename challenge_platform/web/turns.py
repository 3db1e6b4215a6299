"""Turns: pages are made one after another, and each answer says how long it waited and took.

Python runs one thread at a time. Threads that make pages at once hand it to each other at every
query, so that all of them take long; one after another, each is quick and all are done earlier.
"""

import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

READS = ("GET", "HEAD")
"""Others bring a body, which may come slowly; and exact times of a log-in would help to guess."""

PATIENCE_SECONDS = 0.1
"""After this time a request goes on out of turn: the one before may wait for something outside."""


class Turns:
    """Lets an application answer one read at a time.

    The answer tells the milliseconds of the wait and of the work (W3C Server Timing).
    """

    def __init__(
        self, application: "WSGIApplication", /, *, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._application = application
        self._turn = threading.Lock()
        self._patience = patience

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer as the application does, with one more header."""
        if environ["REQUEST_METHOD"] not in READS:
            return self._application(environ, start_response)
        came = time.perf_counter()
        is_its_turn = self._turn.acquire(timeout=self._patience)
        began = time.perf_counter()

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:  # noqa: ANN401 -- WSGI's own signature
            waited, worked = 1000 * (began - came), 1000 * (time.perf_counter() - began)
            timing = ("Server-Timing", f"wait;dur={waited:.2f}, app;dur={worked:.2f}")
            return start_response(status, [*headers, timing], *error)

        try:
            return self._application(environ, start)
        finally:
            if is_its_turn:
                self._turn.release()
