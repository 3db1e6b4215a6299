"""Standings: the submission that stands for each team on a board, kept as results arrive."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import JSON, update
from sqlmodel import Field, Session, SQLModel, col, func, select

from challenge_platform.core.candidate import Candidate
from challenge_platform.core.challenge import Challenge, PublishedChallenge
from challenge_platform.core.definition import Board, Protection
from challenge_platform.core.submission import Submission
from challenge_platform.database import UTCDateTime, enum_column
from challenge_platform.storage import ObjectStore
from scorers.ranking.ladder import climbs, climbs_a_step, rung

Scores = Mapping[str, Mapping[str, Any]]
"""What a scorer tells of each metric, by its key."""

BOARD_PERIOD = timedelta(seconds=1)
ROW_PERIOD = timedelta(milliseconds=10)
"""Between two states of a board there is BOARD_PERIOD, or this for each of its rows if longer.

Each state stays for good, so that a board of 2,000 rows would otherwise fill a disk at 0.66 MB/s.
"""


class Standing(SQLModel, table=True):
    """The submission that stands for a team on a board: its best by the primary metric."""

    __tablename__ = "standing"

    challenge_id: int = Field(foreign_key="challenge.id", primary_key=True)
    phase: str = Field(primary_key=True, max_length=64)
    board: Board = Field(primary_key=True, sa_type=enum_column(Board))
    team_id: int = Field(foreign_key="team.id", primary_key=True)
    submission_id: str = Field(foreign_key="submission.id", max_length=32)
    score: float
    scores: dict[str, Any] = Field(sa_type=JSON)
    resamples: str = Field(max_length=64)
    units: int | None = None
    updated_at: datetime = Field(sa_type=UTCDateTime)


class StandingChange(SQLModel, table=True):
    """The fact that a submission came to stand for its team on a board; never changed."""

    __tablename__ = "standing_change"

    challenge_id: int = Field(foreign_key="challenge.id", primary_key=True)
    phase: str = Field(primary_key=True, max_length=64)
    board: Board = Field(primary_key=True, sa_type=enum_column(Board))
    team_id: int = Field(foreign_key="team.id", primary_key=True)
    submission_id: str = Field(foreign_key="submission.id", primary_key=True, max_length=32)
    at: datetime = Field(sa_type=UTCDateTime)
    score: float


class BoardRevision(SQLModel, table=True):
    """How far a board's states lag behind its standings: the revision that each has seen."""

    __tablename__ = "board_revision"

    challenge_id: int = Field(foreign_key="challenge.id", primary_key=True)
    phase: str = Field(primary_key=True, max_length=64)
    board: Board = Field(primary_key=True, sa_type=enum_column(Board))
    revision: int = 0
    built_revision: int = 0
    built_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


def offer(
    session: Session,
    challenge: PublishedChallenge,
    /,
    *,
    submission: Submission,
    scores: Scores,
    resamples: str,
    units: int | None,
    store: ObjectStore,
    now: datetime,
    board: Board = Board.PUBLIC,
) -> Scores:
    """Let a scored submission stand for its team if none better does; the board is then due.

    A submission whose primary score is undefined is never ranked. `resamples` is the digest, in
    `store`, of the primary score under each resample, `units` how many units the board's split
    has, if that is known.

    Give the scores that the team may be told: the submission's own, or where the Ladder protects
    the board those by which the team stands now, without values while it does not.
    """
    # One at a time on PostgreSQL too, where a row that is not there yet cannot be locked.
    query = select(Challenge.id).where(Challenge.id == challenge.id)
    session.exec(query.with_for_update(key_share=True)).one()
    primary = challenge.definition.scoring.primary.key
    value = scores[primary]["value"]
    key = (challenge.id, submission.phase, board, submission.team_id)
    before = session.get(Standing, key, with_for_update=True)
    if value is not None:
        fresh = Standing(
            challenge_id=challenge.id,
            phase=submission.phase,
            board=board,
            team_id=submission.team_id,
            submission_id=submission.id,
            score=value,
            scores=dict(scores),
            resamples=resamples,
            units=units,
            updated_at=now,
        )
        if board is Board.PUBLIC:
            session.add(
                Candidate(
                    submission_id=submission.id,
                    challenge_id=challenge.id,
                    phase=submission.phase,
                    team_id=submission.team_id,
                    score=value,
                    resamples=resamples,
                )
            )
        if before is None or _better(challenge, fresh, than=before, store=store):
            shown = _as_shown(challenge, fresh)
            before = session.merge(shown) if before else shown
            session.add_all([before, _change(before)])
    _mark_due(session, challenge.id, phase=submission.phase, board=board)
    if not is_ladder(challenge, board):
        return scores
    return before.scores if before else _without_values(scores, primary=primary)


def values_of(standings: Sequence[Standing], /, *, key: str) -> NDArray[np.float64]:
    """Give a metric of each standing, NaN where it is undefined."""
    found = [standing.scores[key]["value"] for standing in standings]
    return np.array([np.nan if value is None else value for value in found], dtype=np.float64)


def boards_due(session: Session, /) -> list[tuple[int, str, Board, datetime | None]]:
    """List the boards (challenge, phase, board, last built) whose latest state is behind."""
    query = select(BoardRevision).where(
        col(BoardRevision.revision) > col(BoardRevision.built_revision)
    )
    return [
        (found.challenge_id, found.phase, found.board, found.built_at)
        for found in session.exec(query)
    ]


def boards_to_build(session: Session, /, *, now: datetime) -> list[tuple[int, str, Board]]:
    """List the boards (challenge, phase, board) that are due and whose last state is old enough."""
    return [
        (challenge_id, phase, board)
        for challenge_id, phase, board, built_at in boards_due(session)
        if built_at is None
        or abs(now - built_at) >= _pause(session, challenge_id, phase=phase, board=board)
    ]


def _pause(session: Session, challenge_id: int, *, phase: str, board: Board) -> timedelta:
    query = select(func.count()).where(
        Standing.challenge_id == challenge_id, Standing.phase == phase, Standing.board == board
    )
    return max(BOARD_PERIOD, ROW_PERIOD * session.exec(query).one())


def mark_boards_due(session: Session, /, *, challenge_id: int) -> None:
    """Have every board of a challenge built anew, since what it shows has changed elsewhere."""
    session.execute(
        update(BoardRevision)
        .where(col(BoardRevision.challenge_id) == challenge_id)
        .values(revision=BoardRevision.revision + 1)
    )


def _mark_due(session: Session, challenge_id: int, *, phase: str, board: Board) -> None:
    found = session.get(BoardRevision, (challenge_id, phase, board), with_for_update=True)
    if found is None:
        found = BoardRevision(challenge_id=challenge_id, phase=phase, board=board)
    found.revision += 1
    session.add(found)


def _change(standing: Standing) -> StandingChange:
    return StandingChange(
        challenge_id=standing.challenge_id,
        phase=standing.phase,
        board=standing.board,
        team_id=standing.team_id,
        submission_id=standing.submission_id,
        at=standing.updated_at,
        score=standing.score,
    )


def _better(
    challenge: PublishedChallenge, fresh: Standing, *, than: Standing, store: ObjectStore
) -> bool:
    """Whether a score beats another by more than the ranking's tolerance, and climbs its Ladder."""
    direction = challenge.definition.scoring.primary.better
    if direction.gain(fresh.score, than.score) <= challenge.definition.ranking.tolerance:
        return False
    if not is_ladder(challenge, fresh.board):
        return True
    if (step := step_of(challenge, fresh.board)) is not None:
        return climbs_a_step(fresh.score, than.score, step=step, direction=direction)
    resamples, best = (
        np.frombuffer(store.read(standing.resamples), dtype=np.float32)
        for standing in (fresh, than)
    )
    return climbs(
        fresh.score, than.score, resamples=resamples, best_resamples=best, direction=direction
    )


def _as_shown(challenge: PublishedChallenge, fresh: Standing) -> Standing:
    """Put a standing on the nearest rung, if its board has a Ladder of a fixed step."""
    step = step_of(challenge, fresh.board)
    if step is None:
        return fresh
    primary = challenge.definition.scoring.primary.key
    fresh.score = rung(fresh.score, step=step)
    fresh.scores = {**fresh.scores, primary: {**fresh.scores[primary], "value": fresh.score}}
    return fresh


def _without_values(scores: Scores, *, primary: str) -> Scores:
    """Give every metric as undefined as the primary one: its parts would be free to probe."""
    undefined = scores[primary]["undefined"]
    hidden = {"value": None, "interval": None, "no_interval": None, "undefined": undefined}
    return {key: {**score, **hidden} for key, score in scores.items()}


def is_ladder(challenge: PublishedChallenge, board: Board, /) -> bool:
    """Whether the Ladder protects a board."""
    return board is Board.PUBLIC and challenge.definition.ranking.protect is Protection.LADDER


def step_of(challenge: PublishedChallenge, board: Board, /) -> float | None:
    """Give the step of the Ladder that protects a board, None where it has no fixed one."""
    return challenge.definition.ranking.step if is_ladder(challenge, board) else None
