"""The bootstrap: seeded integer weights that all teams share, and intervals from them."""

from collections.abc import Iterator

import numpy as np
from numpy.random import SeedSequence, default_rng

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
    rng = default_rng(SeedSequence(seed, spawn_key=(stream,)))
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
    ordered = np.sort(defined).tolist()
    return _quantile(ordered, (1 - level) / 2), _quantile(ordered, (1 + level) / 2)


def _quantile(ordered: list[float], share: float) -> float:
    """Interpolate linearly between neighbours, the default of numpy and R (type 7).

    Written out: numpy's own loads 40 ms of other modules when it is first called.
    """
    below, part = divmod(share * (len(ordered) - 1), 1)
    left = ordered[int(below)]
    right = ordered[min(int(below) + 1, len(ordered) - 1)]
    return left + (right - left) * part
