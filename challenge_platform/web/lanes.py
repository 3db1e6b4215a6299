"""Lanes: so many threads may wait for large files at once, and the others are left to pages."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app
from werkzeug.exceptions import ServiceUnavailable

LANES = "upload_lanes"
WAIT_SECONDS = 2


def register(app: Flask, /, *, threads: int) -> None:
    """Leave most threads to pages: a quarter of them may wait for large files."""
    app.extensions[LANES] = threading.BoundedSemaphore(max(1, threads // 4))


@contextmanager
def lane() -> Iterator[None]:
    """Have one of the lanes; raise ServiceUnavailable, with when to come again, if none is free."""
    lanes: threading.BoundedSemaphore = current_app.extensions[LANES]
    if not lanes.acquire(timeout=WAIT_SECONDS):
        raise ServiceUnavailable("too many large files arrive at once", retry_after=WAIT_SECONDS)
    try:
        yield
    finally:
        lanes.release()
