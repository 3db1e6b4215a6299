"""The public tables of a challenge, read as leniently as a participant's program would."""

import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from challenge_platform.preflight.finding import Finding, Severity

SUFFIXES = {".csv": ",", ".tsv": "\t"}
"""Names of tables, and what is between their cells."""

_MEMBER = re.compile(r"(?P<stem>.+?)[_.-]?(?P<turn>[vVtT]?\d{1,3})")
"""A column such as `bmi_v3`: one of several measurements of the same."""

FEWEST_TURNS = 3
"""Columns of one stem that make a family of measurements."""

TIME_LIKE = re.compile(
    r"(^|[_.\s-])(age|date|day|time|visit|year|month|week|jour|an)s?$", re.IGNORECASE
)
"""Stems of columns that say when something was."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table with a header; `encoding` is what its bytes are, `latin-1` if they are not UTF-8."""

    name: str
    columns: Mapping[str, Sequence[str]]
    encoding: str = "utf-8"

    @property
    def rows(self) -> int:
        """The number of rows, the header not among them."""
        return len(next(iter(self.columns.values()), ()))

    @property
    def is_dictionary(self) -> bool:
        """Whether its name says that it describes the columns of others."""
        return "dict" in self.name.lower()

    def without(self, names: Collection[str], /) -> "Table":
        """Give the table without some of its columns."""
        kept = {name: cells for name, cells in self.columns.items() if name not in names}
        return replace(self, columns=kept)

    @cached_property
    def families(self) -> Mapping[str, Sequence[str]]:
        """The columns that are measurements of the same, in their turn, by their common stem."""
        found: dict[str, list[tuple[int, str]]] = {}
        for name in self.columns:
            if match := _MEMBER.fullmatch(name):
                turn = int(match["turn"].lstrip("vVtT"))
                found.setdefault(match["stem"], []).append((turn, name))
        return {
            stem: [name for _, name in sorted(members)]
            for stem, members in found.items()
            if len(members) >= FEWEST_TURNS
        }

    @cached_property
    def times(self) -> Sequence[str]:
        """The stems of families, and the columns alone, that say when something was."""
        return [name for name in (*self.families, *self.columns) if TIME_LIKE.search(name)]


def read_tables(folder: Path, /) -> tuple[list[Table], list[Finding]]:
    """Read the tables of a folder; what cannot be read is a finding."""
    tables, findings = [], []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in SUFFIXES:
            continue
        table = read_table(path.name, path.read_bytes(), delimiter=SUFFIXES[path.suffix.lower()])
        if isinstance(table, Finding):
            findings.append(table)
            continue
        tables.append(table)
        if table.encoding != "utf-8":
            findings.append(_not_utf8(table, path.read_bytes()))
    return tables, findings


def read_table(name: str, data: bytes, /, *, delimiter: str) -> Table | Finding:
    """Read a table; what cannot be read is a finding."""
    try:
        text, encoding = data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        text, encoding = data.decode("latin-1"), "latin-1"
    if delimiter == "," and text.partition("\n")[0].count(";") > text.partition("\n")[0].count(","):
        delimiter = ";"
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    if not rows:
        return _broken(name, "it has no header", row=1)
    header, body = rows[0], rows[1:]
    if len(set(header)) != len(header):
        return _broken(name, "two columns have the same name", row=1)
    wrong = next((n for n, row in enumerate(body, start=2) if len(row) != len(header)), None)
    if wrong is not None:
        return _broken(
            name, f"it has {len(body[wrong - 2])} cells, the header {len(header)}", row=wrong
        )
    cells = zip(*body, strict=True) if body else ([] for _ in header)
    columns = dict(zip(header, map(list, cells), strict=True))
    return Table(name=name, columns=columns, encoding=encoding)


def _broken(name: str, why: str, *, row: int) -> Finding:
    return Finding(
        code="broken_table",
        severity=Severity.BLOCK,
        about=name,
        message=f"the table cannot be read: {why}",
        repair="write it as CSV with a header, and as many cells in each row",
        file=name,
        row=row,
    )


def _not_utf8(table: Table, data: bytes) -> Finding:
    start = next(
        number for number, line in enumerate(data.split(b"\n"), start=1) if not _is_utf8(line)
    )
    return Finding(
        code="not_utf8",
        severity=Severity.WARN,
        about=table.name,
        message="the table is not UTF-8; read as latin-1",
        repair="write it as UTF-8, or accept the finding with the encoding as its reason",
        file=table.name,
        row=start,
    )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def numbers(cells: Iterable[str], /) -> list[float] | None:
    """Read cells as numbers, NaN where empty; None if one of them is something else."""
    try:
        return [float(cell) if cell.strip() else float("nan") for cell in cells]
    except ValueError:
        return None


def times(cells: Sequence[str], /) -> list[float] | None:
    """Read numbers, or dates as days, NaN where empty; None if a cell is neither."""
    if (told := numbers(cells)) is not None:
        return told
    try:
        return [
            datetime.fromisoformat(cell).replace(tzinfo=UTC).timestamp() / 86_400
            if cell.strip()
            else float("nan")
            for cell in cells
        ]
    except ValueError:
        return None
