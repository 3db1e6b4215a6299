"""Teams that change or end while somebody does something with them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import Session, select

from challenge_platform.bootstrap import Platform
from challenge_platform.core import invitation
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.departure import Departed, Tombstone
from challenge_platform.core.invitation import Invitation
from challenge_platform.core.submission import Submission
from challenge_platform.core.team import Membership, Team, team_of
from challenge_platform.core.upload import Upload
from challenge_platform.errors import Conflict, NotFound
from tests.conftest import Participant, participant
from tests.core.test_races import at_once, meeting
from tests.core.test_submission import send
from tests.postgresql import on_both_databases

pytestmark = on_both_databases


@pytest.fixture
def teams(challenge: PublishedChallenge) -> PublishedChallenge:
    """Give the tiny challenge, whose teams may have three members."""
    assert challenge.definition.teams.max_size == 3
    return challenge


def invite(platform: Platform, teams: PublishedChallenge, one: Participant) -> str:
    """Give the secret of a link into somebody's team."""
    with platform.database.writing() as session:
        return invitation.invite(session, teams, user=one.user, now=platform.clock())


def redeem(platform: Platform, teams: PublishedChallenge, secret: str, one: Participant) -> None:
    """Let somebody follow a link."""
    with platform.database.writing() as session:
        invitation.redeem(session, teams, secret, user=one.user, now=platform.clock())


def depart(platform: Platform, one: Participant) -> Departed:
    """Let somebody leave the platform."""
    return platform.departures.depart(one.user.id, by=f"user {one.user.id}")


def test_a_link_into_a_team_that_ended_is_gone(
    platform: Platform, teams: PublishedChallenge, alice: Participant, bob: Participant
) -> None:
    secret = invite(platform, teams, alice)

    depart(platform, alice)

    with pytest.raises(NotFound, match="this invitation was used"):
        redeem(platform, teams, secret, bob)
    with platform.database.reading() as session:
        assert session.exec(select(Invitation)).all() == []


def test_nobody_comes_into_a_team_without_members(
    platform: Platform, teams: PublishedChallenge, alice: Participant, bob: Participant
) -> None:
    secret = invite(platform, teams, alice)
    with platform.database.writing() as session:
        session.delete(session.get_one(Membership, (alice.user.id, teams.id)))

    with pytest.raises(NotFound, match="its members deleted their accounts"):
        redeem(platform, teams, secret, bob)


def test_who_was_in_a_team_that_had_ended_before_leaves_all_the_same(
    platform: Platform, challenge: PublishedChallenge, alice: Participant, bob: Participant
) -> None:
    buried = send(platform, alice).submission_id
    depart(platform, alice)
    with platform.database.writing() as session:
        session.get_one(Membership, (bob.user.id, challenge.id)).team_id = alice.team.id

    departed = depart(platform, bob)

    assert departed.digests == ()
    with platform.database.reading() as session:
        assert session.get_one(Tombstone, buried).by == f"user {alice.user.id}"


def test_the_last_two_members_who_leave_at_once_leave_no_orphan(
    platform: Platform, teams: PublishedChallenge, alice: Participant, bob: Participant
) -> None:
    redeem(platform, teams, invite(platform, teams, alice), bob)
    orphan = send(platform, alice).submission_id

    with meeting(2), ThreadPoolExecutor(2) as threads:
        departures = list(threads.map(lambda one: depart(platform, one), (alice, bob)))

    assert sorted(departed.partings[0].ends for departed in departures) == [False, True]
    with platform.database.reading() as session:
        assert session.get_one(Team, alice.team.id).name == f"Deleted team {alice.team.id}"
        assert session.get(Tombstone, orphan) is not None


def test_of_two_links_that_one_person_follows_at_once_one_is_refused(
    platform: Platform, teams: PublishedChallenge, alice: Participant, bob: Participant
) -> None:
    carol = participant(platform, teams, name="carol")
    secrets = [invite(platform, teams, one) for one in (alice, carol)]

    def follow(secret: str) -> Callable[[Session], object]:
        return lambda session: invitation.redeem(
            session, teams, secret, user=bob.user, now=platform.clock()
        )

    answers = at_once(platform, *map(follow, secrets))

    assert sum(isinstance(answer, Conflict) for answer in answers) == 1
    [joined] = [answer for answer in answers if isinstance(answer, Team)]
    with platform.database.reading() as session:
        assert team_of(session, user_id=bob.user.id, challenge_id=teams.id) == joined


@pytest.mark.parametrize("leaves", [True, False], ids=["leaves", "joins"])
def test_an_upload_of_somebody_who_changes_teams_meanwhile_is_refused(
    leaves: bool,
    platform: Platform,
    teams: PublishedChallenge,
    alice: Participant,
    bob: Participant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secret = invite(platform, teams, alice)
    if leaves:
        redeem(platform, teams, secret, bob)

    def change(*_: object) -> int:
        if leaves:
            with platform.database.writing() as session:
                invitation.leave(session, teams, user=bob.user, now=platform.clock())
        else:
            redeem(platform, teams, secret, bob)
        return 0

    monkeypatch.setattr(type(platform.uploads), "check", change)
    upload = Upload(content=b"x", filename="p.csv", opened_at=platform.clock())

    with pytest.raises(Conflict, match="while this upload was under way"):
        platform.uploads.submit(teams.slug, upload, user_id=bob.user.id)
    with platform.database.reading() as session:
        assert session.exec(select(Submission)).all() == []
