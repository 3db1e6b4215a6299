"""Keeping a claim alive while its work goes on, and ending what runs for one that is lost."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from challenge_platform.core import submission as submissions
from challenge_platform.core.run_ids import run_ids_of
from challenge_platform.core.submission import Claim
from challenge_platform.database import Database
from challenge_platform.errors import StaleClaim
from sandbox import Runner, SandboxUnavailable

LOOK_SECONDS = 1.0
"""So often it is looked whether a claim is still held: a team that cancels waits for no lease."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Leases:
    """The claims of this process: each is renewed every third of `length` while it is worked on."""

    database: Database
    runner: Runner
    clock: Callable[[], datetime]
    length: timedelta
    _held: set[Claim] = field(default_factory=set)

    @property
    def any_held(self) -> bool:
        """Whether a submission is being worked on."""
        return bool(self._held)

    @contextmanager
    def kept(self, claim: Claim, /) -> Iterator[None]:
        """Renew a claim until the end of the block; once it is lost, kill what runs for it."""
        stopped = threading.Event()
        thread = threading.Thread(
            target=self._keep,
            args=(claim, stopped),
            name=f"lease-{claim.submission_id}",
            daemon=True,
        )
        self._held.add(claim)
        thread.start()
        try:
            yield
        finally:
            self._held.discard(claim)
            stopped.set()
            thread.join()

    def hand_back(self) -> None:
        """Queue what is worked on for another worker, which takes over what runs."""
        for claim in list(self._held):
            with suppress(StaleClaim), self.database.writing() as session:
                submissions.hand_back(session, claim, now=self.clock())

    def _keep(self, claim: Claim, stopped: threading.Event) -> None:
        third = self.length.total_seconds() / 3
        looks, look = 0, min(LOOK_SECONDS, third)
        while not stopped.wait(look):
            looks += 1
            renews = looks * look >= third
            try:
                self._look(claim, renews=renews)
            except StaleClaim:
                break
            except SQLAlchemyError as error:  # the next look may do better
                log.warning("lease not renewed", submission=claim.submission_id, why=str(error))
            else:
                looks = 0 if renews else looks
        while not stopped.is_set():
            self._kill(claim)
            stopped.wait(LOOK_SECONDS)  # and again, for what had not started yet

    def _look(self, claim: Claim, *, renews: bool) -> None:
        """Renew a claim, or only see whether it is held; raise StaleClaim when it is not."""
        if renews:
            with self.database.writing() as session:
                submissions.renew(session, claim, until=self.clock() + self.length)
        else:
            with self.database.reading() as session:
                submissions.require_held(session, claim)

    def _kill(self, claim: Claim) -> None:
        """Kill what runs for a lost claim, but not a program that another worker took over."""
        try:
            with self.database.reading() as session:
                ended = not submissions.is_open(session, claim.submission_id)
            programs = run_ids_of(claim.submission_id) if ended else []
            for run_id in (claim.run_id, *programs):
                if self.runner.cancel(run_id):
                    log.info("killed what runs for nobody", run=run_id)
        except (SQLAlchemyError, SandboxUnavailable) as error:
            log.warning("not killed", submission=claim.submission_id, why=str(error))
