"""Submissions: their states, and the moves between them, each a compare-and-set in the database.

QUEUED ──claim──► RUNNING ──finish──► SCORED | REJECTED | FAILED | ERRORED
   ▲                 │
   └──── postpone ───┘   (our fault, or the worker vanished: later again, with a new fencing token)

Either open state can become CANCELLED. A claim carries a fencing token; whoever comes back with an
older one is told so by StaleClaim and changes nothing.
"""

import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ColumnElement, Index, update
from sqlmodel import Field, Session, SQLModel, UniqueConstraint, col, func, select

from challenge_platform.core import audit, quota
from challenge_platform.database import UTCDateTime, enum_column
from challenge_platform.errors import Conflict, NotFound, StaleClaim
from scorers.message import Message

BACK_OFF = (1, 2, 4, 8, 16)
UNTRIED_BACK_OFF = (*BACK_OFF, 32, 60)
PATIENCE = timedelta(days=1)


class State(StrEnum):
    """Where a submission is; all but the first two are its end."""

    QUEUED = "queued"
    RUNNING = "running"
    SCORED = "scored"
    REJECTED = "rejected"
    FAILED = "failed"
    ERRORED = "errored"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Whether the platform still owes this submission an end."""
        return self in OPEN_STATES


OPEN_STATES = frozenset({State.QUEUED, State.RUNNING})

_ENDED = {
    State.SCORED: Message("scored"),
    State.REJECTED: Message("rejected"),
    State.FAILED: Message("failed"),
    State.ERRORED: Message("errored"),
    State.CANCELLED: Message("cancelled"),
}


class Fault(StrEnum):
    """Whose fault an end was."""

    NOBODY = "nobody"
    PARTICIPANT = "participant"
    PLATFORM = "platform"


class Reason(StrEnum):
    """Why a submission ended as it did."""

    COMPLETE = "complete"
    SANDBOX_UNAVAILABLE = "sandbox_unavailable"
    SCORING_CRASHED = "scoring_crashed"
    SCORING_TIMED_OUT = "scoring_timed_out"
    SCORING_OUT_OF_MEMORY = "scoring_out_of_memory"
    SCORING_OUTPUT_TOO_LARGE = "scoring_output_too_large"
    SCORING_ANSWER_INVALID = "scoring_answer_invalid"
    TRUTH_UNAVAILABLE = "truth_unavailable"
    WORKER_LOST = "worker_lost"
    UNEXPECTED = "unexpected"
    CANCELLED_BY_TEAM = "cancelled_by_team"
    PREDICTIONS_REFUSED = "predictions_refused"
    FEATURES_REFUSED = "features_refused"
    RUN_CRASHED = "run_crashed"
    RUN_TIMED_OUT = "run_timed_out"
    RUN_OUT_OF_MEMORY = "run_out_of_memory"
    RUN_OUTPUT_TOO_LARGE = "run_output_too_large"
    RUN_NO_FILE = "run_no_file"

    @property
    def fault(self) -> Fault:
        """Whose fault it was."""
        if self is Reason.COMPLETE:
            return Fault.NOBODY
        return Fault.PARTICIPANT if self in _OF_TEAMS else Fault.PLATFORM

    @property
    def uses_quota(self) -> bool:
        """Whether what began keeps its charge; what is refused at upload has none either."""
        return self.fault is not Fault.PLATFORM and self is not Reason.PREDICTIONS_REFUSED


_OF_TEAMS = frozenset(
    {
        Reason.CANCELLED_BY_TEAM,
        Reason.PREDICTIONS_REFUSED,
        Reason.FEATURES_REFUSED,
        Reason.RUN_CRASHED,
        Reason.RUN_TIMED_OUT,
        Reason.RUN_OUT_OF_MEMORY,
        Reason.RUN_OUTPUT_TOO_LARGE,
        Reason.RUN_NO_FILE,
    }
)


FAILURES = frozenset(
    reason
    for reason in Reason
    if reason.fault is Fault.PARTICIPANT and reason is not Reason.CANCELLED_BY_TEAM
)
"""Ends by which a team learns what to repair; those on public data cost nothing."""


class Kind(StrEnum):
    """What is submitted."""

    PREDICTIONS = "predictions"
    CODE = "code"
    CONTAINER = "container"


class QueueName(StrEnum):
    """The queue that a submission waits in, so that what takes hours delays no file's scoring."""

    SCORING = "scoring"
    CODE = "code"
    CONTAINER = "container"
    GPU = "gpu"


PROGRAMS = frozenset(QueueName) - {QueueName.SCORING}
"""The queues of what runs a team's own program first."""


def queue_of(kind: Kind, /, *, gpus: int, slow: bool = False) -> QueueName:
    """Give the queue of what is submitted to a challenge whose programs have so many GPUs.

    Scoring is `slow` by the organizers' own program, which may take as long as a team's.
    """
    if kind is Kind.PREDICTIONS:
        return QueueName.CODE if slow else QueueName.SCORING
    if gpus:
        return QueueName.GPU
    return QueueName.CODE if kind is Kind.CODE else QueueName.CONTAINER


class Submission(SQLModel, table=True):
    """One submission of a team, from the accepted upload to its end."""

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("team_id", "idempotency_key"),
        Index("ix_submission_open", "state", "not_before"),
        Index("ix_submission_finished", "challenge_id", "state", "finished_at"),
        Index("ix_submission_served_challenge", "challenge_id", "queue", "started_at"),
        Index("ix_submission_served_team", "team_id", "queue", "started_at"),
        CheckConstraint("size >= 0", name="size_not_negative"),
    )

    id: str = Field(default_factory=lambda: uuid.uuid4().hex, primary_key=True, max_length=32)
    challenge_id: int = Field(foreign_key="challenge.id", index=True)
    version_id: int = Field(foreign_key="challenge_version.id")
    team_id: int = Field(foreign_key="team.id", index=True)
    user_id: int = Field(foreign_key="user.id")
    phase: str = Field(max_length=64)
    kind: Kind = Field(sa_type=enum_column(Kind))
    queue: QueueName = Field(default=QueueName.SCORING, sa_type=enum_column(QueueName))
    filename: str = Field(max_length=200)
    message: str = Field(default="", max_length=500)
    artifact: str = Field(max_length=64, index=True)
    size: int = Field(sa_type=BigInteger)
    idempotency_key: str | None = Field(default=None, max_length=80)
    source: str | None = Field(default=None, max_length=64, index=True)
    weights: str | None = Field(default=None, max_length=64, index=True)

    state: State = Field(default=State.QUEUED, sa_type=enum_column(State))
    reason: Reason | None = Field(default=None, sa_type=enum_column(Reason))
    attempt: int = 0
    token: int = 0
    not_before: datetime = Field(sa_type=UTCDateTime)
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)

    opened_at: datetime = Field(sa_type=UTCDateTime)
    received_at: datetime = Field(sa_type=UTCDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The right to end a submission, until the lease runs out."""

    submission_id: str
    token: int
    attempt: int

    @property
    def run_id(self) -> str:
        """The id of what runs under this claim alone; programs have ids that outlive claims."""
        return f"{self.submission_id}-{self.token}"


def find_submission(session: Session, submission_id: str, /) -> Submission:
    """Give a submission; raise NotFound when there is none."""
    submission = session.get(Submission, submission_id)
    if submission is None:
        raise NotFound("there is no submission {submission!r}", submission=submission_id[:32])
    return submission


def claim(
    session: Session,
    submission_id: str,
    /,
    *,
    now: datetime,
    lease: timedelta,
) -> Claim | None:
    """Take a queued submission, or give None when it is not, or no longer, to be taken."""
    changed = session.execute(
        update(Submission)
        .where(
            col(Submission.id) == submission_id,
            col(Submission.state) == State.QUEUED,
            col(Submission.not_before) <= now,
        )
        .values(
            state=State.RUNNING,
            token=Submission.token + 1,
            attempt=Submission.attempt + 1,
            lease_until=now + lease,
            started_at=now,
        )
        .returning(col(Submission.id), col(Submission.token), col(Submission.attempt))
    ).first()
    if changed is None:
        return None
    audit.record(session, action="claimed", subject=changed.id, now=now, attempt=changed.attempt)
    return Claim(submission_id=changed.id, token=changed.token, attempt=changed.attempt)


def renew(session: Session, held: Claim, /, *, until: datetime) -> None:
    """Prolong the lease; raise StaleClaim when another worker has the submission."""
    _move(session, held, lease_until=until)


def require_held(session: Session, held: Claim, /, *, locked: bool = False) -> None:
    """Raise StaleClaim when another worker has the submission, or it has ended.

    It stays held until the transaction ends if it is `locked`.
    """
    query = select(Submission.id).where(*_held(held))
    if locked:
        query = query.with_for_update(key_share=True)
    if session.exec(query).first() is None:
        raise _stale(held)


def hand_back(session: Session, held: Claim, /, *, now: datetime) -> None:
    """Queue a claimed submission for another worker at once; the attempt does not count."""
    attempt = held.attempt - 1
    _move(session, held, state=State.QUEUED, lease_until=None, not_before=now, attempt=attempt)
    audit.record(session, action="handed back", subject=held.submission_id, now=now)


def finish(
    session: Session,
    held: Claim,
    /,
    *,
    state: State,
    reason: Reason,
    now: datetime,
    charged: bool | None = None,
) -> None:
    """End a claimed submission, and refund it unless it is `charged`; StaleClaim when too late.

    By default its reason says whether it uses quota.
    """
    _move(session, held, state=state, reason=reason, lease_until=None, finished_at=now)
    _ended(session, held.submission_id, state=state, reason=reason, now=now, charged=charged)


def postpone(
    session: Session, held: Claim, /, *, reason: Reason, now: datetime, max_attempts: int
) -> State:
    """Queue a claimed submission for later, or end it as errored after the last attempt.

    While no sandbox can be had, an attempt does not count: nothing was tried, and an engine that
    is restarted, or an hour of maintenance, must not end what waits. Each claim before doubles the
    wait, up to a minute, so that none keeps a worker busy. Patience ends after a day.
    """
    untried = reason is Reason.SANDBOX_UNAVAILABLE
    received = find_submission(session, held.submission_id).received_at
    if now - received > PATIENCE if untried else held.attempt >= max_attempts:
        finish(session, held, state=State.ERRORED, reason=reason, now=now)
        return State.ERRORED
    back_off = UNTRIED_BACK_OFF if untried else BACK_OFF
    before = held.token if untried else held.attempt
    wait = back_off[min(before, len(back_off)) - 1]
    _move(
        session,
        held,
        state=State.QUEUED,
        lease_until=None,
        not_before=now + timedelta(seconds=wait),
        attempt=held.attempt - 1 if untried else held.attempt,
    )
    audit.record(session, action="postponed", subject=held.submission_id, now=now, reason=reason)
    return State.QUEUED


def cancel(
    session: Session, submission_id: str, /, *, now: datetime, charged: bool = False
) -> None:
    """End an open submission at its team's wish; raise Conflict when it has ended already.

    It is refunded only if no worker has begun, and never if it is `charged`.
    """
    found = find_submission(session, submission_id)
    changed = session.execute(
        update(Submission)
        .where(col(Submission.id) == submission_id, col(Submission.state).in_(OPEN_STATES))
        .values(
            state=State.CANCELLED,
            reason=Reason.CANCELLED_BY_TEAM,
            token=Submission.token + 1,
            lease_until=None,
            finished_at=now,
        )
        .returning(col(Submission.attempt))
    ).first()
    if changed is None:
        session.expire(found)  # it may have ended, or be gone, since it was read
        state = _ENDED[find_submission(session, submission_id).state]
        raise Conflict("this submission has ended already: it is {state}", state=state)
    if changed.attempt == 0 and not charged:
        quota.refund(
            session, submission_id=submission_id, reason="cancelled before it began", now=now
        )
    audit.record(session, action="cancelled", subject=submission_id, now=now)


def is_open(session: Session, submission_id: str, /) -> bool:
    """Whether there is such a submission, and it has not ended."""
    state = session.exec(select(Submission.state).where(Submission.id == submission_id)).first()
    return state is not None and State(state).is_open


def count_lost(session: Session, /, *, now: datetime) -> int:
    """Count the submissions whose lease has run out."""
    return session.exec(select(func.count()).where(*_lost(now))).one()


def take_back_lost(session: Session, /, *, now: datetime, max_attempts: int) -> None:
    """Queue again, or end after the last attempt, every submission whose lease has run out."""
    for submission in session.exec(select(Submission).where(*_lost(now))).all():
        held = Claim(
            submission_id=submission.id, token=submission.token, attempt=submission.attempt
        )
        with suppress(StaleClaim):  # its worker came back and ended it, just now
            postpone(session, held, reason=Reason.WORKER_LOST, now=now, max_attempts=max_attempts)


def _lost(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (col(Submission.state) == State.RUNNING, col(Submission.lease_until) < now)


def count_open(session: Session, /, *, team_id: int, phase: str) -> int:
    """Count a team's submissions that have not ended."""
    query = select(func.count()).where(
        Submission.team_id == team_id,
        Submission.phase == phase,
        col(Submission.state).in_(OPEN_STATES),
    )
    return session.exec(query).one()


def count_submissions(session: Session, /, *, challenge_id: int) -> int:
    """Count all submissions to a challenge."""
    query = select(func.count()).where(Submission.challenge_id == challenge_id)
    return session.exec(query).one()


def count_under_way(session: Session, /, *, challenge_id: int, phase: str) -> int:
    """Count all teams' submissions of a phase that have not ended."""
    query = select(func.count()).where(
        Submission.challenge_id == challenge_id,
        Submission.phase == phase,
        col(Submission.state).in_(OPEN_STATES),
    )
    return session.exec(query).one()


def count_waiting(session: Session, /) -> dict[QueueName, int]:
    """Count what waits in each queue."""
    query = (
        select(Submission.queue, func.count())
        .where(Submission.state == State.QUEUED)
        .group_by(col(Submission.queue))
    )
    found = {QueueName(queue): n for queue, n in session.exec(query)}
    return {**dict.fromkeys(QueueName, 0), **found}


def count_by_state(session: Session, /) -> dict[State, int]:
    """Count all submissions in each state."""
    query = select(Submission.state, func.count()).group_by(col(Submission.state))
    return {**dict.fromkeys(State, 0), **{State(state): n for state, n in session.exec(query)}}


def _move(session: Session, held: Claim, **values: State | Reason | datetime | int | None) -> None:
    """Change a claimed submission, unless its claim has been taken over."""
    changed = session.execute(
        update(Submission).where(*_held(held)).values(**values).returning(col(Submission.id))
    ).first()
    if changed is None:
        raise _stale(held)


def _held(held: Claim) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Submission.id) == held.submission_id,
        col(Submission.state) == State.RUNNING,
        col(Submission.token) == held.token,
    )


def _stale(held: Claim) -> StaleClaim:
    return StaleClaim(f"submission {held.submission_id} is no longer held by token {held.token}")


def _ended(
    session: Session,
    submission_id: str,
    *,
    state: State,
    reason: Reason,
    now: datetime,
    charged: bool | None,
) -> None:
    if not (reason.uses_quota if charged is None else charged):
        quota.refund(session, submission_id=submission_id, reason=reason, now=now)
    audit.record(session, action=f"ended {state}", subject=submission_id, now=now, reason=reason)
