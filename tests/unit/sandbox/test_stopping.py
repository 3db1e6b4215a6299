"""A signal ends what serves, also one that came before there was anything to end."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from sandbox.stopping import Signals

SECONDS = 60


class Serving:
    """What serves until it is stopped."""

    def __init__(self) -> None:
        self.stopped = threading.Event()

    def shutdown(self) -> None:
        """Stop."""
        self.stopped.set()


@pytest.fixture
def signals() -> Iterator[Signals]:
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.getsignal(number) for number in numbers]
    yield Signals()
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("is_early", [True, False])
def test_a_signal_ends_what_serves_whenever_it_comes(
    signals: Signals, number: signal.Signals, is_early: bool
) -> None:
    server = Serving()
    if is_early:
        os.kill(os.getpid(), number)
        assert not server.stopped.is_set()

    signals.end(server)
    if not is_early:
        assert not server.stopped.is_set()
        os.kill(os.getpid(), number)

    assert server.stopped.wait(SECONDS)
    assert signals.leaves_runs is (number is signal.SIGTERM)
