"""Standings: the submission that stands for each team on a board, kept as results arrive."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, update
from sqlmodel import Field, Session, SQLModel, col, func, select

from challenge_platform.core.challenge import Challenge, PublishedChallenge
from challenge_platform.core.definition import Board
from challenge_platform.core.submission import Submission
from challenge_platform.database import UTCDateTime, enum_column

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
    scores: Mapping[str, Mapping[str, Any]],
    resamples: str,
    units: int,
    now: datetime,
    board: Board = Board.PUBLIC,
) -> None:
    """Let a scored submission stand for its team if none better does; the board is then due.

    A submission whose primary score is undefined is never ranked. `resamples` is the digest of the
    primary score under each resample, `units` how many units the board's split has.
    """
    # One at a time on PostgreSQL too, where a row that is not there yet cannot be locked.
    query = select(Challenge.id).where(Challenge.id == challenge.id)
    session.exec(query.with_for_update(key_share=True)).one()
    primary = challenge.definition.scoring.primary
    value = scores[primary.key]["value"]
    if value is not None:
        key = (challenge.id, submission.phase, board, submission.team_id)
        standing = session.get(Standing, key, with_for_update=True)
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
        if standing is None or _better(challenge, value, than=standing.score):
            session.merge(fresh)
            session.add(_change(fresh))
    _mark_due(session, challenge.id, phase=submission.phase, board=board)


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


def _better(challenge: PublishedChallenge, value: float, *, than: float) -> bool:
    """Whether a score beats another by more than the ranking's tolerance."""
    gain = challenge.definition.scoring.primary.better.gain(value, than)
    return gain > challenge.definition.ranking.tolerance
