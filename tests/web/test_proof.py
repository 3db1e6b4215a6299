"""What is asked of a session again, before what its thief would do; and closed accounts."""

from collections.abc import Callable

import pytest
from flask import Flask

from challenge_platform.bootstrap import Platform
from challenge_platform.config import Settings
from challenge_platform.core import account, ban
from challenge_platform.core.account import User
from challenge_platform.core.identity import NO_PASSWORD
from challenge_platform.errors import Conflict
from challenge_platform.web import create_app
from tests.conftest import PASSWORD, Participant
from tests.web.conftest import Browser, Program

NEW = "alice@hospital.example.org"
SENSITIVE = ("/profile/tokens", "/profile/second-factor", "/profile/recovery-codes")


@pytest.fixture
def hers(alice: Participant, browser: Callable[[User], Browser]) -> Browser:
    """Give Alice's browser."""
    return browser(alice.user)


def age(browser: Browser, *, minutes: float) -> None:
    """Make a browser's log-in older; Flask-Security takes its time from the system's clock."""
    with browser.client.session_transaction() as cookie:
        cookie["fs_paa"] -= minutes * 60
        cookie.pop("fs_gexp", None)


@pytest.mark.parametrize("path", SENSITIVE)
def test_a_log_in_older_than_a_quarter_of_an_hour_is_asked_for_the_password(
    path: str, hers: Browser
) -> None:
    age(hers, minutes=14)
    fresh = hers.get(path)
    age(hers, minutes=16)

    asked = hers.get(path)

    assert fresh.status_code == 200
    assert (asked.status_code, asked.location) == (303, f"/login/again?next={path}")
    wrong = hers.send(asked.location, {"password": "not the password", "next": path})
    assert "The password is wrong." in wrong.text
    assert hers.send(asked.location, {"password": PASSWORD, "next": path}).location == path
    assert hers.get(path).status_code == 200


def test_no_token_is_made_by_an_old_log_in(
    hers: Browser, alice: Participant, platform: Platform
) -> None:
    age(hers, minutes=16)

    answer = hers.send("/profile/tokens", {"name": "x"}, form="/profile")

    assert answer.location == "/login/again?next=/profile/tokens"
    with platform.database.reading() as session:
        assert account.tokens_of(session, alice.user) == []


def test_asking_again_leads_to_no_other_site(hers: Browser) -> None:
    age(hers, minutes=16)

    answer = hers.send("/login/again", {"password": PASSWORD, "next": "//evil.example/"})

    assert "evil" not in (answer.location or "")


def test_whoever_has_no_password_is_sent_to_the_provider_instead(
    hers: Browser, alice: Participant, platform: Platform
) -> None:
    with platform.database.writing() as session:
        session.get_one(User, alice.user.id).password = NO_PASSWORD
    age(hers, minutes=16)

    assert hers.get("/profile/email").location == "/login/again?next=/profile/email"
    assert 'name="password"' not in hers.get("/login/again").text
    refused = hers.send("/login/again", {"password": "anything at all"}, form="/profile")
    assert refused.status_code == 200
    assert hers.get("/profile/tokens").status_code == 303


def find(platform: Platform, email: str) -> User:
    """Read a person's row."""
    with platform.database.reading() as session:
        return account.find_user(session, email=email)


def test_without_mail_the_address_changes_at_once_with_the_password(
    hers: Browser, alice: Participant, platform: Platform
) -> None:
    age(hers, minutes=60)
    assert "This platform sends no mail" in hers.get("/profile/email").text

    answer = hers.send("/profile/email", {"email": NEW.upper(), "password": PASSWORD})

    assert answer.location == "/profile"
    assert "Your e-mail address was changed." in hers.get("/profile").text
    assert find(platform, NEW).id == alice.user.id


@pytest.mark.parametrize(
    ("email", "password", "message"),
    [
        (NEW, "not the password", "The password is wrong."),
        (NEW, "", "The password is wrong."),
        ("nonsense", PASSWORD, "is not an e-mail address"),
        ("bob@example.org", PASSWORD, "This address cannot be used here"),
        ("alice@example.org", PASSWORD, "This address cannot be used here"),
    ],
)
@pytest.mark.usefixtures("bob")
def test_a_wrong_change_of_address_changes_nothing(
    email: str, password: str, message: str, hers: Browser, alice: Participant, platform: Platform
) -> None:
    answer = hers.send("/profile/email", {"email": email, "password": password})

    assert answer.status_code == 200
    assert message in answer.text
    assert find(platform, alice.user.email).id == alice.user.id


def test_a_closed_account_ends_at_once_and_says_whom_to_ask(
    hers: Browser, alices: Program, alice: Participant, platform: Platform, app: Flask
) -> None:
    with platform.database.writing() as session:
        user = session.get_one(User, alice.user.id)
        ban.ban(session, user, reason="two accounts", now=platform.clock())
    visitor = Browser(app.test_client())

    right = visitor.send("/login", {"email": alice.user.email, "password": PASSWORD})
    wrong = visitor.send("/login", {"email": alice.user.email, "password": "not the password"})

    assert hers.get("/profile").status_code == 303
    refused = alices.get("/me")
    assert (refused.status_code, refused.json["code"]) == (401, "not_authenticated")
    assert "this account is closed; ask an administrator" in refused.json["detail"]
    assert "This account is closed. Ask an administrator of this platform why." in right.text
    assert "The address or the password is wrong." not in right.text
    assert "closed" not in wrong.text


def test_an_account_opened_again_has_its_tokens_and_no_session_of_before(
    alices: Program, alice: Participant, platform: Platform, browser: Callable[[User], Browser]
) -> None:
    before = browser(alice.user)
    with platform.database.writing() as session:
        user = session.get_one(User, alice.user.id)
        ban.ban(session, user, reason="two accounts", now=platform.clock())
        with pytest.raises(Conflict):
            ban.ban(session, user, reason="again", now=platform.clock())
        ban.unban(session, user, now=platform.clock())
        with pytest.raises(Conflict):
            ban.unban(session, user, now=platform.clock())

    assert alices.get("/me").status_code == 200
    assert before.get("/profile").status_code == 303
    assert browser(alice.user).get("/profile").status_code == 200


@pytest.mark.parametrize(
    ("proxies", "statuses"),
    [(0, [200, 200, 429]), (1, [200, 200, 200]), (2, [200, 200, 429])],
)
def test_an_address_that_a_proxy_tells_is_believed_only_from_as_many_as_there_are(
    proxies: int, statuses: list[int], platform: Platform
) -> None:
    settings = Settings(
        data_dir=platform.settings.data_dir,
        database_url=platform.settings.database_url,
        trusted_proxies=proxies,
        login_limit="2 per minute",
    )
    browser = Browser(create_app(Platform.from_settings(settings)).test_client())

    def attempt(number: int) -> int:
        browser.client.environ_base["HTTP_X_FORWARDED_FOR"] = f"198.51.100.7, 192.0.2.{number}"
        form = {"email": f"{number}@example.org", "password": "x" * 12}
        return browser.send("/login", form).status_code

    assert [attempt(number) for number in range(3)] == statuses
