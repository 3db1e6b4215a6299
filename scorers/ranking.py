"""The ranks of teams, and how certain they are: pure functions on arrays."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scorers.metric import Direction, Vector
from scorers.resampling import LEVEL

UNRANKED = 0
"""The rank of a team without a score."""

DEFAULT_TOLERANCE = 1e-12

Ranks = NDArray[np.int64]


def ranks(
    scores: ArrayLike,
    /,
    *,
    direction: Direction | str = Direction.MAXIMIZE,
    tolerance: float = DEFAULT_TOLERANCE,
) -> Ranks:
    """Return competition ranks: 1, 1, 3 for two equal best scores and a worse one.

    Scores are rounded to multiples of `tolerance` before they are compared. NaN is UNRANKED.
    """
    keys = _keys(scores, direction=direction, tolerance=tolerance)
    return _column_ranks(keys.reshape(-1, 1))[:, 0]


def rank_intervals(
    resamples: ArrayLike,
    /,
    *,
    direction: Direction | str = Direction.MAXIMIZE,
    tolerance: float = DEFAULT_TOLERANCE,
    level: float = LEVEL,
) -> tuple[Ranks, Ranks]:
    """Return the lowest and highest plausible rank of each team.

    `resamples` has shape (teams, resamples): the score of each team under resamples that all teams
    share. The interval holds the central `level` of a team's ranks over the resamples in which it
    has a score, rounded outwards to ranks that occur (challengeR, Wiesenfarth et al., Sci Rep
    2021;11:2369, with percentiles). A team without any score is UNRANKED.
    """
    keys = _keys(resamples, direction=direction, tolerance=tolerance)
    placed = _column_ranks(keys).astype(np.float64)
    placed[placed == UNRANKED] = np.nan
    low = np.full(len(placed), UNRANKED)
    high = np.full(len(placed), UNRANKED)
    for team, places in enumerate(placed):
        defined = places[~np.isnan(places)]
        if len(defined):
            low[team] = np.quantile(defined, (1 - level) / 2, method="lower")
            high[team] = np.quantile(defined, (1 + level) / 2, method="higher")
    return low, high


def _keys(scores: ArrayLike, *, direction: Direction | str, tolerance: float) -> Vector:
    """Return the scores as float64 to be sorted upwards, rounded to the tolerance."""
    keys = np.asarray(scores, dtype=np.float64)
    if tolerance:
        with np.errstate(over="ignore"):  # a score past 1e296 is as good as infinite
            keys = np.rint(keys / tolerance)
    return -keys if Direction(direction) is Direction.MAXIMIZE else keys


def _column_ranks(keys: Vector) -> Ranks:
    """Return the competition rank of each row within its column, UNRANKED for NaN."""
    order = np.argsort(keys, axis=0, kind="stable")  # NaN last
    inorder = np.take_along_axis(keys, order, axis=0)
    starts = np.ones_like(order, dtype=bool)
    starts[1:] = inorder[1:] != inorder[:-1]
    place = np.arange(1, len(keys) + 1)[:, None]
    first = np.maximum.accumulate(np.where(starts, place, 0), axis=0)
    found = np.empty_like(first)
    np.put_along_axis(found, order, first, axis=0)
    return np.where(np.isnan(keys), UNRANKED, found)
