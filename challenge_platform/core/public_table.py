"""The columns of a public table, found in its bytes: what each holds, and what each means."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import BinaryIO

LARGEST = 16 << 20
"""Bytes of a table that are read whole to tell numbers from text; of a larger one all is text."""

_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})", re.ASCII)
_FLOAT = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?", re.ASCII)
_MEANINGS = ("meaning_en", "description_en", "meaning", "description", "label")
_MOST_COLUMNS = 5_000


class Holds(IntEnum):
    """What the cells of a column are, empty ones aside; the larger includes the smaller."""

    INTEGER = 1
    FLOAT = 2
    TEXT = 3


def columns_of(file: BinaryIO, /, *, size: int) -> dict[str, Holds] | None:
    """Give what each column holds; None for what is no table with commas, in UTF-8, with a header.

    `size` is the number of bytes of the file.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    rows = csv.reader(text, strict=True)
    try:
        header = next(rows, [])
        if not _is_header(header):
            return None
        if size > LARGEST:
            return dict.fromkeys(header, Holds.TEXT)
        found = _kinds(rows, count=len(header))
    except (csv.Error, UnicodeDecodeError):
        return None
    return None if found is None else dict(zip(header, found, strict=True))


def meanings(file: BinaryIO, /) -> Mapping[str, str]:
    """Give what columns mean, by their names, from a dictionary; nothing where it is no such."""
    text = io.TextIOWrapper(io.BytesIO(file.read(LARGEST)), encoding="utf-8-sig", newline="")
    try:
        rows = list(csv.DictReader(text, strict=True))
    except (csv.Error, UnicodeDecodeError):
        return {}
    names = rows[0].keys() if rows else ()
    column = next((name for name in _MEANINGS if name in names), None)
    if column is None or "name" not in names:
        return {}
    return {row["name"]: row[column] for row in rows if row["name"] and row[column]}


def _is_header(header: list[str]) -> bool:
    named = all(name.strip() and name.isprintable() for name in header)
    is_other = len(header) == 1 and any(mark in header[0] for mark in ";\t|")
    return (
        0 < len(header) <= _MOST_COLUMNS
        and named
        and not is_other
        and len(set(header)) == len(header)
    )


def _kinds(rows: Iterable[list[str]], /, *, count: int) -> list[Holds] | None:
    """Give what each column holds, text where it is empty; None where rows differ in length."""
    found: list[Holds | None] = [None] * count
    for row in rows:
        if len(row) != count:
            if not row:
                continue
            return None
        for index, cell in enumerate(row):
            known = found[index]
            if cell and known is not Holds.TEXT:
                found[index] = max(known or Holds.INTEGER, _kind(cell))
    return [kind or Holds.TEXT for kind in found]


def _kind(cell: str) -> Holds:
    if _INTEGER.fullmatch(cell):
        return Holds.INTEGER
    return Holds.FLOAT if _FLOAT.fullmatch(cell) else Holds.TEXT
