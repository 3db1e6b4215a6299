"""A lease lasts while its work goes on, and no longer."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from challenge_platform.bootstrap import Platform
from challenge_platform.core import lease, submission
from tests.conftest import Participant
from tests.core.test_submission import row, send
from tests.fakes import Clock

LENGTH = timedelta(seconds=0.3)
PATIENCE_SECONDS = 10


def wait_until(condition: Callable[[], bool]) -> bool:
    """Say whether a condition comes true in good time."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_a_lease_is_prolonged_while_the_work_goes_on(
    platform: Platform, alice: Participant, clock: Clock
) -> None:
    submission_id = send(platform, alice).submission_id
    with platform.database.writing() as session:
        claim = submission.claim(session, submission_id, now=clock.time, lease=LENGTH)
    assert claim is not None

    def ends() -> datetime | None:
        return row(platform, submission_id).lease_until

    with lease.kept(platform.database, claim, lease=LENGTH, clock=clock):
        clock.advance(minutes=1)
        assert wait_until(lambda: ends() == clock.time + LENGTH)
        clock.advance(minutes=1)
        assert wait_until(lambda: ends() == clock.time + LENGTH)
    clock.advance(minutes=1)
    time.sleep(LENGTH.total_seconds())
    assert ends() == clock.time + LENGTH - timedelta(minutes=1)


def test_a_lease_that_another_worker_took_is_not_prolonged(
    platform: Platform, alice: Participant, clock: Clock
) -> None:
    submission_id = send(platform, alice).submission_id
    with platform.database.writing() as session:
        claim = submission.claim(session, submission_id, now=clock.time, lease=LENGTH)
    assert claim is not None
    with platform.database.writing() as session:
        submission.take_back_lost(session, now=clock.time + 2 * LENGTH, max_attempts=6)

    with lease.kept(platform.database, claim, lease=LENGTH, clock=clock):
        time.sleep(LENGTH.total_seconds())

    assert row(platform, submission_id).lease_until is None
