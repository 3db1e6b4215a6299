"""The first line of a predictions file: which columns it has, and which it should have."""

from collections import Counter
from collections.abc import Collection
from difflib import get_close_matches

from scorers.message import Message
from scorers.predictions.problems import Findings, Problem, ProblemCode, shown, visible
from scorers.predictions.rows import split_row

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
    surplus = [name for name in counts if name not in expected]
    for name in missing:
        findings.add(_missing(name, surplus=surplus))
    for name in surplus:
        findings.add(_extra(name, expected=expected))
    for name, count in counts.items():
        if count > 1 and name in expected:
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
    near = get_close_matches(name.lower(), alike, n=1)
    return Problem(
        code=ProblemCode.MISSING_COLUMN,
        line=1,
        column=name,
        found=Message("no such column"),
        expected=Message("a column {name} in the header", name=name),
        repair=Message("rename {meant} to {name}", meant=shown(alike[near[0]]), name=name)
        if near
        else Message("add the column {name}", name=name),
    )


def _extra(name: str, *, expected: Collection[str]) -> Problem:
    return Problem(
        code=ProblemCode.EXTRA_COLUMN,
        line=1,
        column=visible(name),
        found=Message("a column {name}", name=shown(name)),
        expected=Message("only the columns {names}", names=", ".join(expected)),
        repair=Message("remove the column (an index column, too)"),
    )


def _duplicate(name: str, *, count: int) -> Problem:
    return Problem(
        code=ProblemCode.DUPLICATE_COLUMN,
        line=1,
        column=name,
        found=Message("{count} columns {name}", count=count, name=name),
        expected=Message("one"),
        repair=Message("remove the others"),
    )
