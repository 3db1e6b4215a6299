"""Bins of rows that tell no single unit: what every picture is made of."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scorers.metric import Vector

FEWEST_UNITS = 10
"""Units, such as patients, that a bin has at least."""

Places = NDArray[np.intp]


def bins(values: Vector, units: Places, /, *, most: int) -> list[slice]:
    """Cut rows that are in the order of their `values` into at most `most` bins, as even as can be.

    `units` numbers the unit of each row. Every bin has FEWEST_UNITS units or more, and rows with
    one value are in one bin. Without so many units there is no bin.
    """
    edges = np.append(np.flatnonzero(np.diff(values)) + 1, len(values))
    count = min(most, number_of(units) // FEWEST_UNITS)
    before = _place_before(units)
    ends = [0]
    for number in range(1, count + 1):
        new = np.cumsum(before[ends[-1] :] < ends[-1])  # units since the end of the last bin
        least = int(np.searchsorted(new, FEWEST_UNITS)) + 1
        if least > len(new):
            break
        target = max(-(-len(values) * number // count), ends[-1] + least)
        ends.append(int(edges[np.searchsorted(edges, target)]))
    # Too few are left for a bin: they join the last.
    ends[1:] = [*ends[1:-1], len(values)] if len(ends) > 1 else []
    return [slice(start, end) for start, end in pairwise(ends)]


def number_of(units: Places, /) -> int:
    """Return how many different units there are; numpy.unique would load numpy.ma for that."""
    return int(np.count_nonzero(np.bincount(units)))


def _place_before(units: Places) -> Places:
    """Return the place of the row before that is of the same unit, -1 if there is none."""
    order = np.argsort(units, kind="stable")
    before = np.full(len(units), -1, dtype=np.intp)
    same = units[order[1:]] == units[order[:-1]]
    before[order[1:][same]] = order[:-1][same]
    return before
