"""The one reader of predictions, and of the organizer's tables that they are compared with.

A predictions file is CSV in UTF-8 with commas and a header: the id column and the columns of the
challenge, in any order, and one row for each id, in any order. A BOM, CRLF and quoted cells are
accepted; everything else that is not exactly this is refused with the place and the repair.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorers.definition import SubmissionDefinition
from scorers.message import Message
from scorers.metric import Columns, Vector
from scorers.predictions.cells import NUMBERS_OR_NOTHING, locate_ids, read_numbers
from scorers.predictions.header import read_header
from scorers.predictions.problems import (
    MAX_PROBLEMS,
    Findings,
    InvalidPredictions,
    Problem,
    ProblemCode,
)
from scorers.predictions.rows import decode, split_row, split_rows

__all__ = [
    "InvalidPredictions",
    "InvalidTable",
    "Predictions",
    "Problem",
    "ProblemCode",
    "Truth",
    "check_size",
    "read_ids",
    "read_predictions",
    "read_truth",
]


class InvalidTable(ValueError):
    """A table of the organizer cannot be read; the message names no value of it."""


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """A valid predictions file: float64 columns aligned with `ids`, in the order asked for."""

    ids: tuple[str, ...]
    columns: Mapping[str, Vector]


@dataclass(frozen=True, kw_only=True)
class Truth:
    """A truth table: columns aligned with `ids`, of float64 (NaN where empty) or of text."""

    ids: tuple[str, ...]
    columns: Columns


def check_size(size: int, /, *, submission: SubmissionDefinition) -> None:
    """Raise InvalidPredictions if a file of `size` bytes is too large to be read."""
    if size > submission.max_bytes:
        problem = Problem(
            code=ProblemCode.FILE_TOO_LARGE,
            found=Message("{size:,} bytes", size=size),
            expected=Message("at most {most:,} bytes", most=submission.max_bytes),
            repair=Message("write fewer digits, and only the columns asked for"),
        )
        raise InvalidPredictions([problem], total=1)


def read_predictions(
    data: bytes, /, *, submission: SubmissionDefinition, ids: Sequence[str]
) -> Predictions:
    """Return the predictions for `ids` (each once), in their order.

    Raises InvalidPredictions, with the first 20 problems, unless the file is exactly what
    `submission` asks for.
    """
    check_size(len(data), submission=submission)
    text = decode(data)
    if isinstance(text, Problem):
        raise InvalidPredictions([text], total=1)
    if not text.strip():
        raise InvalidPredictions([_empty_file(submission)], total=1)
    findings = Findings()
    # Past the surplus rows that can be told, the file is not even split into lines.
    known = 1 + len(ids) + MAX_PROBLEMS
    lines = text.split("\n", maxsplit=known)[:known]
    header = read_header(lines[0], expected=[submission.id, *submission.columns], findings=findings)
    findings.stop_if_any()
    count = text.count("\n")
    _check_row_count(count, wanted=len(ids), findings=findings)
    rows = split_rows(lines[1:], header=header, findings=findings)
    cells = dict(zip(header, rows.columns, strict=True))
    order = locate_ids(
        cells[submission.id],
        ids=ids,
        column=submission.id,
        lines=rows.lines,
        complete=len(rows.lines) == count,
        findings=findings,
    )
    columns = {
        name: read_numbers(
            cells[name], column=column, name=name, lines=rows.lines, findings=findings
        )
        for name, column in submission.columns.items()
    }
    findings.stop_if_any()
    return Predictions(
        ids=tuple(ids), columns={name: column[order] for name, column in columns.items()}
    )


def _empty_file(submission: SubmissionDefinition) -> Problem:
    return Problem(
        code=ProblemCode.EMPTY_FILE,
        found=Message("an empty file"),
        expected=Message(
            "a header ({names}) and rows", names=",".join([submission.id, *submission.columns])
        ),
        repair=Message("write the predictions into the file"),
    )


def _check_row_count(count: int, *, wanted: int, findings: Findings) -> None:
    """Make a finding of surplus rows; stop where there is none at all."""
    if 0 < count <= wanted:
        return
    findings.add(
        Problem(
            code=ProblemCode.TOO_MANY_ROWS if count else ProblemCode.NO_ROWS,
            line=wanted + 2 if count else None,
            found=Message("{count:,} rows", count=count),
            expected=Message("{count:,} rows, one for each id", count=wanted),
            repair=Message("write each id once") if count else Message("write a row for each id"),
        )
    )
    if not count:
        findings.stop_if_any()


def read_ids(data: bytes, /, *, id_column: str) -> tuple[str, ...]:
    """Return the ids of a table such as test.csv, in its order.

    Raises InvalidTable if the table cannot be read or an id is empty or there twice.
    """
    return _ids(_read_table(data), column=id_column)


def read_truth(data: bytes, /, *, id_column: str, text: Collection[str] = ()) -> Truth:
    """Return a truth table; a column where every cell is empty or a number becomes numbers.

    The columns named in `text` stay text whatever they hold. Raises InvalidTable if the table
    cannot be read, an id is empty or there twice, or a column of `text` is missing.
    """
    table = _read_table(data)
    ids = _ids(table, column=id_column)
    missing = [name for name in text if name not in table]
    if missing:
        raise InvalidTable(f"the truth has no column {missing[0]}; it has {', '.join(table)}")
    columns: dict[str, NDArray[Any]] = {
        name: np.array(cells) if name in text or name == id_column else _numbers_or_text(cells)
        for name, cells in table.items()
    }
    return Truth(ids=ids, columns=columns)


def _numbers_or_text(cells: Sequence[str]) -> NDArray[Any]:
    if NUMBERS_OR_NOTHING.fullmatch("\n".join(cells) + "\n"):
        return np.array([float(cell) if cell else np.nan for cell in cells], dtype=np.float64)
    return np.array(cells)


def _read_table(data: bytes) -> dict[str, Sequence[str]]:
    """Return the columns of an organizer's table by name."""
    text = decode(data)
    if isinstance(text, Problem):
        raise InvalidTable(f"the table is no CSV text: {text.code}")
    lines = text.split("\n")
    header = split_row(lines[0])
    if not header or len(set(header)) != len(header):
        raise InvalidTable("line 1 of the table is no header of different column names")
    if len(lines) == 1:
        raise InvalidTable("the table has a header but no rows")
    findings = Findings()
    rows = split_rows(lines[1:], header=header, findings=findings)
    if findings.total:
        first = findings.kept[0]
        raise InvalidTable(f"line {first.line} of the table is no row: {first.code}")
    return dict(zip(header, rows.columns, strict=True))


def _ids(table: Mapping[str, Sequence[str]], *, column: str) -> tuple[str, ...]:
    if column not in table:
        raise InvalidTable(f"the table has no id column {column}; it has {', '.join(table)}")
    ids = tuple(table[column])
    if "" in ids:
        raise InvalidTable(f"line {ids.index('') + 2} of the table has no id in column {column}")
    if len(set(ids)) != len(ids):
        raise InvalidTable(f"an id is twice in column {column} of the table")
    return ids
