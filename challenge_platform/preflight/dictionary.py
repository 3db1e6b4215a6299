"""The data dictionary against the files that it describes."""

import re
from collections.abc import Iterator, Sequence
from math import isnan
from statistics import median

from challenge_platform.preflight.entries import (
    CODES,
    LEAST,
    MOST,
    ROWS,
    TYPES,
    UNITS,
    Entry,
    code_of,
    codes_of,
    entries_of,
)
from challenge_platform.preflight.finding import Finding, Severity
from challenge_platform.preflight.tables import Table, numbers

_FILE = re.compile(r".*\.\w{2,6}")
"""The name of a file, which some dictionaries describe beside columns."""

NAMED = 5
"""Columns that a finding names."""

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


def check_dictionaries(
    tables: Sequence[Table], /, *, described: Sequence[Table], skip: Sequence[str]
) -> Iterator[Finding]:
    """Compare each dictionary among the tables with those that it should describe.

    The columns of `skip` need no words and no table: challenge.yaml says what they are.
    """
    for dictionary in tables:
        if not dictionary.is_dictionary or (entries := entries_of(dictionary)) is None:
            continue
        yield from _columns(dictionary, entries, data=described, skip=skip)
        yield from _counts(dictionary, entries, data=described)
        for entry in entries:
            for table in described:
                for name in filter(entry.covers, table.columns):
                    yield from _cells(table, name, entry=entry)
            yield from _unseen(dictionary, entry, data=described)


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
            row for row, cell in enumerate(cells) if cell.strip() and code_of(cell) not in codes
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
    unseen = codes - {code_of(cell) for cells in columns for cell in cells} if codes else codes
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
