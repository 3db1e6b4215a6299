"""People and rows that are on both sides: in what one learns from, and in what is predicted."""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import prod

from scipy.stats import poisson

from challenge_platform.preflight.finding import Finding, Severity
from challenge_platform.preflight.roles import Roles
from challenge_platform.preflight.tables import Table

Row = tuple[str, ...]
"""The cells of a row, in the columns that two tables have in common."""

FEWEST_COLUMNS = 3
"""Columns in common without which two rows may well be alike."""

TIED = 10
"""Times as many rows are taken to be alike by chance as there would be if columns had nothing to do
with each other.
"""

ENOUGH = 10
"""Equal pairs within the tables that say how many there are by chance."""

CHANCE_P = 0.01
"""Equal rows count if there are so many by chance with at most this probability."""

MANY = 0.05
"""Of the rows to predict: from so many copies on it blocks."""


def find_overlap(roles: Roles, /) -> Iterator[Finding]:
    """Find ids and units of the test in training tables, and rows of one that are in the other."""
    for train in roles.training:
        if roles.id in train.columns:
            yield from _shared(train, roles.id, among=roles.asked, code="id_overlap")
        if roles.unit != roles.id and roles.unit in train.columns:
            yield from _shared(train, roles.unit, among=roles.units, code="unit_overlap")
        for test in roles.test:
            yield from _copies(train, test, skip={roles.id, roles.unit})


def _shared(train: Table, column: str, *, among: frozenset[str], code: str) -> Iterator[Finding]:
    cells = train.columns[column]
    rows = [row for row, cell in enumerate(cells) if cell in among]
    if rows:
        yield Finding(
            code=code,
            severity=Severity.BLOCK,
            about=column,
            message=f"{len({cells[row] for row in rows})} of the {column} to predict are in "
            f"{train.name} too, in {len(rows)} rows",
            repair="deal people out, all rows of a person to one part",
            file=train.name,
            row=rows[0] + 2,
            column=column,
        )


def _copies(train: Table, test: Table, *, skip: set[str]) -> Iterator[Finding]:
    """Find rows of the test that are also in training, by the columns that both have."""
    common = [name for name in test.columns if name in train.columns and name not in skip]
    if len(common) < FEWEST_COLUMNS or not train.rows or not test.rows:
        return
    known, asked = _rows(train, common), _rows(test, common)
    count = Counter(known)
    rows = [row for row, cells in enumerate(asked) if cells in count and any(cells)]
    if not rows:
        return
    usual = _expected(known, asked)
    if poisson.sf(len(rows) - 1, usual) <= CHANCE_P:
        yield Finding(
            code="duplicate_rows",
            severity=Severity.BLOCK if len(rows) >= MANY * test.rows else Severity.WARN,
            about=test.name,
            message=f"{len(rows)} of its {test.rows} rows are in {train.name} too, in all "
            f"{len(common)} columns that both have; by chance it would be {usual:.2g}",
            repair="remove the copies, or deal them out together",
            file=test.name,
            row=rows[0] + 2,
        )


def _expected(train: Sequence[Row], test: Sequence[Row]) -> float:
    """Give how many rows of the test would be in training too by chance.

    It is as many as pairs within each table are equal; where these are few, it may be more.
    """
    equal = sum(n * (n - 1) / 2 for rows in (train, test) for n in Counter(rows).values())
    pairs = sum(len(rows) * (len(rows) - 1) / 2 for rows in (train, test))
    usual = equal / max(1.0, pairs) * len(train) * len(test)
    return usual if equal >= ENOUGH else max(usual, TIED * _unrelated(train, test))


def _unrelated(train: Sequence[Row], test: Sequence[Row]) -> float:
    """Give how many pairs would be equal if the cells of a row had nothing to do with each other.

    Which cells are empty is taken as one of its cells: who was not measured has many of them.
    """
    empty = Counter(tuple(map(bool, row)) for row in train)
    cells = [Counter(filter(None, column)) for column in zip(*train, strict=True)]
    known = [max(1, sum(count.values())) for count in cells]
    expected = 0.0
    for row in test:
        parts = zip(row, cells, known, strict=True)
        shares = [count[cell] / all_ for cell, count, all_ in parts if cell]
        expected += empty[tuple(map(bool, row))] * prod(shares)
    return expected


def _rows(table: Table, names: list[str]) -> list[Row]:
    return list(zip(*(table.columns[name] for name in names), strict=True))
