"""Straight axes of numbers: where a value lies, and the round values that are written there."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from challenge_platform.web.language import format_decimal

_NOTHING = 1e-9
"""What rounding may leave of a step."""


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A place on an axis, and what it says there."""

    at: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Axis:
    """The numbers from `low` to `high`, which lie at `start` and `end` in units of a drawing."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float, /) -> float:
        """Give the place of a value, which is past an end of the axis where the value is."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def within(self, value: float, /) -> float:
        """Give the place of a value, or that of the nearer end where it is past it."""
        return self.at(min(max(value, self.low), self.high))

    def ticks(self, *, most: int) -> tuple[Tick, ...]:
        """Choose some `most` round values, in steps of 1, 2 or 5 times a power of ten."""
        step = round_step((self.high - self.low) / most)
        decimals = max(0, -math.floor(math.log10(step) + _NOTHING))
        first = math.ceil(self.low / step - _NOTHING)
        last = math.floor(self.high / step + _NOTHING)
        return tuple(
            Tick(at=self.at(number * step), text=fixed(number * step, decimals=decimals))
            for number in range(first, last + 1)
        )

    def whole_ticks(self, *, most: int) -> tuple[Tick, ...]:
        """Choose at most `most` whole numbers, the first of the axis and round ones."""
        step = max(1, int(round_step((self.high - self.low + 1) / most)))
        first, last = math.ceil(self.low), math.floor(self.high)
        numbers = dict.fromkeys([first, *range(-(-first // step) * step, last + 1, step)])
        return tuple(Tick(at=self.at(number), text=fixed(number)) for number in numbers)


HUGE = 1e15
"""From here on a number would be written with more digits than a score has."""


def round_step(wanted: float, /) -> float:
    """Give 1, 2 or 5 times a power of ten, not below what is wanted."""
    magnitude = 10.0 ** math.floor(math.log10(wanted))
    enough = wanted * (1 - _NOTHING)
    return next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= enough)


def fixed(value: float, /, *, decimals: int = 0) -> str:
    """Write a number with so many decimals and the reader's separators, a huge one in short."""
    if abs(value) >= HUGE:
        return f"{value:.3g}"
    return str(format_decimal(value, f"#,##0.{'0' * decimals}" if decimals else "#,##0"))


def padded(values: Iterable[float], /) -> tuple[float, float]:
    """Give the ends of an axis that has room beyond all values."""
    found = list(values)
    low, high = min(found), max(found)
    room = (high - low) * 0.06 or abs(high) * 0.05 or 1.0
    return low - room, high + room
