"""What chance gives: the sum of products of two columns when one is dealt to other rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc, ndtr

from scorers.metric import Vector

NO_SKEW = 1e-3
"""A skewness below which the distribution is taken as normal; it is never taken as shorter."""


@dataclass(frozen=True, kw_only=True)
class Moments:
    """A sum of products less what chance gives, and the moments of that by chance.

    Those of independent parts are added, which is how several files are taken as one (E. van
    Elteren, 1960).
    """

    value: float
    variance: float
    third: float

    def __add__(self, other: "Moments") -> "Moments":
        """Take two independent parts as one."""
        return Moments(
            value=self.value + other.value,
            variance=self.variance + other.variance,
            third=self.third + other.third,
        )

    @property
    def z(self) -> float:
        """The value in standard deviations; 0 where nothing varies."""
        return self.value / self.variance**0.5 if self.variance > 0 else 0.0

    @property
    def p(self) -> float:
        """Give the two-sided probability of so large a value if one column is dealt anew."""
        if self.variance <= 0:
            return 1.0
        skew = self.third / self.variance**1.5
        side = 1 if self.z >= 0 else -1
        return min(1.0, 2 * upper_tail(side * self.z, skew=side * skew))


NOTHING = Moments(value=0.0, variance=0.0, third=0.0)
FAR = 2.0


def upper_tail(z: float, /, *, skew: float) -> float:
    """Give the probability of `z` standard deviations or more, by Pearson's type III.

    The distribution of what is permuted is known by its first three moments (K. Berry,
    P. Mielke and J. Johnston, Permutation Statistical Methods, 2016, chapter 1; A. Winkler et al.,
    NeuroImage 141, 2016). A tail that would be shorter than the normal one is taken as normal.
    """
    if skew <= NO_SKEW:
        return float(ndtr(-z))
    shape = 4 / skew**2
    return float(gammaincc(shape, max(0.0, shape + z * shape**0.5)))


def moments(feature: Vector, outcome: Vector, /, *, within: Vector | None = None) -> Moments:
    """Give the moments of the sum of products, rows being dealt anew within their group.

    Arrays are of shape (rows,); rows whose outcome is NaN, or whose group is below 0, are left out.
    The third is that of Hotelling and Pabst (1936), exact as the others are.
    """
    kept = np.isfinite(outcome) if within is None else np.isfinite(outcome) & (within >= 0)
    one, other = feature[kept], outcome[kept]
    group = np.zeros(len(one), dtype=np.intp) if within is None else within[kept].astype(np.intp)
    if not len(one):
        return NOTHING
    count = np.bincount(group).astype(np.float64)
    one, other = _centred(one, group, count=count), _centred(other, group, count=count)
    squares = np.bincount(group, weights=one**2) * np.bincount(group, weights=other**2)
    cubes = np.bincount(group, weights=one**3) * np.bincount(group, weights=other**3)
    return Moments(
        value=float(one @ other),
        variance=float((squares / np.maximum(count - 1, 1)).sum()),
        third=float((cubes * count / np.maximum((count - 1) * (count - 2), 1)).sum()),
    )


def _centred(values: Vector, group: NDArray[np.intp], *, count: Vector) -> Vector:
    means = np.bincount(group, weights=values) / np.maximum(count, 1)
    centred: Vector = values - means[group]
    return centred


class Outcomes:
    """Several columns that a feature is compared with at once.

    `outcomes` are of shape (rows,), NaN where a row has none.
    """

    def __init__(self, outcomes: Sequence[Vector], /) -> None:
        """Centre each column among the rows that have a value."""
        self._outcomes = outcomes
        told = np.array(outcomes).T if outcomes else np.empty((0, 0))
        self._known = np.isfinite(told).astype(np.float64)
        self._count = self._known.sum(axis=0)
        told = np.nan_to_num(told)
        means = told.sum(axis=0) / np.maximum(self._count, 1)
        self._centred = (told - means) * self._known
        self._squares = self._centred**2

    def moments(self, feature: Vector, /, *, within: Vector | None = None) -> list[Moments]:
        """Give what `moments` gives of each column, and nothing of most that are plainly nothing.

        Within groups, those are measured that are more than two standard deviations from chance by
        the residuals of the feature, their spread taken as it is in each row (H. White, 1980).
        """
        if not self._outcomes:
            return []
        if within is None:
            return self._plain(feature)
        kept = within >= 0
        group = within[kept].astype(np.intp)
        rest = np.zeros(len(feature))
        rest[kept] = _centred(feature[kept], group, count=np.bincount(group).astype(np.float64))
        spread = np.sqrt(rest**2 @ self._squares)
        promising = np.abs(rest @ self._centred) > FAR * spread
        return [
            moments(feature, outcome, within=within) if one else NOTHING
            for outcome, one in zip(self._outcomes, promising.tolist(), strict=True)
        ]

    def _plain(self, feature: Vector) -> list[Moments]:
        one, two, three = (feature**power @ self._known for power in (1, 2, 3))
        count = self._count
        mean = one / np.maximum(count, 1)
        squares = np.maximum(0.0, two - count * mean**2)
        cubes = three - 3 * mean * two + 2 * count * mean**3
        values = feature @ self._centred
        variances = squares * self._squares.sum(axis=0) / np.maximum(count - 1, 1)
        thirds = cubes * (self._centred**3).sum(axis=0) * count
        thirds /= np.maximum((count - 1) * (count - 2), 1)
        return [
            Moments(value=value, variance=variance, third=third)
            for value, variance, third in zip(
                values.tolist(), variances.tolist(), thirds.tolist(), strict=True
            )
        ]
