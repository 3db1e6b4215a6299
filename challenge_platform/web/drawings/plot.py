"""Plots of curves and points on two axes of numbers, each with its name at its end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from challenge_platform.web.drawings.axis import Axis, Tick
from challenge_platform.web.drawings.frame import Frame
from challenge_platform.web.drawings.lines import LINE_HEIGHT, Line, apart, cut, mark

SQUARE = Frame(width=358, height=290, left=46, right=100, top=30, bottom=48, x_ticks=5, y_ticks=5)
"""As wide as a phone; the plot itself is 212 units wide and high."""

MOST_MARKED = 12
"""A line with more points than this has a mark at its last one only."""

Point = tuple[float, float]
Ends = tuple[float, float]
"""The lowest and the highest value of an axis."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """What is to be drawn as one line; `style` 0 is a reference, with which others are compared.

    A curve of `steps` keeps a value until the next point; one of `dots` has marks and no line.
    `limits` are the x and the ends of intervals, drawn upright.
    """

    name: str
    points: Sequence[Point]
    style: int = 0
    steps: bool = False
    dots: bool = False
    limits: Sequence[tuple[float, float, float]] = ()


@dataclass(frozen=True, kw_only=True)
class Counts:
    """A line of numbers below a plot, each under its place on the axis."""

    name: str
    y: float
    numbers: tuple[Tick, ...]


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A plot as it is drawn."""

    frame: Frame
    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    x_title: str
    y_title: str
    counts: tuple[Counts, ...] = ()
    counts_title: str = ""


def draw_plot(
    curves: Sequence[Curve],
    /,
    *,
    x: Ends,
    y: Ends,
    x_title: str,
    y_title: str,
    frame: Frame = SQUARE,
) -> Plot:
    """Draw curves, each of which has a point; what is past an end of the y axis is at its end."""
    across = Axis(low=x[0], high=x[1], start=frame.left, end=frame.plot_right)
    up = Axis(low=y[0], high=y[1], start=frame.plot_bottom, end=frame.top)
    heights = apart([up.within(curve.points[-1][1]) for curve in curves], frame=frame)
    return Plot(
        frame=frame,
        lines=tuple(
            _line(curve, label_y=height, across=across, up=up, frame=frame)
            for curve, height in zip(curves, heights, strict=True)
        ),
        x_ticks=across.ticks(most=frame.x_ticks),
        y_ticks=up.ticks(most=frame.y_ticks),
        x_title=x_title,
        y_title=y_title,
    )


def with_counts(
    plot: Plot, rows: Sequence[tuple[str, Sequence[Tick]]], /, *, x: Ends, title: str
) -> Plot:
    """Add lines of numbers below a plot; the ticks of `rows` are at values of the axis `x`."""
    frame = plot.frame
    across = Axis(low=x[0], high=x[1], start=frame.left, end=frame.plot_right)
    first = frame.height + LINE_HEIGHT
    counts = tuple(
        Counts(
            name=cut(name, room=frame.right - 12),
            y=first + LINE_HEIGHT * number,
            numbers=tuple(Tick(at=across.at(tick.at), text=tick.text) for tick in ticks),
        )
        for number, (name, ticks) in enumerate(rows, 1)
    )
    added = LINE_HEIGHT * (len(rows) + 1) + 8
    # The plot stays where it is: what is added is below it.
    taller = replace(frame, height=frame.height + added, bottom=frame.bottom + added)
    return replace(plot, frame=taller, counts=counts, counts_title=title)


def _line(curve: Curve, *, label_y: float, across: Axis, up: Axis, frame: Frame) -> Line:
    places = [(across.at(x), up.within(y)) for x, y in curve.points]
    marked = places if curve.dots or len(places) <= MOST_MARKED else places[-1:]
    return Line(
        name=curve.name,
        label=cut(curve.name, room=frame.right - 12),
        style=curve.style,
        path="" if curve.dots else _path(places, steps=curve.steps),
        marks="".join(mark(curve.style, x, y) for x, y in marked) if curve.style else "",
        label_x=frame.plot_right + 8,
        label_y=label_y,
        limits="".join(
            f"M{across.at(x) - 3:g} {up.within(low):g}h6m-3 0V{up.within(high):g}m-3 0h6"
            for x, low, high in curve.limits
        ),
    )


def _path(places: Sequence[Point], *, steps: bool) -> str:
    (x, y), *others = places
    to = "H{x:g}V{y:g}" if steps else "L{x:g} {y:g}"
    return f"M{x:g} {y:g}" + "".join(to.format(x=x, y=y) for x, y in others)
