"""Comparing the teams of a board with one another, and its ranking with those of other schemes."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.comparison import (
    LEAST_P,
    Alternative,
    Comparison,
    Scheme,
    Significance,
)
from challenge_platform.core.definition import Disclosure, Phase
from challenge_platform.core.entry import Entry, Vectors
from challenge_platform.core.feedback import rounded, rounded_difference
from challenge_platform.core.standing import values_of
from scorers.definition import MetricDefinition
from scorers.metric import Combination
from scorers.ranking.pairs import PairedGains, paired_p, pairwise_p
from scorers.ranking.ranks import Ranks, ranks
from scorers.ranking.schemes import kendall_tau, mean_rank, rank_by_tests, rank_then_aggregate

MAPPED = 20
"""The significance map has the first so many teams."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """The ranked teams of a board, best first, as far as they are compared, and its baselines.

    `placed` are the teams' ranks; `count` is what the scores rest on, as for `PairedGains`.
    """

    challenge: PublishedChallenge
    phase: Phase
    teams: Sequence[Entry]
    baselines: Sequence[Entry]
    placed: Ranks
    vectors: Vectors
    count: int | None

    @cached_property
    def resampled(self) -> NDArray[np.float32]:
        """The teams' scores under the resamples, of shape (teams, resamples)."""
        return self._stacked(self.teams)

    @cached_property
    def gains(self) -> PairedGains:
        """How the teams, and after them the baselines, compare with one another."""
        direction = self.challenge.definition.scoring.primary.better
        return PairedGains.of(self._stacked([*self.teams, *self.baselines]), direction=direction)

    def _stacked(self, entries: Sequence[Entry]) -> NDArray[np.float32]:
        return np.stack([self.vectors[entry.team.id] for entry in entries])

    def discloses(self, *told: Disclosure) -> bool:
        """Whether the phase lets all of these be seen."""
        return set(told) <= set(self.phase.disclosure)


def comparisons(field: Field, /) -> Iterator[Comparison]:
    """Compare each team with the next one, then with each baseline; the score must be disclosed."""
    if not field.teams or not field.discloses(Disclosure.SCORE):
        return
    entries = [*field.teams, *field.baselines]
    direction = field.challenge.definition.scoring.primary.better
    ends = field.gains.intervals(count=field.count)
    statistics = field.gains.statistics(count=field.count)
    first_baseline = len(field.teams)
    for index, entry in enumerate(field.teams):
        following = [index + 1] if index + 1 < first_baseline else []
        for other in (*following, *range(first_baseline, len(entries))):
            scores = entry.standing.score, entries[other].standing.score
            difference = direction.gain(*scores)
            low = high = p = None
            if field.discloses(Disclosure.INTERVAL) and not np.isnan(statistics[index, other]):
                # The difference that is seen may have more luck in it than the interval allows.
                low, high = (
                    rounded_difference(pick(float(end[index, other]), difference), of=scores)
                    for pick, end in zip((min, max), ends, strict=True)
                )
                agrees = statistics[index, other] * difference >= 0
                p = _told_p(paired_p(statistics[index, other], count=field.count) if agrees else 1)
            yield Comparison(
                team=entry.team.name,
                other=entries[other].team.name,
                difference=rounded_difference(difference, of=scores),
                low=low,
                high=high,
                p=p,
            )


def significance(field: Field, /) -> Significance | None:
    """Map which of the first teams differ; the interval must be disclosed."""
    first = field.teams[:MAPPED]
    if not first or not field.discloses(Disclosure.SCORE, Disclosure.INTERVAL):
        return None
    p = pairwise_p(field.gains[: len(first)], count=field.count).tolist()
    return Significance(
        teams=tuple(entry.team.name for entry in first),
        p=tuple(tuple(None if math.isnan(one) else _told_p(one) for one in line) for line in p),
    )


def robustness(field: Field, /) -> Iterator[Alternative]:
    """Rank the teams by other schemes; the interval must be disclosed, for other metrics parts."""
    if not field.teams or not field.discloses(Disclosure.SCORE, Disclosure.INTERVAL):
        return
    for scheme, metric, placed in (*_of_resamples(field), *_of_metrics(field)):
        tau = kendall_tau(field.placed, placed)
        best = placed == placed[placed > 0].min(initial=1)
        yield Alternative(
            scheme=scheme,
            metric=metric,
            tau=rounded(tau),
            first=field.teams[int(best.argmax())].team.name,
            firsts=int(best.sum()),
            keeps_first=bool(best[field.placed == 1].all()),
        )


_Ranking = tuple[Scheme, str | None, Ranks]


def _of_resamples(field: Field) -> Iterator[_Ranking]:
    """Rank the teams by what else can be made of the primary score under the resamples."""
    table = field.resampled
    direction = field.challenge.definition.scoring.primary.better
    tolerance = field.challenge.definition.ranking.tolerance
    known: NDArray[np.bool_] = np.any(~np.isnan(table), axis=1)
    medians = np.full(len(table), np.nan)
    medians[known] = np.nanmedian(table[known], axis=1)
    beats = field.gains[: len(table)].beats(count=field.count)
    yield (
        Scheme.RANK_THEN_AGGREGATE,
        None,
        rank_then_aggregate(table, direction=direction, tolerance=tolerance),
    )
    yield Scheme.MEDIAN_THEN_RANK, None, ranks(medians, direction=direction, tolerance=tolerance)
    yield Scheme.TEST_THEN_RANK, None, rank_by_tests(beats, missing=~known)


def _of_metrics(field: Field) -> Iterator[_Ranking]:
    """Rank the teams by their mean rank over the metrics, and by each other metric alone."""
    if not field.discloses(Disclosure.PARTS):
        return
    definition = field.challenge.definition
    tolerance = definition.ranking.tolerance
    metrics = definition.scoring.metrics
    measured = [each for each in metrics if not isinstance(each.installed, Combination)]
    if len(measured) > 1:
        table = np.stack([_scores(field, metric) for metric in measured], axis=1)
        directions = [metric.better for metric in measured]
        yield (
            Scheme.MEAN_RANK,
            None,
            mean_rank(table, directions=directions, tolerance=tolerance),
        )
    for metric in metrics:
        if not metric.primary:
            scores = _scores(field, metric)
            placed = ranks(scores, direction=metric.better, tolerance=tolerance)
            yield Scheme.AGGREGATE_THEN_RANK, metric.key, placed


def _scores(field: Field, metric: MetricDefinition) -> NDArray[np.float64]:
    return values_of([entry.standing for entry in field.teams], key=metric.key)


def _told_p(p: float | NDArray[np.float64]) -> float:
    steps = 1 / LEAST_P
    return max(LEAST_P, math.ceil(round(float(p) * steps, 6)) / steps)
