"""Intervals of a score from its resamples; the docs have how often each holds the truth."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from scorers.metric import Method, Range, Vector
from scorers.uncertainty.influence import Influence
from scorers.uncertainty.student import (
    DIGITS,
    NORMAL,
    freedom,
    standard_deviation,
    standard_error,
    student_quantile,
)

LEVEL = 0.95
"""Coverage that intervals aim at."""

NEAREST = 4
"""A resample counts as at most so many times nearer to an end of the scale than the score is."""

FEWEST_EVENTS = 20
FEWEST_UNITS = 50
"""What an interval must rest on; the page on uncertainty has how often it then holds the truth."""

Interval = tuple[float, float]


class NoInterval(StrEnum):
    """Why a score has no interval."""

    FEW_EVENTS = "few_events"  # or few without the event, where the metric compares both
    FEW_UNITS = "few_units"
    RARELY_DEFINED = "rarely_defined"  # in fewer than half of the resamples
    UNMOVED = "unmoved"  # no resample moves the score, which is no proof that it is certain
    BIASED = "biased"  # resamples are worse than the score itself, however many units there are
    ONE_NUMBER = "one_number"  # the organizers' program gives one, and nothing to resample


@dataclass(frozen=True, kw_only=True)
class Support:
    """What a score rests on: `units` and, of a metric with events, `events`.

    An interval needs `fewest` units. Resamples of a `biased` score are further off than itself.
    """

    units: int
    events: int | None = None
    fewest: int = FEWEST_UNITS
    biased: bool = False

    @property
    def count(self) -> int:
        """The events or, without them, the units."""
        return self.units if self.events is None else min(self.units, self.events)

    @property
    def lacks(self) -> NoInterval | None:
        """Why there can be no interval, whatever the resamples."""
        if self.biased:
            return NoInterval.BIASED
        if self.events is not None and self.events < FEWEST_EVENTS:
            return NoInterval.FEW_EVENTS
        return NoInterval.FEW_UNITS if self.units < self.fewest else None


def usual_method(scale: Range, /) -> Method:
    """Return the method of a metric that declares none: what bends at an end, if there is one."""
    return Method.TRANSFORMED if any(map(math.isfinite, scale)) else Method.BCA


@dataclass(frozen=True, kw_only=True)
class Basis:
    """How the interval of a score is made of its resamples: see the methods.

    `count` is the number of events, or of units, that the score rests on; `influence` is that of
    the units, None where they have none.
    """

    method: Method
    scale: Range
    count: int
    influence: Influence | None = None

    def interval(
        self, value: float, resampled: Vector, /, *, level: float = LEVEL
    ) -> Interval | None:
        """Return the interval of a score, None if fewer than half of its resamples are defined."""
        match self.method:
            case Method.PERCENTILE:
                return percentile_interval(resampled, level=level)
            case Method.BCA:
                skew = self.influence.acceleration if self.influence else 0.0
                return bca_interval(resampled, value=value, acceleration=skew, level=level)
            case Method.TRANSFORMED:
                worth = self.influence.worth if self.influence else self.count
                return transformed_interval(
                    resampled, value=value, scale=self.scale, count=worth, level=level
                )


def percentile_interval(resampled: Vector, /, *, level: float = LEVEL) -> Interval | None:
    """Return the central percentile interval of the resamples in which the value is defined.

    It is None if fewer than half of them are: an interval of the others would tell nothing.
    (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3.)
    """
    defined = enough_defined(resampled)
    if defined is None:
        return None
    ordered = np.sort(defined).tolist()
    return _quantile(ordered, (1 - level) / 2), _quantile(ordered, (1 + level) / 2)


def bca_interval(
    resampled: Vector, /, *, value: float, acceleration: float, level: float = LEVEL
) -> Interval | None:
    """Return the bias-corrected and accelerated percentile interval; None as the plain one.

    The bias is told by the share of resamples below the score `value`, ties counting half, and
    `acceleration` says how the spread changes with the score. (Efron, JASA 1987;82:171-185,
    equation 2.3.)
    """
    defined = enough_defined(resampled)
    if defined is None:
        return None
    below = np.count_nonzero(defined < value) + np.count_nonzero(defined == value) / 2
    outermost = 0.5 / len(defined)
    bias = NORMAL.inv_cdf(min(max(below / len(defined), outermost), 1 - outermost))
    ordered = np.sort(defined).tolist()
    low, high = (
        _quantile(ordered, _bca_share(bias, NORMAL.inv_cdf(share), acceleration))
        for share in ((1 - level) / 2, (1 + level) / 2)
    )
    return low, high


def _bca_share(bias: float, quantile: float, acceleration: float) -> float:
    shifted = bias + quantile
    shrunk = 1 - acceleration * shifted
    if shrunk <= 0:  # so skew that no resample is far enough out
        return float(shifted > 0)
    return round(NORMAL.cdf(bias + shifted / shrunk), DIGITS)


def transformed_interval(
    resampled: Vector,
    /,
    *,
    value: float,
    scale: Range,
    count: int,
    level: float = LEVEL,
) -> Interval | None:
    """Return an interval for a score on a scale with an end, or two; None as the others.

    The odds of a score are its distance from the lowest over that from the highest; if one of them
    is infinite, the distance from the other in units of the score's own. On the scale of their
    eighth root minus its inverse, which is nearly their logarithm but made of square roots alone,
    the ends are far away; the interval is there the score plus and minus Student's t, with `count`
    - 1 degrees of freedom, times the standard deviation of the resamples (DiCiccio and Efron, Stat
    Sci 1996;11:189-228, section 4 on intervals on a transformed scale). `count` is what the
    units are worth (`Influence.worth`) or, if they move nothing, the number of events or of units.
    It has the same bytes on every machine.

    A score at one of two ends has no spread: its interval is that of a share of 0 or 1 of `count`
    trials (Wilson, JASA 1927;22:209-212, with t for z). Why this scale: see the page on
    uncertainty.
    """
    defined = enough_defined(resampled)
    if defined is None:
        return None
    tail = student_quantile((1 + level) / 2, freedom=freedom(count))
    if not all(map(math.isfinite, scale)):
        return _half_open(defined, value=value, scale=scale, tail=tail)
    lowest, highest = scale
    width = highest - lowest
    share = (value - lowest) / width
    if not 0 < share < 1:
        reach = width * tail * tail / (count + tail * tail)
        return (lowest, lowest + reach) if share <= 0 else (highest - reach, highest)
    nearest = share / NEAREST, 1 - (1 - share) / NEAREST
    shares = np.clip((defined - lowest) / width, *nearest)
    centre = float(_stretched(np.array([share / (1 - share)]))[0])
    reach = tail * standard_deviation(_stretched(shares / (1 - shares)))
    low, high = (_odds(end) for end in (centre - reach, centre + reach))
    return lowest + width * (low / (1 + low)), lowest + width * (high / (1 + high))


def _half_open(defined: Vector, /, *, value: float, scale: Range, tail: float) -> Interval:
    lowest, highest = scale
    end = lowest if math.isfinite(lowest) else highest
    away = value - end  # below 0 from an upper end
    if not away:
        return value, value
    reach = tail * standard_deviation(_stretched(np.maximum((defined - end) / away, 1 / NEAREST)))
    ends = end + away * _odds(-reach), end + away * _odds(reach)
    return min(ends), max(ends)


def _stretched(odds: Vector) -> Vector:
    root: Vector = np.sqrt(np.sqrt(np.sqrt(odds)))
    return root - 1 / root


def _odds(stretched: float) -> float:
    """Undo `_stretched`."""
    root = stretched / 2 + math.sqrt(1 + stretched * stretched / 4)
    fourth = root * root * root * root
    return fourth * fourth


def difference_interval(
    resampled: Vector, /, *, count: int | None = None, level: float = LEVEL
) -> Interval | None:
    """Return the interval of a difference between two scores; None as the others.

    It is the mean of the resamples plus and minus Student's t times their `standard_error`, with
    `count` - 1 degrees of freedom as in `transformed_interval`, and of the normal distribution if
    `count` is None. A difference has no end to bend at: percentiles tell equal teams apart more
    often than they should.
    """
    defined = enough_defined(resampled)
    if defined is None:
        return None
    centre = math.fsum(defined.tolist()) / len(defined)
    reach = student_quantile((1 + level) / 2, freedom=freedom(count))
    reach *= standard_error(defined, count=count)
    return centre - reach, centre + reach


def enough_defined(resampled: Vector, /) -> Vector | None:
    """Return the resamples that are defined, or None if they are fewer than half of all."""
    defined: Vector = resampled[~np.isnan(resampled)]
    return None if not len(defined) or 2 * len(defined) < len(resampled) else defined


def _quantile(ordered: list[float], share: float) -> float:
    """Interpolate linearly between neighbours, the default of numpy and R (type 7).

    Written out: numpy's own loads 40 ms of other modules when it is first called.
    """
    below, part = divmod(share * (len(ordered) - 1), 1)
    left = ordered[int(below)]
    right = ordered[min(int(below) + 1, len(ordered) - 1)]
    return left + (right - left) * part
