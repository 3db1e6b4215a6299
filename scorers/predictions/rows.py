"""CSV bytes turned into rows: UTF-8, commas, one row a line."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass

from scorers.message import Message
from scorers.predictions.problems import Findings, Problem, ProblemCode, shown

MAX_LINE = 100_000
"""Characters of a line; below the field limit of the csv module."""

MAX_CELL = 1_000
"""Characters of a cell."""

SIGNATURES = {
    b"PK\x03\x04": Message("a zip archive or an Excel workbook"),
    b"\x1f\x8b": Message("a gzip archive"),
    b"%PDF": Message("a PDF document"),
    b"\xff\xfe": Message("text in UTF-16"),
    b"\xfe\xff": Message("text in UTF-16"),
}


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The rows below the header, by column; `lines` holds the line number of each row."""

    lines: Sequence[int]
    columns: Sequence[Sequence[str]]


def decode(data: bytes, /) -> str | Problem:
    r"""Return the text, or why there is none.

    The text has no BOM, its lines end with \n, and no empty lines follow the last.
    """
    signature = next((name for start, name in SIGNATURES.items() if data.startswith(start)), None)
    null = data.find(b"\0")
    if signature or null >= 0:
        return Problem(
            code=ProblemCode.BINARY_FILE,
            line=None if signature else _line_at(data, offset=null),
            found=signature or Message("a NUL byte"),
            expected=Message("a CSV text file"),
            repair=Message("save the table as CSV (comma separated, UTF-8)"),
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Problem(
            code=ProblemCode.NOT_UTF8,
            line=_line_at(data, offset=error.start),
            found=Message("the byte 0x{byte:02x}, which is not UTF-8", byte=data[error.start]),
            expected=Message("text in UTF-8"),
            repair=Message("save the file with the encoding UTF-8"),
        )
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.rstrip("\n")


def _line_at(data: bytes, *, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def split_row(line: str, /) -> list[str] | None:
    """Return the cells of one line, or None if it is too long or its quotes do not pair."""
    if len(line) > MAX_LINE:
        return None
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error:
        return None


def split_rows(lines: Sequence[str], /, *, header: Sequence[str], findings: Findings) -> Rows:
    """Split the lines below the header into columns; what is not a row becomes a finding."""
    width = len(header)
    numbers: Sequence[int] = range(2, len(lines) + 2)
    cells = _regular_cells(lines, width=width)
    if cells is None:
        numbers, cells = _irregular_cells(lines, header=header, findings=findings)
    return Rows(lines=numbers, columns=[cells[index::width] for index in range(width)])


def _regular_cells(lines: Sequence[str], *, width: int) -> list[str] | None:
    """Return all cells in one list, or None if any line is not one row of `width` cells."""
    if max(map(len, lines), default=0) > MAX_LINE:
        return None
    cells: list[str] = []
    try:
        for row in csv.reader(lines, strict=True):
            if len(row) != width:
                return None
            cells += row
    except csv.Error:
        return None
    # A quoted cell that goes on in the next line makes fewer rows than lines.
    return cells if len(cells) == width * len(lines) else None


def _irregular_cells(
    lines: Sequence[str], *, header: Sequence[str], findings: Findings
) -> tuple[list[int], list[str]]:
    """Return the line numbers and the cells of the regular rows, split line by line."""
    numbers: list[int] = []
    cells: list[str] = []
    for number, line in enumerate(lines, start=2):
        row = split_row(line)
        if row is not None and len(row) == len(header):
            numbers.append(number)
            cells += row
        elif findings.full:
            findings.count(1)
        else:
            findings.add(_row_problem(line, row, number=number, header=header))
    return numbers, cells


def _row_problem(
    line: str, row: list[str] | None, *, number: int, header: Sequence[str]
) -> Problem:
    if row is None and len(line) <= MAX_LINE:
        return Problem(
            code=ProblemCode.UNBALANCED_QUOTES,
            line=number,
            found=Message("quotes that do not pair in {line}", line=shown(line)),
            expected=Message('a quoted cell to begin and end with " on its line'),
            repair=Message("remove the quotes: ids and numbers need none"),
        )
    count = line.count(",") + 1 if row is None else len(row)
    if row is None and count == len(header):
        cells = dict(zip(header, line.split(","), strict=True))
        longest = max(cells, key=lambda name: len(cells[name]))
        return cell_too_long(cells[longest], line=number, column=longest)
    return Problem(
        code=ProblemCode.WRONG_CELL_COUNT,
        line=number,
        found=Message("{count:,} cells", count=count) if line else Message("an empty line"),
        expected=Message("{count} cells, as in the header", count=len(header)),
        repair=Message("give the row one cell for each column")
        if line
        else Message("remove the line"),
    )


def cell_too_long(cell: str, /, *, line: int, column: str) -> Problem:
    return Problem(
        code=ProblemCode.CELL_TOO_LONG,
        line=line,
        column=column,
        found=shown(cell),
        expected=Message("at most {most:,} characters", most=MAX_CELL),
        repair=Message("write one id or one number in the cell"),
    )
