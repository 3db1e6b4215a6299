"""The geometry of line charts that are drawn on the server: scales, ticks, steps and labels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from challenge_platform.web.drawings.axis import Axis, Tick, padded
from challenge_platform.web.drawings.frame import Frame
from challenge_platform.web.drawings.lines import STYLES, Line, apart, cut, mark
from challenge_platform.web.language import format_datetime, gettext

Points = Sequence[tuple[datetime, float]]

MARKED = 12
"""A line with more points than this has a mark at its last one only."""

_STEPS = tuple(
    timedelta(minutes=minutes)
    for minutes in (1, 5, 15, 30, 60, 180, 360, 720, 1440, 2 * 1440, 7 * 1440, 14 * 1440)
)
_MONTHS = (1, 2, 3, 6, 12, 24, 60)


WIDE = Frame(width=860, height=380, left=58, right=180, x_ticks=7)
NARROW = Frame(width=358, height=300, left=50, right=98, x_ticks=3, y_ticks=5)


@dataclass(frozen=True, kw_only=True)
class Series:
    """What is to be drawn as one line: a score that stands from each point on until the next."""

    name: str
    points: Points
    reference: bool


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
        scores=_axis_of_scores(series, frame=frame),
        frame=frame,
    )
    styles = _styles(series)
    heights = apart([scale.y(one.points[-1][1]) for one in series], frame=frame)
    return Chart(
        frame=frame,
        lines=tuple(
            _line(one, style=style, label_y=height, scale=scale)
            for one, style, height in zip(series, styles, heights, strict=True)
        ),
        x_ticks=tuple(Tick(at=scale.x(at), text=text) for at, text in _times(scale)),
        y_ticks=scale.scores.ticks(most=frame.y_ticks),
    )


@dataclass(frozen=True, kw_only=True)
class _Scale:
    start: datetime
    seconds: float
    scores: Axis
    frame: Frame

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)

    def x(self, at: datetime) -> float:
        share = (at - self.start).total_seconds() / self.seconds
        return round(self.frame.left + share * (self.frame.plot_right - self.frame.left), 1)

    def y(self, value: float) -> float:
        return self.scores.at(value)


def _axis_of_scores(series: Sequence[Series], *, frame: Frame) -> Axis:
    low, high = padded(value for one in series for _, value in one.points)
    return Axis(low=low, high=high, start=frame.plot_bottom, end=frame.top)


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
        label=cut(one.name, room=scale.frame.right - 12),
        style=style,
        path=path,
        marks="".join(mark(style, x, y) for x, y in marked),
        label_x=end + 8,
        label_y=label_y,
    )


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
