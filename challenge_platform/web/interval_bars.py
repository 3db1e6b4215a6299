"""Scores with their intervals as small bars beside the numbers: where each lies on one axis."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from challenge_platform.core.feedback import Score

WIDTH = 160
MARGIN = 6
"""Room for the mark of a value at an end of the axis, in the units of the drawing."""

STEPS = (0.05, 0.1, 0.2, 0.5, 1.0)
FEWEST = 2
"""An axis has at least this many steps, so that a narrow interval does not look like the whole."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """Where a score and the ends of its interval are drawn, from 0 to WIDTH."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Axis:
    """The part of the line from 0 to 1 on which scores are drawn."""

    start: float
    end: float

    def bar(self, score: Score, /) -> Bar | None:
        """Give the places of a score, or None where it has no value or no interval."""
        if score.value is None or score.low is None or score.high is None:
            return None
        return Bar(
            value=self._place(score.value), low=self._place(score.low), high=self._place(score.high)
        )

    def _place(self, value: float) -> float:
        share = (value - self.start) / (self.end - self.start)
        return round(MARGIN + share * (WIDTH - 2 * MARGIN), 1)


def axis_of(scores: Sequence[Score], /) -> Axis | None:
    """Give an axis on which all these scores can be compared, or None where none is.

    Only scores from 0 to 1 share an axis: others are measured in units of their own.
    """
    numbers = [
        number
        for score in scores
        for number in (score.value, score.low, score.high)
        if number is not None
    ]
    if not numbers or min(numbers) < 0 or max(numbers) > 1:
        return None
    lowest, highest = min(numbers), max(numbers)
    step = next(step for step in STEPS if highest - lowest <= 4 * step)
    start = math.floor(lowest / step) * step
    end = max(math.ceil(highest / step), round(start / step) + FEWEST) * step
    over = max(0.0, end - 1)
    return Axis(start=max(0.0, round(start - over, 2)), end=min(1.0, round(end, 2)))
