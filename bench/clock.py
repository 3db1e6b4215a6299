"""How long things take: medians of the processor's time, so that what else runs counts little."""

import statistics
from collections.abc import Callable
from time import process_time

RUNS = 5


def medians(*functions: Callable[[], object], runs: int = RUNS) -> list[float]:
    """Return the median seconds of each function; they are called in turn, `runs` times.

    The seconds are those of all threads together, so that work on two processors counts twice.
    """
    found: list[list[float]] = [[] for _ in functions]
    for _ in range(runs):
        for seconds, function in zip(found, functions, strict=True):
            started = process_time()
            function()
            seconds.append(process_time() - started)
    return [statistics.median(seconds) for seconds in found]
