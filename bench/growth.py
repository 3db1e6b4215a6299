"""What large files cost: seconds beside those of `sha256sum`, and by how much processes grow."""

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.submission import proportional_set_size

ROUNDS = 3
_MEMORY_SECONDS = 0.05


@dataclass
class Growth:
    """The bytes of memory of processes before, and the most that they had since."""

    before: float
    most: float

    @property
    def megabytes(self) -> float:
        """By how much they grew."""
        return (self.most - self.before) / 1e6


@contextmanager
def growing(pids: Callable[[], list[int]], /) -> Iterator[Growth]:
    """Watch the memory of processes, their shares of common pages summed."""

    def memory() -> float:
        return sum(proportional_set_size(pid) for pid in pids())

    growth = Growth(before=(found := memory()), most=found)
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_MEMORY_SECONDS):
            growth.most = max(growth.most, memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield growth
    finally:
        done.set()
        watcher.join()


def seconds(do: Callable[[], object], /) -> float:
    """Give the median seconds of a few calls, by the clock."""

    def once() -> float:
        began = time.perf_counter()
        do()
        return time.perf_counter() - began

    return statistics.median(once() for _ in range(ROUNDS))


def processor_seconds(do: Callable[[], object], /) -> float:
    """Give the median seconds of processors of a few calls, those of programs they ran included."""

    def used() -> float:
        return sum(os.times()[:4])

    def once() -> float:
        began = used()
        do()
        return used() - began

    return statistics.median(once() for _ in range(ROUNDS))


def sha256sum(file: Path, /) -> None:
    """Do what others are compared with."""
    command = ["sha256sum", str(file)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 -- the reference
