"""A picture as a report shows it: a drawing, how to read it, and the numbers beside it."""

import math
from dataclasses import dataclass

from challenge_platform.web.drawings.axis import fixed
from challenge_platform.web.drawings.grid import Grid
from challenge_platform.web.drawings.plot import Plot
from challenge_platform.web.language import format_decimal

SUBMISSION = 1
"""The style of what is reported on, among lines."""

Table = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A picture of `metrics` with all that belongs to it; without a drawing, `empty` says why.

    `text` describes the drawing to who cannot see it, `reading` says its gist in plain words, and
    `remark` what it does not prove. The first cell of each row of the table names the row.
    """

    kind: str
    metrics: tuple[str, ...]
    title: str
    text: str = ""
    reading: str = ""
    remark: str = ""
    drawing: Plot | Grid | None = None
    headings: tuple[str, ...] = ()
    rows: Table = ()
    empty: str = ""

    @property
    def form(self) -> str:
        """Which template draws it."""
        return "grid" if isinstance(self.drawing, Grid) else "plot"


def percent(share: float, /) -> str:
    """Write a share from 0 to 1 in hundredths, with four significant digits."""
    return str(format_decimal(100 * share, "@@@@"))


def number(value: float, /) -> str:
    """Write a number with four significant digits."""
    return str(format_decimal(value, "@@@@"))


def beside(value: float, low: float | None = None, high: float | None = None, /) -> str:
    """Write a value, and the ends of its interval if there is one, as is enough beside a picture.

    They have as many decimals as give the largest of them three significant digits.
    """
    given = [value] if low is None or high is None else [value, low, high]
    largest = max(map(abs, given))
    decimals = max(0, 2 - math.floor(math.log10(largest))) if largest else 0
    first, *ends = (fixed(each, decimals=decimals) for each in given)
    return f"{first} ({interval(*ends)})" if ends else first


def moment(time: float, /) -> str:
    """Write a time in the unit of the challenge."""
    return str(format_decimal(time, "#,##0.###"))


def of_100(share: float, /) -> str:
    """Write a share from 0 to 1 as so many of a hundred, to the nearest one."""
    return fixed(round(100 * share))


def interval(low: str, high: str, /) -> str:
    """Write the ends of an interval."""
    return f"{low} \N{EN DASH} {high}"
