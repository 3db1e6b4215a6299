"""What each column of a table is for: none is published that the definition does not name."""

import difflib
from collections.abc import Sequence
from fnmatch import fnmatchcase

from challenge_platform.core.table_section import USAGE, Table
from challenge_platform.spreadsheet.sheet import Problems, Sheet


def features_of(table: Table, /, *, sheet: Sheet, problems: Problems) -> tuple[str, ...]:
    """Give the columns that are published of all rows, in the order of the table.

    A column that is named and not there, or is there and has no role, is a problem. What matches
    both `features` and `drop` is dropped.
    """
    named: dict[str, Sequence[str]] = {
        "data.id": [table.id],
        "data.file": table.file_columns,
        "data.targets": table.targets,
        "data.split.group": [table.split.group] if table.split.group else [],
        "data.split.stratify": [table.split.stratify] if table.split.stratify else [],
        "data.subgroups": table.subgroups,
        "data.describe": tuple(table.describe),
    }
    for key, columns in named.items():
        for column in columns:
            _require(column, key=key, sheet=sheet, problems=problems)
    special = {table.id, *table.file_columns, table.split.group, *table.targets}
    others = [column for column in sheet.header if column not in special]
    dropped = {column for column in others if _matches(column, table.drop)}
    features = [
        column for column in others if _matches(column, table.features) and column not in dropped
    ]
    for key, patterns in (("data.features", table.features), ("data.drop", table.drop)):
        for pattern in patterns:
            if not any(fnmatchcase(column, pattern) for column in others):
                _require(pattern, key=key, sheet=sheet, problems=problems)
    unnamed = [column for column in others if column not in {*features, *dropped}]
    if unnamed:
        problems.add(
            sheet.name,
            what=f"challenge.yaml does not say whether to publish {', '.join(unnamed)}",
            repair="add each to data.features, or to data.drop so that nobody sees it",
        )
    for made in {USAGE, *table.sizes}.intersection(features):
        problems.add(
            sheet.name,
            what=f"a column is called {made!r}, as one that is made here",
            repair="rename it, or add it to data.drop",
        )
    return tuple(features)


def _matches(column: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(column, pattern) for pattern in patterns)


def _require(column: str, *, key: str, sheet: Sheet, problems: Problems) -> None:
    if column in sheet.header:
        return
    near = difflib.get_close_matches(column, sheet.header, n=1)
    repair = f"did you mean {near[0]}?" if near else f"it has {', '.join(sheet.header)}"
    problems.add(sheet.name, what=f"has no column {column!r}, which {key} names", repair=repair)
