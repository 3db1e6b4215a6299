"""Output: tables for people, CSV and JSON for programs; scores and times as text."""

import csv
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Generic, TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from challenge_platform.cli.documents import Score
from challenge_platform.cli.terminal import printable

DIGITS = 4
"""Significant digits of a score; the platform discloses no more."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")

Row = TypeVar("Row")


class Format(StrEnum):
    """How a command writes what it found."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True, kw_only=True)
class Column(Generic[Row]):
    """One column of a table: its heading and the text of a row in it.

    In a narrow terminal the columns that `wraps` give way first.
    """

    heading: str
    text: Callable[[Row], str]
    right: bool = False
    wraps: bool = False


def write_table(rows: Sequence[Row], /, *, columns: Sequence[Column[Row]]) -> None:
    """Print a table as wide as the terminal, or of 80 columns where there is none."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(
            column.heading,
            justify="right" if column.right else "left",
            overflow="fold",
            no_wrap=not column.wraps,
        )
    for row in rows:
        table.add_row(*(Text(printable(column.text(row))) for column in columns))
    console().print(table)


def write_csv(rows: Sequence[Mapping[str, object]], /) -> None:
    """Print CSV with the union of the rows' keys as its header; None is an empty cell.

    A text that a spreadsheet would take for a formula gets a `'` before it, since names are written
    by strangers; what could steer a terminal is replaced as in tables.
    """
    names = dict.fromkeys(name for row in rows for name in row)
    writer = csv.DictWriter(sys.stdout, fieldnames=list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    # Some spreadsheets take the spaces at the start away first.
    is_formula = value.startswith(FORMULA_STARTS) or value.lstrip().startswith(FORMULA_STARTS)
    return ("'" if is_formula else "") + printable(value)


def write_json(document: object, /) -> None:
    """Print a document of the API unchanged, indented."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def console(*, error: bool = False) -> Console:
    """Give the standard output, or the error output, for tables, bars and spinners."""
    return Console(stderr=error)


def score_text(score: Score, /) -> str:
    """Give a score with its 95 % interval, `0.7312 [0.6901, 0.7698]`, or why it has none."""
    if score["value"] is None:
        return f"undefined ({score['undefined']})"
    value = number_text(score["value"])
    if score["low"] is None or score["high"] is None:
        reason = score.get("no_interval")  # which older servers do not tell
        return f"{value} [no interval: {reason.replace('_', ' ')}]" if reason else value
    return f"{value} [{number_text(score['low'])}, {number_text(score['high'])}]"


def number_text(value: float, /) -> str:
    """Write a number with 4 significant digits, the last zeros too, and without an exponent."""
    whole_digits = math.floor(math.log10(abs(value))) + 1 if value else 1
    return f"{value:.{max(0, DIGITS - whole_digits)}f}"


def score_cells(scores: Sequence[Score], /) -> dict[str, object]:
    """Give the CSV cells of scores: for each key its value, low and high."""
    return {
        name: cell
        for score in scores
        for name, cell in (
            (score["key"], score["value"]),
            (f"{score['key']}_low", score["low"]),
            (f"{score['key']}_high", score["high"]),
        )
    }


def primary_score(scores: Sequence[Score], /) -> Score | None:
    """Give the score that ranks, where it is disclosed."""
    return next((score for score in scores if score["primary"]), None)


def time_text(moment: str | None, /) -> str:
    """Give a time of the API in UTC, to the minute."""
    if moment is None:
        return "-"
    return f"{datetime.fromisoformat(moment).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def local_time_text(moment: str | None, /) -> str:
    """Give a time in UTC and, where it differs, in the zone of this machine."""
    if moment is None:
        return "-"
    local = datetime.fromisoformat(moment).astimezone()
    text = time_text(moment)
    return text if not local.utcoffset() else f"{text} ({local:%Y-%m-%d %H:%M %Z})"


def size_text(size: int, /) -> str:
    """Give a number of bytes for people: `148.3 kB`."""
    amount, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    while amount >= 1000 and len(units) > 1:  # noqa: PLR2004 -- SI prefixes
        amount /= 1000
        units.pop(0)
    return f"{amount:.0f} B" if units[0] == "B" else f"{amount:.1f} {units[0]}"
