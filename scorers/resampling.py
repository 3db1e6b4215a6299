"""The bootstrap: seeded integer weights that all teams share, and intervals from them."""

from collections.abc import Iterator

import numpy as np

from scorers.metric import Vector, Weights

DRAWS = 500_000
"""Draws held at once, measured to suit the caches of a processor (4 MB at 8 bytes a draw)."""

RESAMPLES = 128
"""Resamples held at once even if they are more draws: metrics do some work once a chunk."""

MAX_DRAWS = 8_000_000
"""Draws held at once at most, which bounds the memory."""

LEVEL = 0.95
"""Coverage that intervals aim at."""


def draw_weights(
    units: int, /, *, resamples: int, seed: int, stream: int, draws: int = DRAWS
) -> Iterator[Weights]:
    """Yield how often each unit occurs in each resample, in chunks of shape (some, units).

    A resample draws `units` units (at least one) with replacement. Equal `seed`, `stream` and
    `units` give equal weights, whatever the chunks; `stream` keeps the splits of one seed
    independent.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(stream,)))
    chunk = max(1, min(max(RESAMPLES, draws // units), MAX_DRAWS // units))
    for start in range(0, resamples, chunk):
        size = min(chunk, resamples - start)
        drawn = rng.integers(0, units, size=(size, units))
        # One count over all resamples: each has its own range of numbers.
        drawn += np.arange(size)[:, None] * units
        yield np.bincount(drawn.ravel(), minlength=size * units).reshape(size, units)


def percentile_interval(
    resampled: Vector, /, *, level: float = LEVEL
) -> tuple[float, float] | None:
    """Return the central percentile interval of the resamples in which the value is defined.

    It is None if fewer than half of them are: an interval of the others would tell nothing.
    (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3.)
    """
    defined = resampled[~np.isnan(resampled)]
    if not len(defined) or 2 * len(defined) < len(resampled):
        return None
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
