"""The rows that are scored together: a split of the hidden truth, or a subgroup of one."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorers.definition import Task
from scorers.metric import Columns, Weights
from scorers.predictions.table import InvalidTable, Predictions, Truth

STREAMS = {"public": 0, "private": 1, "all": 2}
"""The splits, each with its own stream of random numbers."""

MAX_SUBGROUPS = 50
"""Values of a column by which scores may be split."""


@dataclass(frozen=True, kw_only=True)
class Split:
    """Some rows; `unit_of_row` numbers the unit that each row belongs to, from 0.

    `rows` are their indices in what they were taken of, the truth or a split of it. `strata`
    numbers the stratum that each unit is drawn from, None if all are drawn together.
    """

    name: str
    rows: NDArray[np.intp]
    truth: Columns
    prediction: Columns
    unit_of_row: NDArray[np.intp]
    units: int
    strata: NDArray[np.intp] | None

    @property
    def stream(self) -> int:
        """The stream of random numbers of its resamples."""
        return STREAMS[self.name]

    def weights_of_rows(self, weights: Weights, /) -> Weights:
        """Give every row the weight of its unit."""
        one_row_each = self.units == len(self.unit_of_row)
        return weights if one_row_each else weights[:, self.unit_of_row]

    def subgroups(self, column: str, /) -> Iterator[tuple[str, "Split"]]:
        """Yield each value of a truth column as text ("" if it is empty) and the rows that have it.

        Raises InvalidTable if there is no such column or it has too many values.
        """
        cells = _column(self.truth, column)
        values, number = np.unique(cells, return_inverse=True)
        if len(values) > MAX_SUBGROUPS:
            raise InvalidTable(
                f"column {column} of data.subgroups has {len(values)} values in the truth; "
                f"expected at most {MAX_SUBGROUPS}: make bands of them"
            )
        for index, value in enumerate(values.tolist()):
            yield _label(value), self._of(np.flatnonzero(number == index))

    def _of(self, rows: NDArray[np.intp]) -> "Split":
        kept, unit_of_row = np.unique(self.unit_of_row[rows], return_inverse=True)
        return Split(
            name=self.name,
            rows=rows,
            truth={key: column[rows] for key, column in self.truth.items()},
            prediction={key: column[rows] for key, column in self.prediction.items()},
            unit_of_row=unit_of_row,
            units=len(kept),
            strata=None if self.strata is None else self.strata[kept],
        )


def splits_of(task: Task, /, *, truth: Truth, predictions: Predictions) -> list[Split]:
    """Return the splits of a truth and of the predictions, whose rows are in the same order.

    Raises InvalidTable if the truth does not fit the task.
    """
    if task.split is None:
        names = np.full(len(truth.ids), "all")
    else:
        names = truth.columns[task.split]
        if not np.isin(names, ("public", "private")).all():
            raise InvalidTable(f"column {task.split} says something else than public or private")
    return [
        _split(name, np.flatnonzero(names == name), task=task, truth=truth, predictions=predictions)
        for name in STREAMS
        if name in names
    ]


def _split(
    name: str, rows: NDArray[np.intp], *, task: Task, truth: Truth, predictions: Predictions
) -> Split:
    units = truth.columns[task.unit][rows].tolist()
    # Numbered by their first row: the truth alone decides what is resampled.
    number = {unit: index for index, unit in enumerate(dict.fromkeys(units))}
    unit_of_row = np.array([number[unit] for unit in units], dtype=np.intp)
    columns = {key: column[rows] for key, column in truth.columns.items()}
    return Split(
        name=name,
        rows=rows,
        truth=columns,
        prediction={key: column[rows] for key, column in predictions.columns.items()},
        unit_of_row=unit_of_row,
        units=len(number),
        strata=_strata(columns, task.scoring.stratify, unit_of_row=unit_of_row),
    )


def _strata(
    truth: Columns, column: str | None, *, unit_of_row: NDArray[np.intp]
) -> NDArray[np.intp] | None:
    """Give the number of each unit's stratum; all rows of a unit must be of one."""
    if column is None:
        return None
    of_row = _numbered(_column(truth, column))
    first = np.unique(unit_of_row, return_index=True)[1]
    of_unit = of_row[first]
    if (of_unit[unit_of_row] != of_row).any():
        raise InvalidTable(
            f"column {column} of scoring.stratify differs between rows of one unit in the truth; "
            "expected one value for each unit"
        )
    return of_unit


def _numbered(values: NDArray[np.generic]) -> NDArray[np.intp]:
    number: NDArray[np.intp] = np.unique(values, return_inverse=True)[1]
    return number


def _column(truth: Columns, name: str) -> NDArray[np.generic]:
    if name not in truth:
        raise InvalidTable(f"the truth has no column {name}; it has {', '.join(truth)}")
    return truth[name]


def _label(value: object) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.15g}"
    return str(value)
