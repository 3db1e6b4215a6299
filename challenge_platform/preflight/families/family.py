"""What every family of answers can give: submissions whose score is known beforehand."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from scorers.metric import Columns, Vector

Answer = dict[str, NDArray[Any]]
"""Columns of a prediction as metrics read them, in the order of the truth."""

BINS = 10
"""Groups of equally many rows by which a feature is turned into a probability."""


class Family(Protocol):
    """Submissions to one metric, made of its truth."""

    def perfect(self) -> Answer:
        """Say of each row what the truth says."""

    def inverted(self) -> Answer | None:
        """Say of each row what is furthest from the truth; None where nothing is."""

    def constant(self) -> Answer:
        """Say the same of all rows: what is likeliest, without a look at any of them."""

    def random(self, rng: Generator, /) -> Answer:
        """Say of each row what is drawn at random."""

    def guesses(self, feature: Vector, /) -> Sequence[Answer]:
        """Say of each row what a feature alone lets one guess, in each direction that there is."""


def column(columns: Columns, name: str, /) -> NDArray[Any]:
    """Give a column of the truth; raise KeyError naming it where there is none."""
    return columns[name]


def flags(columns: Columns, name: str, /) -> NDArray[np.bool_]:
    """Give which rows of a truth column hold 1; rows without a value do not."""
    told: NDArray[np.bool_] = column(columns, name).astype(np.float64) == 1
    return told


def measured(columns: Columns, where: str | None, /, *, rows: int) -> NDArray[np.bool_]:
    """Give which rows a metric measures."""
    return np.ones(rows, dtype=np.bool_) if where is None else flags(columns, where)


def ranked(feature: Vector, /) -> Vector:
    """Give the ranks of a feature from 0 to 1; equal values have equal ranks."""
    values, place = np.unique(feature, return_inverse=True)
    ranks: Vector = place / max(1, len(values) - 1)
    return ranks


def binned_mean(feature: Vector, outcome: Vector, /) -> Vector:
    """Give each row the mean outcome of those with about the same feature, never quite 0 or 1."""
    edges = np.unique(np.quantile(feature, np.linspace(0, 1, BINS + 1)[1:-1]))
    group = np.searchsorted(edges, feature, side="right")
    count = np.bincount(group, minlength=len(edges) + 1)
    total = np.bincount(group, weights=outcome, minlength=len(edges) + 1)
    means: Vector = (total + outcome.mean()) / (count + 1)
    return means[group]


def matched(feature: Vector, outcome: Vector, /) -> Vector:
    """Give the outcomes in the order of the feature: the smallest feature the smallest outcome."""
    given = np.empty(len(outcome))
    given[np.argsort(feature, kind="stable")] = np.sort(outcome)
    return given


def neighbours(feature: Vector, /) -> NDArray[np.intp]:
    """Give for each row the one that comes next by the feature, for the last the one before."""
    order = np.argsort(feature, kind="stable")
    beside = np.empty(len(order), dtype=np.intp)
    beside[order] = np.append(order[1:], order[-2:-1])
    return beside
