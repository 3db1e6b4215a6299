"""Paired tests of all pairs of teams on the resamples that they share, at once, and Holm's rule."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scorers.metric import Direction, Vector
from scorers.uncertainty.intervals import LEVEL
from scorers.uncertainty.student import NORMAL, freedom, student_quantile, widening

EQUAL = 1e-12
"""A difference varies only as much as rounding does below this share of the scores' variances."""

FARTHEST = 6.0
"""Tests tell no p below that of so many standard deviations, 2e-9."""

STEPS = 2400


@dataclass(frozen=True, kw_only=True)
class PairedGains:
    """By how much each team (row) is better than each (column), of shape (teams, teams).

    `mean` is over the resamples in which both have a score and `spread` their standard deviation;
    both are NaN where these are fewer than half.
    """

    mean: Vector
    spread: Vector

    @classmethod
    def of(cls, resamples: ArrayLike, /, *, direction: Direction | str = "maximize") -> Self:
        """Compare teams by their scores, of shape (teams, resamples), under shared resamples."""
        scores = np.asarray(resamples, dtype=np.float64)
        known = ~np.isnan(scores)
        centres = np.where(known, scores, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        apart = np.where(known, scores - centres[:, None], 0)
        count, first, second = _shared(apart, known)
        count[2 * count < max(1, scores.shape[1])] = np.nan
        shift = (first - first.T) / count
        squares = second + second.T - 2 * (apart @ apart.T) - count * shift**2
        variance = squares / np.maximum(count - 1, 1)
        variance[squares <= EQUAL * (second + second.T)] = 0
        mean = np.subtract.outer(centres, centres) + shift
        np.fill_diagonal(mean, 0)
        way = Direction(direction).gain(1.0, 0.0)
        return cls(mean=way * mean, spread=np.sqrt(variance))

    def __getitem__(self, teams: slice, /) -> Self:
        """Give the gains of some of the teams over one another."""
        return type(self)(mean=self.mean[teams, teams], spread=self.spread[teams, teams])

    def statistics(self, *, count: int | None, tolerance: float = 0.0) -> Vector:
        """Return the mean gains past `tolerance` in standard errors, NaN where they are unknown.

        `count` is the number of events, or of units, that a score rests on, as for
        `standard_error`. A gain that is the same in all resamples is infinite, none at all is 0.
        """
        past = self.mean - tolerance
        past[np.abs(past) <= EQUAL] = 0
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Vector = np.where(past == 0, 0.0, past / (self.spread * widening(count)))
        found[np.isnan(self.spread)] = np.nan
        return found

    def intervals(self, *, count: int | None, level: float = LEVEL) -> tuple[Vector, Vector]:
        """Return the lower and the upper ends of the intervals of `difference_interval`."""
        reach = student_quantile((1 + level) / 2, freedom=freedom(count))
        reach_of_pair = reach * widening(count) * self.spread
        return self.mean - reach_of_pair, self.mean + reach_of_pair

    def beats(self, *, count: int | None = None, level: float = LEVEL) -> NDArray[np.bool_]:
        """Say which team (row) is better than which (column) by a one-sided test.

        As in challengeR, there is no correction for the number of tests.
        """
        return self.statistics(count=count) > student_quantile(level, freedom=freedom(count))


def _shared(apart: Vector, known: NDArray[np.bool_]) -> tuple[Vector, Vector, Vector]:
    """Count what each two teams share, and sum the first's scores and their squares over it."""
    if known.all():
        shape = len(apart), len(apart)
        squares = np.broadcast_to((apart**2).sum(axis=1)[:, np.newaxis], shape)
        return np.full(shape, float(apart.shape[1])), np.zeros(shape), squares
    there = known.astype(np.float64)
    return there @ there.T, apart @ there.T, (apart**2) @ there.T


def paired_p(statistics: ArrayLike, /, *, count: int | None = None) -> Vector:
    """Return the two-sided p of mean differences in standard errors, NaN where unknown.

    It is below 1 - `level` exactly where the interval of `difference_interval` does not hold 0:
    Student's t with `count` - 1 degrees of freedom, the normal distribution if `count` is None.
    """
    given = np.asarray(statistics, dtype=np.float64)
    quantiles, deviations = _table(freedom(count))
    normal = np.interp(np.abs(given), quantiles, deviations)
    tails: Vector = np.array([math.erfc(z / math.sqrt(2)) for z in normal.ravel().tolist()])
    return tails.reshape(given.shape)


def holm(p: ArrayLike, /) -> Vector:
    """Return each p after Holm's correction for their number; NaN is no test and stays.

    Each is the least risk at which the step-down procedure rejects it (Holm, Scandinavian J Stat
    1979;6:65-70).
    """
    given = np.asarray(p, dtype=np.float64)
    order = np.argsort(given, kind="stable")  # NaN last
    tests = np.count_nonzero(~np.isnan(given))
    left = np.maximum(tests - np.arange(len(given)), 1)
    adjusted = np.full(len(given), np.nan)
    adjusted[order] = np.minimum(np.maximum.accumulate(left * given[order]), 1)
    return adjusted


def pairwise_p(gains: PairedGains, /, *, count: int | None = None) -> Vector:
    """Return the p of every pair, of shape (teams, teams), after Holm for the number of pairs.

    It is NaN on the diagonal and for teams that cannot be compared.
    """
    pairs = np.triu_indices(len(gains.mean), k=1)
    corrected = np.full(gains.mean.shape, np.nan)
    corrected[pairs] = holm(paired_p(gains.statistics(count=count)[pairs], count=count))
    corrected.T[pairs] = corrected[pairs]
    return corrected


@lru_cache(maxsize=8)
def _table(degrees: float) -> tuple[Vector, Vector]:
    """Tabulate the quantiles of Student's t beside those of the normal distribution."""
    deviations = np.linspace(0, FARTHEST, STEPS + 1)
    quantiles = [student_quantile(NORMAL.cdf(z), freedom=degrees) for z in deviations[1:].tolist()]
    return np.array([0.0, *quantiles]), deviations
