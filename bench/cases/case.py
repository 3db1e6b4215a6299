"""A case of a metric: columns drawn at random, its params, and the reference it is held against."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from scorers.metric import Combination, Measure, Undefined, Vector, Weights
from scorers.registry import get_metric

Untyped = Any
"""What the references take and give: they have no types."""

Table = Mapping[str, Any]
"""Columns by name: an array, or a list with an object for each row."""

Reference = Callable[..., float]
"""Takes truth, prediction and params as the metric does; gives NaN where ours has no value."""

STEPS = 3
"""Steps of `tied` scores for each row: about one row in four has an equal."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """The columns of a truth and of a prediction."""

    truth: Table
    prediction: Table

    def taken(self, rows: NDArray[np.intp], /) -> Self:
        """Return the columns with these rows, as often and in the order in which they are named."""
        return type(self)(
            truth={name: _taken(column, rows) for name, column in self.truth.items()},
            prediction={name: _taken(column, rows) for name, column in self.prediction.items()},
        )


class Drawing(Protocol):
    """Draws the columns of so many rows."""

    def __call__(self, rng: Generator, rows: int, /) -> Drawn: ...


@dataclass(frozen=True, kw_only=True)
class Question:
    """A metric with its params, and its parts if it is a combination; nothing of its reference."""

    key: str
    params: Mapping[str, Any]
    parts: tuple["Question", ...] = ()

    def measure(self, drawn: Drawn, /) -> Measure:
        """Apply the metric."""
        metric = get_metric(self.key)
        if isinstance(metric, Combination):
            parts = {part.key: part.measure(drawn) for part in self.parts}
            return Combined(combination=metric, parts=parts, params=self.params)
        return metric.measure(drawn.truth, drawn.prediction, **self.params)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One metric on random data with ties, absent classes and rows without anything.

    `params` are those of challenge.yaml; a combination has `parts`. `rows` are those on which the
    speed is told, `fewest` those that the reference needs. `looped` says that the reference takes
    columns as they are, so that its time can be compared. `within` is the difference that is due
    to the reference and to rounding, relative for values above 1.
    """

    key: str
    draw: Drawing
    params: Mapping[str, Any]
    parts: tuple["Case", ...] = ()
    reference: Reference | None = None
    rows: int = 20_000
    fewest: int = 1
    looped: bool = True
    within: float = 1e-12

    @property
    def question(self) -> "Question":
        """What is asked of the metric."""
        parts = tuple(part.question for part in self.parts)
        return Question(key=self.key, params=self.params, parts=parts)

    def measure(self, drawn: Drawn, /) -> Measure:
        """Apply the metric."""
        return self.question.measure(drawn)

    def ours(self, drawn: Drawn, /) -> float:
        """Return the value, NaN where there is none."""
        value = self.measure(drawn).value
        return np.nan if isinstance(value, Undefined) else value

    def theirs(self, drawn: Drawn, /) -> float:
        """Return the value of the reference, NaN where ours has none by declared disagreement."""
        if self.reference is None:
            raise TypeError(f"{self.key} has no reference that can be called")
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # about what is undefined
            return float(self.reference(drawn.truth, drawn.prediction, **self.params))


@dataclass(frozen=True, kw_only=True)
class Combined:
    """The measure of a combination: its parts, and how they are put together."""

    combination: Combination
    parts: Mapping[str, Measure]
    params: Mapping[str, Any]

    @property
    def units(self) -> int:
        return min(part.units for part in self.parts.values())

    @property
    def events(self) -> None:
        return None

    @property
    def value(self) -> float | Undefined:
        values = {key: part.value for key, part in self.parts.items()}
        return self.combination({}, values, **self.params)

    def under(self, weights: Weights, /) -> Vector:
        vectors = {key: part.under(weights) for key, part in self.parts.items()}
        return self.combination.combine(vectors, **self.params)


def happens(rng: Generator, /, *, share: float) -> bool:
    """Return whether what happens in this share of all cases does."""
    return bool(rng.random() < share)


def tied(shares: Vector, /) -> Vector:
    """Round numbers between 0 and 1 to STEPS steps for each, of which none is at 0 or 1."""
    steps = STEPS * len(shares)
    rounded: Vector = (np.minimum(np.floor(shares * steps), steps - 1) + 0.5) / steps
    return rounded


def _taken(column: Untyped, rows: NDArray[np.intp], /) -> Untyped:
    return column[rows] if isinstance(column, np.ndarray) else [column[row] for row in rows]
