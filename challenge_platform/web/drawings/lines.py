"""Lines that are told apart without colour: by dash, by mark, and by a name at their end."""

from collections.abc import Sequence
from dataclasses import dataclass

from challenge_platform.web.drawings.frame import Frame

STYLES = 6
"""How many lines can be told apart, by colour, by dash and by mark."""

LINE_HEIGHT = 16
_LETTER = 7.2
"""The width of a letter of a label, on average, so that labels can be cut to the room there is."""

_SHAPES = (
    "m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",
    "m-4 -4h8v8h-8z",
    "m0 -5l5 9h-10z",
    "m0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z",
    "m0 5l5 -9h-10z",
    "m-1.5 -5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5v-3h3.5z",
)
"""Marks of some 9 units: circle, square, triangle, diamond, triangle down, cross."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line as it is drawn; `style` counts from 1, and is 0 for a reference.

    `path`, `marks` and `limits`, which are intervals, may be empty.
    """

    name: str
    label: str
    style: int
    path: str
    marks: str
    label_x: float
    label_y: float
    limits: str = ""


def mark(style: int, x: float, y: float) -> str:
    """Draw the mark of a style at a place."""
    return f"M{x:g} {y:g}{_SHAPES[style - 1]}"


def cut(name: str, *, room: float) -> str:
    """Cut a name to the room there is, in units of the drawing."""
    most = int(room / _LETTER)
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def apart(heights: Sequence[float], *, frame: Frame) -> list[float]:
    """Move labels as little as is needed for none to cover another, within the plot."""
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    placed = [heights[index] for index in order]
    for above in range(len(placed) - 1):
        placed[above + 1] = max(placed[above + 1], placed[above] + LINE_HEIGHT)
    lowest = float(frame.plot_bottom)
    for index in reversed(range(len(placed))):
        placed[index] = min(placed[index], lowest)
        lowest = placed[index] - LINE_HEIGHT
    found = dict(zip(order, placed, strict=True))
    return [round(found[index], 1) for index in range(len(heights))]
