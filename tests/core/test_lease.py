"""A lease lasts while its work goes on, and no longer; what runs for a lost claim is killed."""

import dataclasses
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core import lease, submission
from challenge_platform.core.lease import Leases
from challenge_platform.core.receipt import Signer
from challenge_platform.core.run import Stage
from challenge_platform.core.run_ids import run_id_of
from challenge_platform.core.submission import Claim, State
from tests.conftest import Participant
from tests.core.test_submission import row, send
from tests.fakes import Clock, FakeRunner
from tests.waiting import wait_until

LENGTH = timedelta(seconds=0.3)


@dataclass
class KillingRunner(FakeRunner):
    """A runner whose runs of the ids in `under_way` go on until they are cancelled."""

    under_way: set[str] = field(default_factory=set)

    def cancel(self, run_id: str, /) -> bool:
        """Say whether it was under way, which it no longer is."""
        known = run_id in self.under_way
        self.under_way.discard(run_id)
        return known


def leases_of(platform: Platform, *, runner: FakeRunner | None = None) -> Leases:
    """Give leases that are short."""
    return Leases(
        database=platform.database,
        runner=runner or platform.runner,
        clock=platform.clock,
        length=LENGTH,
    )


def claimed(platform: Platform, who: Participant) -> Claim:
    """Claim a new submission."""
    submission_id = send(platform, who).submission_id
    with platform.database.writing() as session:
        claim = submission.claim(session, submission_id, now=platform.clock(), lease=LENGTH)
    assert claim is not None
    return claim


def test_a_lease_is_prolonged_while_the_work_goes_on(
    platform: Platform, alice: Participant, clock: Clock
) -> None:
    claim = claimed(platform, alice)

    def ends() -> datetime | None:
        return row(platform, claim.submission_id).lease_until

    with leases_of(platform).kept(claim):
        clock.advance(minutes=1)
        wait_until(lambda: ends() == clock.time + LENGTH)
        clock.advance(minutes=1)
        wait_until(lambda: ends() == clock.time + LENGTH)
    clock.advance(minutes=1)
    time.sleep(LENGTH.total_seconds())
    assert ends() == clock.time + LENGTH - timedelta(minutes=1)


def test_a_long_lease_is_not_written_at_every_look(
    platform: Platform, alice: Participant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "LOOK_SECONDS", 0.1)
    claim = claimed(platform, alice)
    long = dataclasses.replace(leases_of(platform), length=timedelta(minutes=1))
    clock.advance(seconds=1)

    with long.kept(claim):
        time.sleep(2.5 * lease.LOOK_SECONDS)

    until = row(platform, claim.submission_id).lease_until
    assert until == clock.time - timedelta(seconds=1) + LENGTH


def test_a_lease_that_another_worker_took_is_not_prolonged(
    platform: Platform, alice: Participant, clock: Clock
) -> None:
    claim = claimed(platform, alice)
    with platform.database.writing() as session:
        submission.take_back_lost(session, now=clock.time + 2 * LENGTH, max_attempts=6)

    with leases_of(platform).kept(claim):
        time.sleep(LENGTH.total_seconds())

    assert row(platform, claim.submission_id).lease_until is None


def test_what_runs_for_a_cancelled_submission_is_killed(
    platform: Platform, alice: Participant, clock: Clock
) -> None:
    claim = claimed(platform, alice)
    running = {claim.run_id, *(run_id_of(claim.submission_id, stage) for stage in Stage)}
    runner = KillingRunner(under_way=set(running))

    with leases_of(platform, runner=runner).kept(claim):
        time.sleep(2 * LENGTH.total_seconds())
        assert runner.under_way == running
        with platform.database.writing() as session:
            submission.cancel(session, claim.submission_id, now=clock())
        wait_until(lambda: not runner.under_way)
        runner.under_way.add(claim.run_id)  # it was about to start
        wait_until(lambda: not runner.under_way)


def test_a_program_that_another_worker_took_over_is_not_killed(
    platform: Platform, alice: Participant, clock: Clock
) -> None:
    claim = claimed(platform, alice)
    program = run_id_of(claim.submission_id, Stage.HIDDEN)
    runner = KillingRunner(under_way={claim.run_id, program})
    with platform.database.writing() as session:
        submission.take_back_lost(session, now=clock.time + 2 * LENGTH, max_attempts=6)

    with leases_of(platform, runner=runner).kept(claim):
        wait_until(lambda: claim.run_id not in runner.under_way)
        time.sleep(2 * LENGTH.total_seconds())

    assert runner.under_way == {program}


def test_what_is_handed_back_is_queued_at_once_and_the_attempt_does_not_count(
    platform: Platform, alice: Participant
) -> None:
    claim = claimed(platform, alice)
    leases = leases_of(platform)

    with leases.kept(claim):
        leases.hand_back()

    back = row(platform, claim.submission_id)
    assert (back.state, back.attempt, back.token) == (State.QUEUED, 0, claim.token)
    assert platform.evaluator.evaluate(claim.submission_id) is State.SCORED


def test_what_ended_just_before_is_not_handed_back(platform: Platform, alice: Participant) -> None:
    claim = claimed(platform, alice)
    leases = leases_of(platform)

    with leases.kept(claim):
        with platform.database.writing() as session:
            submission.cancel(session, claim.submission_id, now=platform.clock())
        leases.hand_back()
    leases.hand_back()

    assert row(platform, claim.submission_id).state is State.CANCELLED


def test_a_claim_is_kept_until_its_end_is_recorded(platform: Platform, alice: Participant) -> None:
    held: list[bool] = []

    class NotingSigner(Signer):
        def sign(self, document: Mapping[str, Any], /) -> dict[str, Any]:
            held.append(evaluator.leases.any_held)
            return super().sign(document)

    signer = NotingSigner(platform.keys.signer.path)
    evaluator = dataclasses.replace(platform.evaluator, signer=signer)

    state = evaluator.evaluate(send(platform, alice).submission_id)

    assert state is State.SCORED
    assert held == [True]
    assert not evaluator.leases.any_held
