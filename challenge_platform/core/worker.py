"""Workers, as the database knows them: who serves which queue, who was heard of, who is drained."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Field, Session, SQLModel, col, select

from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.heartbeat import FRESH
from challenge_platform.core.submission import Kind, QueueName, queue_of
from challenge_platform.database import UTCDateTime, hold
from challenge_platform.errors import NoWorker

FORGOTTEN = timedelta(hours=1)
"""A worker that was not heard of for so long is no longer listed."""

_PLATFORM = 1


class WorkerBeat(SQLModel, table=True):
    """What was last heard of a worker process; `queues` are names with a comma between."""

    __tablename__ = "worker"

    id: str = Field(primary_key=True, max_length=32)
    host: str = Field(max_length=200)
    queues: str = Field(max_length=200)
    draining: bool = False
    busy: bool = False
    since: datetime = Field(sa_type=UTCDateTime)
    at: datetime = Field(sa_type=UTCDateTime)


class Drain(SQLModel, table=True):
    """The one row that is there while no submission is to be claimed on the whole platform."""

    __tablename__ = "drain"

    id: int = Field(primary_key=True)
    asked_at: datetime = Field(sa_type=UTCDateTime)


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A worker process; `draining` ones finish what they are `busy` with, and claim nothing."""

    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    host: str
    queues: frozenset[QueueName]
    draining: bool = False
    busy: bool = False


def beat(session: Session, worker: Worker, /, *, now: datetime) -> None:
    """Write down that a worker was heard of; forget those of long ago."""
    hold(session, "workers")
    known = session.get(WorkerBeat, worker.id)
    session.merge(
        WorkerBeat(
            id=worker.id,
            host=worker.host[:200],
            queues=",".join(sorted(worker.queues)),
            draining=worker.draining,
            busy=worker.busy,
            since=known.since if known else now,
            at=now,
        )
    )
    session.execute(delete(WorkerBeat).where(col(WorkerBeat.at) < now - FORGOTTEN))


def leave(session: Session, worker_id: str, /) -> None:
    """Forget a worker that ends."""
    session.execute(delete(WorkerBeat).where(col(WorkerBeat.id) == worker_id))


def workers(session: Session, /, *, now: datetime) -> list[Worker]:
    """List the workers that were heard of lately, in the order of their start."""
    query = (
        select(WorkerBeat)
        .where(col(WorkerBeat.at) > now - FRESH)
        .order_by(col(WorkerBeat.since), col(WorkerBeat.id))
    )
    return [
        Worker(
            id=row.id,
            host=row.host,
            queues=frozenset(QueueName(name) for name in row.queues.split(",") if name),
            draining=row.draining,
            busy=row.busy,
        )
        for row in session.exec(query)
    ]


def count_serving(among: Iterable[Worker], queue: QueueName, /) -> int:
    """Count the workers that take submissions of a queue."""
    return sum(queue in worker.queues and not worker.draining for worker in among)


def is_served(session: Session, queue: QueueName, /, *, now: datetime) -> bool:
    """Whether a worker is there for a queue, even one that rests."""
    return any(queue in each.queues for each in workers(session, now=now))


def require_gpu(
    session: Session, challenge: PublishedChallenge, /, *, kind: Kind, now: datetime
) -> None:
    """Raise NoWorker for a program that needs a graphics processor where no worker has one.

    What needs none is taken while all workers are down, since they will come back.
    """
    gpus = challenge.definition.limits.gpus
    queue = queue_of(kind, gpus=gpus)
    if queue is QueueName.GPU and not is_served(session, queue, now=now):
        raise NoWorker(
            "programs of {challenge} run on a graphics processor (limits.gpus is {gpus}), and no "
            "worker of this platform has one now; nothing was submitted: ask its organizers",
            challenge=challenge.slug,
            gpus=gpus,
        )


def ask_to_drain(session: Session, /, *, now: datetime) -> None:
    """Let no submission be claimed any more, by any worker, until `resume`."""
    session.merge(Drain(id=_PLATFORM, asked_at=now))


def resume(session: Session, /) -> None:
    """Let submissions be claimed again."""
    session.execute(delete(Drain))


def is_drained(session: Session, /) -> bool:
    """Whether no submission is to be claimed."""
    return session.get(Drain, _PLATFORM) is not None
