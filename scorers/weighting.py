"""Counting under many weightings of the rows at once, in bounded memory."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorers.metric import Vector, Weights

CELLS = 250_000
"""Weights worked on at once, measured to suit the caches of a processor (2 MB at 8 bytes each)."""


def in_chunks(statistic: Callable[[Weights], Vector], weights: Weights, /) -> Vector:
    """Return `statistic(weights)`, computed for some resamples at a time.

    `statistic` takes weights of shape (some, rows) and returns a value for each resample, which
    must not depend on the other resamples.
    """
    resamples, rows = weights.shape
    size = max(1, CELLS // max(1, rows))
    values = np.empty(resamples)
    for start in range(0, resamples, size):
        # Copied, so that what follows picks rows at random from the cache and not from memory.
        values[start : start + size] = statistic(weights[start : start + size].astype(np.int64))
    return values


def chosen(weights: Weights, rows: NDArray[np.intp], /) -> Weights:
    """Return the columns `rows`, ascending and each once, of `weights`: itself if these are all."""
    return weights if len(rows) == weights.shape[1] else weights.take(rows, axis=1)


def total_weight(weights: Weights, rows: NDArray[np.intp], /) -> NDArray[np.int64]:
    """Return the weight of `rows`, ascending and each once, under each resample."""
    total: NDArray[np.int64] = chosen(weights, rows).sum(axis=1)
    return total


def running_counts(weights: Weights, rows: NDArray[np.intp], /) -> NDArray[np.int64]:
    """Return the weight of the first 0, 1, 2 … of `rows`, of shape (resamples, len(rows) + 1)."""
    counts = np.zeros((len(weights), len(rows) + 1), dtype=np.int64)
    np.cumsum(weights.take(rows, axis=1), axis=1, out=counts[:, 1:])
    return counts


def ratio(over: NDArray[Any], under: NDArray[Any], /) -> Vector:
    """Return `over / under`, NaN where `under` is 0."""
    quotient: Vector = np.full(np.shape(under), np.nan)
    np.divide(over, under, out=quotient, where=under != 0)
    return quotient
