"""Building a board: from the standings to a new state with ranks, groups and comparisons."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session, col, func, select

from challenge_platform.core.board_state import BoardState, Comparison, Judged, Leaderboard, Row
from challenge_platform.core.challenge import PublishedChallenge, current_version
from challenge_platform.core.definition import Board, Disclosure, Phase
from challenge_platform.core.feedback import disclosed_scores, rounded_difference
from challenge_platform.core.standing import BoardRevision, Standing
from challenge_platform.core.submission import State, Submission
from challenge_platform.core.team import Team
from challenge_platform.database import Database
from challenge_platform.storage import ObjectStore
from scorers.ranking import (
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


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A state that was composed, and the revision of the standings that it has seen."""

    challenge_id: int
    version_id: int
    phase: str
    board: Board
    revision: int
    digest: str


class _Place(NamedTuple):
    rank: int | None = None
    low: int | None = None
    high: int | None = None
    group: int | None = None


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """A team that has a standing on the board."""

    standing: Standing
    team: Team
    entries: int
    last_submission: datetime


def build_board(
    database: Database,
    store: ObjectStore,
    challenge_id: int,
    /,
    *,
    phase: str,
    board: Board,
    clock: Callable[[], datetime],
) -> None:
    """Give a board its next state, if it is still due once that is composed.

    It is composed outside the write transaction, so that no result waits for it; one that arrives
    meanwhile leaves the board due.
    """
    with database.reading() as session:
        challenge = current_version(session, challenge_id)
        draft = compose(session, store, challenge, phase=phase, board=board)
    with database.writing() as session:
        record(session, draft, now=clock())


def compose(
    session: Session,
    store: ObjectStore,
    challenge: PublishedChallenge,
    /,
    *,
    phase: str,
    board: Board,
) -> Draft:
    """Compute a board's state from its standings and put its document into the store."""
    # The revision first: what arrives between the two queries is then seen again, not missed.
    found = session.get(BoardRevision, (challenge.id, phase, board))
    revision = found.revision if found else 0
    entries = _entries(session, challenge.id, phase=phase, board=board)
    state = _state(store, challenge, entries, phase=challenge.definition.phase(phase), board=board)
    return Draft(
        challenge_id=challenge.id,
        version_id=challenge.version_id,
        phase=phase,
        board=board,
        revision=revision,
        digest=store.put(state.content()).digest,
    )


def record(session: Session, draft: Draft, /, *, now: datetime) -> None:
    """Make a draft the board's latest state, unless it has seen nothing new or equals the last."""
    key = (draft.challenge_id, draft.phase, draft.board)
    revision = session.get(BoardRevision, key, with_for_update=True)
    if revision is None or revision.built_revision >= draft.revision:
        return
    query = (
        select(BoardState)
        .where(
            BoardState.challenge_id == draft.challenge_id,
            BoardState.phase == draft.phase,
            BoardState.board == draft.board,
        )
        .order_by(col(BoardState.number).desc())
        .limit(1)
    )
    last = session.exec(query).first()
    if last is None or last.digest != draft.digest:
        session.add(
            BoardState(
                challenge_id=draft.challenge_id,
                phase=draft.phase,
                board=draft.board,
                number=1 + (last.number if last else 0),
                digest=draft.digest,
                version_id=draft.version_id,
                built_at=now,
            )
        )
    revision.built_revision, revision.built_at = draft.revision, now
    session.add(revision)


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


def _entries(session: Session, challenge_id: int, *, phase: str, board: Board) -> list[_Entry]:
    counted = (
        select(
            Submission.team_id,
            func.count().label("entries"),
            func.max(Submission.received_at).label("last"),
        )
        .where(
            Submission.challenge_id == challenge_id,
            Submission.phase == phase,
            Submission.state == State.SCORED,
        )
        .group_by(col(Submission.team_id))
        .subquery()
    )
    query = (
        select(Standing, Team, counted.c.entries, counted.c.last)
        .join(Team, col(Team.id) == Standing.team_id)
        .join(counted, counted.c.team_id == Standing.team_id)
        .where(
            Standing.challenge_id == challenge_id,
            Standing.phase == phase,
            Standing.board == board,
        )
    )
    return [
        _Entry(standing=standing, team=team, entries=count, last_submission=last)
        for standing, team, count, last in session.exec(query)
    ]


def _state(
    store: ObjectStore,
    challenge: PublishedChallenge,
    entries: Sequence[_Entry],
    *,
    phase: Phase,
    board: Board,
) -> Leaderboard:
    entries = _in_order(challenge, entries)
    ranked = [entry for entry in entries if not entry.team.baseline]
    baselines = [entry for entry in entries if entry.team.baseline]
    vectors = {
        entry.team.id: np.frombuffer(store.read(entry.standing.resamples), dtype=np.float32)
        for entry in (*ranked[:RANK_INTERVALS_FOR], *baselines)
    }
    places = _places(challenge, ranked, vectors)
    return Leaderboard(
        challenge=challenge.slug,
        phase=phase.key,
        board=board,
        number=0,
        digest="",
        built_at=None,
        version=challenge.version.digest,
        judged=_judged(challenge, entries),
        rows=tuple(
            _row(challenge, entry, phase=phase, place=places.get(entry.team.id, _Place()))
            for entry in entries
        ),
        comparisons=tuple(
            _comparison(challenge, ranked[0], baseline, vectors, phase=phase)
            for baseline in baselines
            if ranked and Disclosure.SCORE in phase.disclosure
        ),
    )


def _in_order(challenge: PublishedChallenge, entries: Sequence[_Entry]) -> list[_Entry]:
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
    challenge: PublishedChallenge, ranked: Sequence[_Entry], vectors: Vectors
) -> dict[int, _Place]:
    """Give each ranked team its place, by its id; `ranked` is in order and has no baseline."""
    if not ranked:
        return {}
    rank = place(challenge, [entry.standing for entry in ranked])
    direction = challenge.definition.scoring.primary.better
    tolerance = challenge.definition.ranking.tolerance
    first = np.stack([vectors[entry.team.id] for entry in ranked[:RANK_INTERVALS_FOR]])
    low, high = rank_intervals(first, direction=direction, tolerance=tolerance)
    group = significance_groups(
        first, ranks=rank[: len(first)], direction=direction, tolerance=tolerance
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


def _row(challenge: PublishedChallenge, entry: _Entry, *, phase: Phase, place: _Place) -> Row:
    return Row(
        rank=place.rank,
        rank_low=place.low,
        rank_high=place.high,
        group=place.group,
        team=entry.team.name,
        baseline=entry.team.baseline,
        scores=tuple(disclosed_scores(challenge, phase=phase, metrics=entry.standing.scores)),
        entries=entry.entries,
        last_submission=entry.last_submission,
    )


def _judged(challenge: PublishedChallenge, entries: Sequence[_Entry]) -> Judged | None:
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
    first: _Entry,
    baseline: _Entry,
    vectors: Vectors,
    *,
    phase: Phase,
) -> Comparison:
    direction = challenge.definition.scoring.primary.better
    scores = first.standing.score, baseline.standing.score
    interval = paired_interval(
        vectors[first.team.id], vectors[baseline.team.id], direction=direction
    )
    if Disclosure.INTERVAL not in phase.disclosure or interval is None:
        low = high = None
    else:
        low, high = (rounded_difference(end, of=scores) for end in interval)
    return Comparison(
        team=first.team.name,
        baseline=baseline.team.name,
        difference=rounded_difference(direction.gain(*scores), of=scores),
        low=low,
        high=high,
    )
