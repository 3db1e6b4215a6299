"""What the form of the data gives away: one number for each row, that no model should need."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from challenge_platform.preflight.details import detail_features
from challenge_platform.preflight.feature import Feature, Kind
from challenge_platform.preflight.natural import natural_order
from challenge_platform.preflight.tables import Table, times
from scorers.metric import Vector


def table_features(table: Table, /, *, ids: Sequence[str], column: str) -> list[Feature]:
    """Give the features of a table for each of `ids`, which its `column` has; only what varies."""
    rows = _rows_of(table.columns[column], ids=ids)
    if any(len(each) != 1 for each in rows):
        found = _of_long(table, rows=rows, column=column)
        return [replace(feature, table=table.name) for feature in found if feature.varies]
    return by_id(row_features(table, column=column), table, ids=ids, column=column)


def by_id(
    features: Sequence[Feature], table: Table, /, *, ids: Sequence[str], column: str
) -> list[Feature]:
    """Give features of a table's rows in the order of `ids`, each of which has one row."""
    rows = _rows_of(table.columns[column], ids=ids)
    if any(len(each) != 1 for each in rows):
        return []
    places = np.array([each[0] for each in rows], dtype=np.intp)
    found = [_taken(feature, places) for feature in features]
    return [feature for feature in found if feature.varies]


def _taken(feature: Feature, places: NDArray[np.intp]) -> Feature:
    within = None if feature.within is None else feature.within[places]
    return replace(feature, values=feature.values[places], within=within)


def row_features(table: Table, /, *, column: str | None) -> list[Feature]:
    """Give the features of each row of a table, whose `column` names the rows if it has one."""
    found = [*_of_wide(table, column=column), *detail_features(table, column=column)]
    return [replace(feature, table=table.name) for feature in found if feature.varies]


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
        words="the place of the row",
        values=np.arange(table.rows, dtype=np.float64),
    )
    if column is not None:
        yield Feature(
            name="id_order",
            kind=Kind.ORDER,
            words=f"the order of {column}",
            values=natural_order(table.columns[column]),
        )
    others = [cells for name, cells in table.columns.items() if name != column]
    yield Feature(
        name="missing_count",
        kind=Kind.SHAPE,
        words="how many cells of the row are empty",
        values=_empty_count(others, rows=table.rows),
    )
    longitudinal = {
        stem: [table.columns[name] for name in names] for stem, names in table.families.items()
    }
    if longitudinal:
        yield Feature(
            name="visits",
            kind=Kind.SHAPE,
            words="how many measurements the row has, at most of one thing",
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
                words=f"the last {stem} less the first of the row",
                values=np.nan_to_num(np.nanmax(moments, axis=0) - np.nanmin(moments, axis=0)),
            )


def _of_long(table: Table, *, rows: Sequence[Sequence[int]], column: str) -> Iterator[Feature]:
    """Yield the features of a table with several rows for an id, or none."""
    yield Feature(
        name="row_order",
        kind=Kind.ORDER,
        words=f"the place of the first row of {column}",
        values=np.array([each[0] if each else table.rows for each in rows], dtype=np.float64),
    )
    yield Feature(
        name="visits",
        kind=Kind.SHAPE,
        words=f"how many rows there are of {column}",
        values=np.array([len(each) for each in rows], dtype=np.float64),
    )
    for name in table.times:
        if name in table.columns and (told := times(table.columns[name])) is not None:
            ranges = [[told[row] for row in each if not np.isnan(told[row])] for each in rows]
            yield Feature(
                name="follow_up",
                kind=Kind.SHAPE,
                words=f"the last {name} less the first of {column}",
                values=np.array([max(each) - min(each) if each else 0 for each in ranges]),
            )


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
