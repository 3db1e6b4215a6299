"""Ranking schemes: other ways from what teams scored to an order, and how far orders agree.

`ranks` of one score a team is aggregate-then-rank; here are the schemes that begin with single
values (Wiesenfarth et al., Sci Rep 2021;11:2369; Maier-Hein et al., Nat Commun 2018;9:5217). A
value may be that of a case, or a set-level score under one resample.
"""

from collections.abc import Sequence
from math import erfc, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scorers.metric import Direction, Vector
from scorers.ranking.ranks import DEFAULT_TOLERANCE, UNRANKED, Ranks, column_ranks, keys, ranks

Beats = NDArray[np.bool_]
"""Shape (teams, teams): whether the team of the row is surely better than that of the column."""


def average_ranks(
    values: ArrayLike,
    /,
    *,
    direction: Direction | str = Direction.MAXIMIZE,
    tolerance: float = DEFAULT_TOLERANCE,
) -> Vector:
    """Return the rank of each team (row) in each column, equal ones sharing the mean of theirs.

    A missing value (NaN) shares the last ranks with the others that are missing, so that not to
    answer is never better than to answer badly.
    """
    ordered = keys(values, direction=direction, tolerance=tolerance)
    ordered = np.where(np.isnan(ordered), np.inf, ordered)
    lowest = column_ranks(ordered)
    highest = len(ordered) + 1 - column_ranks(-ordered)
    shared: Vector = (lowest + highest) / 2
    return shared


def rank_then_aggregate(
    values: ArrayLike,
    /,
    *,
    direction: Direction | str = Direction.MAXIMIZE,
    tolerance: float = DEFAULT_TOLERANCE,
) -> Ranks:
    """Rank teams (rows) within each column, then rank their mean ranks.

    A team without any value is UNRANKED.
    """
    table = np.asarray(values, dtype=np.float64)
    within = average_ranks(table, direction=direction, tolerance=tolerance)
    answered = np.count_nonzero(~np.isnan(table), axis=1)
    return _by_total(within.sum(axis=1), missing=answered == 0)


def rank_by_tests(beats: Beats, /, *, missing: NDArray[np.bool_] | None = None) -> Ranks:
    """Rank teams by how many others they surely beat (test-then-rank); `missing` are UNRANKED."""
    return _by_total(-beats.sum(axis=1), missing=missing)


def mean_rank(
    scores: ArrayLike,
    /,
    *,
    directions: Sequence[Direction | str],
    tolerance: float = DEFAULT_TOLERANCE,
) -> Ranks:
    """Rank teams (rows) by their mean rank over metrics (columns), each with its direction."""
    table = np.array(scores, dtype=np.float64)
    for column, direction in enumerate(directions):
        if Direction(direction) is Direction.MINIMIZE:
            table[:, column] *= -1
    return rank_then_aggregate(table, tolerance=tolerance)


def wilcoxon_beats(
    values: ArrayLike,
    /,
    *,
    direction: Direction | str = Direction.MAXIMIZE,
    level: float = 0.05,
) -> Beats:
    """Compare all pairs of teams (rows) over the same cases (columns) by Wilcoxon's test.

    One team beats another if the one-sided signed-rank test is significant at `level`, without a
    correction for their number, as challengeR does for test-then-rank. Equal values are left out,
    and the normal approximation is used with its correction for ties (Wilcoxon, Biometrics Bull
    1945;1:80-83; scipy.stats.wilcoxon with zero_method "wilcox" and method "asymptotic"). Cases
    that one of the two lacks are left out as well.
    """
    table = np.asarray(values, dtype=np.float64)
    beats = np.zeros((len(table), len(table)), dtype=bool)
    for team, own in enumerate(table):
        gains = np.nan_to_num(Direction(direction).gain(own, table))
        beats[team] = _signed_rank_p(gains) < level
    return beats


def _signed_rank_p(gains: Vector) -> Vector:
    """Return the one-sided p of each row of differences; 1 where all are 0."""
    differs = gains != 0
    zeros = gains.shape[1] - differs.sum(axis=1)
    sizes = np.abs(gains).T
    low = column_ranks(sizes)
    high = gains.shape[1] + 1 - column_ranks(-sizes)
    placed = ((low + high) / 2).T - zeros[:, None]  # the zeros come first
    count = differs.sum(axis=1)
    positive = np.where(gains > 0, placed, 0).sum(axis=1)
    # A group of t equal sizes lowers the variance by (t^3 - t) / 48: each member by (t^2 - 1) / 48.
    ties = np.where(differs, (1 + (high - low).T) ** 2 - 1, 0).sum(axis=1) / 48
    variance = count * (count + 1) * (2 * count + 1) / 24 - ties
    deviation = np.divide(
        positive - count * (count + 1) / 4,
        np.sqrt(variance),
        out=np.full(len(gains), -np.inf),
        where=variance > 0,
    )
    return np.array([_upper_tail(each) for each in deviation.tolist()])


def _upper_tail(deviation: float) -> float:
    return erfc(deviation / sqrt(2)) / 2


def kendall_tau(ranks: ArrayLike, others: ArrayLike, /) -> float | None:
    """Return how far two orders of the same teams agree, from -1 to 1 (tau-b).

    Teams that are UNRANKED in one of them are left out. It is None if one of the orders does not
    tell any two teams apart (Kendall, Biometrika 1945;33:239-251).
    """
    first, second = np.asarray(ranks), np.asarray(others)
    both = (first != UNRANKED) & (second != UNRANKED)
    mine, theirs = (np.sign(np.subtract.outer(each[both], each[both])) for each in (first, second))
    possible = np.count_nonzero(mine) * np.count_nonzero(theirs)
    return float((mine * theirs).sum() / possible**0.5) if possible else None


def _by_total(totals: Vector, *, missing: NDArray[np.bool_] | None) -> Ranks:
    scores = np.where(False if missing is None else missing, np.nan, totals)
    return ranks(scores, direction=Direction.MINIMIZE)
