"""Ranking a board: from its entries to rows with ranks and groups, and to comparisons."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from challenge_platform.core.board_state import Judged, Leaderboard, Row
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.comparing import Field, comparisons, robustness, significance
from challenge_platform.core.definition import Board, Disclosure, Phase
from challenge_platform.core.entry import Entry, Resamples
from challenge_platform.core.feedback import disclosed_scores
from challenge_platform.core.standing import Standing, step_of, values_of
from scorers.ranking.entry_state import EntryState
from scorers.ranking.ranks import (
    UNRANKED,
    Ranks,
    first_shares,
    groups_of,
    rank_intervals,
    ranks_in_turn,
)

RANK_INTERVALS_FOR = 500
"""The first so many teams get a rank interval, a group and comparisons."""

SHARE_DECIMALS = 3
"""Decimals of the probability of being first."""


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
    ranked = [entry for entry in entries if entry.state is EntryState.RANKED]
    baselines = [entry for entry in entries if entry.state is EntryState.BASELINE]
    judged = _judged(challenge, entries)
    rank = place(challenge, [entry.standing for entry in ranked])
    # The organizers' own program gives one number, by which only equal scores can be told.
    has_resamples = challenge.definition.scoring.program is None
    compared = ranked[:RANK_INTERVALS_FOR] if has_resamples else []
    beside = baselines if has_resamples else []
    field = Field(
        challenge=challenge,
        phase=phase,
        teams=compared,
        baselines=beside,
        placed=rank[: len(compared)],
        vectors={entry.team.id: resamples(entry.standing) for entry in (*compared, *beside)},
        count=None if judged is None else judged.count,
    )
    places = {
        entry.team.id: _Place(rank=number)
        for entry, number in zip(ranked, rank.tolist(), strict=True)
    }
    if step_of(challenge, board) is None:  # resamples tell scores apart that share a rung
        places.update(_places(field))
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
        comparisons=tuple(comparisons(field)),
        significance=significance(field),
        robustness=tuple(robustness(field)),
    )


def place(challenge: PublishedChallenge, standings: Sequence[Standing], /) -> Ranks:
    """Rank by the primary score, equal ones by the metrics of `ranking.ties` in their order."""
    if not standings:
        return np.zeros(0, dtype=np.int64)
    definition = challenge.definition
    metrics = {metric.key: metric for metric in definition.scoring.metrics}
    keys = (definition.scoring.primary.key, *definition.ranking.ties)
    return ranks_in_turn(
        [values_of(standings, key=key) for key in keys],
        directions=[metrics[key].better for key in keys],
        tolerance=definition.ranking.tolerance,
    )


class _Place(NamedTuple):
    rank: int | None = None
    low: int | None = None
    high: int | None = None
    first: float | None = None
    group: int | None = None


def _in_order(challenge: PublishedChallenge, entries: Sequence[Entry]) -> list[Entry]:
    """Sort by score, disqualified teams below all others.

    Within a rank, those that are ranked come first, then the earlier submission.
    """
    if not entries:
        return []
    placed = place(challenge, [entry.standing for entry in entries]).tolist()
    keyed = [
        (
            entry.state is EntryState.DISQUALIFIED,
            rank,
            entry.state is not EntryState.RANKED,
            entry.last_submission,
            entry.team.name,
            entry,
        )
        for rank, entry in zip(placed, entries, strict=True)
    ]
    return [entry for *_, entry in sorted(keyed, key=lambda key: key[:-1])]


def _places(field: Field) -> dict[int, _Place]:
    """Give each team's place and how sure it is, by its id."""
    if not field.teams:
        return {}
    vectors = field.resampled
    direction = field.challenge.definition.scoring.primary.better
    tolerance = field.challenge.definition.ranking.tolerance
    low, high = rank_intervals(
        vectors, holding=field.placed, direction=direction, tolerance=tolerance
    )
    first = first_shares(vectors, direction=direction, tolerance=tolerance)
    group = groups_of(
        field.gains[: len(vectors)], ranks=field.placed, tolerance=tolerance, count=field.count
    )
    told = field.discloses(Disclosure.SCORE, Disclosure.INTERVAL)
    return {
        entry.team.id: _Place(
            rank=int(field.placed[index]),
            low=_or_none(low, index),
            high=_or_none(high, index),
            first=round(float(first[index]), SHARE_DECIMALS) if told else None,
            group=_or_none(group, index),
        )
        for index, entry in enumerate(field.teams)
    }


def _or_none(numbers: Ranks, index: int) -> int | None:
    """Give a rank, or None where there is none."""
    found = int(numbers[index])
    return None if found == UNRANKED else found


def _row(challenge: PublishedChallenge, entry: Entry, *, phase: Phase, place: _Place) -> Row:
    return Row(
        rank=place.rank,
        rank_low=place.low,
        rank_high=place.high,
        first=place.first,
        group=place.group,
        team=entry.team.name,
        state=entry.state,
        reason=entry.team.reason if entry.state is EntryState.DISQUALIFIED else None,
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
