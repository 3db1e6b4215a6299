"""Runs of programs: what came of each, and what of it is kept for whom.

A program first runs on a public sample, if its challenge hides its input, and then on that input.
Whatever a run on hidden input says may be hidden data, so that what it said, and how it exited, is
sealed to the scoring key, and only so much of it is kept.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel, col, func, select

from challenge_platform.core.submission import Claim, Submission, require_held
from challenge_platform.database import UTCDateTime, enum_column
from sandbox import End

PER_ID = "per_id"
"""In the timings of a run that wrote a file: its seconds divided by the ids that it was about."""

COARSE_SECONDS = 10
"""What a run on hidden input takes is a multiple of it, as far as anybody outside can tell."""


class Stage(StrEnum):
    """On what a program runs, in the order in which it does."""

    SMOKE = "smoke"  # the public sample of a hidden input
    PUBLIC = "public"  # the public files, where nothing is hidden
    HIDDEN = "hidden"
    AUDIT = "audit"  # again on changed tables of what is scored, where features have rules
    SCORING = "scoring"  # the organizers' own program, beside the truth

    @property
    def is_hidden(self) -> bool:
        """Whether what the program says may be hidden data."""
        return self in {Stage.HIDDEN, Stage.AUDIT, Stage.SCORING}


class ProgramRun(SQLModel, table=True):
    """The last run of a submission's program at a stage; `end` is None while it goes on.

    `usage` is a sandbox.Usage. `exit_code` and `log` are of a run on public data; of one on hidden
    data both are in `sealed`, for organizers, where there was room for `sealed_bytes` of it.
    `predictions` is the digest of the valid ones that it made, encrypted to the scoring key;
    `refused` says what was wrong with others.
    """

    __tablename__ = "run"

    submission_id: str = Field(primary_key=True, foreign_key="submission.id", max_length=32)
    stage: Stage = Field(primary_key=True, sa_type=enum_column(Stage))
    attempt: int
    started_at: datetime = Field(sa_type=UTCDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    end: End | None = Field(default=None, sa_type=enum_column(End))
    exit_code: int | None = None
    timings: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    usage: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    log: bytes | None = None
    sealed: bytes | None = None
    sealed_bytes: int = 0
    predictions: str | None = Field(default=None, max_length=64)
    refused: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))


def begin(session: Session, held: Claim, /, *, stage: Stage, now: datetime) -> ProgramRun:
    """Note that a program runs, since earlier if it goes on; StaleClaim when it is another's."""
    require_held(session, held, locked=True)
    run = run_of(session, held.submission_id, stage=stage)
    if run is None:
        run = ProgramRun(
            submission_id=held.submission_id, stage=stage, attempt=held.attempt, started_at=now
        )
    run.attempt = held.attempt
    session.add(run)
    return run


def forget(session: Session, held: Claim, /, *, stage: Stage) -> None:
    """Note that a program could not be run; StaleClaim when it is another worker's by now."""
    require_held(session, held, locked=True)
    if (run := run_of(session, held.submission_id, stage=stage)) is not None:
        session.delete(run)


def record(
    session: Session,
    held: Claim,
    /,
    *,
    stage: Stage,
    now: datetime,
    **facts: Any,  # noqa: ANN401 -- the columns of the table
) -> ProgramRun:
    """Note what came of a program's run that `begin` noted; StaleClaim when it is another's."""
    require_held(session, held, locked=True)
    run = session.get_one(ProgramRun, (held.submission_id, stage))
    run.ended_at = now
    for name, fact in facts.items():
        setattr(run, name, fact)
    session.add(run)
    return run


def run_of(session: Session, submission_id: str, /, *, stage: Stage) -> ProgramRun | None:
    """Give the run of a submission's program at a stage, if there is one."""
    return session.get(ProgramRun, (submission_id, stage))


def runs_of(session: Session, submission_id: str, /) -> list[ProgramRun]:
    """List the runs of a submission's program, in their order."""
    query = select(ProgramRun).where(ProgramRun.submission_id == submission_id)
    stages = list(Stage)
    return sorted(session.exec(query), key=lambda run: stages.index(run.stage))


def sealed_bytes(session: Session, /, *, challenge_id: int) -> int:
    """Give how many bytes are kept of what programs said on the hidden input of a challenge."""
    query = (
        select(func.coalesce(func.sum(col(ProgramRun.sealed_bytes)), 0))
        .join(Submission, col(Submission.id) == ProgramRun.submission_id)
        .where(Submission.challenge_id == challenge_id)
    )
    return session.exec(query).one()
