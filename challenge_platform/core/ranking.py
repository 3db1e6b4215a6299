"""Ranking a board: from its entries to rows with ranks and groups, and to comparisons."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from challenge_platform.core.board_state import Judged, Leaderboard, Row
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.comparison import Comparison
from challenge_platform.core.definition import Board, Disclosure, Phase
from challenge_platform.core.feedback import disclosed_scores, rounded_difference
from challenge_platform.core.standing import Standing
from challenge_platform.core.team import EntryState, Team
from scorers.ranking.ranks import (
    UNRANKED,
    Ranks,
    paired_interval,
    rank_intervals,
    ranks,
    significance_groups,
)

RANK_INTERVALS_FOR = 500
"""The first so many teams get a rank interval and a group."""

Vectors = Mapping[int, NDArray[np.float32]]
Resamples = Callable[[Standing], NDArray[np.float32]]
"""Gives the primary score of a standing under each resample."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A team that has a standing on the board."""

    standing: Standing
    team: Team
    entries: int
    last_submission: datetime


def rank_board(
    challenge: PublishedChallenge,
    entries: Sequence[Entry],
    /,
    *,
    phase: Phase,
    board: Board,
    resamples: Resamples,
) -> Leaderboard:
    """Put entries in order and say of each where it stands, and how surely.

    Only the first RANK_INTERVALS_FOR teams and the baselines are asked for their resamples. The
    state has no number, digest or time yet.
    """
    entries = _in_order(challenge, entries)
    ranked = [entry for entry in entries if not entry.team.baseline]
    baselines = [entry for entry in entries if entry.team.baseline]
    vectors = {
        entry.team.id: resamples(entry.standing)
        for entry in (*ranked[:RANK_INTERVALS_FOR], *baselines)
    }
    judged = _judged(challenge, entries)
    count = None if judged is None else judged.count
    places = _places(challenge, ranked, vectors, count=count)
    return Leaderboard(
        challenge=challenge.slug,
        phase=phase.key,
        board=board,
        number=0,
        digest="",
        built_at=None,
        version=challenge.version.digest,
        judged=judged,
        rows=tuple(
            _row(challenge, entry, phase=phase, place=places.get(entry.team.id, _Place()))
            for entry in entries
        ),
        comparisons=tuple(
            _comparison(challenge, ranked[0], baseline, vectors, phase=phase, count=count)
            for baseline in baselines
            if ranked and Disclosure.SCORE in phase.disclosure
        ),
    )


def place(challenge: PublishedChallenge, standings: Sequence[Standing], /) -> Ranks:
    """Rank by the primary score, equal ones by the metrics of `ranking.ties` in their order."""
    definition = challenge.definition
    metrics = {metric.key: metric for metric in definition.scoring.metrics}
    keys = []
    for key in (definition.scoring.primary.key, *definition.ranking.ties):
        values = [standing.scores[key]["value"] for standing in standings]
        placed = ranks(
            [np.nan if value is None else value for value in values],
            direction=metrics[key].better,
            tolerance=definition.ranking.tolerance,
        )
        keys.append(np.where(placed == UNRANKED, len(standings) + 1, placed))
    _, group, count = np.unique(np.stack(keys), axis=1, return_inverse=True, return_counts=True)
    before = np.cumsum(count) - count
    return np.asarray(1 + before[group], dtype=np.int64)


class _Place(NamedTuple):
    rank: int | None = None
    low: int | None = None
    high: int | None = None
    group: int | None = None


def _in_order(challenge: PublishedChallenge, entries: Sequence[Entry]) -> list[Entry]:
    """Sort by score; within a rank baselines after teams, then the earlier submission first."""
    if not entries:
        return []
    placed = place(challenge, [entry.standing for entry in entries]).tolist()
    keyed = [
        (rank, entry.team.baseline, entry.last_submission, entry.team.name, entry)
        for rank, entry in zip(placed, entries, strict=True)
    ]
    return [entry for *_, entry in sorted(keyed, key=lambda key: key[:-1])]


def _places(
    challenge: PublishedChallenge, ranked: Sequence[Entry], vectors: Vectors, *, count: int | None
) -> dict[int, _Place]:
    """Give each ranked team its place, by its id; `ranked` is in order and has no baseline.

    `count` is what the scores rest on, as for `scorers.ranking.ranks.paired_interval`.
    """
    if not ranked:
        return {}
    rank = place(challenge, [entry.standing for entry in ranked])
    direction = challenge.definition.scoring.primary.better
    tolerance = challenge.definition.ranking.tolerance
    first = np.stack([vectors[entry.team.id] for entry in ranked[:RANK_INTERVALS_FOR]])
    low, high = rank_intervals(first, direction=direction, tolerance=tolerance)
    group = significance_groups(
        first, ranks=rank[: len(first)], direction=direction, tolerance=tolerance, count=count
    )
    places = {}
    for index, entry in enumerate(ranked):
        places[entry.team.id] = _Place(
            rank=int(rank[index]),
            low=_or_none(low, index),
            high=_or_none(high, index),
            group=_or_none(group, index),
        )
    return places


def _or_none(numbers: Ranks, index: int) -> int | None:
    """Give a rank, or None where there is none or none was computed."""
    found = int(numbers[index]) if index < len(numbers) else UNRANKED
    return None if found == UNRANKED else found


def _row(challenge: PublishedChallenge, entry: Entry, *, phase: Phase, place: _Place) -> Row:
    return Row(
        rank=place.rank,
        rank_low=place.low,
        rank_high=place.high,
        group=place.group,
        team=entry.team.name,
        state=EntryState.BASELINE if entry.team.baseline else EntryState.RANKED,
        scores=tuple(disclosed_scores(challenge, phase=phase, metrics=entry.standing.scores)),
        entries=entry.entries,
        last_submission=entry.last_submission,
    )


def _judged(challenge: PublishedChallenge, entries: Sequence[Entry]) -> Judged | None:
    """Say what judged the board: the same for every team, as it depends on the truth alone."""
    if not entries or (units := entries[0].standing.units) is None:
        return None
    scores = entries[0].standing.scores
    return Judged(
        unit=challenge.definition.data.unit,
        units=units,
        events={
            metric.key: scores[metric.key]["events"]
            for metric in challenge.definition.scoring.metrics
        },
    )


def _comparison(
    challenge: PublishedChallenge,
    first: Entry,
    baseline: Entry,
    vectors: Vectors,
    *,
    phase: Phase,
    count: int | None,
) -> Comparison:
    direction = challenge.definition.scoring.primary.better
    scores = first.standing.score, baseline.standing.score
    interval = paired_interval(
        vectors[first.team.id], vectors[baseline.team.id], direction=direction, count=count
    )
    if Disclosure.INTERVAL not in phase.disclosure or interval is None:
        low = high = None
    else:
        low, high = (rounded_difference(end, of=scores) for end in interval)
    return Comparison(
        team=first.team.name,
        other=baseline.team.name,
        difference=rounded_difference(direction.gain(*scores), of=scores),
        low=low,
        high=high,
    )
