"""The first line of a predictions file: which columns it has, and which it should have."""

from collections import Counter
from collections.abc import Collection
from itertools import islice

from scorers.message import Message
from scorers.predictions.nearest import nearest
from scorers.predictions.problems import (
    MAX_PROBLEMS,
    Findings,
    Problem,
    ProblemCode,
    shown,
    visible,
)
from scorers.predictions.rows import split_row

MAX_NAMED = 20
"""Columns that a problem names."""

DELIMITERS = {
    ";": Message("columns separated by semicolons (;)"),
    "\t": Message("columns separated by tabs"),
    "|": Message("columns separated by vertical bars (|)"),
}


def read_header(line: str, /, *, expected: Collection[str], findings: Findings) -> list[str]:
    """Return the column names in the order of the file; what is wrong becomes a finding."""
    delimiter = next((name for sign, name in DELIMITERS.items() if sign in line), None)
    if delimiter and "," not in line:
        findings.add(_wrong_delimiter(delimiter))
        return []
    names = split_row(line)
    if names is None:
        findings.add(_unreadable(line))
        return []
    counts = Counter(names)
    missing = [name for name in expected if name not in counts]
    known = frozenset(expected)
    surplus = [name for name in counts if name not in known]
    # A line has room for thousands of names, and each would be compared with each.
    for name in missing[:MAX_PROBLEMS]:
        findings.add(_missing(name, surplus=surplus))
    findings.count(len(missing[MAX_PROBLEMS:]))
    for name in surplus[:MAX_PROBLEMS]:
        findings.add(_extra(name, expected=expected))
    findings.count(len(surplus[MAX_PROBLEMS:]))
    for name, count in counts.items():
        if count > 1 and name in known:
            findings.add(_duplicate(name, count=count))
    return names


def _wrong_delimiter(found: Message) -> Problem:
    return Problem(
        code=ProblemCode.WRONG_DELIMITER,
        line=1,
        found=found,
        expected=Message("columns separated by commas, decimals written with a point"),
        repair=Message("save the table as CSV with commas"),
    )


def _unreadable(line: str) -> Problem:
    return Problem(
        code=ProblemCode.UNBALANCED_QUOTES if '"' in line else ProblemCode.CELL_TOO_LONG,
        line=1,
        found=shown(line),
        expected=Message("the column names, separated by commas"),
        repair=Message("write the header without quotes on a line of its own"),
    )


def _missing(name: str, *, surplus: Collection[str]) -> Problem:
    alike = {other.strip().lower(): other for other in surplus}
    meant = nearest(name.lower(), among=alike)
    return Problem(
        code=ProblemCode.MISSING_COLUMN,
        line=1,
        column=name,
        found=Message("no such column"),
        expected=Message("a column {name} in the header", name=name),
        repair=Message("rename {meant} to {name}", meant=shown(meant), name=name)
        if meant
        else Message("add the column {name}", name=name),
    )


def _extra(name: str, *, expected: Collection[str]) -> Problem:
    return Problem(
        code=ProblemCode.EXTRA_COLUMN,
        line=1,
        column=visible(name),
        found=Message("a column {name}", name=shown(name)),
        expected=Message("only the columns {names}", names=_listed(expected)),
        repair=Message("remove the column (an index column, too)"),
    )


def _listed(names: Collection[str]) -> str:
    first = ", ".join(islice(names, MAX_NAMED))
    return f"{first}, …" if len(names) > MAX_NAMED else first


def _duplicate(name: str, *, count: int) -> Problem:
    return Problem(
        code=ProblemCode.DUPLICATE_COLUMN,
        line=1,
        column=name,
        found=Message("{count} columns {name}", count=count, name=name),
        expected=Message("one"),
        repair=Message("remove the others"),
    )
