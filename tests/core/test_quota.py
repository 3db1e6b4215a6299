"""The quota ledger at the edges of its window."""

from datetime import datetime, timedelta

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core import quota
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.definition import Phase, QuotaLimit
from challenge_platform.core.quota import Quota
from tests.conftest import Participant
from tests.core.test_submission import send
from tests.fakes import Clock

DAY = timedelta(hours=24)
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture
def first(platform: Platform, alice: Participant, clock: Clock) -> datetime:
    """Use the five submissions of Alice's day, a minute apart; give the time of the first."""
    began = clock.time
    for _ in range(5):
        platform.evaluator.evaluate(send(platform, alice).submission_id)
        clock.advance(minutes=1)
    return began


def quota_at(platform: Platform, who: Participant, now: datetime, *, phase: Phase) -> Quota:
    """Read the team's quota at a time."""
    with platform.database.reading() as session:
        return quota.quota_of(session, team_id=who.team.id, phase=phase, now=now)


def test_a_charge_counts_for_exactly_its_window(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, first: datetime
) -> None:
    [phase, *_] = challenge.definition.phases

    assert quota_at(platform, alice, first + DAY - MICROSECOND, phase=phase).remaining == 0
    assert quota_at(platform, alice, first + DAY, phase=phase).remaining == 1


def test_the_next_slot_is_when_a_submission_is_accepted_again(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, first: datetime
) -> None:
    [phase, *_] = challenge.definition.phases
    found = quota_at(platform, alice, first + timedelta(minutes=10), phase=phase)

    assert found.next_slot == first + DAY
    assert quota_at(platform, alice, first + DAY, phase=phase).next_slot is None


def test_a_limit_that_was_lowered_names_the_slot_that_really_comes_free(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, first: datetime
) -> None:
    [phase, *_] = challenge.definition.phases
    lowered = phase.model_copy(update={"limit": QuotaLimit(n=2, per=DAY)})

    found = quota_at(platform, alice, first + timedelta(minutes=10), phase=lowered)

    assert (found.used, found.remaining) == (5, 0)
    assert found.next_slot == first + timedelta(minutes=3) + DAY
    assert quota_at(platform, alice, found.next_slot, phase=lowered).remaining == 1
