"""How the platform does, for organizers: what each challenge has, what waits, who was heard of."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy
from sqlalchemy import case, or_
from sqlmodel import Session, col, func

from challenge_platform.core.challenge import PublishedChallenge, list_challenges
from challenge_platform.core.heartbeat import Pulse, pulses
from challenge_platform.core.submission import State, Submission
from challenge_platform.core.team import count_teams

LATE_AFTER = timedelta(minutes=5)
"""A submission that waits for longer is late: workers are too few, or down."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """A challenge's teams, without baselines, and submissions; `late` ones wait too long.

    A submission that is being scored is late when its worker was not heard of within the lease.
    """

    challenge: PublishedChallenge
    teams: int
    submissions: int
    queued: int
    running: int
    late: int


@dataclass(frozen=True, kw_only=True)
class Operation:
    """The whole of it."""

    loads: tuple[Load, ...]
    pulses: tuple[Pulse, ...]


def operation_of(session: Session, /, *, now: datetime) -> Operation:
    """Look at the platform, in four queries."""
    teams = count_teams(session)
    counts = _submissions(session, now=now)
    loads = []
    for challenge in list_challenges(session):
        total, queued, running, late = counts.get(challenge.id, (0, 0, 0, 0))
        loads.append(
            Load(
                challenge=challenge,
                teams=teams.get(challenge.id, 0),
                submissions=total,
                queued=queued,
                running=running,
                late=late,
            )
        )
    return Operation(loads=tuple(loads), pulses=pulses(session, now=now))


def _submissions(session: Session, *, now: datetime) -> dict[int, tuple[int, int, int, int]]:
    """Count submissions by challenge: all, queued, running, late."""
    queued = col(Submission.state) == State.QUEUED
    running = col(Submission.state) == State.RUNNING
    late = or_(
        queued & (col(Submission.received_at) < now - LATE_AFTER),
        running & (col(Submission.lease_until) < now),
    )
    key = col(Submission.challenge_id)
    totals = (func.sum(case((is_so, 1), else_=0)) for is_so in (queued, running, late))
    found = session.execute(sqlalchemy.select(key, func.count(), *totals).group_by(key))
    return {challenge_id: (total, *counts) for challenge_id, total, *counts in found}
