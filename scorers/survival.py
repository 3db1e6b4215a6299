"""Metrics of how well predicted risks order the times of events."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorers.metric import (
    Columns,
    Direction,
    InvalidColumns,
    Metric,
    Needs,
    Reason,
    Undefined,
    Vector,
    Weights,
)

MAX_PAIRS = 4_000_000
"""Pairs held at once, which bounds the memory."""

FLOAT32_INTEGERS = 2**24
"""Integers up to here are exact in float32, and so is every sum of them that stays below."""


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """The pairs of some `cases` (rows, those with the event) and all units (columns).

    `credit` is twice what the pair earns.
    """

    cases: NDArray[np.intp]
    comparable: NDArray[np.bool_]
    credit: NDArray[np.int8]


@dataclass(frozen=True, kw_only=True)
class Concordance:
    """Harrell's C of one prediction: which pairs are comparable and how they are ordered.

    An ordered pair (i, j) is comparable if i has the event and j outlived it: time_i < time_j, or
    time_i = time_j with j censored. It earns 1 if risk_i > risk_j, 1/2 if the risks are within
    `tolerance` of each other, else 0. C is the earned share of all comparable pairs (Harrell et
    al., JAMA 1982;247:2543-2546). Two events at one time are not comparable.

    `rows` holds the indices of the rows at risk; the other arrays have one value for each of them.
    """

    rows: NDArray[np.intp]
    event: NDArray[np.bool_]
    time: Vector
    risk: Vector
    tolerance: float

    @property
    def units(self) -> int:
        return len(self.rows)

    @property
    def events(self) -> int:
        return int(self.event.sum())

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
        """Count pairs as quadratic forms in the weights.

        All counts are integers that their float type holds exactly, so no order of summation, no
        BLAS and no number of threads changes a bit of the result.
        """
        heaviest = 2 * weights.sum(axis=1).max(initial=0)
        exact = np.dtype("f4" if heaviest < FLOAT32_INTEGERS else "f8")
        others: NDArray[np.floating] = weights.astype(exact)
        possible = np.zeros(len(weights))
        earned = np.zeros(len(weights))
        for pairs in self._few_pairs or self._many_pairs():
            own = weights[:, pairs.cases].astype(np.float64)
            possible += _quadratic_form(own, pairs.comparable, others)
            earned += _quadratic_form(own, pairs.credit, others)
        concordance: Vector = np.full(len(weights), np.nan)
        np.divide(earned, 2 * possible, out=concordance, where=possible > 0)
        return concordance

    @cached_property
    def _few_pairs(self) -> tuple[Pairs, ...]:
        """All pairs, kept if they are few enough, else nothing."""
        few = self.events * self.units <= MAX_PAIRS
        return tuple(self._many_pairs()) if few else ()

    def _many_pairs(self) -> Iterator[Pairs]:
        cases = np.flatnonzero(self.event)
        size = max(1, MAX_PAIRS // max(1, self.units))
        for start in range(0, len(cases), size):
            yield self._pairs(cases[start : start + size])

    def _pairs(self, cases: NDArray[np.intp]) -> Pairs:
        later = self.time > self.time[cases, None]
        outlived = (self.time == self.time[cases, None]) & ~self.event
        comparable = later | outlived
        with np.errstate(over="ignore"):  # 1e308 is an infinity ahead of -1e308, rightly
            ahead = self.risk[cases, None] - self.risk
        tied = np.abs(ahead) <= self.tolerance
        credit = np.where(tied, np.int8(1), np.int8(2) * (ahead > 0))
        return Pairs(cases=cases, comparable=comparable, credit=credit * comparable)


def _quadratic_form(
    left: Vector, matrix: NDArray[np.bool_] | NDArray[np.int8], right: NDArray[np.floating]
) -> Vector:
    """Return left[r] @ matrix @ right[r] for each resample r."""
    inner: NDArray[np.floating] = right @ matrix.astype(right.dtype).T
    form: Vector = np.einsum("re,re->r", left, inner.astype(np.float64))
    return form


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
    happened = _numbers(truth, event)
    everyone = np.arange(len(happened))
    rows = everyone if where is None else np.flatnonzero(_flags(_numbers(truth, where), where))
    columns = {name: _numbers(truth, name) for name in (event, time)}
    columns[risk] = _numbers(prediction, risk)
    for name, column in columns.items():
        if len(column) != len(everyone):
            raise InvalidColumns(
                f"column {name} has {len(column)} rows, {event} has {len(everyone)}"
            )
        if not np.isfinite(column[rows]).all():
            raise InvalidColumns(f"column {name} is empty or not finite in a row at risk")
    return Concordance(
        rows=rows,
        event=_flags(happened[rows], event),
        time=columns[time][rows],
        risk=columns[risk][rows],
        tolerance=tolerance,
    )


def _numbers(columns: Columns, name: str) -> Vector:
    if name not in columns:
        raise InvalidColumns(f"there is no column {name}")
    column: NDArray[Any] = np.asarray(columns[name])
    if column.ndim != 1 or column.dtype.kind not in "buif":
        raise InvalidColumns(f"column {name} is not a column of numbers")
    return column.astype(np.float64)


def _flags(column: Vector, name: str) -> NDArray[np.bool_]:
    if not np.isin(column, (0, 1)).all():
        raise InvalidColumns(f"column {name} holds something else than 0 and 1")
    flags: NDArray[np.bool_] = column == 1
    return flags


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
