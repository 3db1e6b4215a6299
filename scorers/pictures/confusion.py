"""Confusion matrices, whose cells are rounded so that none tells of a few units."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scorers.binary.labelled import Labelled
from scorers.columns import Codes, aligned, codes, rows_of
from scorers.metric import Reason, Undefined
from scorers.multiclass.scores import ClassScores
from scorers.pictures.bins import FEWEST_UNITS, Places, number_of
from scorers.pictures.document import ROUNDED_TO, Confusion
from scorers.split import Split

MOST_CLASSES = 50

TWO_CLASSES = (0, 1)

Classes = Sequence[str | int | float]
Told = tuple[Places, Codes, Codes]
"""The rows that are counted, and which class is true and told of each."""


def confusion(
    split: Split,
    metrics: tuple[str, ...],
    /,
    *,
    label: str,
    predicted: str | Sequence[str],
    classes: Classes | None = None,
    threshold: float = 0.5,
    where: str | None = None,
) -> Confusion | Undefined:
    """Count how often each class is told for each true class, to the nearest ROUNDED_TO.

    The classes are the challenge's, in its order; without any they are 0 and 1, told for less than
    `threshold` and for the others. Where `predicted` lists a probability for each class, the
    likeliest is told, the first of equal ones.

    All cells are rounded, those of the diagonal too, each by itself: cells that are only hidden
    when they are small come back by subtraction from the units or the class sizes (Hundepool et
    al., Statistical Disclosure Control, 2012, sections 5.2 and 5.4). So a cell is wrong by 2 at
    most, and the cells need not add up to the units.
    """
    listed = TWO_CLASSES if classes is None else classes
    if len(listed) > MOST_CLASSES:
        return Undefined(Reason.TOO_MANY)
    if not isinstance(predicted, str):
        rows, true, told = _likeliest(
            split, label=label, predicted=predicted, classes=listed, where=where
        )
    elif classes is None:
        rows, true, told = _called(
            split, label=label, predicted=predicted, threshold=threshold, where=where
        )
    else:
        rows, true, told = _named(
            split, label=label, predicted=predicted, classes=classes, where=where
        )
    if number_of(split.unit_of_row[rows]) < 2 * FEWEST_UNITS:
        return Undefined(Reason.TOO_FEW if len(rows) else Reason.NO_UNITS)
    counts: NDArray[np.int64] = np.zeros((len(listed), len(listed)), dtype=np.int64)
    np.add.at(counts, (true, told), 1)
    rounded = (counts + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO
    return Confusion(
        metrics=metrics,
        units=len(rows),
        classes=tuple(map(str, listed)),
        counts=tuple(map(tuple, rounded.tolist())),
    )


def _called(
    split: Split, /, *, label: str, predicted: str, threshold: float, where: str | None
) -> Told:
    data = Labelled.read(
        split.truth, split.prediction, label=label, predicted=predicted, where=where
    )
    true, told = data.positive.astype(np.intp), (data.predicted >= threshold).astype(np.intp)
    return data.rows, true, told


def _named(
    split: Split, /, *, label: str, predicted: str, classes: Classes, where: str | None
) -> Told:
    aligned(split.truth, [label], prediction=split.prediction, predicted=[predicted])
    rows = rows_of(split.truth, label, where=where)
    true = codes(split.truth, label, classes=classes, rows=rows)
    return rows, true, codes(split.prediction, predicted, classes=classes, rows=rows)


def _likeliest(
    split: Split, /, *, label: str, predicted: Sequence[str], classes: Classes, where: str | None
) -> Told:
    data = ClassScores.read(
        split.truth, split.prediction, label=label, scores=predicted, classes=classes, where=where
    )
    return data.rows, data.true, data.scores.argmax(axis=1)
