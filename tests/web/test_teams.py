"""Teams: joined by a link, by who has submitted nothing, and left before the first submission."""

import re
from collections.abc import Callable

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core import account
from challenge_platform.core.account import User
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.team import Team, team_of
from tests.conftest import PASSWORD, Participant, participant, publish_changed
from tests.fakes import Clock
from tests.web.conftest import SLUG, Browser, Program

PAGE = f"/challenges/{SLUG}/team"


@pytest.fixture
def hers(alice: Participant, browser: Callable[[User], Browser]) -> Browser:
    """Give Alice's browser."""
    return browser(alice.user)


@pytest.fixture
def his(bob: Participant, browser: Callable[[User], Browser]) -> Browser:
    """Give Bob's browser."""
    return browser(bob.user)


def invite(browser: Browser) -> str:
    """Make an invitation and give the path of its link."""
    answer = browser.send(f"{PAGE}/invitations", form=PAGE)
    assert answer.status_code == 201, answer.text
    found = re.search(r"<code>http://127\.0\.0\.1:8080(/[^<]+)</code>", answer.text)
    assert found
    return found[1]


def team(platform: Platform, one: Participant) -> Team | None:
    """Give the team that somebody is in now."""
    with platform.database.reading() as session:
        return team_of(session, user_id=one.user.id, challenge_id=one.team.challenge_id)


def test_whoever_follows_an_invitation_is_in_the_team(
    hers: Browser, his: Browser, alice: Participant, bob: Participant, platform: Platform
) -> None:
    link = invite(hers)

    asked = his.get(link)
    answer = his.send(link)

    assert "Join the team alice?" in asked.text
    assert answer.location == PAGE
    assert "You are in the team alice now." in his.get(PAGE).text
    assert team(platform, bob) == team(platform, alice)
    with platform.database.reading() as session:
        assert session.get(Team, bob.team.id) is None


def test_team_mates_share_submissions_and_quota(
    hers: Browser, his: Browser, alices: Program, bobs: Program
) -> None:
    his.send(invite(hers))

    submitted = alices.submit().json

    assert bobs.get(f"/submissions/{submitted['id']}").status_code == 200
    assert bobs.submit().json["quota"]["remaining"] == submitted["quota"]["remaining"] - 1


def test_an_invitation_works_once(
    hers: Browser,
    his: Browser,
    platform: Platform,
    challenge: PublishedChallenge,
    browser: Callable[[User], Browser],
) -> None:
    link = invite(hers)
    his.send(link)
    carol = participant(platform, challenge, name="carol")

    late = browser(carol.user)

    assert late.get(link).status_code == 404
    assert late.send(link, form=PAGE).status_code == 404
    assert team(platform, carol) == carol.team


def test_an_invitation_ends_after_seven_days(
    hers: Browser, bob: Participant, browser: Callable[[User], Browser], clock: Clock
) -> None:
    link = invite(hers)
    clock.advance(days=7)

    answer = browser(bob.user).get(link)
    assert answer.status_code == 404
    assert "Ask a member of the team for another one." in answer.text


def test_a_withdrawn_invitation_leads_nowhere(hers: Browser, his: Browser) -> None:
    link = invite(hers)
    found = re.search(rf'action="({PAGE}/invitations/[0-9a-f]+/withdraw)"', hers.get(PAGE).text)
    assert found

    assert his.send(found[1], form=PAGE).status_code == 404
    assert hers.send(found[1], form=PAGE).status_code == 303

    assert his.get(link).status_code == 404


def test_a_team_is_not_larger_than_the_challenge_allows(
    hers: Browser,
    his: Browser,
    alice: Participant,
    platform: Platform,
    challenge: PublishedChallenge,
    browser: Callable[[User], Browser],
) -> None:
    first, second = invite(hers), invite(hers)
    full = hers.send(f"{PAGE}/invitations", form=PAGE)
    his.send(first)
    carol = participant(platform, challenge, name="carol")
    assert browser(carol.user).send(second, form=PAGE).status_code == 303

    assert full.status_code == 409
    assert "Make an invitation link" not in hers.get(PAGE).text
    assert hers.send(f"{PAGE}/invitations", form=PAGE).status_code == 409
    assert team(platform, carol) == alice.team


def test_a_smaller_limit_holds_for_invitations_that_are_open(
    hers: Browser,
    his: Browser,
    bob: Participant,
    platform: Platform,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    link = invite(hers)
    publish_changed(platform, tmp_path_factory.mktemp("changed"), "max_size: 3", "max_size: 1")

    assert his.send(link, form="/profile/password").status_code == 409
    assert team(platform, bob) == bob.team


def test_whoever_has_submitted_joins_nobody_else(
    hers: Browser, his: Browser, bobs: Program, bob: Participant, platform: Platform
) -> None:
    bobs.submit()

    assert his.send(invite(hers)).status_code == 409

    assert team(platform, bob) == bob.team


def test_whoever_has_team_mates_joins_nobody_else(
    hers: Browser, his: Browser, bob: Participant, alice: Participant, platform: Platform
) -> None:
    his.send(invite(hers))
    back = invite(his)

    assert hers.send(back, form=PAGE).status_code == 409
    assert team(platform, bob) == team(platform, alice) == alice.team


def test_a_newcomer_accepts_the_agreement_first(
    hers: Browser, platform: Platform, browser: Callable[[User], Browser]
) -> None:
    with platform.database.writing() as session:
        nina = account.create_user(
            session, email="n@example.org", name="nina", password=PASSWORD, now=platform.clock()
        )
    newcomer, link = browser(nina), invite(hers)

    before = newcomer.get(link)
    refused = newcomer.send(link, form="/profile/password")
    newcomer.send(
        f"/challenges/{SLUG}/join", {"agreement_version": "1"}, form=f"/challenges/{SLUG}/rules"
    )
    joined = newcomer.send(link)

    assert "Accept the agreement of this challenge first" in before.text
    assert refused.status_code == 403
    assert joined.status_code == 303


def test_a_member_leaves_before_the_first_submission_and_not_after(
    hers: Browser,
    his: Browser,
    bobs: Program,
    bob: Participant,
    alice: Participant,
    platform: Platform,
) -> None:
    his.send(invite(hers))

    left = his.send(f"{PAGE}/leave", form=PAGE)
    alone = his.send(f"{PAGE}/leave", form=PAGE)
    own = team(platform, bob)
    his.send(invite(hers))
    bobs.submit()
    late = his.send(f"{PAGE}/leave", form="/profile/password")

    assert (left.status_code, alone.status_code, late.status_code) == (303, 409, 409)
    assert own is not None
    assert own.name == "bob"
    assert team(platform, bob) == alice.team
    assert "its members stay until the end" in his.get(PAGE).text


def test_the_page_says_what_to_do_without_a_team(
    hers: Browser, organizer: User, browser: Callable[[User], Browser]
) -> None:
    assert "You have no team in this challenge yet" in browser(organizer).get(PAGE).text
    assert ">My team<" in hers.get(f"/challenges/{SLUG}").text


def test_a_team_withdraws_once_a_member_has_ticked_that_it_shall(
    hers: Browser, alices: Program
) -> None:
    assert "Withdraw the team" not in hers.get(PAGE).text
    alices.submit()

    unsure = hers.send(f"{PAGE}/withdraw", form=PAGE)
    assert unsure.status_code == 422
    assert "tick the box" in unsure.text
    sure = hers.send(f"{PAGE}/withdraw", {"confirmed": "yes"}, form=PAGE)

    assert sure.location == PAGE
    page = hers.get(PAGE).text
    assert "The team has withdrawn." in page
    assert "it stands on no leaderboard and can submit nothing more" in page
    assert "Withdraw the team" not in page
    assert alices.submit().status_code == 409
