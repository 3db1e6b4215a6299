"""Numbers drawn by chance, of which patients and pictures that never were are made."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Array = NDArray[np.float64]


class Dice:
    """Integer draws of a seeded generator, turned into the numbers that are asked for.

    Only integers are drawn, and they are added and divided by powers of two, so that the same bytes
    come out of every version of numpy that has PCG64.
    """

    def __init__(self, seed: int, /) -> None:
        self._generator = np.random.Generator(np.random.PCG64(seed))

    def uniform(self, *shape: int) -> Array:
        """Draw numbers from 0 up to, not including, 1."""
        drawn: Array = self._generator.integers(0, 2**32, shape) / 2**32
        return drawn

    def normal(self, *shape: int) -> Array:
        """Draw numbers of mean 0 and variance 1, nearly normal: the sum of twelve uniform ones."""
        drawn: Array = self.uniform(12, *shape).sum(axis=0) - 6
        return drawn

    def one(self) -> float:
        """Draw a number from 0 up to, not including, 1."""
        return float(self.uniform(1)[0])

    def happens(self, chance: float | Array, /, *, count: int) -> Flags:
        """Draw whether something of this chance happens to each of `count`."""
        return self.uniform(count) < chance

    def choice(self, shares: Mapping[str, float], /, *, count: int) -> list[str]:
        """Draw words with these shares, which add up to 1."""
        names = list(shares)
        ends = np.cumsum([shares[name] for name in names])
        places = np.searchsorted(ends, self.uniform(count), side="right")
        return [names[min(place, len(names) - 1)] for place in places.tolist()]

    def order(self, count: int, /) -> list[int]:
        """Draw an order of 0 to count - 1."""
        order: list[int] = np.argsort(
            self._generator.integers(0, 2**63, count), kind="stable"
        ).tolist()
        return order
