"""How far values lie apart under many weightings of the rows at once."""

import numpy as np

from scorers.metric import Vector, Weights
from scorers.weighted.sums import folded_sums, weighted_sums

CLOSE = 2.0**-20
"""Below this share of what is summed, a difference of sums has lost 20 of its 53 bits."""


def centred(values: Vector, /) -> Vector:
    """Return the values less about their mean, which keeps the digits of their differences."""
    if not len(values):
        return values
    mean = folded_sums(values[None].copy())[0] / len(values)
    shifted: Vector = values - mean
    return shifted


def spread(weights: Weights, values: Vector, /) -> Vector:
    """Return the weighted sum of squares about the weighted mean, for each resample.

    It is 0 if and only if all rows with a weight have the same value. `values` should be `centred`.
    Resamples in which the sum is small beside the squares are computed about their own mean.
    """
    total = np.maximum(weights.sum(axis=1), 1)
    first = weighted_sums(weights, values)
    second = weighted_sums(weights, values * values)
    about: Vector = second - first * first / total
    close = ~(about > CLOSE * second)
    if close.any():
        about[close] = _about_own_mean(weights[close], values)
    return about


def _about_own_mean(weights: Weights, values: Vector) -> Vector:
    """Return the spread in two passes; the first value drawn is the origin."""
    if not len(values):
        return np.zeros(len(weights))
    drawn = weights > 0
    # Rows that are not drawn take the origin, so that they neither count nor overflow.
    origin = values[drawn.argmax(axis=1)][:, None]
    offset: Vector = np.where(drawn, values - origin, 0.0)
    total = np.maximum(weights.sum(axis=1), 1)
    mean = weighted_sums(weights, offset) / total
    deviation = offset - mean[:, None]
    return weighted_sums(weights, deviation * deviation)
