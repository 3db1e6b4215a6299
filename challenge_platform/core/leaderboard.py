"""Leaderboards: versioned snapshots of the standings, with ranks and rank intervals."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel, UniqueConstraint, col, func, select

from challenge_platform.core.challenge import PublishedChallenge, is_revealed
from challenge_platform.core.definition import Board, Phase
from challenge_platform.core.feedback import Score, disclosed_scores
from challenge_platform.core.standing import BoardState, Standing
from challenge_platform.core.submission import State, Submission
from challenge_platform.core.team import Team
from challenge_platform.database import UTCDateTime, enum_column
from challenge_platform.errors import Sealed
from challenge_platform.storage import ObjectStore
from scorers.ranking import UNRANKED, rank_intervals, ranks

RANK_INTERVALS_FOR = 500


class Snapshot(SQLModel, table=True):
    """A board from `built_at` on; rows hold full precision, readers get rounded values."""

    __tablename__ = "snapshot"
    __table_args__ = (UniqueConstraint("challenge_id", "phase", "board", "number"),)

    id: int = Field(default=None, primary_key=True)
    challenge_id: int = Field(foreign_key="challenge.id", index=True)
    phase: str = Field(max_length=64)
    board: Board = Field(sa_type=enum_column(Board))
    number: int
    digest: str = Field(max_length=64)
    rows: list[dict[str, Any]] = Field(sa_type=JSON)
    built_at: datetime = Field(sa_type=UTCDateTime)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of a leaderboard, as anybody may read it."""

    rank: int | None
    rank_low: int | None
    rank_high: int | None
    team: str
    baseline: bool
    scores: tuple[Score, ...]
    entries: int
    last_submission: datetime

    @property
    def score(self) -> Score | None:
        """The primary score, or None where the phase does not disclose it."""
        return next((score for score in self.scores if score.primary), None)


@dataclass(frozen=True, kw_only=True)
class Leaderboard:
    """One page of a board with the facts that identify its state."""

    phase: str
    board: Board
    number: int
    digest: str
    built_at: datetime | None
    total: int
    page: int
    rows: tuple[Row, ...]


def build(
    session: Session,
    store: ObjectStore,
    challenge: PublishedChallenge,
    /,
    *,
    phase: str,
    board: Board,
    now: datetime,
) -> None:
    """Write the board's next snapshot from its standings, unless it would equal the last one."""
    key = (challenge.id, phase, board)
    state = session.get(BoardState, key, with_for_update=True) or BoardState(
        challenge_id=challenge.id, phase=phase, board=board
    )
    rows = _rows(session, store, challenge, phase=phase, board=board)
    digest = hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()
    last = _latest(session, challenge.id, phase=phase, board=board)
    if last is None or last.digest != digest:
        session.add(
            Snapshot(
                challenge_id=challenge.id,
                phase=phase,
                board=board,
                number=1 + (last.number if last else 0),
                digest=digest,
                rows=rows,
                built_at=now,
            )
        )
    state.built_revision, state.built_at = state.revision, now
    session.add(state)


def place(challenge: PublishedChallenge, standings: Sequence[Standing]) -> NDArray[np.int64]:
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


def leaderboard(
    session: Session,
    challenge: PublishedChallenge,
    /,
    *,
    phase: Phase,
    board: Board,
    page: int = 1,
    per_page: int = 100,
) -> Leaderboard:
    """Give a page of a board as anybody may read it; raise Sealed before the private reveal."""
    require_open_board(session, challenge, phase=phase, board=board)
    snapshot = _latest(session, challenge.id, phase=phase.key, board=board)
    rows = snapshot.rows if snapshot else []
    shown = rows[(page - 1) * per_page : page * per_page]
    return Leaderboard(
        phase=phase.key,
        board=board,
        number=snapshot.number if snapshot else 0,
        digest=snapshot.digest if snapshot else hashlib.sha256(b"[]").hexdigest(),
        built_at=snapshot.built_at if snapshot else None,
        total=len(rows),
        page=page,
        rows=tuple(_readable(challenge, phase, row) for row in shown),
    )


def require_open_board(
    session: Session, challenge: PublishedChallenge, /, *, phase: Phase, board: Board
) -> None:
    """Raise Sealed when the board is private and its phase has not been revealed."""
    if board is Board.PRIVATE and not is_revealed(session, challenge.id, phase=phase.key):
        raise Sealed(
            f"the private scores of phase {phase.key!r} are sealed until the organizer reveals them"
        )


def _readable(challenge: PublishedChallenge, phase: Phase, row: Mapping[str, Any]) -> Row:
    return Row(
        rank=row["rank"],
        rank_low=row["rank_low"],
        rank_high=row["rank_high"],
        team=row["team"],
        baseline=row["baseline"],
        scores=tuple(disclosed_scores(challenge, phase=phase, metrics=row["scores"])),
        entries=row["entries"],
        last_submission=datetime.fromisoformat(row["last_submission"]),
    )


def _rows(
    session: Session, store: ObjectStore, challenge: PublishedChallenge, *, phase: str, board: Board
) -> list[dict[str, Any]]:
    counted = (
        select(
            Submission.team_id,
            func.count().label("entries"),
            func.max(Submission.received_at).label("last"),
        )
        .where(
            Submission.challenge_id == challenge.id,
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
            Standing.challenge_id == challenge.id,
            Standing.phase == phase,
            Standing.board == board,
        )
    )
    entries = list(session.exec(query))
    standings = [entry[0] for entry in entries]
    teams = [entry[1] for entry in entries]
    placed = _places(challenge, store, standings=standings, teams=teams)
    rows = [
        {
            "rank": rank,
            "rank_low": low,
            "rank_high": high,
            "team": team.name,
            "team_id": team.id,
            "baseline": team.baseline,
            "submission": standing.submission_id,
            "score": standing.score,
            "scores": standing.scores,
            "entries": count,
            "last_submission": last.isoformat(),
        }
        for (standing, team, count, last), (rank, low, high) in zip(entries, placed, strict=True)
    ]
    order = place(challenge, standings)
    numbered = sorted(range(len(rows)), key=lambda i: (order[i], *_order(rows[i])))
    return [rows[i] for i in numbered]


def _places(
    challenge: PublishedChallenge,
    store: ObjectStore,
    *,
    standings: Sequence[Standing],
    teams: Sequence[Team],
) -> list[tuple[int | None, int | None, int | None]]:
    """Give (rank, lowest rank, highest rank) of each standing; baselines are shown, not ranked."""
    places: list[tuple[int | None, int | None, int | None]] = [(None, None, None)] * len(standings)
    ranked = [index for index, team in enumerate(teams) if not team.baseline]
    if not ranked:
        return places
    direction = challenge.definition.scoring.primary.better
    tolerance = challenge.definition.ranking.tolerance
    rank = place(challenge, [standings[index] for index in ranked])
    best = np.argsort(rank, kind="stable")[:RANK_INTERVALS_FOR]
    vectors = [
        np.frombuffer(store.read(standings[ranked[index]].resamples), dtype=np.float32)
        for index in best
    ]
    low, high = rank_intervals(np.stack(vectors), direction=direction, tolerance=tolerance)
    bounds = {
        int(index): (int(low[i]), int(high[i]))
        for i, index in enumerate(best)
        if low[i] != UNRANKED
    }
    for position, index in enumerate(ranked):
        places[index] = (int(rank[position]), *bounds.get(position, (None, None)))
    return places


def _order(row: Mapping[str, Any]) -> tuple[bool, str, str]:
    """Sort within a rank: baselines after teams, then the earlier submission, then the name."""
    return (row["baseline"], row["last_submission"], row["team"])


def _latest(session: Session, challenge_id: int, *, phase: str, board: Board) -> Snapshot | None:
    query = (
        select(Snapshot)
        .where(
            Snapshot.challenge_id == challenge_id, Snapshot.phase == phase, Snapshot.board == board
        )
        .order_by(col(Snapshot.number).desc())
        .limit(1)
    )
    return session.exec(query).first()
