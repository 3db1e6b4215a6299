"""Reading what a metric needs out of columns; a column that cannot be measured is named."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from scorers.metric import Columns, InvalidColumns, Vector

Codes = NDArray[np.intp]
"""The position of each row's class in the challenge's list of classes."""


def rows_of(truth: Columns, first: str, /, *, where: str | None = None) -> NDArray[np.intp]:
    """Return the rows that a metric measures: all, or those with 1 in the truth column `where`.

    `first` is a truth column, whose length is the number of rows.
    """
    count = len(objects(truth, first))
    if where is None:
        return np.arange(count)
    chosen = np.flatnonzero(flags(truth, where))
    if len(truth[where]) != count:
        raise InvalidColumns(f"column {where} has {len(truth[where])} rows, {first} has {count}")
    return chosen


def aligned(
    truth: Columns, told: Sequence[str], /, *, prediction: Columns, predicted: Sequence[str]
) -> None:
    """Raise InvalidColumns unless all of these columns exist and have as many rows as the first.

    `told` names columns of the truth, `predicted` columns of the prediction.
    """
    count = _column(truth, told[0]).size
    for columns, names in ((truth, told), (prediction, predicted)):
        for name in names:
            column = _column(columns, name)
            if column.ndim == 1 and len(column) != count:
                raise InvalidColumns(f"column {name} has {len(column)} rows, {told[0]} has {count}")


def numbers(columns: Columns, name: str, /, *, rows: NDArray[np.intp] | None = None) -> Vector:
    """Return a column of finite numbers as float64; `rows` chooses among its rows."""
    column = _column(columns, name)
    if column.ndim != 1 or column.dtype.kind not in "buif":
        raise InvalidColumns(f"column {name} is not a column of numbers")
    chosen = _chosen(column.astype(np.float64), name, rows=rows)
    if not np.isfinite(chosen).all():
        raise InvalidColumns(f"column {name} is empty or not finite in a row that is measured")
    return chosen


def flags(
    columns: Columns, name: str, /, *, rows: NDArray[np.intp] | None = None
) -> NDArray[np.bool_]:
    """Return a column of 0 and 1 as booleans."""
    column = numbers(columns, name, rows=rows)
    if not np.isin(column, (0, 1)).all():
        raise InvalidColumns(f"column {name} holds something else than 0 and 1")
    told: NDArray[np.bool_] = column == 1
    return told


def probabilities(
    columns: Columns, name: str, /, *, rows: NDArray[np.intp] | None = None
) -> Vector:
    """Return a column of numbers from 0 to 1."""
    column = numbers(columns, name, rows=rows)
    if ((column < 0) | (column > 1)).any():
        raise InvalidColumns(f"column {name} holds something that is no probability")
    return column


def codes(
    columns: Columns,
    name: str,
    /,
    *,
    classes: Sequence[str | int | float],
    rows: NDArray[np.intp] | None = None,
) -> Codes:
    """Return the position in `classes` of what each row holds.

    Numbers and texts are compared as they are: class 1 is found in a column of numbers, class "1"
    in a column of text. The classes are the challenge's, never those that happen to occur.
    """
    column = _chosen(_column(columns, name), name, rows=rows)
    if column.ndim != 1:
        raise InvalidColumns(f"column {name} is not one value a row")
    place = {label: number for number, label in enumerate(classes)}
    if len(place) != len(classes) or len(classes) < 2:  # noqa: PLR2004 -- one class measures nothing
        raise InvalidColumns(f"the classes of column {name} are fewer than two, or one is twice")
    try:
        values, inverse = np.unique(column, return_inverse=True)
    except TypeError:  # they have no order
        raise InvalidColumns(f"column {name} holds numbers and texts; write one kind") from None
    if unknown := [value for value in values.tolist() if value not in place]:
        raise InvalidColumns(f"column {name} holds {len(unknown)} values that are no class")
    return np.array([place[value] for value in values.tolist()], dtype=np.intp)[inverse]


def one_hot(
    columns: Columns, names: Sequence[str], /, *, rows: NDArray[np.intp] | None = None
) -> Codes:
    """Return for each row the position in `names` of the one column that holds 1.

    Raises InvalidColumns if a row has another number of 1 than one, or something else beside it.
    """
    told = np.stack([flags(columns, name, rows=rows) for name in names], axis=1)
    if (told.sum(axis=1) != 1).any():
        raise InvalidColumns(f"columns {', '.join(names)} do not have exactly one 1 in each row")
    places: Codes = told.argmax(axis=1)
    return places


def objects(columns: Columns, name: str, /, *, count: int | None = None) -> Sequence[Any]:
    """Return a column of any objects, such as the boxes of each image, as it is.

    Raises InvalidColumns if there is none, or if it does not have `count` rows.
    """
    if name not in columns:
        raise InvalidColumns(f"there is no column {name}")
    column: Any = columns[name]
    if count is not None and len(column) != count:
        raise InvalidColumns(f"column {name} has {len(column)} rows, the truth has {count}")
    return cast("Sequence[Any]", column)


def _column(columns: Mapping[str, Any], name: str) -> NDArray[Any]:
    if name not in columns:
        raise InvalidColumns(f"there is no column {name}")
    return np.asarray(columns[name])


def _chosen(column: NDArray[Any], name: str, *, rows: NDArray[np.intp] | None) -> NDArray[Any]:
    if rows is None:
        return column
    if len(rows) and rows[-1] >= len(column):
        raise InvalidColumns(f"column {name} has {len(column)} rows, fewer than the others")
    return column[rows]
