"""Metrics made of what each row earns by itself, so that a resample costs only a sum."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorers.metric import Reason, Undefined, Vector, Weights
from scorers.sums import weighted_sums

CELLS = 250_000
"""Weights worked on at once: 2 MB at 8 bytes each, measured to suit the caches of a processor."""


def by_chunks(
    statistic: Callable[[Weights], Vector],
    weights: Weights,
    /,
    *,
    rows: NDArray[np.intp],
    cells: int = CELLS,
) -> Vector:
    """Return `statistic` of the weights of `rows`, computed for some resamples at a time.

    `statistic` takes weights of shape (some, len(rows)) and returns one value for each of them;
    at most `cells` weights are given at once, or those of one resample.
    """
    values = np.empty(len(weights))
    size = max(1, cells // max(1, len(rows)))
    # Picking all rows in their order takes longer than most statistics of them.
    everyone = np.array_equal(rows, np.arange(weights.shape[1]))
    for start in range(0, len(weights), size):
        chunk = weights[start : start + size]
        values[start : start + size] = statistic(chunk if everyone else chunk.take(rows, axis=1))
    return values


def over(earned: NDArray[Any], possible: NDArray[Any], /) -> Vector:
    """Return `earned / possible`, NaN where nothing is possible."""
    share: Vector = np.full(np.shape(possible), np.nan)
    np.divide(earned, possible, out=share, where=possible != 0)
    return share


@dataclass(frozen=True, kw_only=True)
class MeanOfRows:
    """The weighted mean of one finite value for each of `rows`.

    `rows` are the indices of the rows that are measured, `values` has one value for each of them.
    `events` counts those with an event, and `reason` says why there is no value without rows.
    """

    rows: NDArray[np.intp]
    values: Vector
    events: int | None = None
    reason: Reason = Reason.NO_UNITS

    @property
    def units(self) -> int:
        return len(self.rows)

    @property
    def value(self) -> float | Undefined:
        """The plain mean, or why there is none."""
        if not self.units:
            return Undefined(self.reason)
        return float(self._mean(np.ones((1, self.units), dtype=np.int64))[0])

    def under(self, weights: Weights, /) -> Vector:
        """Return the mean under each row of `weights` (resamples x all rows), NaN of nothing."""
        return by_chunks(self._mean, weights, rows=self.rows)

    def _mean(self, weights: Weights) -> Vector:
        return over(weighted_sums(weights, self.values), weights.sum(axis=1))


@dataclass(frozen=True, kw_only=True)
class RatioOfSums:
    """The sum of what rows earn over the sum of what they could earn, averaged over groups.

    `earned` and `possible` have the shape (rows, groups), for the rows whose indices are `rows`;
    a group is a class, or all rows together. Groups in which nothing is possible are left out of
    the mean; there is no value if nothing is possible in any.
    """

    rows: NDArray[np.intp]
    earned: NDArray[np.float64]
    possible: NDArray[np.float64]
    events: int | None = None

    @property
    def units(self) -> int:
        return len(self.rows)

    @property
    def value(self) -> float | Undefined:
        """The value with each row counted once, or why there is none."""
        if not self.units:
            return Undefined(Reason.NO_UNITS)
        value = float(self._ratio(np.ones((1, self.units), dtype=np.int64))[0])
        return Undefined(Reason.NO_POSITIVES) if np.isnan(value) else value

    def under(self, weights: Weights, /) -> Vector:
        """Return the value under each row of `weights` (resamples x all rows), NaN without any."""
        return by_chunks(self._ratio, weights, rows=self.rows)

    def _ratio(self, weights: Weights) -> Vector:
        total = np.zeros(len(weights))
        groups = np.zeros(len(weights), dtype=np.int64)
        for earned, possible in zip(self.earned.T, self.possible.T, strict=True):
            share = over(weighted_sums(weights, earned), weighted_sums(weights, possible))
            there = ~np.isnan(share)
            total[there] += share[there]
            groups += there
        return over(total, groups)
