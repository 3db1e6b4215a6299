"""The real files of the Allergen Chip Challenge, for an organizer who has them."""

import csv
from collections.abc import Sequence
from pathlib import Path

Row = dict[str, str]

SIZES = {"train.csv": 2_989, "test.csv": 586, "truth.csv": 586}
"""Rows of the files, as documented; truth.csv has `trustii_id` and the 29 targets of test.csv."""

CODES = {"0", "1", "9"}


LEVELS = 318
"""IgE columns; their names are those of the files, as two of them only are documented."""

SHOWN = 20
"""Columns that a message names at most."""


def read_real(
    folder: Path, /, *, clinical: Sequence[str], targets: Sequence[str]
) -> tuple[list[Row], list[Row], list[str]]:
    """Read train.csv, test.csv and truth.csv.

    Gives the train rows, the test rows with their targets, and the names of the IgE columns. Raises
    ValueError with everything that differs: files, rows, columns and codes.
    """
    if absent := [name for name in SIZES if not (folder / name).is_file()]:
        raise ValueError(
            f"allergen-chip: {folder} lacks {', '.join(absent)}; expected {', '.join(SIZES)}"
        )
    tables = {name: _read(folder / name, targets=targets) for name in SIZES}
    known = {*clinical, *targets}
    levels = [column for column in next(iter(tables["train.csv"]), {}) if column not in known]
    expected = {
        "train.csv": [*clinical, *levels, *targets],
        "test.csv": ["trustii_id", *clinical, *levels],
        "truth.csv": ["trustii_id", *targets],
    }
    differs = [
        line
        for name, rows in tables.items()
        for line in (
            *_sizes(name, rows),
            *_names(name, rows, expected=expected[name]),
            *_codes(name, rows, targets=targets),
        )
    ]
    if len(levels) != LEVELS:
        differs.append(f"train.csv has {len(levels)} IgE columns; expected {LEVELS}")
    truth = {row.get("trustii_id", ""): row for row in tables["truth.csv"]}
    if {row.get("trustii_id") for row in tables["test.csv"]} != truth.keys():
        differs.append("test.csv and truth.csv have different trustii_id")
    if differs:
        raise ValueError(
            "allergen-chip: the files differ from what is documented:\n- "
            + "\n- ".join(differs)
            + "\nCorrect the files, or the recipe and the pages if the documents were wrong."
        )
    test = [row | truth[row["trustii_id"]] for row in tables["test.csv"]]
    return tables["train.csv"], test, levels


def _read(path: Path, /, *, targets: Sequence[str]) -> list[Row]:
    """Read a table, with `1.0` for a target as `1`, as pandas writes a column with empty cells."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        row | {name: row[name].removesuffix(".0") for name in targets if name in row}
        for row in rows
    ]


def _sizes(name: str, rows: Sequence[Row], /) -> list[str]:
    if len(rows) == SIZES[name]:
        return []
    return [f"{name} has {len(rows)} rows; expected {SIZES[name]}"]


def _names(name: str, rows: Sequence[Row], /, *, expected: Sequence[str]) -> list[str]:
    found = list(rows[0]) if rows else []
    lacking = [column for column in expected if column not in found]
    more = [column for column in found if column not in expected]
    told = {"lacks the columns": lacking, "has the unknown columns": more}
    return [
        f"{name} {what} {', '.join(columns[:SHOWN])}{' ...' if len(columns) > SHOWN else ''}"
        for what, columns in told.items()
        if columns
    ]


def _codes(name: str, rows: Sequence[Row], /, *, targets: Sequence[str]) -> list[str]:
    strange = {
        column: sorted({row[column] for row in rows} - CODES)
        for column in targets
        if rows and column in rows[0]
    }
    return [
        f"{name}, column {column}, holds {', '.join(map(repr, codes[:SHOWN]))}; expected 0, 1 or 9"
        for column, codes in strange.items()
        if codes
    ]
