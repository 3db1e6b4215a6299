"""The pace of a challenge: how long its last submissions took, in all and at work."""

from datetime import timedelta
from statistics import median

from sqlmodel import Session, col, select

from challenge_platform.core.submission import QueueName, State, Submission

LAST = 50
FEWEST = 5
"""With fewer than these there is no median worth telling."""

_WORKED = (State.SCORED, State.REJECTED, State.FAILED)


def typical_time(session: Session, /, *, challenge_id: int) -> timedelta | None:
    """Give the median time from upload to score of the last submissions, or None with too few."""
    query = (
        select(Submission.received_at, Submission.finished_at)
        .where(Submission.challenge_id == challenge_id, Submission.state == State.SCORED)
        .order_by(col(Submission.finished_at).desc())
        .limit(LAST)
    )
    taken = [
        (finished - received).total_seconds()
        for received, finished in session.exec(query)
        if finished is not None
    ]
    return timedelta(seconds=median(taken)) if len(taken) >= FEWEST else None


def working_time(session: Session, /, *, challenge_id: int, queue: QueueName) -> timedelta | None:
    """Give the median time that a worker spent on one of the last, or None with too few."""
    query = (
        select(Submission.started_at, Submission.finished_at)
        .where(
            Submission.challenge_id == challenge_id,
            Submission.queue == queue,
            col(Submission.state).in_(_WORKED),
        )
        .order_by(col(Submission.started_at).desc())
        .limit(LAST)
    )
    taken = [
        (finished - started).total_seconds()
        for started, finished in session.exec(query)
        if started is not None and finished is not None
    ]
    return timedelta(seconds=median(taken)) if len(taken) >= FEWEST else None
