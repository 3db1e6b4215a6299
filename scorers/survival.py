"""Metrics of how well predicted risks order the times of events."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scorers.columns import aligned, flags, numbers, rows_of
from scorers.metric import (
    Columns,
    Direction,
    Metric,
    Needs,
    Reason,
    Undefined,
    Vector,
    Weights,
)
from scorers.sums import folded_sums

MAX_PAIRS = 4_000_000
"""Pairs held at once, which bounds the memory."""

FLOAT32_INTEGERS = 2**24
"""Integers up to here are exact in float32, and so is every sum of them that stays below."""


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """The pairs of some cases (rows) and all units (columns).

    `place` says which of the cases they are, `credit` is twice what the pair earns.
    """

    place: slice
    comparable: NDArray[np.bool_]
    credit: NDArray[np.int8]


@dataclass(frozen=True, kw_only=True)
class Ordering:
    """How risks order the pairs of the `cases`, indices of units with the event, and all units.

    A pair (i, j) is comparable if j outlived the case i: time_i < time_j, or time_i = time_j with
    j censored. It earns 1 if risk_i > risk_j, 1/2 if the risks are within `tolerance` of each
    other, else 0. Two events at one time are not comparable.
    """

    cases: NDArray[np.intp]
    event: NDArray[np.bool_]
    time: Vector
    risk: Vector
    tolerance: float

    def concordance(self, own: NDArray[np.number], weights: Weights, /) -> Vector:
        """Return the earned share of all comparable pairs, NaN if there are none.

        `own` has the weight of each case, `weights` that of each unit as the other of a pair.
        Each pair counts by the product, so the sums are quadratic forms. The inner sums are of
        integers that their float type holds exactly, and the outer ones have a fixed order, so no
        BLAS and no number of threads changes a bit of the result.
        """
        heaviest = 2 * weights.sum(axis=1).max(initial=0)
        exact = np.dtype("f4" if heaviest < FLOAT32_INTEGERS else "f8")
        others: NDArray[np.floating] = weights.astype(exact)
        possible = np.zeros(len(weights))
        earned = np.zeros(len(weights))
        for pairs in self._few_pairs or self._many_pairs():
            left = own[:, pairs.place].astype(np.float64)
            possible += _quadratic_form(left, pairs.comparable, others)
            earned += _quadratic_form(left, pairs.credit, others)
        concordance: Vector = np.full(len(weights), np.nan)
        np.divide(earned, 2 * possible, out=concordance, where=possible > 0)
        return concordance

    @cached_property
    def _few_pairs(self) -> tuple[Pairs, ...]:
        """All pairs, kept if they are few enough, else nothing."""
        few = len(self.cases) * len(self.time) <= MAX_PAIRS
        return tuple(self._many_pairs()) if few else ()

    def _many_pairs(self) -> Iterator[Pairs]:
        size = max(1, MAX_PAIRS // max(1, len(self.time)))
        for start in range(0, len(self.cases), size):
            yield self._pairs(slice(start, start + size))

    def _pairs(self, place: slice) -> Pairs:
        cases = self.cases[place]
        later = self.time > self.time[cases, None]
        outlived = (self.time == self.time[cases, None]) & ~self.event
        comparable = later | outlived
        with np.errstate(over="ignore"):  # 1e308 is an infinity ahead of -1e308, rightly
            ahead = self.risk[cases, None] - self.risk
        tied = np.abs(ahead) <= self.tolerance
        credit = np.where(tied, np.int8(1), np.int8(2) * (ahead > 0))
        return Pairs(place=place, comparable=comparable, credit=credit * comparable)


def _quadratic_form(
    left: Vector, matrix: NDArray[np.bool_] | NDArray[np.int8], right: NDArray[np.floating]
) -> Vector:
    """Return left[r] @ matrix @ right[r] for each resample r."""
    inner: NDArray[np.floating] = right @ matrix.astype(right.dtype).T
    return folded_sums(left * inner)


@dataclass(frozen=True, kw_only=True)
class Concordance:
    """Harrell's C of one prediction: the earned share of all comparable pairs.

    `rows` holds the indices of the rows at risk, which are the units of the ordering. (Harrell et
    al., JAMA 1982;247:2543-2546)
    """

    rows: NDArray[np.intp]
    ordering: Ordering

    @property
    def units(self) -> int:
        return len(self.rows)

    @property
    def events(self) -> int:
        return len(self.ordering.cases)

    @property
    def value(self) -> float | Undefined:
        """C with each row counted once, or why there is none."""
        if not self.units:
            return Undefined(Reason.NO_UNITS)
        if not self.events:
            return Undefined(Reason.NO_EVENTS)
        value = float(self._concordance(np.ones((1, self.units), dtype=np.int32))[0])
        return Undefined(Reason.NO_COMPARABLE_PAIRS) if np.isnan(value) else value

    def under(self, weights: Weights, /) -> Vector:
        """Return C under each row of `weights` (resamples x all rows), NaN without any pair."""
        everyone = weights.shape[1] == self.units
        return self._concordance(weights if everyone else weights[:, self.rows])

    def _concordance(self, weights: Weights) -> Vector:
        return self.ordering.concordance(weights[:, self.ordering.cases], weights)


def harrell_c(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    event: str,
    time: str,
    risk: str,
    where: str | None = None,
    tolerance: float = 1e-8,
) -> Concordance:
    """Measure Harrell's C of the column `risk` (larger = earlier event).

    `event` (0 or 1) and `time` (any unit) are truth columns; `where`, a truth column of 0 and 1,
    leaves the rows with 0 out: those not at risk, whose other truth may be empty. Risks within
    `tolerance` are tied, as in `sksurv.metrics.concordance_index_censored`. Raises
    InvalidColumns if a column is missing, not numeric, not finite, or not as long as the others.

    The first patient has the event before both others: two pairs, of which the one is ordered
    rightly and the other is tied, so (1 + 1/2) / 2.

    >>> truth = {"event": [1, 0, 0], "time": [1, 2, 3]}
    >>> harrell_c(truth, {"risk": [5, 1, 5]}, event="event", time="time", risk="risk").value
    0.75
    """
    told = (event, time) if where is None else (event, time, where)
    aligned(truth, told, prediction=prediction, predicted=[risk])
    rows = rows_of(truth, event, where=where)
    happened = flags(truth, event, rows=rows)
    return Concordance(
        rows=rows,
        ordering=Ordering(
            cases=np.flatnonzero(happened),
            event=happened,
            time=numbers(truth, time, rows=rows),
            risk=numbers(prediction, risk, rows=rows),
            tolerance=tolerance,
        ),
    )


HARRELL_C = Metric(
    key="harrell_c",
    needs=Needs.RISKS,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no unit at risk, no event, or no comparable pair; such resamples are skipped",
    reference="sksurv.metrics.concordance_index_censored, tied_tol=1e-8",
    source="Harrell et al., JAMA 1982;247:2543-2546",
    exact=True,
    truth_columns=("event", "time", "where"),
    prediction_columns=("risk",),
    measure=harrell_c,
)
