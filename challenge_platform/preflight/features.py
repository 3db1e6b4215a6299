"""What the form of the data gives away: one number for each row, that no model should need."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

import numpy as np

from challenge_platform.preflight.tables import Table, numbers
from scorers.metric import Vector

_PARTS = re.compile(r"([0-9]+)")


class Kind(StrEnum):
    """What a feature is allowed to tell."""

    ORDER = "order"  # nothing at all: it is how the files were written
    SHAPE = "shape"  # a little: sicker people are measured more often


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One number for each row or id; `words` says what it is."""

    name: str
    kind: Kind
    words: str
    values: Vector

    @property
    def varies(self) -> bool:
        """Whether it tells any two rows apart."""
        return bool(len(self.values) and (self.values != self.values[0]).any())


def table_features(table: Table, /, *, ids: Sequence[str], column: str) -> list[Feature]:
    """Give the features of a table for each of `ids`, which its `column` has; only what varies."""
    rows = _rows_of(table.columns[column], ids=ids)
    if any(len(each) != 1 for each in rows):
        found = _of_long(table, rows=rows, column=column)
        return [feature for feature in found if feature.varies]
    return by_id(row_features(table, column=column), table, ids=ids, column=column)


def by_id(
    features: Sequence[Feature], table: Table, /, *, ids: Sequence[str], column: str
) -> list[Feature]:
    """Give features of a table's rows in the order of `ids`, each of which has one row."""
    rows = _rows_of(table.columns[column], ids=ids)
    if any(len(each) != 1 for each in rows):
        return []
    places = np.array([each[0] for each in rows], dtype=np.intp)
    found = [replace(feature, values=feature.values[places]) for feature in features]
    return [feature for feature in found if feature.varies]


def row_features(table: Table, /, *, column: str | None) -> list[Feature]:
    """Give the features of each row of a table, whose `column` names the rows if it has one."""
    return [feature for feature in _of_wide(table, column=column) if feature.varies]


def _rows_of(cells: Sequence[str], *, ids: Sequence[str]) -> list[list[int]]:
    rows: dict[str, list[int]] = {each: [] for each in ids}
    for row, cell in enumerate(cells):
        if cell in rows:
            rows[cell].append(row)
    return list(rows.values())


def _of_wide(table: Table, *, column: str | None) -> Iterator[Feature]:
    """Yield the features of the rows of a table, in its order."""
    yield Feature(
        name="row_order",
        kind=Kind.ORDER,
        words=f"the place of the row in {table.name}",
        values=np.arange(table.rows, dtype=np.float64),
    )
    if column is not None:
        yield Feature(
            name="id_order",
            kind=Kind.ORDER,
            words=f"the order of {column} in {table.name}",
            values=natural_order(table.columns[column]),
        )
    others = [cells for name, cells in table.columns.items() if name != column]
    yield Feature(
        name="missing_count",
        kind=Kind.SHAPE,
        words=f"how many cells of the row are empty in {table.name}",
        values=_empty_count(others, rows=table.rows),
    )
    longitudinal = {
        stem: [table.columns[name] for name in names] for stem, names in table.families.items()
    }
    if longitudinal:
        yield Feature(
            name="visits",
            kind=Kind.SHAPE,
            words=f"how many measurements the row has in {table.name}, at most of one thing",
            values=np.max(
                [len(each) - _empty_count(each, rows=table.rows) for each in longitudinal.values()],
                axis=0,
            ),
        )
    for stem in table.times:
        if stem in longitudinal and (moments := _moments(longitudinal[stem])) is not None:
            yield Feature(
                name="follow_up",
                kind=Kind.SHAPE,
                words=f"the last {stem} less the first of the row in {table.name}",
                values=np.nan_to_num(np.nanmax(moments, axis=0) - np.nanmin(moments, axis=0)),
            )


def _of_long(table: Table, *, rows: Sequence[Sequence[int]], column: str) -> Iterator[Feature]:
    """Yield the features of a table with several rows for an id, or none."""
    yield Feature(
        name="row_order",
        kind=Kind.ORDER,
        words=f"the place of the first row of {column} in {table.name}",
        values=np.array([each[0] if each else table.rows for each in rows], dtype=np.float64),
    )
    yield Feature(
        name="visits",
        kind=Kind.SHAPE,
        words=f"how many rows of {table.name} there are of {column}",
        values=np.array([len(each) for each in rows], dtype=np.float64),
    )
    for name in table.times:
        if name in table.columns and (told := times(table.columns[name])) is not None:
            ranges = [[told[row] for row in each if not np.isnan(told[row])] for each in rows]
            yield Feature(
                name="follow_up",
                kind=Kind.SHAPE,
                words=f"the last {name} less the first of {column} in {table.name}",
                values=np.array([max(each) - min(each) if each else 0 for each in ranges]),
            )


def natural_order(cells: Sequence[str], /) -> Vector:
    """Give the place of each text among all, numbers within them by their size."""
    keys = [
        [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in _PARTS.split(each)]
        for each in cells
    ]
    place: Mapping[str, int] = {
        cells[row]: number
        for number, row in enumerate(sorted(range(len(cells)), key=keys.__getitem__))
    }
    return np.array([place[cell] for cell in cells], dtype=np.float64)


def _empty_count(columns: Sequence[Sequence[str]], *, rows: int) -> Vector:
    count = np.zeros(rows)
    for cells in columns:
        count += np.array([not cell.strip() for cell in cells], dtype=np.float64)
    return count


def _moments(columns: Sequence[Sequence[str]]) -> Vector | None:
    """Give an array of shape (measurements, rows) of times; rows without any have 0 at all."""
    told = [times(cells) for cells in columns]
    if any(each is None for each in told):
        return None
    moments = np.array(told, dtype=np.float64)
    moments[:, np.isnan(moments).all(axis=0)] = 0
    return moments


def times(cells: Sequence[str], /) -> list[float] | None:
    """Read numbers, or dates as days, NaN where empty; None if a cell is neither."""
    if (told := numbers(cells)) is not None:
        return told
    try:
        return [
            datetime.fromisoformat(cell).replace(tzinfo=UTC).timestamp() / 86_400
            if cell.strip()
            else float("nan")
            for cell in cells
        ]
    except ValueError:
        return None
