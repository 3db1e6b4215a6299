"""Accounts on the pages: registering, logging in and out, passwords, and attempts to guess them."""

import re
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from pydantic import SecretStr

from challenge_platform.bootstrap import Platform
from challenge_platform.config import Settings
from challenge_platform.core import account
from challenge_platform.core.account import Role, User
from challenge_platform.errors import NotFound
from challenge_platform.web import create_app
from tests.conftest import PASSWORD, Participant
from tests.web.conftest import Browser, Program, csrf_token

REGISTRATION = {
    "name": "Zoé Martin",
    "email": "zoe@hospital.local",
    "password": "quatre mots sans suite",
    "password_confirm": "quatre mots sans suite",
}
NEW = "another four words here"
COMPOSED, DECOMPOSED = "caf\u00e9 au lait 12", "cafe\u0301 au lait 12"
GUESS = "not the password"


@pytest.fixture
def visitor(app: Flask) -> Browser:
    """Give a browser that fills in forms without having logged in."""
    return Browser(app.test_client())


def find(platform: Platform, email: str) -> User:
    """Read a person's row."""
    with platform.database.reading() as session:
        return account.find_user(session, email=email)


def log_in(browser: Browser, *, email: str, password: str = PASSWORD) -> int:
    """Send the log-in form."""
    return browser.send("/login", {"email": email, "password": password}).status_code


def is_logged_in(browser: Browser) -> bool:
    """Ask for a page that needs a session."""
    return browser.get("/profile").status_code == 200


def test_whoever_registers_is_logged_in_as_a_participant(
    visitor: Browser, platform: Platform
) -> None:
    answer = visitor.send("/register", REGISTRATION)

    assert answer.status_code == 302
    assert "Zoé Martin" in visitor.get("/profile").text
    user = find(platform, "zoe@hospital.local")
    assert (user.role, user.name) == (Role.PARTICIPANT, "Zoé Martin")


def test_the_role_cannot_be_chosen(visitor: Browser, platform: Platform) -> None:
    visitor.send("/register", {**REGISTRATION, "role": "organizer", "active": "", "id": "1"})

    assert find(platform, "zoe@hospital.local").role is Role.PARTICIPANT


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"password": "short", "password_confirm": "short"}, "12 to 128 characters"),
        ({"password": "x" * 129, "password_confirm": "x" * 129}, "12 to 128 characters"),
        ({"password_confirm": "something else, longer"}, "Passwords do not match"),
        ({"email": "no address"}, "is not an e-mail address"),
        ({"email": "a\0b@example.org"}, "is not an e-mail address"),
        ({"name": "x" * 81}, "1 to 80 visible characters"),
        ({"name": "a\u202eb"}, "1 to 80 visible characters"),
        ({"email": "Alice@Example.org"}, "has an account already"),
    ],
)
@pytest.mark.usefixtures("alice")
def test_a_wrong_registration_is_told_with_its_values_kept(
    changes: dict[str, str], message: str, visitor: Browser
) -> None:
    answer = visitor.send("/register", {**REGISTRATION, **changes})

    assert answer.status_code == 200
    assert message in answer.text
    assert REGISTRATION["password"] not in answer.text
    if "name" not in changes:
        assert 'value="Zoé Martin"' in answer.text
    assert not is_logged_in(visitor)


def test_registration_can_be_closed(platform: Platform) -> None:
    closed = Settings(data_dir=platform.settings.data_dir, registration=False)
    client = create_app(Platform.from_settings(closed)).test_client()

    assert client.get("/register").status_code == 404
    assert "/register" not in client.get("/login").text


def test_the_log_in_page_leads_who_forgot_the_password_on(visitor: Browser) -> None:
    assert 'href="/recover"' in visitor.get("/login").text


@pytest.mark.usefixtures("alice")
def test_an_unknown_address_and_a_wrong_password_get_one_answer(visitor: Browser) -> None:
    answers = [
        visitor.send("/login", {"email": email, "password": GUESS})
        for email in ("alice@example.org", "nobody@example.org")
    ]

    pages = [
        re.sub(r'value="[^"]*"', "", answer.text) for answer in answers
    ]  # the address typed and the CSRF token differ
    assert pages[0] == pages[1]
    assert "The address or the password is wrong." in pages[0]
    assert not is_logged_in(visitor)


def test_a_password_hashed_by_the_command_line_opens_the_page(
    platform: Platform, visitor: Browser
) -> None:
    with platform.database.writing() as session:
        account.create_user(
            session,
            email="hélène@example.org",
            name="Hélène",
            password=DECOMPOSED,
            now=platform.clock(),
        )

    assert log_in(visitor, email="hélène@example.org", password=COMPOSED) == 302
    assert is_logged_in(visitor)


def test_logging_in_does_not_hash_a_good_password_anew(
    alice: Participant, platform: Platform, visitor: Browser
) -> None:
    log_in(visitor, email=alice.user.email)

    assert find(platform, alice.user.email).password == alice.user.password


def test_a_closed_account_cannot_log_in_and_loses_its_sessions(
    alice: Participant, platform: Platform, browser: Callable[[User], Browser], visitor: Browser
) -> None:
    before = browser(alice.user)
    with platform.database.writing() as session:
        user = session.get_one(User, alice.user.id)
        user.active = False
        session.add(user)

    assert not is_logged_in(before)
    assert log_in(visitor, email=alice.user.email) == 200


def test_logging_in_begins_a_new_session(alice: Participant, visitor: Browser) -> None:
    known_before = csrf_token(visitor.get("/login"))
    log_in(visitor, email=alice.user.email)

    answer = visitor.post("/profile/tokens", data={"name": "x", "csrf_token": known_before})

    assert answer.status_code == 400


def test_logging_out_ends_the_session(
    alice: Participant, browser: Callable[[User], Browser]
) -> None:
    hers = browser(alice.user)

    assert hers.send("/logout", form="/profile").status_code == 302
    assert not is_logged_in(hers)


def test_logging_out_leaves_programs_their_tokens(
    alice: Participant, browser: Callable[[User], Browser], alices: Program
) -> None:
    browser(alice.user).send("/logout", form="/profile")

    assert alices.get("/me").status_code == 200


def test_changing_the_password_revokes_every_token(
    alice: Participant, browser: Callable[[User], Browser], alices: Program, bobs: Program
) -> None:
    page = browser(alice.user)

    answer = page.send(
        "/profile/password",
        {"password": PASSWORD, "new_password": NEW, "new_password_confirm": NEW},
    )

    assert answer.status_code == 302
    assert "every API token of yours is revoked" in page.get("/profile/password").text
    assert (alices.get("/me").status_code, bobs.get("/me").status_code) == (401, 200)


def test_registering_under_another_persons_name_is_refused_in_the_form(
    alice: Participant, visitor: Browser, platform: Platform
) -> None:
    answer = visitor.send("/register", REGISTRATION | {"name": alice.user.name.upper()})

    assert answer.status_code == 200
    assert "This name is another account&#39;s" in answer.text
    with pytest.raises(NotFound):
        find(platform, REGISTRATION["email"])


def test_registering_under_a_name_that_hides_something_is_refused_in_the_form(
    visitor: Browser,
) -> None:
    answer = visitor.send("/register", REGISTRATION | {"name": "Ada\u200b"})

    assert answer.status_code == 200
    assert "Give a name of 1 to 80 visible characters" in answer.text


def test_a_form_without_its_token_does_nothing(
    alice: Participant, browser: Callable[[User], Browser]
) -> None:
    hers = browser(alice.user)

    assert hers.post("/logout").status_code == 400
    assert hers.post("/profile/tokens", data={"name": "x"}).status_code == 400
    assert is_logged_in(hers)


def test_changing_the_password_ends_every_other_session(
    alice: Participant, browser: Callable[[User], Browser], platform: Platform
) -> None:
    here, elsewhere = browser(alice.user), browser(alice.user)

    answer = here.send(
        "/profile/password",
        {"password": PASSWORD, "new_password": NEW, "new_password_confirm": NEW},
    )

    assert answer.status_code == 302
    assert "Your password was changed." in here.get("/profile").text
    assert not is_logged_in(elsewhere)
    assert log_in(elsewhere, email=alice.user.email, password=NEW) == 302
    assert find(platform, alice.user.email).fs_uniquifier != alice.user.fs_uniquifier


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        (GUESS, NEW, NEW),
        (PASSWORD, "short", "short"),
        (PASSWORD, NEW, "something else, longer"),
        (PASSWORD, PASSWORD, PASSWORD),
    ],
)
def test_a_wrong_change_of_password_changes_nothing(
    old: str,
    new: str,
    again: str,
    alice: Participant,
    browser: Callable[[User], Browser],
    platform: Platform,
) -> None:
    answer = browser(alice.user).send(
        "/profile/password", {"password": old, "new_password": new, "new_password_confirm": again}
    )

    assert answer.status_code == 200
    assert find(platform, alice.user.email).password == alice.user.password


def test_a_reset_by_an_administrator_ends_every_session(
    alice: Participant, browser: Callable[[User], Browser], platform: Platform
) -> None:
    hers = browser(alice.user)
    with platform.database.writing() as session:
        user = session.get_one(User, alice.user.id)
        account.reset_password(session, user, password=NEW, now=platform.clock())

    assert not is_logged_in(hers)


def test_a_reset_by_an_administrator_revokes_every_token(
    alice: Participant, alices: Program, bobs: Program, platform: Platform
) -> None:
    with platform.database.writing() as session:
        user = session.get_one(User, alice.user.id)
        account.reset_password(session, user, password=NEW, now=platform.clock())

    assert (alices.get("/me").status_code, bobs.get("/me").status_code) == (401, 200)


def test_after_logging_in_one_is_where_one_wanted_to_be(
    alice: Participant, visitor: Browser
) -> None:
    sent_away = visitor.get("/profile")
    answer = visitor.send(
        sent_away.location, {"email": alice.user.email, "password": PASSWORD, "next": "/profile"}
    )

    assert sent_away.location == "/login?next=/profile"
    assert answer.location == "/profile"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "javascript:alert(1)",
        "http:evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
    ],
)
def test_logging_in_never_leads_to_another_site(
    target: str, alice: Participant, visitor: Browser
) -> None:
    answer = visitor.send(
        "/login", {"email": alice.user.email, "password": PASSWORD, "next": target}
    )

    led_to = urljoin("http://localhost/login", answer.location or "/")
    assert urlsplit(led_to).netloc == "localhost"
    assert not {"\\", "\t", "\n"} & set(led_to)


def limited(platform: Platform, *, redis_url: str | None = None) -> Browser:
    """Give a browser at a platform where three attempts a minute are allowed."""
    settings = Settings(
        data_dir=platform.settings.data_dir,
        login_limit="3 per minute",
        redis_url=SecretStr(redis_url) if redis_url else None,
    )
    return Browser(create_app(Platform.from_settings(settings)).test_client())


def attempts(browser: Browser) -> list[int]:
    """Log in wrongly four times."""
    return [log_in(browser, email="alice@example.org", password=GUESS) for _ in range(4)]


def test_guesses_are_limited_in_memory_while_redis_is_down(platform: Platform) -> None:
    browser = limited(platform)

    assert attempts(browser) == [200, 200, 200, 429]
    assert browser.get("/login").status_code == 200


def test_guesses_of_one_account_are_limited_wherever_they_come_from(platform: Platform) -> None:
    browser = limited(platform)
    form = {"email": "alice@example.org", "password": GUESS}

    def attempt(number: int) -> int:
        form["csrf_token"] = csrf_token(browser.get("/login"))
        address = {"REMOTE_ADDR": f"192.0.2.{number}"}
        return browser.post("/login", data=form, environ_overrides=address).status_code

    assert [attempt(number) for number in range(4)] == [200, 200, 200, 429]
    form["email"] = "bob@example.org"
    assert attempt(4) == 200


def test_registrations_from_one_address_are_limited(platform: Platform) -> None:
    browser = limited(platform)

    sent = [browser.send("/register", {"name": ""}).status_code for _ in range(4)]

    assert sent == [200, 200, 200, 429]


@pytest.mark.redis
def test_guesses_are_counted_over_all_processes_in_redis(
    platform: Platform, redis_url: str
) -> None:
    attempts(limited(platform, redis_url=redis_url))

    other = limited(platform, redis_url=redis_url)

    assert log_in(other, email="alice@example.org", password=GUESS) == 429
