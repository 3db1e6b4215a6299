"""The real files of Cardi-HACK, if an organizer has them: read, and compared with the described.

Expected in the folder: train.csv and test.csv as they were given out, and test_targets.csv, which
was not: `trustii_id` and the two outcomes. The dictionary was a PDF; a dictionary.csv in the folder
takes the place of the twin's.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import cohort

ID = "trustii_id"
OUTCOMES = (cohort.MACE, cohort.SEVERITY)
COLUMNS = {
    "train.csv": (*cohort.COLUMNS, *OUTCOMES),
    "test.csv": (ID, *cohort.COLUMNS),
    "test_targets.csv": (ID, *OUTCOMES),
}
ROWS = {"train.csv": 347, "test.csv": 149, "test_targets.csv": 149}
CODES = {
    cohort.SEVERITY: {"0", "1"},
    cohort.MACE: {"0", "1", "2"},
    **{name: {"0", "1"} for name in ("Genre", "Gradient", "TVNS", "FEVG", "ATCD_MS", "SYNCOPE")},
    **{name: {"0", "1", "2"} for name in ("Variant.Pathogene", *cohort.GENES)},
}
COUNTS = {  # in train.csv
    cohort.SEVERITY: {"0": 230, "1": 117},
    cohort.MACE: {"0": 261, "1": 29, "2": 57},
}

Rows = list[dict[str, str]]


def read(folder: Path, /, *, say: Callable[[str], None]) -> tuple[Rows, Rows, bytes]:
    """Give the lines of train.csv, those of test.csv with their outcomes, and the dictionary.

    Says which columns are left out, because nothing is published of them. Raises ValueError that
    lists all other differences from the files that the pages describe.
    """
    if absent := [name for name in COLUMNS if not (folder / name).is_file()]:
        raise ValueError(
            f"{folder} has no {', '.join(absent)}; expected {', '.join(COLUMNS)}, of which "
            f"test_targets.csv has {ID} and {' and '.join(OUTCOMES)} of the people of test.csv"
        )
    tables = {name: _rows((folder / name).read_bytes()) for name in COLUMNS}
    if found := list(differences(tables)):
        listed = "\n".join(f"  {difference}" for difference in found)
        raise ValueError(f"the files in {folder} differ from the described ones:\n{listed}")
    for name, rows in tables.items():
        if extra := [column for column in rows[0] if column not in COLUMNS[name]]:
            say(f"{name}: {len(extra)} columns are left out: {_shown(extra)}")
    answers = {row[ID]: row for row in tables["test_targets.csv"]}
    test = [row | answers[row[ID]] for row in tables["test.csv"]]
    own = folder / "dictionary.csv"
    dictionary = own if own.is_file() else Path(__file__).with_name("dictionary.csv")
    return tables["train.csv"], test, dictionary.read_bytes()


def differences(tables: Mapping[str, Rows], /) -> Iterator[str]:
    """Tell what differs: rows, columns, codes, missing values, counts, then ids."""
    for name, rows in tables.items():
        if len(rows) != ROWS[name]:
            yield f"{name}: {len(rows)} rows; expected {ROWS[name]}"
        yield from _columns(name, list(rows[0]) if rows else [])
        yield from _codes(name, rows)
    for column, counts in COUNTS.items():
        for code, expected in counts.items():
            found = sum(row.get(column) == code for row in tables["train.csv"])
            if found != expected:
                yield f"train.csv: {column} is {code} in {found} rows; expected {expected}"
    asked, answered = (
        {row.get(ID) for row in tables[name]} for name in ("test.csv", "test_targets.csv")
    )
    if asked != answered:
        yield f"test_targets.csv: {len(asked ^ answered)} ids are in only one of it and test.csv"


def _columns(name: str, found: Sequence[str]) -> Iterator[str]:
    if absent := [column for column in COLUMNS[name] if column not in found]:
        yield f"{name}: lacks {len(absent)} columns: {_shown(absent)}"


def _shown(columns: Sequence[str]) -> str:
    return ", ".join(columns[:5]) + (", ..." if len(columns) > 5 else "")  # noqa: PLR2004 - enough to see which


def _codes(name: str, rows: Rows) -> Iterator[str]:
    for column in (name for name in COLUMNS[name] if rows and name in rows[0]):
        cells = {row[column] for row in rows}
        if "" in cells:
            yield f"{name}: {column} has empty cells; expected none"
        if other := cells - {""} - CODES.get(column, cells):
            yield f"{name}: {column} has {sorted(other)}; expected {sorted(CODES[column])}"


def _rows(content: bytes) -> Rows:
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return [
        {
            name: cell.removesuffix(".0") if name in CODES else cell
            for name, cell in row.items()
            if name is not None
        }
        for row in csv.DictReader(text)
    ]
