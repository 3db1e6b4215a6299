"""Intervals of a score from its resamples; the docs have how often each holds the truth."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from scorers.metric import Range, Vector, Weights
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

FEWEST = 20
"""Events, or units for a metric without events, that an interval must rest on.

The page on uncertainty has how often intervals hold the true score, by the number of events.
"""


Interval = tuple[float, float]


class Method(StrEnum):
    """How the interval of a score is made of its resamples."""

    PERCENTILE = "percentile"
    BCA = "bca"
    TRANSFORMED = "transformed"


class NoInterval(StrEnum):
    """Why a score has no interval."""

    FEW_EVENTS = "few_events"  # fewer than FEWEST
    FEW_UNITS = "few_units"  # fewer than FEWEST, of a metric without events
    RARELY_DEFINED = "rarely_defined"  # in fewer than half of the resamples
    BIASED = "biased"  # resamples are worse than the score itself, however many units there are


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What the interval of a score rests on, beside its resamples: see the methods.

    `count` is the number of events or, if not `of_events`, of units.
    """

    method: Method
    scale: Range
    count: int
    of_events: bool = True
    acceleration: float = 0.0

    def judge(
        self, value: float, resampled: Vector, /, *, level: float = LEVEL
    ) -> Interval | NoInterval:
        """Return the interval of a score, or why it would not hold the true one often enough."""
        if self.count < FEWEST:
            return NoInterval.FEW_EVENTS if self.of_events else NoInterval.FEW_UNITS
        found = self.interval(value, resampled, level=level)
        return NoInterval.RARELY_DEFINED if found is None else found

    def interval(
        self, value: float, resampled: Vector, /, *, level: float = LEVEL
    ) -> Interval | None:
        """Return the interval of a score, None if fewer than half of its resamples are defined.

        However few events it rests on: `judge` is what tells a reader.
        """
        match self.method:
            case Method.PERCENTILE:
                return percentile_interval(resampled, level=level)
            case Method.BCA:
                return bca_interval(
                    resampled, value=value, acceleration=self.acceleration, level=level
                )
            case Method.TRANSFORMED:
                return transformed_interval(
                    resampled, value=value, scale=self.scale, count=self.count, level=level
                )


def percentile_interval(
    resampled: Vector, /, *, level: float = LEVEL
) -> Interval | None:
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
    Sci 1996;11:189-228, section 4 on intervals on a transformed scale). `count` is the number of
    events or, for a metric without events, of units. It has the same bytes on every machine.

    A score at one of two ends has no spread: its interval is that of a share of 0 or 1 of `count`
    trials (Wilson, JASA 1927;22:209-212, with t for z). A score at the only end has none at all.
    Why this scale: see the page on uncertainty.
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


def moments(resampled: Vector, weights: Weights, /, *, value: float) -> Vector:
    """Return what `acceleration` needs of some resamples, of shape (2, units).

    `weights` has the weight of each unit in each resample. The moments of several chunks of
    resamples are added.
    """
    defined = ~np.isnan(resampled)
    apart = np.where(defined, resampled - value, 0.0)
    both: Vector = np.stack([defined, apart]) @ weights
    return both


def acceleration(summed: Vector, resampled: Vector, /, *, value: float) -> float:
    """Return the acceleration of `bca_interval` from the summed `moments` of all resamples.

    It is a sixth of the skewness of the units' influence on the score. The influence of a unit is
    the covariance of its weight and the score over the resamples, the infinitesimal jackknife
    (Efron, JASA 2014;109:991-1007, theorem 1): no unit has to be left out in turn.
    """
    apart = resampled[~np.isnan(resampled)] - value
    variance = apart.var() if len(apart) else 0.0
    if not variance:
        return 0.0
    drawn, pulled = summed / len(apart)
    influence: NDArray[np.float64] = pulled - apart.mean() * drawn
    return float((influence**3).sum() / (6 * variance**1.5))


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
