"""What a data dictionary says: an entry for each column, or for several, and the codes in it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property

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

_SPAN = re.compile(r"(?P<low>\d{1,3})\s*(?:-|\u2013|\.\.+|to|à)\s*(?P<high>\d{1,3})\b")
"""Codes that follow each other, such as `1 to 4`."""

_NAMED = re.compile(r"(?P<code>-?\d+(?:\.\d+)?)\b.*|(?P<word>\S+)(?:\s*[=:].*)?")
"""One code, with what it means or without."""

_PLACE = re.compile(r"<\w+>|\{\w+\}")
"""A part of a name that stands for anything, such as in `bmi_v<k>`."""


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


def entries_of(dictionary: Table, /) -> list[Entry] | None:
    """Give the entries of a dictionary; None if no heading says which column has their names."""
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
            codes.add(code_of(named["code"] or named["word"].rstrip(":=")))
        else:
            return frozenset()
    return frozenset(codes - _EMPTY) if len(codes) > 1 else frozenset()


def code_of(cell: str, /) -> str:
    """Write a code in one way: 1.0 is 1."""
    told = numbers([cell]) if cell.strip() else None
    return f"{told[0]:g}" if told else cell.strip()
