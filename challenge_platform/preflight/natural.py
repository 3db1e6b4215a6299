"""The order in which people sort names: numbers within them by their size."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from scorers.metric import Vector

_PARTS = re.compile(r"([0-9]+)")


def natural_order(cells: Sequence[str], /) -> Vector:
    """Give the place of each text among all, numbers within them by their size."""
    keys = [
        [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in _PARTS.split(each)]
        for each in cells
    ]
    place: Mapping[str, int] = {
        cells[row]: number
        for number, row in enumerate(sorted(range(len(cells)), key=keys.__getitem__))
    }
    return np.array([place[cell] for cell in cells], dtype=np.float64)
