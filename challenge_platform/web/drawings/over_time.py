"""The geometry of line charts that are drawn on the server: scales, ticks, steps and labels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from challenge_platform.web.language import format_datetime, format_decimal, gettext

Points = Sequence[tuple[datetime, float]]

STYLES = 6
"""How many lines can be told apart, by colour, by dash and by mark."""

MARKED = 12
"""A line with more points than this has a mark at its last one only."""

_LINE_HEIGHT = 16
_LETTER = 7.2
"""The width of a letter of a label, on average, so that labels can be cut to the room there is."""

_STEPS = tuple(
    timedelta(minutes=minutes)
    for minutes in (1, 5, 15, 30, 60, 180, 360, 720, 1440, 2 * 1440, 7 * 1440, 14 * 1440)
)
_MONTHS = (1, 2, 3, 6, 12, 24, 60)


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The size of a chart and of the margins around its plot, in the units of the drawing."""

    width: int
    height: int
    left: int
    right: int
    top: int = 30
    bottom: int = 44
    x_ticks: int
    y_ticks: int = 6

    @property
    def plot_right(self) -> int:
        """The right end of the plot."""
        return self.width - self.right

    @property
    def plot_bottom(self) -> int:
        """The lower end of the plot."""
        return self.height - self.bottom


WIDE = Frame(width=860, height=380, left=58, right=180, x_ticks=7)
NARROW = Frame(width=358, height=300, left=50, right=98, x_ticks=3, y_ticks=5)


@dataclass(frozen=True, kw_only=True)
class Series:
    """What is to be drawn as one line: a score that stands from each point on until the next."""

    name: str
    points: Points
    reference: bool


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line as it is drawn; `style` counts from 1, and is 0 for a reference."""

    name: str
    label: str
    style: int
    path: str
    marks: str
    label_x: float
    label_y: float


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A place on an axis, and what it says there."""

    at: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart as it is drawn."""

    frame: Frame
    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def step_chart(series: Sequence[Series], /, *, until: datetime, frame: Frame) -> Chart:
    """Draw step lines from each one's first point to `until`; each has at least one point."""
    start = min(one.points[0][0] for one in series)
    scale = _Scale(
        start=start,
        seconds=max((until - start).total_seconds(), 60.0),
        values=_padded([value for one in series for _, value in one.points]),
        frame=frame,
    )
    styles = _styles(series)
    heights = _apart([scale.y(one.points[-1][1]) for one in series], frame=frame)
    return Chart(
        frame=frame,
        lines=tuple(
            _line(one, style=style, label_y=height, scale=scale)
            for one, style, height in zip(series, styles, heights, strict=True)
        ),
        x_ticks=tuple(Tick(at=scale.x(at), text=text) for at, text in _times(scale)),
        y_ticks=tuple(Tick(at=scale.y(value), text=text) for value, text in _values(scale)),
    )


@dataclass(frozen=True, kw_only=True)
class _Scale:
    start: datetime
    seconds: float
    values: tuple[float, float]
    frame: Frame

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)

    def x(self, at: datetime) -> float:
        share = (at - self.start).total_seconds() / self.seconds
        return round(self.frame.left + share * (self.frame.plot_right - self.frame.left), 1)

    def y(self, value: float) -> float:
        low, high = self.values
        share = (value - low) / (high - low)
        bottom, top = self.frame.plot_bottom, self.frame.top
        return round(bottom - share * (bottom - top), 1)


def _padded(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = (high - low) * 0.06 or abs(high) * 0.05 or 1.0
    return low - room, high + room


def _styles(series: Sequence[Series]) -> list[int]:
    styles, number = [], 0
    for one in series:
        if not one.reference:
            number += 1
        styles.append(0 if one.reference else 1 + (number - 1) % STYLES)
    return styles


def _line(one: Series, *, style: int, label_y: float, scale: _Scale) -> Line:
    corners = [(scale.x(at), scale.y(value)) for at, value in one.points]
    end = scale.frame.plot_right
    path = f"M{corners[0][0]:g} {corners[0][1]:g}"
    path += "".join(f"H{x:g}V{y:g}" for x, y in corners[1:]) + f"H{end}"
    marked = [] if one.reference else corners if len(corners) <= MARKED else corners[-1:]
    return Line(
        name=one.name,
        label=_cut(one.name, room=scale.frame.right - 12),
        style=style,
        path=path,
        marks="".join(_mark(style, x, y) for x, y in marked),
        label_x=end + 8,
        label_y=label_y,
    )


def _mark(style: int, x: float, y: float) -> str:
    """Draw a mark of some 9 units: circle, square, triangle, diamond, triangle down, cross."""
    shapes = (
        "m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",
        "m-4 -4h8v8h-8z",
        "m0 -5l5 9h-10z",
        "m0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z",
        "m0 5l5 -9h-10z",
        "m-1.5 -5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5v-3h3.5z",
    )
    return f"M{x:g} {y:g}{shapes[style - 1]}"


def _cut(name: str, *, room: float) -> str:
    most = int(room / _LETTER)
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def _apart(heights: Sequence[float], *, frame: Frame) -> list[float]:
    """Move labels as little as is needed for none to cover another, within the chart."""
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    placed = [heights[index] for index in order]
    for above in range(len(placed) - 1):
        placed[above + 1] = max(placed[above + 1], placed[above] + _LINE_HEIGHT)
    lowest = float(frame.plot_bottom)
    for index in reversed(range(len(placed))):
        placed[index] = min(placed[index], lowest)
        lowest = placed[index] - _LINE_HEIGHT
    found = dict(zip(order, placed, strict=True))
    return [round(found[index], 1) for index in range(len(heights))]


def _values(scale: _Scale) -> list[tuple[float, str]]:
    """Choose round values, in steps of 1, 2 or 5 times a power of ten."""
    low, high = scale.values
    wanted = (high - low) / scale.frame.y_ticks
    magnitude = 10.0 ** math.floor(math.log10(wanted))
    step = next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= wanted)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    pattern = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [
        (number * step, str(format_decimal(number * step, pattern)))
        for number in range(first, last + 1)
    ]


def _times(scale: _Scale) -> list[tuple[datetime, str]]:
    """Choose round times in UTC: minutes, hours, days, or the first days of months."""
    span = timedelta(seconds=scale.seconds)
    for step in _STEPS:
        if span / step <= scale.frame.x_ticks:
            return _clock_times(scale, step)
    months = (span / timedelta(days=30.44)) / scale.frame.x_ticks
    return _first_days(scale, next((few for few in _MONTHS if few >= months), _MONTHS[-1]))


def _clock_times(scale: _Scale, step: timedelta) -> list[tuple[datetime, str]]:
    midnight = scale.start.replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight + math.ceil((scale.start - midnight) / step) * step
    one_day = scale.start.date() == scale.end.date()
    pattern = "d MMM" if step >= timedelta(days=1) else "HH:mm" if one_day else "d MMM HH:mm"
    count = math.floor((scale.end - first) / step) + 1
    times = [first + number * step for number in range(max(0, count))]
    return [(at, str(format_datetime(at, pattern))) for at in times]


def _first_days(scale: _Scale, months: int) -> list[tuple[datetime, str]]:
    month = scale.start.year * 12 + scale.start.month - 1
    month = math.ceil(month / months) * months
    found = []
    first = scale.start.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while (at := first.replace(year=month // 12, month=month % 12 + 1)) <= scale.end:
        if at >= scale.start:
            found.append((at, str(format_datetime(at, "MMM yyyy"))))
        month += months
    return found


def time_title(start: datetime, end: datetime, /) -> str:
    """Name the axis of times, with what its ticks leave out."""
    if start.date() == end.date():
        day = format_datetime(start, "d MMMM yyyy")
        return str(gettext("Time (UTC) on %(day)s", day=day))
    years = str(start.year) if start.year == end.year else f"{start.year}\N{EN DASH}{end.year}"
    return str(gettext("Date (UTC), %(years)s", years=years))
