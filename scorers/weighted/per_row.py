"""Metrics made of what each row earns by itself, so that a resample costs only a sum."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorers.metric import Reason, Undefined, Vector, Weights
from scorers.weighted.counts import in_chunks, ratio
from scorers.weighted.sums import weighted_sums


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
        return in_chunks(self._mean, weights, rows=self.rows)

    def _mean(self, weights: Weights) -> Vector:
        return ratio(weighted_sums(weights, self.values), weights.sum(axis=1))


@dataclass(frozen=True, kw_only=True)
class MeanOfCostlyRows(MeanOfRows):
    """A mean of values that took long to measure, so that those of a subgroup are taken from it.

    `happened` says which of `rows` have an event.
    """

    happened: NDArray[np.bool_]

    def among(self, chosen: NDArray[np.intp], /) -> "MeanOfCostlyRows":
        """Return the mean of the rows whose indices are `chosen`, in their order.

        It is what measuring these rows alone would give.
        """
        place = {row: number for number, row in enumerate(self.rows.tolist())}
        known = [number for number, row in enumerate(chosen.tolist()) if row in place]
        taken = [place[row] for row in chosen[known].tolist()]
        happened = self.happened[taken]
        return MeanOfCostlyRows(
            rows=np.array(known, dtype=np.intp),
            values=self.values[taken],
            happened=happened,
            events=int(happened.sum()),
            reason=self.reason,
        )


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
        return in_chunks(self._ratio, weights, rows=self.rows)

    def _ratio(self, weights: Weights) -> Vector:
        total = np.zeros(len(weights))
        groups = np.zeros(len(weights), dtype=np.int64)
        for earned, possible in zip(self.earned.T, self.possible.T, strict=True):
            share = ratio(weighted_sums(weights, earned), weighted_sums(weights, possible))
            there = ~np.isnan(share)
            total[there] += share[there]
            groups += there
        return ratio(total, groups)
