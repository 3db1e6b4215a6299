"""Differences between scores with their intervals, beside the line of no difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from challenge_platform.core.comparison import Comparison
from challenge_platform.web.drawings.axis import padded
from challenge_platform.web.drawings.frame import Frame
from challenge_platform.web.drawings.rows import Interval, Rows, axis_of, draw_rows, sized
from challenge_platform.web.drawings.shown import beside

WIDE = Frame(width=860, height=0, left=230, right=190, top=42, bottom=8, x_ticks=8)
NARROW = Frame(width=358, height=0, left=124, right=16, top=42, bottom=8, x_ticks=4)


@dataclass(frozen=True, kw_only=True)
class Differences:
    """Comparisons, each drawn under its name for wide and narrow screens."""

    drawn: Mapping[str, Rows]
    named: tuple[tuple[str, Comparison], ...]


def differences(named: Sequence[tuple[str, Comparison]], /) -> Differences | None:
    """Draw comparisons under their names; None without any."""
    if not named:
        return None
    intervals = [
        Interval(
            name=name,
            value=found.difference,
            low=found.low,
            high=found.high,
            note=beside(found.difference, found.low, found.high),
        )
        for name, found in named
    ]
    ends = [
        value
        for _, found in named
        for value in (found.difference, found.low, found.high, 0.0)
        if value is not None
    ]
    low, high = padded(ends)
    drawn = {}
    for size, empty in {"wide": WIDE, "narrow": NARROW}.items():
        frame = sized(empty, len(intervals))
        axis = axis_of(frame, low, high)
        drawn[size] = draw_rows(
            intervals,
            frame=frame,
            axis=axis,
            ticks=axis.ticks(most=frame.x_ticks),
            reference=0.0,
        )
    return Differences(drawn=drawn, named=tuple(named))
