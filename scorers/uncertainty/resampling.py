"""The bootstrap: seeded integer weights that all teams share."""

from collections.abc import Iterator

import numpy as np
from numpy.random import Generator, SeedSequence, default_rng
from numpy.typing import NDArray

from scorers.metric import Weights

DRAWS = 125_000
"""Draws held at once (1 MB at 8 bytes a draw): with more, time goes into new pages of memory."""

RESAMPLES = 128
"""Resamples held at once even if they are more draws: metrics do some work once a chunk."""

COUNTED = 40_000
"""Draws counted at once, measured as well."""

MAX_DRAWS = 8_000_000
"""Draws held at once at most, which bounds the memory."""


def draw_weights(
    units: int,
    /,
    *,
    resamples: int,
    seed: int,
    stream: int,
    strata: NDArray[np.intp] | None = None,
    draws: int = DRAWS,
) -> Iterator[Weights]:
    """Yield how often each unit occurs in each resample, in chunks of shape (some, units).

    A resample draws `units` units (at least one) with replacement; with `strata`, the number of
    the stratum of each unit from 0, it draws as many of each stratum as there are. Equal `seed`,
    `stream`, `units` and `strata` give equal weights, whatever the chunks; `stream` keeps the
    splits of one seed independent.
    """
    rng = default_rng(SeedSequence(seed, spawn_key=(stream,)))
    chunk = max(1, min(max(RESAMPLES, draws // units), MAX_DRAWS // units))
    for start in range(0, resamples, chunk):
        size = min(chunk, resamples - start)
        if strata is None:
            drawn = rng.integers(0, units, size=(size, units))
        else:
            drawn = _drawn_within(strata, rng=rng, size=size)
        yield _counted(drawn)


def _counted(drawn: NDArray[np.int64], /) -> Weights:
    """Return how often each unit was drawn; some resamples at a time stay in the caches.

    `drawn` has as many draws a resample as there are units, and is overwritten.
    """
    weights = np.empty(drawn.shape, dtype=np.intp)
    units = drawn.shape[1]
    few = max(1, COUNTED // units)
    for start in range(0, len(drawn), few):
        part = drawn[start : start + few]
        # One count over these resamples: each has its own range of numbers.
        part += np.arange(len(part))[:, None] * units
        counted = np.bincount(part.ravel(), minlength=part.size)
        weights[start : start + few] = counted.reshape(part.shape)
    return weights


def _drawn_within(strata: NDArray[np.intp], *, rng: Generator, size: int) -> NDArray[np.int64]:
    """Draw a unit for the place of every unit, out of its own stratum."""
    order = np.argsort(strata, kind="stable")
    members = np.bincount(strata)
    first = np.cumsum(members) - members
    place = strata[order]
    inside = rng.integers(0, members[place], size=(size, len(strata)))
    drawn: NDArray[np.int64] = order[first[place] + inside]
    return drawn
