"""The ranks of teams, and how certain they are: pure functions on arrays."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scorers.metric import Direction, Vector
from scorers.ranking.pairs import PairedGains
from scorers.uncertainty.intervals import LEVEL, difference_interval
from scorers.uncertainty.student import freedom, student_quantile

UNRANKED = 0
"""The rank of a team without a score, and its group."""

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
    ordered = keys(scores, direction=direction, tolerance=tolerance)
    return column_ranks(ordered.reshape(-1, 1))[:, 0]


def ranks_in_turn(
    columns: Sequence[ArrayLike],
    /,
    *,
    directions: Sequence[Direction | str],
    tolerance: float = DEFAULT_TOLERANCE,
) -> Ranks:
    """Return the ranks by the first column of scores, equal ones by the next, and so on.

    A team whose score in the first column is NaN is UNRANKED; in another it comes last among
    equals.
    """
    placed = [
        ranks(column, direction=direction, tolerance=tolerance)
        for column, direction in zip(columns, directions, strict=True)
    ]
    order = np.stack([np.where(each == UNRANKED, len(each) + 1, each) for each in placed])
    _, group, size = np.unique(order, axis=1, return_inverse=True, return_counts=True)
    found: Ranks = (1 + np.cumsum(size) - size)[group.ravel()]
    return np.where(placed[0] == UNRANKED, UNRANKED, found)


def rank_intervals(
    resamples: ArrayLike,
    /,
    *,
    holding: Ranks | None = None,
    direction: Direction | str = Direction.MAXIMIZE,
    tolerance: float = DEFAULT_TOLERANCE,
    level: float = LEVEL,
) -> tuple[Ranks, Ranks]:
    """Return the lowest and highest plausible rank of each team.

    `resamples` has shape (teams, resamples): the score of each team under resamples that all teams
    share. The interval holds the central `level` of a team's ranks over the resamples in which it
    has a score, rounded outwards to ranks that occur (challengeR, Wiesenfarth et al., Sci Rep
    2021;11:2369, with percentiles). A team without any score is UNRANKED.

    An interval holds the team's rank in `holding` as well, if that is given: the resamples may not
    allow for the luck that made it.
    """
    ordered = keys(resamples, direction=direction, tolerance=tolerance)
    placed = column_ranks(ordered).astype(np.float64)
    placed[placed == UNRANKED] = np.nan
    low = np.full(len(placed), UNRANKED)
    high = np.full(len(placed), UNRANKED)
    for team, places in enumerate(placed):
        defined = places[~np.isnan(places)]
        if len(defined):
            low[team] = np.quantile(defined, (1 - level) / 2, method="lower")
            high[team] = np.quantile(defined, (1 + level) / 2, method="higher")
    if holding is not None:
        known = (low != UNRANKED) & (holding != UNRANKED)
        low[known] = np.minimum(low, holding)[known]
        high[known] = np.maximum(high, holding)[known]
    return low, high


def paired_interval(
    resamples: ArrayLike,
    others: ArrayLike,
    /,
    *,
    direction: Direction | str = Direction.MAXIMIZE,
    count: int | None = None,
    level: float = LEVEL,
) -> tuple[float, float] | None:
    """Return the interval of by how much one team is better than another; above 0 if it is.

    Both have their scores under the same resamples, so that what is hard for both cancels out: the
    paired bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13; for
    comparing two systems on one test set, Koehn, EMNLP 2004), with the interval of
    `difference_interval`. `count` is the number of events, or of units, that the score rests on. It
    is None if both have a score in fewer than half of the resamples.
    """
    mine = np.asarray(resamples, dtype=np.float64)
    theirs = np.asarray(others, dtype=np.float64)
    gain = Direction(direction).gain(mine, theirs)
    return difference_interval(gain, count=count, level=level)


def first_shares(
    resamples: ArrayLike,
    /,
    *,
    direction: Direction | str = Direction.MAXIMIZE,
    tolerance: float = DEFAULT_TOLERANCE,
) -> Vector:
    """Return in which share of the resamples each team is first; teams that tie divide theirs.

    `resamples` has shape (teams, resamples), as for `rank_intervals`. Where nobody has a score,
    nobody is first.
    """
    placed = column_ranks(keys(resamples, direction=direction, tolerance=tolerance))
    is_first = placed == 1
    shared = is_first / np.maximum(is_first.sum(axis=0), 1)
    shares: Vector = shared.sum(axis=1) / max(placed.shape[1], 1)
    return shares


def significance_groups(
    resamples: ArrayLike,
    /,
    *,
    ranks: ArrayLike,
    direction: Direction | str = Direction.MAXIMIZE,
    tolerance: float = DEFAULT_TOLERANCE,
    count: int | None = None,
    level: float = LEVEL,
) -> Ranks:
    """Return the group of each team, from 1: those that cannot be told apart from its head.

    `resamples` has shape (teams, resamples), as for `rank_intervals`; `ranks` are the teams' ranks,
    `count` is what a score rests on, as for `paired_interval`. The best ranked team is the head of
    group 1. In the order of ranks, a team belongs to the group until one is surely worse than its
    head, which then heads the next group. Teams that share a rank share a group, and a team that
    cannot be compared is told apart from nobody. A team that is UNRANKED has the group UNRANKED.

    A head is compared with all who rank below it, by the paired tests that belong to
    `paired_interval`. It was chosen because it did best, so that it is the luckiest of its equals:
    the tests are corrected as if all pairs of the teams had been compared, by Holm's method
    (Scandinavian J Stat 1979;6:65-70). That it is told apart from anybody whom it equals then
    happens in 1 - `level` at most.

    Groups are thus runs of neighbouring ranks. They compare with the head only: two members of a
    group, or neighbours across its border, may or may not differ.
    """
    gains = PairedGains.of(resamples, direction=direction)
    return groups_of(gains, ranks=ranks, tolerance=tolerance, count=count, level=level)


def groups_of(
    gains: PairedGains,
    /,
    *,
    ranks: ArrayLike,
    tolerance: float = DEFAULT_TOLERANCE,
    count: int | None = None,
    level: float = LEVEL,
) -> Ranks:
    """Return the groups of `significance_groups` where the teams have been compared already."""
    statistics = gains.statistics(count=count, tolerance=tolerance)
    statistics[np.isnan(statistics)] = -np.inf
    placed = np.asarray(ranks, dtype=np.int64)
    inorder = [team for team in np.argsort(placed, kind="stable").tolist() if placed[team]]
    groups = np.full(len(placed), UNRANKED)
    group, start = 0, 0
    while start < len(inorder):
        below = inorder[start:]
        worse = _surely_above_zero(statistics[below[0], below], count=count, level=level)
        worse[1:] &= placed[below[1:]] != placed[below[:-1]]
        size = int(worse.argmax()) if worse.any() else len(below)
        group += 1
        groups[below[:size]] = group
        start += size
    return groups


def _surely_above_zero(statistics: Vector, *, count: int | None, level: float) -> NDArray[np.bool_]:
    """Say which differences are surely above 0, the first (of a team to itself) aside.

    Holm's step-down: the largest statistic must pass the strictest test, for all pairs of the
    teams; the next one a test for the pairs of one team less, and so on until one fails.
    """
    told = np.zeros(len(statistics), dtype=bool)
    order = np.argsort(-statistics[1:], kind="stable") + 1
    compared = order[statistics[order] > -np.inf]  # nobody is compared with what has no statistic
    for tested, team in enumerate(compared.tolist()):
        left = 1 + len(compared) - tested
        risk = (1 - level) / 2 / math.comb(left, 2)
        if not statistics[team] > student_quantile(1 - risk, freedom=freedom(count)):
            break
        told[team] = True
    return told


def keys(scores: ArrayLike, /, *, direction: Direction | str, tolerance: float) -> Vector:
    """Return the scores as float64 to be sorted upwards, rounded to the tolerance."""
    rounded = np.asarray(scores, dtype=np.float64)
    if tolerance:
        with np.errstate(over="ignore"):  # a score past 1e296 is as good as infinite
            rounded = np.rint(rounded / tolerance)
    return -rounded if Direction(direction) is Direction.MAXIMIZE else rounded


def column_ranks(keys: Vector, /) -> Ranks:
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
