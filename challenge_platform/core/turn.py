"""Whose turn it is: the fair order of what waits in a queue, and the claim of the next of it.

Served first is the challenge with the fewest submissions running, then the one that was served
least recently; in it, by the same two rules, a team; and of the team's its oldest. So neither a
team nor a challenge that sends in a hundred makes another wait for more than one of them.
"""

import heapq
import itertools
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import sqlalchemy
from sqlalchemy import ColumnElement, ScalarSelect, bindparam
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from challenge_platform.core import submission as submissions
from challenge_platform.core.submission import PROGRAMS, Claim, QueueName, State, Submission
from challenge_platform.core.worker import Drain, is_drained
from challenge_platform.database import UTCDateTime, hold

HINTS = 200
"""So many jobs keep every worker of a queue busy until the next round of the reaper."""

_NOW = bindparam("now", type_=UTCDateTime)
_NEVER = datetime.min.replace(tzinfo=UTC)

_Share = tuple[int, int, datetime]
"""How many run, at which turn of a simulation one was claimed, and when one was served before."""


@dataclass(frozen=True, kw_only=True)
class Hint:
    """A submission that a job is made for; its `token` tells a later job from an earlier."""

    submission_id: str
    token: int
    queue: QueueName


@dataclass(frozen=True, kw_only=True)
class Running:
    """A submission that runs, and whose it is."""

    id: str
    challenge: int
    team: int
    started_at: datetime


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A submission that waits: whose it is, and when each of them was served last, if ever."""

    id: str
    challenge: int
    team: int
    received_at: datetime
    challenge_served: datetime | None = None
    team_served: datetime | None = None


def claim_next(
    session: Session,
    queue: QueueName,
    /,
    *,
    now: datetime,
    lease: timedelta,
    team_runs: int,
) -> Claim | None:
    """Claim the submission whose turn it is, or give None when none may be claimed now.

    A team has at most `team_runs` programs running; what else it sent in waits. Nothing is claimed
    while the platform is drained.
    """
    hold(session, "turns")  # or two workers could both begin the only run that a team may have
    query = _next(queue, team_runs=team_runs)
    chosen = session.exec(query, params={_NOW.key: now}).first()
    return submissions.claim(session, chosen, now=now, lease=lease) if chosen else None


@cache
def _next(queue: QueueName, *, team_runs: int) -> SelectOfScalar[str]:
    """Write the query for the submission whose turn it is; that takes longer than to ask it."""
    own = aliased(Submission)
    return (
        select(own.id)
        .where(*_ready(own, queue), own.team_id == _next_team(queue, team_runs=team_runs))
        .order_by(col(own.received_at), col(own.id))
        .limit(1)
    )


def _next_team(queue: QueueName, *, team_runs: int) -> ScalarSelect[int]:
    """Choose the team whose turn it is; shares are asked for each team, not for each submission."""
    waiting, own = aliased(Submission), aliased(Submission)
    query = (
        select(waiting.team_id)
        .where(*_ready(waiting, queue))
        .group_by(col(waiting.challenge_id), col(waiting.team_id))
    )
    if queue in PROGRAMS:
        running = select(func.count()).where(
            own.team_id == waiting.team_id,
            own.state == State.RUNNING,
            col(own.queue).in_(PROGRAMS),
        )
        query = query.having(running.scalar_subquery() < team_runs)
    ordered = query.order_by(
        _running(waiting, queue, "challenge_id"),
        _served(waiting, queue, "challenge_id").asc().nulls_first(),
        _running(waiting, queue, "team_id"),
        _served(waiting, queue, "team_id").asc().nulls_first(),
        func.min(waiting.received_at),
        col(waiting.team_id),
    )
    return ordered.limit(1).scalar_subquery()


def _ready(waiting: type[Submission], queue: QueueName) -> tuple[ColumnElement[bool], ...]:
    return (
        col(waiting.queue) == queue,
        col(waiting.state) == State.QUEUED,
        col(waiting.not_before) <= _NOW,
        ~select(Drain.id).exists(),
    )


def _running(waiting: type[Submission], queue: QueueName, owner: str) -> ColumnElement[int]:
    """Count what runs, in the queue, of the challenge or team of what waits."""
    other = aliased(Submission)
    query = select(func.count()).where(
        getattr(other, owner) == getattr(waiting, owner),
        other.queue == queue,
        other.state == State.RUNNING,
    )
    return query.scalar_subquery()


def _served(
    waiting: type[Submission], queue: QueueName, owner: str
) -> ColumnElement[datetime | None]:
    """Tell when the challenge or team of what waits was last served in the queue."""
    other = aliased(Submission)
    query = select(func.max(other.started_at)).where(
        getattr(other, owner) == getattr(waiting, owner), other.queue == queue
    )
    return query.scalar_subquery()


def running_in(session: Session, queue: QueueName, /) -> list[Running]:
    """List what runs of a queue."""
    query = sqlalchemy.select(
        col(Submission.id),
        col(Submission.challenge_id),
        col(Submission.team_id),
        col(Submission.started_at),
        col(Submission.received_at),
    ).where(col(Submission.queue) == queue, col(Submission.state) == State.RUNNING)
    return [
        Running(id=id_, challenge=challenge, team=team, started_at=started or received)
        for id_, challenge, team, started, received in session.execute(query)
    ]


def waiting_in(
    session: Session, queue: QueueName, /, *, running: Iterable[Running]
) -> list[Waiting]:
    """List what waits in a queue in the order in which it will be claimed, as far as is known.

    What is `running` is taken to go on, and what waits for a later time to be ready.
    """
    waiting = aliased(Submission)
    query = sqlalchemy.select(
        col(waiting.id),
        col(waiting.challenge_id),
        col(waiting.team_id),
        col(waiting.received_at),
        _served(waiting, queue, "challenge_id"),
        _served(waiting, queue, "team_id"),
    ).where(col(waiting.queue) == queue, col(waiting.state) == State.QUEUED)
    found = [
        Waiting(
            id=id_,
            challenge=challenge,
            team=team,
            received_at=received,
            challenge_served=by_challenge,
            team_served=by_team,
        )
        for id_, challenge, team, received, by_challenge, by_team in session.execute(query)
    ]
    return list(fair_order(found, running=running))


def fair_order(found: Iterable[Waiting], /, *, running: Iterable[Running]) -> Iterator[Waiting]:
    """Give what waits in the order in which it will be claimed."""
    turns = _Turns(found, running=running)
    while (chosen := turns.take()) is not None:
        yield chosen


class _Turns:
    """Claims without a database, one after the other, none of which ends.

    There is a heap of the teams of each challenge, and one of the challenges; as in `_next`, of two
    challenges with equal shares it is the better team that decides.
    """

    def __init__(self, found: Iterable[Waiting], /, *, running: Iterable[Running]) -> None:
        self._turn = itertools.count(1)
        running = list(running)
        self._of_challenge = Counter(each.challenge for each in running)
        self._of_team = Counter(each.team for each in running)
        self._waiting: dict[int, deque[Waiting]] = defaultdict(deque)
        for each in sorted(found, key=lambda each: (each.received_at, each.id)):
            self._waiting[each.team].append(each)
        self._teams: dict[int, list[tuple[_Share, datetime, int]]] = defaultdict(list)
        for team, own in self._waiting.items():
            served = own[0].team_served or _NEVER
            entry = ((self._of_team[team], 0, served), own[0].received_at, team)
            heapq.heappush(self._teams[own[0].challenge], entry)
        self._challenges: list[tuple[_Share, tuple[_Share, datetime, int], int]] = []
        for challenge, teams in self._teams.items():
            served = self._waiting[teams[0][-1]][0].challenge_served or _NEVER
            share = (self._of_challenge[challenge], 0, served)
            heapq.heappush(self._challenges, (share, teams[0], challenge))

    def take(self) -> Waiting | None:
        """Claim the next, or give None when nothing waits."""
        if not self._challenges:
            return None
        *_, challenge = heapq.heappop(self._challenges)
        teams = self._teams[challenge]
        *_, team = heapq.heappop(teams)
        own = self._waiting[team]
        chosen, turn = own.popleft(), next(self._turn)
        self._of_team[team] += 1
        self._of_challenge[challenge] += 1
        if own:
            share = (self._of_team[team], turn, _NEVER)
            heapq.heappush(teams, (share, own[0].received_at, team))
        if teams:
            share = (self._of_challenge[challenge], turn, _NEVER)
            heapq.heappush(self._challenges, (share, teams[0], challenge))
        return chosen


def due(session: Session, /, *, now: datetime, team_runs: int) -> list[Hint]:
    """List what a job should be in the queue for now, oldest first: what may be claimed, or some.

    Any job of a queue makes a worker claim what is next in it, so that no more are needed.
    """
    if is_drained(session):
        return []
    query = (
        select(Submission.id, Submission.token, Submission.queue, Submission.team_id)
        .where(Submission.state == State.QUEUED, col(Submission.not_before) <= now)
        .order_by(col(Submission.received_at))
    )
    begun = _programs_by_team(session)
    listed: Counter[QueueName] = Counter()
    hints = []
    for id_, token, name, team in session.exec(query):
        queue = QueueName(name)
        if listed[queue] >= HINTS or (queue in PROGRAMS and begun[team] >= team_runs):
            continue
        listed[queue] += 1
        begun[team] += queue in PROGRAMS
        hints.append(Hint(submission_id=id_, token=token, queue=queue))
    return hints


def _programs_by_team(session: Session) -> Counter[int]:
    query = (
        select(Submission.team_id, func.count())
        .where(Submission.state == State.RUNNING, col(Submission.queue).in_(PROGRAMS))
        .group_by(col(Submission.team_id))
    )
    return Counter(dict(session.exec(query).all()))
