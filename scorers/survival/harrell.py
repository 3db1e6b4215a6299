"""Metrics of how well predicted risks order the times of events."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scorers.columns import numbers
from scorers.metric import (
    Columns,
    Direction,
    Metric,
    Needs,
    PictureKind,
    Reason,
    Undefined,
    Vector,
    Weights,
)
from scorers.survival.follow_up import read_follow_up
from scorers.weighted.counts import ratio, running_counts
from scorers.weighted.sums import folded_sums

MAX_PAIRS = 4_000_000
"""Pairs held at once, which bounds the memory."""

FLOAT32_INTEGERS = 2**24
"""Integers up to here are exact in float32, and so is every sum of them that stays below."""


@dataclass(frozen=True, kw_only=True)
class Credits:
    """What the pairs of some cases (rows) and of all units since `first` (columns) earn, doubled.

    `place` says which of the cases they are.
    """

    place: slice
    first: int
    earned: NDArray[np.int8]


@dataclass(frozen=True, kw_only=True)
class Ordering:
    """How risks order the pairs of the `cases`, units with the event, and those who outlived them.

    The units are sorted as in FollowUp, and `outlived` has the first who outlived each case: he
    and all who follow make a comparable pair with it. A pair (i, j) earns 1 if risk_i > risk_j,
    1/2 if the risks are within `tolerance` of each other, else 0.
    """

    cases: NDArray[np.intp]
    outlived: NDArray[np.intp]
    risk: Vector
    tolerance: float

    def concordance(self, own: NDArray[np.number], weights: Weights, /) -> Vector:
        """Return the earned share of all comparable pairs, NaN if there are none.

        `own` has the weight of each case, `weights` that of each unit as the other of a pair.
        Each pair counts by the product, so what is earned is a quadratic form. Its inner sums are
        of integers that their float type holds exactly, and the outer ones have a fixed order, so
        no BLAS and no number of threads changes a bit of the result.
        """
        heaviest = 2 * weights.sum(axis=1).max(initial=0)
        exact = np.dtype("f4" if heaviest < FLOAT32_INTEGERS else "f8")
        others: NDArray[np.floating] = weights.astype(exact)
        counts = running_counts(weights)
        possible = np.zeros(len(weights))
        earned = np.zeros(len(weights))
        for block in self._few_credits or self._many_credits():
            left = own[:, block.place].astype(np.float64)
            beyond = counts[:, -1:] - counts[:, self.outlived[block.place]]
            possible += folded_sums(left * beyond)
            earned += folded_sums(left * (others[:, block.first :] @ block.earned.astype(exact).T))
        return ratio(earned, 2 * possible)

    @cached_property
    def _few_credits(self) -> tuple[Credits, ...]:
        """All pairs, kept if they are few enough, else nothing."""
        few = len(self.cases) * len(self.risk) <= MAX_PAIRS
        return tuple(self._many_credits()) if few else ()

    def _many_credits(self) -> Iterator[Credits]:
        size = max(1, MAX_PAIRS // max(1, len(self.risk)))
        for start in range(0, len(self.cases), size):
            yield self._credits(slice(start, start + size))

    def _credits(self, place: slice) -> Credits:
        first, last = self.outlived[place][[0, -1]]
        with np.errstate(over="ignore"):  # 1e308 is an infinity ahead of -1e308, rightly
            ahead = self.risk[self.cases[place], None] - self.risk[first:]
        earned = (ahead > self.tolerance).view(np.int8) + (ahead >= -self.tolerance)
        # The later cases of these did not outlive themselves.
        earned[:, : last - first] *= np.arange(first, last) >= self.outlived[place, None]
        return Credits(place=place, first=int(first), earned=earned)


@dataclass(frozen=True, kw_only=True)
class Concordance:
    """Harrell's C of one prediction: the earned share of all comparable pairs.

    A pair (i, j) is comparable if i has the event and j outlived it: time_i < time_j, or
    time_i = time_j with j censored. Two events at one time are not comparable. (Harrell et al.,
    JAMA 1982;247:2543-2546)

    `rows` holds the indices of the rows at risk, which are the units of the ordering.
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
        return self._concordance(weights.take(self.rows, axis=1))

    def _concordance(self, weights: Weights) -> Vector:
        return self.ordering.concordance(weights.take(self.ordering.cases, axis=1), weights)


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
    people = read_follow_up(
        truth, prediction, event=event, time=time, where=where, predicted=[risk]
    )
    cases = people.cases()
    return Concordance(
        rows=people.rows,
        ordering=Ordering(
            cases=cases,
            outlived=people.outlived(cases),
            risk=numbers(prediction, risk, rows=people.rows),
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
    pictures=(PictureKind.KAPLAN_MEIER,),
    measure=harrell_c,
)
