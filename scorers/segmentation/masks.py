"""Masks: one integer array for each image, in the truth and as predicted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorers.columns import objects, rows_of
from scorers.metric import Columns, InvalidColumns, ParamsError
from scorers.weighted.per_row import MeanOfCostlyRows

Mask = NDArray[np.bool_]
"""Where one structure is, in 2 or 3 dimensions."""

Structure = int | list[int]
"""A label, or the labels that together make one region."""

DIMENSIONS = (2, 3)
BACKGROUND = 0


@dataclass(frozen=True, kw_only=True)
class Case:
    """The masks of one row, of one shape; `row` is its index."""

    row: int
    truth: NDArray[np.integer]
    predicted: NDArray[np.integer]


def read_cases(
    truth: Columns, prediction: Columns, /, *, mask: str, predicted: str, rows: NDArray[np.intp]
) -> Iterator[Case]:
    """Yield the masks of each of `rows`.

    `mask` is the column of the truth, `predicted` that of the prediction. Raises InvalidColumns
    if a cell is not an array of integers in 2 or 3 dimensions, or if the two of a row differ in
    shape. Types of integers may differ: programs write the same labels as uint8 or int16.
    """
    ours = objects(truth, mask)
    theirs = objects(prediction, predicted, count=len(ours))
    for row in rows.tolist():
        case = Case(
            row=row,
            truth=_mask(ours[row], name=mask, row=row),
            predicted=_mask(theirs[row], name=predicted, row=row),
        )
        if case.truth.shape != case.predicted.shape:
            raise InvalidColumns(
                f"column {predicted}, row {row}: the mask has the shape {case.predicted.shape}, "
                f"but the image has {case.truth.shape}; predict a label for each of its pixels"
            )
        yield case


def _mask(cell: object, *, name: str, row: int) -> NDArray[np.integer]:
    mask = np.asarray(cell)
    if mask.dtype.kind not in "bui" or mask.ndim not in DIMENSIONS:
        raise InvalidColumns(
            f"column {name}, row {row}: expected a mask of integers in 2 or 3 dimensions, "
            f"found {mask.dtype} in {mask.ndim}"
        )
    return mask


def mean_over_structures(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    mask: str,
    predicted: str,
    labels: list[Structure],
    where: str | None,
    score: Callable[[Mask, Mask, int], float],
) -> MeanOfCostlyRows:
    """Average `score(truth, predicted, row)` over the structures of each case, then over cases.

    `labels` lists the structures: each a label, or a list of labels that make one region. A mask
    holds these labels and 0, the background. Raises InvalidColumns if it holds others, ParamsError
    if `labels` is not such a list.
    """
    structures = _structures(labels)
    known = np.unique(np.concatenate([[BACKGROUND], *structures]))
    rows = rows_of(truth, mask, where=where)
    values = np.zeros(len(rows))
    happened = np.zeros(len(rows), dtype=np.bool_)
    cases = read_cases(truth, prediction, mask=mask, predicted=predicted, rows=rows)
    for place, case in enumerate(cases):
        for name, array in ((mask, case.truth), (predicted, case.predicted)):
            if not np.isin(array, known).all():
                raise InvalidColumns(
                    f"column {name}, row {case.row}: the mask holds a label that is not of this "
                    f"challenge; it has {known.tolist()}"
                )
        happened[place] = case.truth.any()
        total = 0.0
        for structure in structures:
            ours, theirs = np.isin(case.truth, structure), np.isin(case.predicted, structure)
            total += score(ours, theirs, case.row)
        values[place] = total / len(structures)
    return MeanOfCostlyRows(rows=rows, values=values, happened=happened, events=int(happened.sum()))


def _structures(labels: list[Structure]) -> list[NDArray[np.integer]]:
    groups: list[Any] = [list(one) if isinstance(one, list | tuple) else [one] for one in labels]
    told = [label for group in groups for label in group]
    if not groups or not all(groups) or not all(type(label) is int for label in told):
        raise ParamsError("labels must list the structures: labels (integers), or lists of labels")
    if BACKGROUND in told:
        raise ParamsError(f"labels must not name {BACKGROUND}, which is the background")
    return [np.array(group) for group in groups]
