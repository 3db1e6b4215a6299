"""Rows on one axis: a mark for each value, and a line from end to end of its interval."""

from collections.abc import Sequence
from dataclasses import dataclass

from challenge_platform.web.drawings.axis import Axis, Tick
from challenge_platform.web.drawings.frame import Frame
from challenge_platform.web.drawings.lines import cut

ROW = 22
"""The height of a row, in units of the drawing."""

LABEL_GAP = 12
_NOTE_ROOM = 80
"""A margin on the right that is narrower than this has no notes."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """What is to be drawn as one row; without a value, the note stands where it would be.

    A `heading` names the rows that follow; after a row that `closes`, a line goes across.
    """

    name: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""
    heading: bool = False
    closes: bool = False


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row as it is drawn: the place of its middle, of its value and of its interval's ends.

    `note` stands at the right end, `instead` where the value would be.
    """

    name: str
    label: str
    note: str
    instead: str
    heading: bool
    y: float
    at: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows as they are drawn; `borders` are the heights of the lines across them.

    `reference` is the place of the value with which all are compared, None without one.
    """

    frame: Frame
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    borders: tuple[float, ...]
    reference: float | None


def sized(frame: Frame, rows: int, /) -> Frame:
    """Give a frame as high as its rows."""
    height = frame.top + ROW * rows + frame.bottom
    return Frame(**{**vars(frame), "height": height})


def axis_of(frame: Frame, low: float, high: float, /) -> Axis:
    """Give the axis on which rows lie in a frame."""
    return Axis(low=low, high=high, start=frame.left + LABEL_GAP, end=frame.plot_right)


def draw_rows(
    intervals: Sequence[Interval],
    /,
    *,
    frame: Frame,
    axis: Axis,
    ticks: tuple[Tick, ...],
    reference: float | None = None,
) -> Rows:
    """Draw rows from above; what is past an end of the axis is drawn at its end."""
    rows = tuple(
        _row(one, y=frame.top + ROW * (index + 0.5), frame=frame, axis=axis)
        for index, one in enumerate(intervals)
    )
    return Rows(
        frame=frame,
        rows=rows,
        ticks=ticks,
        borders=tuple(
            row.y + ROW / 2 for row, one in zip(rows, intervals, strict=True) if one.closes
        ),
        reference=None if reference is None else axis.within(reference),
    )


def _row(one: Interval, *, y: float, frame: Frame, axis: Axis) -> Row:
    low, at, high = (
        None if value is None else axis.within(value) for value in (one.low, one.value, one.high)
    )
    return Row(
        name=one.name,
        label=cut(one.name, room=frame.width if one.heading else frame.left),
        note=one.note if at is not None and frame.right >= _NOTE_ROOM else "",
        instead=one.note if at is None else "",
        heading=one.heading,
        y=y,
        at=at,
        low=low,
        high=high,
    )
