"""People and rows that are on both sides: in what one learns from, and in what is predicted."""

from collections import Counter
from collections.abc import Iterator

from challenge_platform.preflight.finding import Finding, Severity
from challenge_platform.preflight.roles import Roles
from challenge_platform.preflight.tables import Table

FEWEST_COLUMNS = 3
"""Columns in common without which two rows may well be alike."""

USUAL = 2
"""Times as many rows of the test have an equal in training as rows of training have there: if no
more, people are alike by chance, such as two of whom little is known.
"""

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
    count = Counter(_rows(train, common))
    alike = sum(number for number in count.values() if number > 1) / train.rows
    rows = [row for row, cells in enumerate(_rows(test, common)) if cells in count and any(cells)]
    if rows and len(rows) / test.rows > USUAL * alike:
        yield Finding(
            code="duplicate_rows",
            severity=Severity.BLOCK if len(rows) >= MANY * test.rows else Severity.WARN,
            about=test.name,
            message=f"{len(rows)} of its {test.rows} rows are in {train.name} too, in all "
            f"{len(common)} columns that both have",
            repair="remove the copies, or deal them out together",
            file=test.name,
            row=rows[0] + 2,
        )


def _rows(table: Table, names: list[str]) -> list[tuple[str, ...]]:
    return list(zip(*(table.columns[name] for name in names), strict=True))
