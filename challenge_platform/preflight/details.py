"""What an id is made of, and how values were written: decimals, last digits, times of a day."""

import re
from collections.abc import Iterator, Sequence

import numpy as np

from challenge_platform.preflight.feature import Feature, Kind, marks_of
from challenge_platform.preflight.tables import Table, numbers
from scorers.metric import Vector

FEWEST_VALUES = 10
"""Different values of a column, without which its numbers are codes."""

GROUPS = 20
"""Groups of about equally many rows, of about the same value, within which rows are compared."""

_CLOCK = re.compile(r"(?:^|[T\s])(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?")
_BREAK = re.compile(r"[^A-Za-z0-9]+")


def detail_features(table: Table, /, *, column: str | None) -> Iterator[Feature]:
    """Yield what the ids of a table's rows are made of, and how each other column was written."""
    for name, cells in table.columns.items():
        if name == column:
            yield from id_features(cells, column=name)
        elif (told := numbers(cells)) is not None:
            yield from _of_numbers(name, cells, np.array(told, dtype=np.float64))
        else:
            yield from _of_clock(name, cells)


def id_features(cells: Sequence[str], /, *, column: str, name: str = "id") -> Iterator[Feature]:
    """Yield what ids are made of: length, digits, first and last letters, and their parts.

    Features are called by `name`; texts such as those of tags are probed as ids are.
    """
    rest = _without_prefix(cells)
    digits = [[int(sign) for sign in cell if sign.isdecimal()] for cell in cells]
    for feature, words, values in (
        ("length", "the length", [len(cell) for cell in cells]),
        ("parity", "whether the last sign is odd", [_odd(cell) for cell in cells]),
        ("digit_sum", "the sum of the digits", [sum(each) for each in digits]),
    ):
        yield Feature(
            name=f"{name}_{feature}",
            kind=Kind.MARK,
            words=f"{words} of {column}",
            values=np.array(values, dtype=np.float64),
        )
    ends = [cell[-1] for cell in rest]
    yield from marks_of(ends, name=f"{name}_end", words=f"the end of {column}")
    for length, words in ((1, "the start"), (2, "the first two signs")):
        starts = [cell[:length] for cell in rest]
        yield from marks_of(starts, name=f"{name}_start", words=f"{words} of {column}")
    parts = [_BREAK.split(cell) for cell in cells]
    common = min(map(len, parts), default=0)
    for place in range(common if common > 1 else 0):
        part = [each[place] for each in parts]
        yield from marks_of(part, name=f"{name}_part", words=f"part {place + 1} of {column}")


def _without_prefix(cells: Sequence[str]) -> list[str]:
    """Leave out what all texts begin with; what is left of none is a blank."""
    least, most = min(cells, default=""), max(cells, default="")
    pairs = enumerate(zip(least, most, strict=False))
    start = next((place for place, (one, other) in pairs if one != other), len(least))
    return [cell[start:] or " " for cell in cells]


def _odd(cell: str) -> int:
    """Whether the last letter or digit is odd, as a digit of base 36; 0 where it is neither."""
    return int(cell[-1], 36) % 2 if cell[-1:].isascii() and cell[-1:].isalnum() else 0


def _of_numbers(name: str, cells: Sequence[str], values: Vector) -> Iterator[Feature]:
    """Yield the decimals of numbers and their last digit, among numbers of about the same size."""
    known = np.isfinite(values)
    if len(np.unique(values[known])) <= FEWEST_VALUES:
        return
    within = np.full(len(values), -1.0)
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, GROUPS + 1)[1:-1]))
    within[known] = np.searchsorted(edges, values[known], side="right")
    written = [cell.strip().lower().partition("e")[0] for cell in cells]
    ends = [int(cell[-1]) if cell[-1:].isdecimal() else 0 for cell in written]
    for feature, words, told in (
        ("decimals", "how many decimals are written", [len(c.partition(".")[2]) for c in written]),
        ("last_digit", "whether the last digit is 0 or 5", [end % 5 == 0 for end in ends]),
        ("last_digit", "whether the last digit is odd", [end % 2 for end in ends]),
    ):
        yield Feature(
            name=feature,
            kind=Kind.DETAIL,
            words=f"{words} of {name}, among equal values of it,",
            values=np.array(told, dtype=np.float64),
            within=within,
        )


def _of_clock(name: str, cells: Sequence[str]) -> Iterator[Feature]:
    """Yield the time of the day, and the seconds, of a column of times."""
    found = [_CLOCK.search(cell) for cell in cells]
    if not any(found) or any(
        cell.strip() and not one for cell, one in zip(cells, found, strict=True)
    ):
        return
    minutes = [60 * int(one[1]) + int(one[2]) if one else -1 for one in found]
    seconds = [float(one[3] or 0) if one else -1.0 for one in found]
    within = np.array([0.0 if one else -1.0 for one in found])
    for feature, words, told in (
        ("time_of_day", "the time of the day", minutes),
        ("seconds", "the seconds", seconds),
        ("seconds", "whether there are seconds", [second > 0 for second in seconds]),
    ):
        yield Feature(
            name=feature,
            kind=Kind.DETAIL,
            words=f"{words} of {name}",
            values=np.array(told, dtype=np.float64),
            within=within,
        )
