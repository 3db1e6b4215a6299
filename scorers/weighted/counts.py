"""Counting under many weightings of the rows at once, in bounded memory."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorers.metric import Vector, Weights

Counted = NDArray[np.int64]

CELLS = 250_000
"""Weights worked on at once, measured to suit the caches of a processor (2 MB at 8 bytes each)."""


def in_chunks(
    statistic: Callable[[Weights], Vector],
    weights: Weights,
    /,
    *,
    rows: NDArray[np.intp] | None = None,
    cells: int | None = None,
) -> Vector:
    """Return `statistic` of the weights of `rows`, all unless given, for some resamples at a time.

    `statistic` takes weights of shape (some, rows), which it must not change, and returns a value
    for each resample, which must not depend on the other resamples. At most `cells` weights are
    given at once, CELLS unless said otherwise, or those of one resample.
    """
    count = weights.shape[1] if rows is None else len(rows)
    size = max(1, (cells or CELLS) // max(1, count))
    # Picking all rows in their order takes longer than most statistics of them.
    picks = rows is not None and not np.array_equal(rows, np.arange(weights.shape[1]))
    values = np.empty(len(weights))
    for start in range(0, len(weights), size):
        chunk = weights[start : start + size]
        if rows is None:  # copied: what follows then picks from the cache and not from memory
            chunk = chunk.astype(np.int64)
        elif picks:
            chunk = chunk.take(rows, axis=1)
        values[start : start + size] = statistic(chunk)
    return values


def chosen(weights: Weights, rows: NDArray[np.intp], /) -> Weights:
    """Return the columns `rows`, ascending and each once, of `weights`: itself if these are all."""
    return weights if len(rows) == weights.shape[1] else weights.take(rows, axis=1)


def total_weight(weights: Weights, rows: NDArray[np.intp], /) -> NDArray[np.int64]:
    """Return the weight of `rows`, ascending and each once, under each resample."""
    total: NDArray[np.int64] = chosen(weights, rows).sum(axis=1)
    return total


def running_counts(weights: Weights, /) -> NDArray[np.int64]:
    """Return the weight of the first 0, 1, 2 … rows, of shape (resamples, rows + 1)."""
    counts = np.zeros((len(weights), weights.shape[1] + 1), dtype=np.int64)
    np.cumsum(weights, axis=1, out=counts[:, 1:])
    return counts


def correlation(together: NDArray[np.integer], spreads: tuple[Counted, Counted], /) -> Vector:
    """Return `together` over the root of the product of two spreads, NaN where one of them is 0.

    Two roots are multiplied, since a product of the two integers would not fit into 64 bits; where
    the spreads are equal the divisor is exact, so that a perfect prediction has 1 and not a bit
    more. The result is never beyond -1 or 1.
    """
    one, other = (spread.astype(np.float64) for spread in spreads)
    divisor = np.where(spreads[0] == spreads[1], one, np.sqrt(one) * np.sqrt(other))
    within: Vector = np.clip(ratio(together, divisor), -1, 1)
    return within


def ratio(over: NDArray[Any], under: NDArray[Any], /) -> Vector:
    """Return `over / under`, NaN where `under` is 0."""
    quotient: Vector = np.full(np.shape(under), np.nan)
    np.divide(over, under, out=quotient, where=under != 0)
    return quotient
