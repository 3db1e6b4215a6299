"""The presence of a worker process: it says that it lives, and ends or rests as it is told to."""

import os
import signal
import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import structlog
from sqlalchemy.exc import SQLAlchemyError

from challenge_platform.bootstrap import Platform
from challenge_platform.core import worker
from challenge_platform.core.lease import Leases
from challenge_platform.core.submission import QueueName
from challenge_platform.core.worker import Worker
from challenge_platform.queue import Orders

BEAT_SECONDS = 5.0
STOP_SECONDS = 5.0
"""So long a worker that is told to end goes on with its job; whoever told it may wait for ten."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Presence:
    """A worker process that is there."""

    platform: Platform
    leases: Leases
    worker: Worker
    drained: threading.Event = field(default_factory=threading.Event)

    @property
    def orders(self) -> Orders:
        """What the queue must know of what this process is told."""
        return Orders(drained=self.drained, patience=STOP_SECONDS, give_up=self.give_up)

    def give_up(self) -> None:
        """End this process, and hand back what it works on, which another worker takes over."""
        log.warning("ending with a job under way, which is handed back")
        try:
            self.leases.hand_back()
            self.leave()
        except SQLAlchemyError as error:  # its lease runs out
            log.warning("not handed back", why=str(error))
        finally:
            os._exit(0)  # the job is in the hands of another thread, which nothing else ends

    def beat(self) -> None:
        """Tell that this process lives, and what it does."""
        now = self.platform.clock()
        told = replace(self.worker, draining=self.drained.is_set(), busy=self.leases.any_held)
        with self.platform.database.writing() as session:
            worker.beat(session, told, now=now)

    def leave(self) -> None:
        """Tell that this process ends."""
        with self.platform.database.writing() as session:
            worker.leave(session, self.worker.id)


@contextmanager
def present(
    platform: Platform, /, *, leases: Leases, queues: Collection[QueueName]
) -> Iterator[Presence]:
    """Tell that this process is a worker, as long as the block lasts; SIGUSR1 drains it."""
    known = Worker(host=socket.gethostname(), queues=frozenset(queues))
    presence = Presence(platform=platform, leases=leases, worker=known)
    presence.beat()
    before = signal.signal(signal.SIGUSR1, lambda *_: presence.drained.set())
    stopped = threading.Event()
    thread = threading.Thread(target=_beat, args=(presence, stopped), name="beat", daemon=True)
    thread.start()
    try:
        yield presence
    finally:
        stopped.set()
        thread.join()
        signal.signal(signal.SIGUSR1, before)
        presence.leave()


def _beat(presence: Presence, stopped: threading.Event) -> None:
    while not stopped.wait(BEAT_SECONDS):
        try:
            presence.beat()
        except SQLAlchemyError as error:  # the next beat may do better
            log.warning("not told that this worker lives", why=str(error))
