"""Reading the objects that images hold: the cell of an image lists boxes, points or labels."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from scorers.columns import Codes, objects, rows_of
from scorers.metric import (
    Columns,
    InvalidColumns,
    ParamsError,
    Reason,
    Undefined,
    Vector,
    Weights,
)

Places = NDArray[np.intp]
"""Positions of images, objects or pairs in their arrays."""

CELLS = 8_000_000
"""Numbers in one array of images or objects by resamples: 64 MB."""

FEW_CELLS = 500_000
"""The same where images are only added up: 4 MB, measured to suit the caches of a processor."""

PAIRS = 1_000_000
"""Pairs of objects looked at at once."""

Classes = tuple[str | int, ...]
"""The classes of a challenge, in its order."""


@dataclass(frozen=True, kw_only=True)
class Images:
    """One file's columns of cells, and the `rows` (images) of it that are measured.

    `total` is the number of rows that every column must have.
    """

    columns: Columns
    rows: Places
    total: int

    def coordinates(self, name: str, /, *, widths: tuple[int, ...]) -> tuple[Places, Vector]:
        """Return the image of each object, and the objects' coordinates, (objects, width).

        The width is that of the first object, one of `widths`; (0, widths[0]) without any object.
        """
        arrays = self._arrays(name)
        filled = [array for array in arrays if array.size]
        width = filled[0].shape[-1] if filled else widths[0]
        if width not in widths or any(array.shape[1:] != (width,) for array in filled):
            many = " or ".join(map(str, widths))
            raise InvalidColumns(f"column {name} holds something else than rows of {many} numbers")
        counts = [len(array) if array.size else 0 for array in arrays]
        return _repeated(counts), _finite(filled, name=name).reshape(-1, width)

    def scores(self, name: str, /, *, images: Places) -> Vector:
        """Return the score of each object; `images` has the images of the objects."""
        arrays = self._arrays(name)
        if any(array.ndim != 1 for array in arrays):
            raise InvalidColumns(f"column {name} holds something else than a list for each image")
        self._check_counts(name, [len(array) for array in arrays], images=images)
        return _finite(arrays, name=name)

    def labels(self, name: str, /, *, images: Places, classes: Classes) -> Codes:
        """Return the position of each object's label in `classes`."""
        try:
            cells = [_listed(cell) for cell in self._cells(name)]
            place = {label: number for number, label in enumerate(classes)}
            found = np.array([place.get(label, -1) for cell in cells for label in cell], np.intp)
        except TypeError:
            raise InvalidColumns(
                f"column {name} holds something else than lists of labels"
            ) from None
        if (found < 0).any():
            count = int((found < 0).sum())
            raise InvalidColumns(f"column {name} holds {count} labels that are no class")
        self._check_counts(name, [len(cell) for cell in cells], images=images)
        return found

    def _cells(self, name: str) -> list[Any]:
        column = objects(self.columns, name, count=self.total)
        return [column[row] for row in self.rows.tolist()]

    def _arrays(self, name: str) -> list[Vector]:
        try:
            return [np.asarray(cell, dtype=np.float64) for cell in self._cells(name)]
        except (TypeError, ValueError) as error:
            if isinstance(error, InvalidColumns):
                raise
            raise InvalidColumns(f"column {name} holds something else than numbers") from None

    def _check_counts(self, name: str, counts: list[int], /, *, images: Places) -> None:
        differ = np.flatnonzero(np.bincount(images, minlength=len(counts)) != np.array(counts, int))
        if len(differ):
            row = self.rows[differ[0]]
            raise InvalidColumns(
                f"column {name} has another number of objects than the coordinates in row {row}"
            )


def both(
    truth: Columns, prediction: Columns, /, *, first: str, where: str | None
) -> tuple[Images, Images]:
    """Return the images of both files: all, or those with 1 in the truth column `where`.

    `first` is a truth column, whose length all columns must have.
    """
    rows = rows_of(truth, first, where=where)
    total = len(truth[first])
    return (
        Images(columns=truth, rows=rows, total=total),
        Images(columns=prediction, rows=rows, total=total),
    )


def _listed(cell: NDArray[Any] | Sequence[Any]) -> Sequence[Any]:
    listed: Sequence[Any] = cell.tolist() if isinstance(cell, np.ndarray) else cell
    return listed


def _repeated(counts: list[int]) -> Places:
    return np.repeat(np.arange(len(counts)), counts)


def _finite(arrays: list[Vector], *, name: str) -> Vector:
    joined = np.concatenate(arrays) if arrays else np.empty(0)
    if not np.isfinite(joined).all():
        raise InvalidColumns(f"column {name} holds something that is not finite")
    return joined


def class_list(classes: Sequence[str | int], /) -> Classes:
    """Return the challenge's classes; raise ParamsError if there is none, or one twice."""
    told = tuple(classes)
    if not told or len(set(told)) != len(told):
        raise ParamsError("classes: there must be at least one, and none twice")
    return told


def pairs(groups: Codes, others: Codes, /) -> Iterator[tuple[Places, Places]]:
    """Yield the pairs of an object and another of the same group, as two arrays of places.

    The pairs come some at a time, by the first object; those of an object with others in order.
    """
    order = np.argsort(others, kind="stable")
    inorder = others[order]
    first = np.searchsorted(inorder, groups, side="left")
    count = np.searchsorted(inorder, groups, side="right") - first
    ends = np.cumsum(count)
    start = done = 0
    while start < len(groups):
        stop = max(start + 1, int(np.searchsorted(ends, done + PAIRS, side="right")))
        many = count[start:stop]
        within = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        own = np.repeat(np.arange(start, stop), many)
        yield own, order[first[own] + within]
        start, done = stop, int(ends[stop - 1])


def rank_within(groups: Codes, /) -> Places:
    """Return how many objects of its group come before each object."""
    order = np.argsort(groups, kind="stable")
    inorder = groups[order]
    new = np.flatnonzero(np.r_[True, inorder[1:] != inorder[:-1]][: len(groups)])
    sizes = np.diff(np.r_[new, len(groups)])
    ranks = np.empty(len(groups), dtype=np.intp)
    ranks[order] = np.arange(len(groups)) - np.repeat(new, sizes)
    return ranks


def tally(groups: Places, images: Places, /, *, shape: tuple[int, int]) -> sparse.csr_array:
    """Return how many objects of each group each image has, `shape` (groups, images).

    Sparse, since most are 0, and since its products are of one thread: those of BLAS are so small
    here that its threads cost more than they save.
    """
    ones = np.ones(len(groups))
    return sparse.csr_array((ones, (groups, images)), shape=shape)


@dataclass(frozen=True, kw_only=True)
class ByImage:
    """A measure of images whose objects are matched already: weights only count them again.

    `counted` takes weights of shape (images measured, resamples), whole numbers in float64, and
    returns a value for each resample, NaN for the reason `undefined`. `longest` is the most
    objects that it looks at together, 0 if it only adds up images; `events` is the number of
    images with an object in the truth.
    """

    counted: Callable[[Vector], Vector]
    images: Images
    longest: int
    events: int
    undefined: Reason = Reason.NO_POSITIVES

    @property
    def units(self) -> int:
        return len(self.images.rows)

    @property
    def value(self) -> float | Undefined:
        """The value with each image counted once, or why there is none."""
        if not self.units:
            return Undefined(Reason.NO_UNITS)
        value = float(self.counted(np.ones((self.units, 1)))[0])
        return Undefined(self.undefined) if np.isnan(value) else value

    def under(self, weights: Weights, /) -> Vector:
        """Return the value under each row of `weights` (resamples x all rows), NaN if undefined."""
        values = np.full(len(weights), np.nan)
        cells = CELLS if self.longest else FEW_CELLS
        size = max(1, cells // max(1, self.units, self.longest))
        for start in range(0, len(weights) if self.units else 0, size):
            chunk = weights[start : start + size]
            chosen = chunk if self.units == self.images.total else chunk[:, self.images.rows]
            values[start : start + size] = self.counted(chosen.T.astype(np.float64, order="C"))
        return values
