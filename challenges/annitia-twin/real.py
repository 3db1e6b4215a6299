"""The real files of ANNITIA, if an organizer has them: read, and compared with what is described.

Expected in the folder: train.csv, test.csv, dictionary.csv and hello_world_submission.csv as they
were given out, and test_targets.csv, which was not: `trustii_id` and the four target columns.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import wide
from wide import Row

PUBLIC = ("train.csv", "test.csv", "dictionary.csv", "hello_world_submission.csv")
ANSWERS = "test_targets.csv"

HEPATIC, HEPATIC_AGE, DEATH, DEATH_AGE = wide.TARGETS
COLUMNS = {
    "train.csv": wide.TRAIN,
    "test.csv": wide.TEST,
    ANSWERS: (wide.TEST_ID, *wide.TARGETS),
}
ROWS = {"train.csv": 1253, "test.csv": 423, ANSWERS: 423}
CODES = {
    "gender": {"", "1", "2"},
    **{name: {"", "0", "1", "2"} for name in wide.STATICS[1:5]},
    HEPATIC: {"0", "1"},
    DEATH: {"", "0", "1"},
}
COUNTS = {HEPATIC: {"1": 47}, DEATH: {"1": 76, "": 269}}  # in train.csv


def read(folder: Path, /) -> tuple[dict[str, bytes], list[Row]]:
    """Give the public files as they are, and the lines of test.csv with their targets.

    Raises ValueError that lists all differences from the files that CHALLENGE's pages describe.
    """
    if absent := [name for name in (*PUBLIC, ANSWERS) if not (folder / name).is_file()]:
        raise ValueError(
            f"{folder} has no {', '.join(absent)}; expected {', '.join(PUBLIC)}, and {ANSWERS} "
            f"with {wide.TEST_ID} and {', '.join(wide.TARGETS)} of the people of test.csv"
        )
    files = {name: (folder / name).read_bytes() for name in PUBLIC}
    tables = {
        "train.csv": _rows(files["train.csv"]),
        "test.csv": _rows(files["test.csv"]),
        ANSWERS: _rows((folder / ANSWERS).read_bytes()),
    }
    if found := list(differences(tables)):
        listed = "\n".join(f"  {difference}" for difference in found)
        raise ValueError(f"the files in {folder} differ from the described ones:\n{listed}")
    answers = {row[wide.TEST_ID]: row for row in tables[ANSWERS]}
    return files, [{**row, **answers[row[wide.TEST_ID]]} for row in tables["test.csv"]]


def differences(tables: Mapping[str, Sequence[Row]], /) -> Iterator[str]:
    """Tell what differs: rows, columns, ids, then codes and counts of what has these columns."""
    for name, rows in tables.items():
        if len(rows) != ROWS[name]:
            yield f"{name}: {len(rows)} rows; expected {ROWS[name]}"
        yield from _columns(name, list(rows[0]) if rows else [])
        yield from _codes(name, rows)
    for column, counts in COUNTS.items():
        for code, expected in counts.items():
            found = sum(_plain(row.get(column, "?")) == code for row in tables["train.csv"])
            if found != expected:
                yield f"train.csv: {column} is {code or 'empty'} in {found} rows; not {expected}"
    asked, answered = (
        {row.get(wide.TEST_ID) for row in tables[name]} for name in ("test.csv", ANSWERS)
    )
    if asked != answered:
        yield f"{ANSWERS}: {len(asked ^ answered)} ids are in only one of it and test.csv"


def _columns(name: str, found: Sequence[str]) -> Iterator[str]:
    absent = [column for column in COLUMNS[name] if column not in found]
    extra = [column for column in found if column not in COLUMNS[name]]
    for what, columns in (("lacks", absent), ("also has", extra)):
        if columns:
            shown = ", ".join(columns[:5]) + (", ..." if len(columns) > 5 else "")  # noqa: PLR2004 - enough to see which
            yield f"{name}: {what} {len(columns)} columns: {shown}"


def _codes(name: str, rows: Sequence[Row]) -> Iterator[str]:
    for column, codes in CODES.items():
        if rows and column in rows[0]:
            other = {_plain(row[column]) for row in rows} - codes
            if other:
                yield f"{name}: {column} has {sorted(other)}; expected {sorted(codes)}"


def _plain(cell: str) -> str:
    """Take `1.0` for `1`, as pandas writes a column with empty cells."""
    return cell.removesuffix(".0")


def _rows(content: bytes) -> list[Row]:
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return [
        {name: _plain(cell) if name in CODES else cell for name, cell in row.items()}
        for row in csv.DictReader(text)
    ]
