"""How much each unit moves a score, told by the resamples that drew it more or less often."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from scorers.metric import Vector


@dataclass(frozen=True, kw_only=True)
class Influence:
    """What follows from the influence of the units on a score.

    `acceleration` is that of the BCa interval. `worth` is the number of alike, normally distributed
    units that would tell the spread of the score as surely as these units do, rounded down.
    """

    acceleration: float
    worth: int


@dataclass(kw_only=True)
class Moments:
    """The sums over resamples by which the influence of each unit is found.

    `sums` has how often each unit was drawn, and that times how far the score was from `value`, of
    shape (2, units). Resamples are added in chunks.
    """

    value: float
    sums: Vector
    resampled: list[Vector] = field(default_factory=list)

    @classmethod
    def about(cls, value: float, /, *, units: int) -> Self:
        """Begin with no resample of a score that has this value."""
        return cls(value=value, sums=np.zeros((2, units)))

    def add(self, resampled: Vector, weights: NDArray[np.float64], /) -> None:
        """Add resamples of the score, and the weight of each unit in each of them."""
        defined = ~np.isnan(resampled)
        apart = np.where(defined, resampled - self.value, 0.0)
        self.sums += np.stack([defined, apart]) @ weights
        self.resampled.append(resampled[defined] - self.value)

    def influence(self) -> Influence | None:
        """Return what the influence of the units tells, None if they have none.

        The influence of a unit is the covariance of its weight and the score over the resamples,
        the infinitesimal jackknife (Efron, JASA 2014;109:991-1007, theorem 1): no unit has to be
        left out in turn. The acceleration is a sixth of its skewness (Efron, JASA
        1987;82:171-185, equation 6.6).

        The worth is one more than the degrees of freedom of Satterthwaite (Biometrics Bull
        1946;2:110-114): the variance of the score is the sum of the squared influences, which is
        known the less surely the more of it few of them make. With a kurtosis k of n influences it
        is 2 n / (k - 1), n for normal ones. Resampling adds noise to each influence, the variance
        of the score over the number of resamples, whose part in the moments is subtracted.
        """
        apart = np.concatenate(self.resampled)
        variance = apart.var() if len(apart) else 0.0
        if not variance:
            return None
        units = self.sums.shape[1]
        drawn, pulled = self.sums / len(apart)
        found = (pulled - apart.mean() * drawn) / np.sqrt(variance)
        noise = 1 / len(apart)
        second = (found**2).sum() - units * noise
        fourth = (found**4).sum() - 6 * noise * (found**2).sum() + 3 * units * noise**2
        share = fourth / max(second, 0.5) ** 2 - 1 / units
        freedom = min(2 / share, units - 1) if share > 0 else units - 1
        return Influence(acceleration=float((found**3).sum() / 6), worth=1 + max(1, int(freedom)))
