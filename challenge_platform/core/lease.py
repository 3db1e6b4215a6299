"""Keeping a claim alive while its work goes on, so that a short lease suits long work."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from challenge_platform.core.submission import Claim, renew
from challenge_platform.database import Database
from challenge_platform.errors import StaleClaim

log = structlog.get_logger()


@contextmanager
def kept(
    database: Database, claim: Claim, /, *, lease: timedelta, clock: Callable[[], datetime]
) -> Iterator[None]:
    """Renew the lease every third of its length; stop at the end, or when another took over."""
    stopped = threading.Event()

    def keep() -> None:
        while not stopped.wait(lease.total_seconds() / 3):
            try:
                with database.writing() as session:
                    renew(session, claim, until=clock() + lease)
            except StaleClaim:
                return
            except SQLAlchemyError as error:  # the next third of the lease may do better
                log.warning("lease not renewed", submission=claim.submission_id, why=str(error))

    thread = threading.Thread(target=keep, name=f"lease-{claim.submission_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
