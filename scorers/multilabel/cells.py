"""Truth and predictions of many labels a row, each in a column of its own, some cells unknown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from scorers.columns import aligned, flags, numbers, rows_of
from scorers.metric import Columns, InvalidColumns, ParamsError, Vector, Weights

Cells = NDArray[np.bool_]
"""Shape (rows, labels)."""

WEIGHTS = 4_000_000
"""Weights worked on at once: a product of matrices wants many, and 32 MB of them are."""

FLOAT32_INTEGERS = 2**24
"""Integers up to here are exact in float32, and so is every sum of them that stays below."""


@dataclass(frozen=True, kw_only=True)
class LabelCells:
    """The cells that are measured, of the rows that have any.

    `true` tells where a label is true, `known` where the truth is known; `total` counts all rows
    of the columns, `rows` are places among them.
    """

    rows: NDArray[np.intp]
    true: Cells
    known: Cells
    total: int

    @classmethod
    def read(
        cls, truth: Columns, /, *, labels: Sequence[str], where: str | None, masked: int | None
    ) -> Self:
        """Read the truth columns `labels`, of 0, 1 and `masked` for a cell that is not known.

        Raises ParamsError if there is no label, one is named twice, or `masked` is 0 or 1;
        InvalidColumns if a column is missing or holds something else.
        """
        _check_names(labels)
        if masked in (0, 1):
            raise ParamsError("masked must be a number that means neither no nor yes, such as 9")
        rows = rows_of(truth, labels[0], where=where)
        told = numbers_of(truth, labels, rows=rows)
        known = told != masked if masked is not None else np.ones_like(told, dtype=np.bool_)
        strange = (known & ~np.isin(told, (0, 1))).any(axis=0)
        if strange.any():
            expected = "0 and 1" if masked is None else f"0, 1 and {masked}"
            raise InvalidColumns(
                f"column {labels[int(strange.argmax())]} holds something else than {expected}"
            )
        some = known.any(axis=1)
        return cls(
            rows=rows[some],
            true=(known & (told == 1))[some],
            known=known[some],
            total=len(truth[labels[0]]),
        )

    @property
    def events(self) -> int:
        """Cells in which a label is true."""
        return int(self.true.sum())

    def told(self, prediction: Columns, /, *, predicted: Sequence[str]) -> Cells:
        """Return where the columns `predicted`, of 0 and 1, tell a label whose truth is known."""
        return flags_of(prediction, predicted, rows=self.rows) & self.known


def check_pairs(
    truth: Columns, prediction: Columns, /, *, labels: Sequence[str], predicted: Sequence[str]
) -> None:
    """Raise ParamsError unless there is a predicted column for each label.

    Raises InvalidColumns if the columns are not as long as the first label.
    """
    _check_names(labels)
    _check_names(predicted)
    if len(predicted) != len(labels):
        raise ParamsError(
            f"there are {len(labels)} labels but {len(predicted)} columns of the prediction: "
            "name one for each label, in their order"
        )
    aligned(truth, labels, prediction=prediction, predicted=predicted)


def numbers_of(columns: Columns, names: Sequence[str], /, *, rows: NDArray[np.intp]) -> Vector:
    """Return columns of finite numbers side by side, of shape (rows, names)."""
    return np.stack([numbers(columns, name, rows=rows) for name in names], axis=1)


def flags_of(
    columns: Columns, names: Sequence[str], /, *, rows: NDArray[np.intp] | None = None
) -> Cells:
    """Return columns of 0 and 1 side by side, of shape (rows, names)."""
    return np.stack([flags(columns, name, rows=rows) for name in names], axis=1)


def sums_under(
    weights: Weights, counts: NDArray[np.integer], /, *, rows: NDArray[np.intp]
) -> NDArray[np.int64]:
    """Return the weighted sums of small integers, of shape (resamples, columns of `counts`).

    `counts` has a row for each of `rows`. The float types of the product hold all sums exactly, so
    no order of summation, no BLAS and no number of threads changes a bit of the result.
    """
    sums = np.zeros((len(weights), counts.shape[1]), dtype=np.int64)
    step = max(1, WEIGHTS // max(1, len(rows)))
    for start in range(0, len(weights), step):
        some = weights[start : start + step].take(rows, axis=1)
        heaviest = int(some.max(initial=0)) * len(rows) * int(counts.max(initial=0))
        exact = np.dtype("f4" if heaviest < FLOAT32_INTEGERS else "f8")
        sums[start : start + step] = some.astype(exact) @ counts.astype(exact)
    return sums


def _check_names(names: Sequence[str], /) -> None:
    if isinstance(names, str) or not names or len(set(names)) != len(names):
        raise ParamsError("labels and their predictions must be lists of columns, each named once")
