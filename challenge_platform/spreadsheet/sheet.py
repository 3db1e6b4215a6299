"""A spreadsheet or CSV file as rows of text cells, each with its place, for messages."""

import csv
import datetime as dt
import difflib
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from challenge_platform.errors import InvalidInput

MOST_TOLD = 20
"""Problems told at once; the others are counted."""

_COMMA_NUMBER = re.compile(r"[+-]?\d+(,\d+)?")


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A table: the names of its columns, and its rows with the line of the file of each."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    def column(self, name: str, /) -> list[str]:
        """Give the cells of a column."""
        place = self.header.index(name)
        return [row[place] for row in self.rows]


@dataclass
class Problems:
    """What is wrong with the organizer's files: all of it is gathered, then told at once."""

    found: list[str] = field(default_factory=list)

    def add(
        self, file: str, /, *, what: str, repair: str, row: int | None = None, column: str = ""
    ) -> None:
        """Note a problem: the file, its row and column, what is wrong, how to repair it."""
        row_words = [] if row is None else [f"row {row}"]
        where = ", ".join([file, *row_words, *([f"column {column}"] if column else [])])
        self.found.append(f"{where}: {what}; {repair}")

    def raise_if_any(self) -> None:
        """Raise InvalidInput with the first problems, and how many others there are."""
        if not self.found:
            return
        told = self.found[:MOST_TOLD]
        if others := len(self.found) - len(told):
            told.append(f"and {others} more")
        raise InvalidInput("the table cannot be published:\n  " + "\n  ".join(told))


def read_sheet(path: Path, /, *, sheet: str | None = None) -> Sheet:
    """Read a .xlsx or .csv file; raise InvalidInput with each row and column that is wrong."""
    if not path.is_file():
        near = difflib.get_close_matches(path.name, [each.name for each in _beside(path)], n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise InvalidInput(f"there is no file {path}, which data.table names{hint}")
    numbered = _excel(path, sheet=sheet) if path.suffix.lower() == ".xlsx" else _csv(path)
    rows = [(line, cells) for line, cells in numbered if any(cells)]
    if len(rows) < 2:  # noqa: PLR2004 -- a header and a row
        raise InvalidInput(f"{path} has no rows; write a line of column names, then a row a case")
    (_, header), *body = rows
    problems = Problems()
    width = _width(path.name, header, problems)
    for line, cells in body:
        _check_row(path.name, line, cells, width=width, problems=problems)
    problems.raise_if_any()
    return Sheet(
        name=path.name,
        header=tuple(header[:width]),
        rows=tuple(tuple([*cells, *[""] * width][:width]) for _, cells in body),
        lines=tuple(line for line, _ in body),
    )


def _beside(path: Path) -> list[Path]:
    return list(path.parent.iterdir()) if path.parent.is_dir() else []


def _width(name: str, header: Sequence[str], problems: Problems) -> int:
    """Give how many columns there are, up to the last one with a name."""
    width = max(place for place, title in enumerate(header, start=1) if title)
    for place, title in enumerate(header[:width], start=1):
        if not title:
            problems.add(name, what=f"column {place} has no name", repair="name or remove it")
    for title, count in Counter(header[:width]).items():
        if title and count > 1:
            problems.add(name, what=f"{count} columns are named {title!r}", repair="rename one")
    return width


def _check_row(
    name: str, line: int, cells: Sequence[str], *, width: int, problems: Problems
) -> None:
    if any(cells[width:]):
        problems.add(
            name, row=line, what=f"has more than {width} cells", repair="name all columns in row 1"
        )
    for cell in cells:
        if "\n" in cell or "\r" in cell:
            problems.add(
                name, row=line, what="a cell has several lines", repair="write it on one line"
            )


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise InvalidInput(
            f"{path.name}, row {line}: a letter is not UTF-8; save it as `CSV UTF-8`, or as .xlsx"
        ) from error
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    before = 0
    try:
        for cells in reader:
            rows.append((before + 1, [cell.strip() for cell in cells]))
            before = reader.line_num
    except csv.Error as error:
        raise InvalidInput(f"{path.name}, row {before + 1}: {error}; look at its quotes") from error
    return iter(_with_points(rows) if delimiter == ";" else rows)


def _with_points(rows: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Write `12,5` as `12.5` in the columns that hold nothing but such numbers."""
    width = max((len(cells) for _, cells in rows), default=0)
    numbers = [
        all(
            not cells[place] or _COMMA_NUMBER.fullmatch(cells[place])
            for _, cells in rows[1:]
            if place < len(cells)
        )
        for place in range(width)
    ]
    return rows[:1] + [
        (
            line,
            [
                cell.replace(",", ".") if numbers[place] else cell
                for place, cell in enumerate(cells)
            ],
        )
        for line, cells in rows[1:]
    ]


def _excel(path: Path, *, sheet: str | None) -> Iterator[tuple[int, list[str]]]:
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError, ValueError) as error:
        raise InvalidInput(
            f"{path} is no .xlsx file ({error}); save it as .xlsx, without a password"
        ) from error
    try:
        if sheet is not None and sheet not in book.sheetnames:
            known = ", ".join(book.sheetnames)
            raise InvalidInput(f"{path} has no sheet {sheet!r}, which data.sheet names: {known}")
        found = book[sheet] if sheet is not None else book.worksheets[0]
        problems = Problems()
        rows = [
            (line, [_text(cell, place=(path.name, line), problems=problems) for cell in cells])
            for line, cells in enumerate(found.iter_rows(), start=1)
        ]
    except (SyntaxError, ValueError, LookupError) as error:  # what openpyxl makes of a damaged one
        raise InvalidInput(f"{path} is damaged ({error}); open it, and save it anew") from error
    finally:
        book.close()
    problems.raise_if_any()
    return iter(rows)


def _text(cell: Any, *, place: tuple[str, int], problems: Problems) -> str:  # noqa: ANN401 -- openpyxl's cell, of one of many classes
    """Write what a cell holds: dates as 2026-11-22, whole numbers without a point."""
    value = cell.value
    if cell.data_type == "e":
        file, line = place
        problems.add(
            file,
            row=line,
            column=cell.column_letter,
            what=f"holds the error {value}",
            repair="repair its formula, or empty it",
        )
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
