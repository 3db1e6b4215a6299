"""Waiting for what is to come: with much patience, which costs nothing when all is well."""

import contextlib
import socket
import time
from collections.abc import Callable
from pathlib import Path

import httpx

PATIENCE_SECONDS = 120.0
"""How long a test waits for what takes moments: other work may have the machine's processors."""


def wait_until(
    holds: Callable[[], bool], /, *, seconds: float = PATIENCE_SECONDS, every: float = 0.02
) -> float:
    """Wait until something holds and give how long it took; raise TimeoutError when it does not.

    A web that does not answer is forgiven.
    """
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        with contextlib.suppress(httpx.HTTPError):
            if holds():
                return time.monotonic() - started
        time.sleep(every)
    raise TimeoutError(f"it did not come to hold within {seconds} s")


def listens(path: Path, /) -> bool:
    """Whether somebody takes calls at a unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0
