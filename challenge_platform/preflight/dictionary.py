"""The data dictionary against the files that it describes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property
from math import isnan
from statistics import median

from challenge_platform.preflight.finding import Finding, Severity
from challenge_platform.preflight.tables import Table, numbers

NAMES = ("name", "column", "variable", "field", "nom", "colonne", "champ")
TYPES = ("type", "dtype", "format")
UNITS = ("unit", "units", "unité", "unite")
CODES = ("codes", "code", "values", "modalities", "modalités", "modalites", "valeurs")
LEAST = ("min", "minimum", "lowest")
MOST = ("max", "maximum", "highest")
ROWS = re.compile(r"(?:rows|n_rows|row_count|lignes)(?:_(?P<part>\w+))?")
"""Headings of a dictionary, in any case, in English or French."""

_RANGE = re.compile(
    r"(?P<stem>.*?)(?P<low>\d+)\s*(?:-|\u2013|\.\.+|…|to|à)\s*(?P<tail>\D*)(?P<high>\d+)"
)
"""A name of several columns, such as `SNP1-75`, `Age_v1..Age_v22` or `Age_v1 à _v22`."""

_EMPTY = frozenset({"empty", "blank", "vide", "NA", "NaN"})
"""Codes of cells that hold nothing."""

_FILE = re.compile(r".*\.\w{2,6}")
"""The name of a file, which some dictionaries describe beside columns."""

NAMED = 5
"""Columns that a finding names."""

_SPAN = re.compile(r"(?P<low>\d{1,3})\s*(?:-|\u2013|\.\.+|to|à)\s*(?P<high>\d{1,3})\b")
"""Codes that follow each other, such as `1 to 4`."""

_NAMED = re.compile(r"(?P<code>-?\d+(?:\.\d+)?)\b.*|(?P<word>\S+)(?:\s*[=:].*)?")
"""One code, with what it means or without."""

_PLACE = re.compile(r"<\w+>|\{\w+\}")
"""A part of a name that stands for anything, such as in `bmi_v<k>`."""

_COUNT = re.compile(
    r"\b(\d{1,3}(?:[ ,\u202f\u00a0]\d{3})+|\d{2,})\s+"
    r"(?:patients?|people|persons?|participants?|rows|lines|personnes|lignes|malades)\b",
    re.IGNORECASE,
)

PLAUSIBLE = (
    (r"bsa|body_surface", r"m2|m²", 0.2, 3.5),
    (r"bmi|imc", r".*", 8, 100),
    (r"age|age_.*|.*_age", r"y|years?|ans?|années?", 0, 120),
    (r"height|taille", r"cm", 25, 260),
    (r"weight|poids", r"kg", 0.2, 400),
    (r"temp.*", r"°?c|celsius", 25, 45),
    (r".*", r"%|percent", -100, 1000),
)
"""Names and units of columns, and between what the middle of their values lies in people."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a dictionary says of a column, or of several that are named alike."""

    name: str
    row: int
    cells: Mapping[str, str]

    def get(self, headings: Sequence[str], /) -> str:
        """Give what stands under the first of some headings, nothing where none is there."""
        return next((self.cells[name].strip() for name in headings if name in self.cells), "")

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """What the names of its columns are like, None if it is about one column."""
        match = _RANGE.fullmatch(self.name)
        if match and match["stem"].endswith(match["tail"]):
            numbered = range(int(match["low"]), int(match["high"]) + 1)
            return re.compile(re.escape(match["stem"]) + f"({'|'.join(map(str, numbered))})")
        pattern = _PLACE.sub("*", self.name)
        return re.compile(translate(pattern)) if "*" in pattern else None

    def covers(self, column: str, /) -> bool:
        """Whether it is about this column."""
        return column == self.name or bool(self.pattern and self.pattern.fullmatch(column))


def check_dictionaries(
    tables: Sequence[Table], /, *, described: Sequence[Table], skip: Sequence[str]
) -> Iterator[Finding]:
    """Compare each dictionary among the tables with those that it should describe.

    The columns of `skip` need no words and no table: challenge.yaml says what they are.
    """
    for dictionary in tables:
        if not dictionary.is_dictionary or (entries := _entries(dictionary)) is None:
            continue
        yield from _columns(dictionary, entries, data=described, skip=skip)
        yield from _counts(dictionary, entries, data=described)
        for entry in entries:
            for table in described:
                for name in filter(entry.covers, table.columns):
                    yield from _cells(table, name, entry=entry)
            yield from _unseen(dictionary, entry, data=described)


def _entries(dictionary: Table) -> list[Entry] | None:
    headings = {name.strip().lower(): name for name in dictionary.columns}
    named = next((headings[name] for name in NAMES if name in headings), None)
    if named is None:
        return None
    rows = zip(*dictionary.columns.values(), strict=True)
    names = dictionary.columns[named]
    return [
        Entry(name=name.strip(), row=row, cells=dict(zip(headings, cells, strict=True)))
        for row, (name, cells) in enumerate(zip(names, rows, strict=True), start=2)
    ]


def _columns(
    dictionary: Table, entries: Sequence[Entry], *, data: Sequence[Table], skip: Sequence[str]
) -> Iterator[Finding]:
    """Find columns without an entry, and entries without a column."""
    for table in data:
        unknown = [
            name
            for name in table.columns
            if name not in skip and not any(entry.covers(name) for entry in entries)
        ]
        if unknown:
            more = ", …" if len(unknown) > NAMED else ""
            yield Finding(
                code="column_undocumented",
                severity=Severity.WARN,
                about=table.name,
                message=f"{dictionary.name} does not say what {len(unknown)} columns are: "
                + ", ".join(unknown[:NAMED])
                + more,
                repair=f"add rows for them to {dictionary.name}, or take the columns out",
                file=table.name,
                row=1,
                column=unknown[0],
            )
    there = {*skip, *(name for table in data for name in table.columns)}
    for entry in entries:
        told = entry.name and not _FILE.fullmatch(entry.name)
        if told and not any(entry.covers(name) for name in there):
            yield Finding(
                code="column_missing",
                severity=Severity.WARN,
                about=entry.name,
                message="no table has this column",
                repair="take the row out, or write the name as the tables have it",
                file=dictionary.name,
                row=entry.row,
                column=entry.name,
            )


def _counts(
    dictionary: Table, entries: Sequence[Entry], *, data: Sequence[Table]
) -> Iterator[Finding]:
    """Find numbers of rows, in columns of them or in the text, that are those of no file."""
    rows = {table.name: table.rows for table in data}
    known = {*rows.values(), sum(rows.values())}
    known |= {first + second for first in rows.values() for second in rows.values()}
    known |= {len(set(cells)) for table in data for cells in table.columns.values()}
    for entry in entries:
        for heading, cell in entry.cells.items():
            told = [re.sub(r"\D", "", count) for count in _COUNT.findall(cell)]
            if ROWS.fullmatch(heading) and cell.strip().isdecimal():
                told.append(cell.strip())
            for count in told:
                if int(count) not in known:
                    yield Finding(
                        code="row_count",
                        severity=Severity.BLOCK,
                        about=dictionary.name,
                        message=f"it says {count}, which is the count of nothing in "
                        + ", ".join(f"{name} ({number})" for name, number in rows.items()),
                        repair="count again, and say what is counted",
                        file=dictionary.name,
                        row=entry.row,
                        column=heading,
                    )


def _cells(table: Table, name: str, *, entry: Entry) -> Iterator[Finding]:
    """Find cells of a column that are not as its entry says."""
    kind = entry.get(TYPES).lower()
    cells = table.columns[name]
    rules: list[tuple[str, str, list[int]]] = []
    if re.match(r"int|entier", kind):
        rules.append(("not_an_integer", "whole numbers", _unlike(cells, whole=True)))
    elif re.match(r"float|num|real|double|decimal|réel|nombre", kind):
        rules.append(("not_a_number", "numbers", _unlike(cells, whole=False)))
    codes = codes_of(entry.get(CODES))
    if codes:
        strange = [
            row for row, cell in enumerate(cells) if cell.strip() and _code(cell) not in codes
        ]
        rules.append(("undeclared_code", "one of " + ", ".join(sorted(codes)), strange))
    rules += _range_rules(cells, entry=entry)
    for code, expected, rows in rules:
        if rows:
            shown = f", not {cells[rows[0]]!r}" if code == "undeclared_code" else ""
            yield Finding(
                code=code,
                severity=Severity.BLOCK,
                about=name,
                message=f"{len(rows)} cells are not as the dictionary says; expected "
                f"{expected}{shown}",
                repair="correct the cells, or say in the dictionary what they mean",
                file=table.name,
                row=rows[0] + 2,
                column=name,
            )
    yield from _implausible(table, name, entry=entry)


def _unlike(cells: Sequence[str], *, whole: bool) -> list[int]:
    """Give the rows whose cells are neither empty nor a number, or no whole one."""
    found = []
    for row, cell in enumerate(cells):
        told = numbers([cell])
        if told is None or (whole and cell.strip() and not told[0].is_integer()):
            found.append(row)
    return found


def _range_rules(cells: Sequence[str], *, entry: Entry) -> list[tuple[str, str, list[int]]]:
    low, high, told = (
        numbers([entry.get(LEAST)]),
        numbers([entry.get(MOST)]),
        [(numbers([cell]) or [float("nan")])[0] for cell in cells],
    )
    rules = []
    if low and not isnan(low[0]):
        under = [row for row, value in enumerate(told) if value < low[0]]
        rules.append(("out_of_range", f"{low[0]:g} or more", under))
    if high and not isnan(high[0]):
        over = [row for row, value in enumerate(told) if value > high[0]]
        rules.append(("out_of_range", f"{high[0]:g} or less", over))
    return rules


def _implausible(table: Table, name: str, *, entry: Entry) -> Iterator[Finding]:
    """Find a column whose middle value no person has in its unit."""
    told = [value for value in numbers(table.columns[name]) or [] if not isnan(value)]
    unit = entry.get(UNITS).lower()
    stem = re.sub(r"[_.-]?v?\d+$", "", name.lower())
    for named, units, low, high in PLAUSIBLE:
        if not told or not re.fullmatch(named, stem) or not re.fullmatch(units, unit):
            continue
        if not low <= (middle := median(told)) <= high:
            yield Finding(
                code="implausible_unit",
                severity=Severity.WARN,
                about=name,
                message=f"half of its values are above {middle:g}, but in {unit or 'its unit'} "
                f"people have from {low:g} to {high:g}",
                repair="correct the unit in the dictionary, or the values",
                file=table.name,
                column=name,
            )
        return


def _unseen(dictionary: Table, entry: Entry, *, data: Sequence[Table]) -> Iterator[Finding]:
    """Find codes of an entry that no table has."""
    codes = codes_of(entry.get(CODES))
    columns = [
        set(cells) for table in data for name, cells in table.columns.items() if entry.covers(name)
    ]
    unseen = codes - {_code(cell) for cells in columns for cell in cells} if codes else codes
    if columns and unseen:
        yield Finding(
            code="code_never_seen",
            severity=Severity.WARN,
            about=entry.name,
            message=f"no row has the code {', '.join(sorted(unseen))}",
            repair="take the code out, or look where its rows went",
            file=dictionary.name,
            row=entry.row,
            column=entry.name,
        )


def codes_of(text: str, /) -> frozenset[str]:
    """Read codes such as `0 = no; 1 = yes`, `1 to 4; 9 missing` or `female; male`.

    Give none if there are not two, or if a part is a sentence, so that there may be others.

    >>> sorted(codes_of("1 to 3; 9 = missing"))
    ['1', '2', '3', '9']
    >>> codes_of("0 none; several are separated in many ways")
    frozenset()
    """
    codes: set[str] = set()
    for part in filter(None, map(str.strip, re.split(r"[;|\n]", text))):
        if span := _SPAN.match(part):
            codes |= {str(code) for code in range(int(span["low"]), int(span["high"]) + 1)}
        elif named := _NAMED.fullmatch(part):
            codes.add(_code(named["code"] or named["word"].rstrip(":=")))
        else:
            return frozenset()
    return frozenset(codes - _EMPTY) if len(codes) > 1 else frozenset()


def _code(cell: str) -> str:
    """Write a code in one way: 1.0 is 1."""
    told = numbers([cell]) if cell.strip() else None
    return f"{told[0]:g}" if told else cell.strip()
