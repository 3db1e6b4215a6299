"""Tables as CSV (RFC 4180, UTF-8), for programs and for spreadsheets, which must run none of it."""

import csv
import io
from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the start of a formula, or of a cell with one."""


def table(heading: Iterable[str], rows: Iterable[Iterable[object]], /) -> bytes:
    """Write a table; what people wrote must be `defused`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return text.getvalue().encode()


def defused(text: str, /) -> str:
    """Keep a spreadsheet from running a text as a formula: with an apostrophe, it stays a text."""
    starts = (text, text.lstrip())  # some programs take the spaces away first
    return f"'{text}" if any(start.startswith(_FORMULA) for start in starts) else text
