"""The pace of a challenge: how long its last submissions took from upload to score."""

from datetime import timedelta
from statistics import median

from sqlmodel import Session, col, select

from challenge_platform.core.submission import State, Submission

LAST = 50
FEWEST = 5
"""With fewer than these there is no median worth telling."""


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
