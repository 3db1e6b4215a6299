"""Confusion matrices under weights: how often each class is told for each true class."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from scorers.columns import aligned, codes, one_hot, rows_of
from scorers.metric import Columns, ParamsError, Reason, Vector, Weights
from scorers.weighted.counts import in_chunks
from scorers.weighted.measured import Measured

Counts = NDArray[np.int64]
"""Shape (resamples, classes, classes): the weight of each true class told as each class."""

LEAST_CLASSES = 2


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Rows in the order of their groups, which are numbered from 0 to `size` - 1.

    `members` are the rows, `present` the groups that have some, and `starts` where those begin.
    """

    members: NDArray[np.intp]
    present: NDArray[np.intp]
    starts: NDArray[np.intp]
    size: int

    @classmethod
    def of(cls, groups: NDArray[np.intp], /, *, rows: NDArray[np.intp], size: int) -> Self:
        """Put `rows` in the order of `groups`, which has the group of each of them."""
        order = np.argsort(groups, kind="stable")
        present, starts = np.unique(groups[order], return_index=True)
        return cls(members=rows[order], present=present, starts=starts, size=size)

    def sums(self, weights: Weights, /) -> NDArray[np.int64]:
        """Return the weight of each group, of shape (resamples, `size`).

        `weights` has all rows. The sums are of integers: no order of them changes the result.
        """
        sums = np.zeros((len(weights), self.size), dtype=np.int64)
        if len(self.members):
            inorder = weights.take(self.members, axis=1)
            sums[:, self.present] = np.add.reduceat(inorder, self.starts, axis=1, dtype=np.int64)
        return sums


def number_of(classes: Sequence[Any], /) -> int:
    """Return how many classes are listed; raise ParamsError unless two or more, all different."""
    if isinstance(classes, str) or not isinstance(classes, Sequence):
        raise ParamsError("classes must be a list such as [0, 1, 2] or [benign, malignant]")
    if not all(isinstance(label, str | int | float) for label in classes):
        raise ParamsError("classes must be numbers or texts; write each class as one of them")
    if len(classes) < LEAST_CLASSES or len(set(classes)) != len(classes):
        raise ParamsError("classes must be at least two, each of them listed once")
    return len(classes)


def confusion(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    predicted: str | Sequence[str],
    classes: Sequence[str | int | float],
    where: str | None,
    formula: Callable[[Counts], Vector],
    undefined: Reason = Reason.NO_UNITS,
) -> Measured:
    """Measure `formula` of the confusion matrix of the columns `label` and `predicted`.

    `formula` takes the matrices of some resamples and returns a value for each, NaN where there
    is none, which is told as `undefined`. `predicted` names one column of classes, or lists a
    column of 0 and 1 for each class. Raises ParamsError if the classes are not two or more or not
    as many as the columns, InvalidColumns if a column is missing, holds what is no class, or has
    another length.
    """
    size = number_of(classes)
    names = [predicted] if isinstance(predicted, str) else list(predicted)
    if not isinstance(predicted, str) and (len(names) != size or len(set(names)) != size):
        raise ParamsError(f"predicted must be one column, or {size} of them, as there are classes")
    aligned(truth, [label], prediction=prediction, predicted=names)
    rows = rows_of(truth, label, where=where)
    true = codes(truth, label, classes=classes, rows=rows)
    if isinstance(predicted, str):
        told = codes(prediction, predicted, classes=classes, rows=rows)
    else:
        told = one_hot(prediction, names, rows=rows)
    cells = Groups.of(true * size + told, rows=rows, size=size * size)

    def statistic(weights: Weights) -> Vector:
        return formula(cells.sums(weights).reshape(-1, size, size))

    return Measured(
        statistic=partial(in_chunks, statistic),
        rows=len(truth[label]),
        units=len(rows),
        undefined=undefined,
    )


def running_total(terms: NDArray[np.generic], /) -> Vector:
    """Return the sum over the last axis, added from its first term on: the same bytes anywhere."""
    total: Vector = np.cumsum(terms, axis=-1, dtype=np.float64)[..., -1]
    return total


def mean_of_defined(values: NDArray[np.float64], /) -> Vector:
    """Return the mean over the last axis of what is not NaN; NaN if all is."""
    defined = ~np.isnan(values)
    counted = defined.sum(axis=-1)
    mean: Vector = np.full(values.shape[:-1], np.nan)
    total = running_total(np.where(defined, values, 0.0))
    np.divide(total, counted, out=mean, where=counted > 0)
    return mean
