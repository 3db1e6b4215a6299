"""Standard errors from resamples, and Student's t: the same bytes on every machine."""

import math
from statistics import NormalDist

from scorers.metric import Vector

NORMAL = NormalDist()
DIGITS = 9
"""Decimals of the shares at which quantiles are read: logarithms differ between machines beyond."""


def freedom(count: int | None, /) -> float:
    """Return the degrees of freedom of what rests on `count` events or units; None is many."""
    return math.inf if count is None else max(1, count - 1)


def standard_error(resampled: Vector, /, *, count: int | None) -> float:
    """Return the standard deviation of the resamples, widened for what rests on `count` events.

    Resamples vary as the n events differ from their own mean, so that their variance is (n - 1) / n
    of what it should be (Hesterberg, Am Stat 2015;69:371-386, section 3.2: narrowness bias).
    """
    return standard_deviation(resampled) * widening(count)


def widening(count: int | None, /) -> float:
    """Return the factor by which `standard_error` widens."""
    return 1.0 if count is None else math.sqrt(1 + 1 / freedom(count))


def standard_deviation(values: Vector, /) -> float:
    """Return the standard deviation, the same bytes on every machine; 0 of a single value."""
    if len(values) < 2:  # noqa: PLR2004 -- one value has no spread
        return 0.0
    mean = math.fsum(values.tolist()) / len(values)
    squares = (values - mean) ** 2
    return math.sqrt(math.fsum(squares.tolist()) / (len(values) - 1))


def student_quantile(share: float, /, *, freedom: float) -> float:
    """Return the quantile of Student's t with so many degrees of freedom.

    The expansion in the normal quantile z (Abramowitz and Stegun, 1964, equation 26.7.5) is right
    to 1 % from 2 degrees of freedom on for the shares that intervals need, and to 0.01 % from 5.
    """
    z = round(NORMAL.inv_cdf(share), DIGITS)
    s = z * z
    terms = (
        z,
        z * (s + 1) / 4,
        z * ((5 * s + 16) * s + 3) / 96,
        z * (((3 * s + 19) * s + 17) * s - 15) / 384,
        z * ((((79 * s + 776) * s + 1482) * s - 1920) * s - 945) / 92160,
    )
    quantile = 0.0
    for term in reversed(terms):
        quantile = quantile / freedom + term
    return quantile
