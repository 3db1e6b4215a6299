"""Random values by which people are made up, the same under every version of Python."""

import math
import random
from statistics import NormalDist

_NORMAL = NormalDist()


class Draws:
    """Random values by inversion of uniform ones, the same under every version of Python."""

    def __init__(self, seed: str, /) -> None:
        self._random = random.Random(seed)  # noqa: S311 - people are made up, not guarded

    def uniform(self) -> float:
        """Give a value in (0, 1)."""
        return min(max(self._random.random(), 1e-12), 1 - 1e-12)

    def normal(self, mean: float = 0.0, *, sd: float = 1.0) -> float:
        """Give a normal value."""
        return mean + sd * _NORMAL.inv_cdf(self.uniform())

    def exponential(self, mean: float, /) -> float:
        """Give an exponential value."""
        return -mean * math.log(self.uniform())

    def happens(self, probability: float, /) -> bool:
        """Tell whether something of this probability happens."""
        return self.uniform() < probability

    def gumbel(self) -> float:
        """Give a standard Gumbel value: who has the largest log hazard plus this is first."""
        return -math.log(-math.log(self.uniform()))

    def count(self, mean: float, /) -> int:
        """Give a Poisson count, by the times between its events."""
        number, passed = 0, self.exponential(1.0)
        while passed < mean:
            number, passed = number + 1, passed + self.exponential(1.0)
        return number
