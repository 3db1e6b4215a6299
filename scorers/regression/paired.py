"""Columns of true and of predicted numbers, and metrics of both columns as a whole."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorers.columns import aligned, numbers, rows_of
from scorers.metric import Columns, InvalidColumns, Reason, Undefined, Vector, Weights
from scorers.rules import Within
from scorers.weighted.counts import in_chunks

LARGEST = 1e15
"""Squares of such numbers can be summed, kept in single precision and written on an axis."""

MEASURABLE = Within(param="predicted", low=-LARGEST, high=LARGEST)
"""The rule that squares of the predicted numbers can be summed."""


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """The true and the predicted number of each row that is measured."""

    rows: NDArray[np.intp]
    true: Vector
    predicted: Vector


def read_pairs(
    truth: Columns, prediction: Columns, /, *, value: str, predicted: str, where: str | None
) -> Pairs:
    """Read both columns; raise InvalidColumns if one is missing, too long, or not of numbers."""
    told = (value,) if where is None else (value, where)
    aligned(truth, told, prediction=prediction, predicted=[predicted])
    rows = rows_of(truth, value, where=where)
    return Pairs(
        rows=rows,
        true=_measurable(truth, value, rows=rows),
        predicted=_measurable(prediction, predicted, rows=rows),
    )


def _measurable(columns: Columns, name: str, *, rows: NDArray[np.intp]) -> Vector:
    column = numbers(columns, name, rows=rows)
    if (np.abs(column) > LARGEST).any():
        raise InvalidColumns(f"column {name} holds a number further than {LARGEST:g} from 0")
    return column


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """A metric of whole columns: `statistic` of the weights, NaN where what must vary does not."""

    rows: NDArray[np.intp]
    statistic: Callable[[Weights], Vector]
    events: int | None = None

    @property
    def units(self) -> int:
        return len(self.rows)

    @property
    def value(self) -> float | Undefined:
        """The value with each row counted once, or why there is none."""
        if not self.units:
            return Undefined(Reason.NO_UNITS)
        value = float(self.statistic(np.ones((1, self.units), dtype=np.int64))[0])
        return Undefined(Reason.CONSTANT) if np.isnan(value) else value

    def under(self, weights: Weights, /) -> Vector:
        """Return the value under each row of `weights` (resamples x all rows)."""
        return in_chunks(self.statistic, weights, rows=self.rows)
