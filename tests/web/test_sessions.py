"""Sessions: each a row of its own, seen and ended by its person, refused at once when it ended."""

import dataclasses
from collections.abc import Callable

import pytest
from flask import Flask
from sqlmodel import col, select

from challenge_platform import database
from challenge_platform.bootstrap import Platform
from challenge_platform.core import account, login
from challenge_platform.core.account import User
from challenge_platform.core.login import LoginSession
from challenge_platform.web import browsers, create_app
from tests.conftest import PASSWORD, Participant
from tests.fakes import Clock
from tests.web.conftest import Browser

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


@pytest.fixture
def here(alice: Participant, browser: Callable[[User], Browser]) -> Browser:
    """Give a browser in which Alice has logged in."""
    return browser(alice.user)


@pytest.fixture
def elsewhere(alice: Participant, browser: Callable[[User], Browser], here: Browser) -> Browser:
    """Give another, in which she logged in later."""
    del here
    return browser(alice.user)


def is_logged_in(browser: Browser) -> bool:
    """Ask for a page that needs a session."""
    return browser.get("/profile").status_code == 200


def copy_of(browser: Browser, app: Flask) -> Browser:
    """Give a browser with a copy of another's cookie, as somebody who stole it has."""
    copied, cookie = app.test_client(), browser.client.get_cookie("session")
    assert cookie is not None
    copied.set_cookie("session", cookie.value)
    return Browser(copied)


def session_of(browser: Browser) -> str:
    """Give the id of a browser's session."""
    with browser.client.session_transaction() as cookie:
        return login.identifier_of(cookie["login"])


def rows(platform: Platform) -> list[LoginSession]:
    """Read every session, the one begun first at the front."""
    with platform.database.reading() as session:
        query = select(LoginSession).order_by(col(LoginSession.created_at))
        return list(session.exec(query))


def test_logging_out_ends_this_session_and_no_other(here: Browser, elsewhere: Browser) -> None:
    here.send("/logout", form="/profile")

    assert (is_logged_in(here), is_logged_in(elsewhere)) == (False, True)


def test_an_ended_session_is_refused_to_whoever_kept_its_cookie(here: Browser, app: Flask) -> None:
    thief = copy_of(here, app)
    assert is_logged_in(thief)

    here.send("/logout", form="/profile")

    assert not is_logged_in(copy_of(thief, app))


def test_a_session_is_ended_from_another_browser(here: Browser, elsewhere: Browser) -> None:
    answer = elsewhere.send(f"/profile/sessions/{session_of(here)}/end", form="/profile")

    assert answer.status_code == 303
    assert "The session was ended." in elsewhere.get("/profile").text
    assert (is_logged_in(here), is_logged_in(elsewhere)) == (False, True)


def test_ending_every_other_session_leaves_this_one(
    here: Browser, elsewhere: Browser, platform: Platform
) -> None:
    assert here.send("/profile/sessions/end-others", form="/profile").status_code == 303

    assert (is_logged_in(here), is_logged_in(elsewhere)) == (True, False)
    assert [row.id for row in rows(platform)] == [session_of(here)]


def test_ending_this_session_logs_out(here: Browser) -> None:
    answer = here.send(f"/profile/sessions/{session_of(here)}/end", form="/profile")

    assert answer.location == "/"
    assert not is_logged_in(here)


def test_nobody_ends_a_session_of_somebody_else(
    here: Browser, bob: Participant, browser: Callable[[User], Browser]
) -> None:
    his = browser(bob.user)

    assert his.send(f"/profile/sessions/{session_of(here)}/end", form="/profile").status_code == 404
    assert is_logged_in(here)


def test_the_profile_tells_sessions_apart_without_an_address(
    alice: Participant, app: Flask, platform: Platform
) -> None:
    browser = Browser(app.test_client())
    browser.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    browser.send("/login", {"email": alice.user.email, "password": PASSWORD})

    page = browser.get("/profile").text

    assert "Firefox on Linux" in page
    assert "this session" in page
    [row] = rows(platform)
    assert "127.0.0.1" not in str(row.model_dump())
    assert FIREFOX not in str(row.model_dump())


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (FIREFOX, ("Firefox", "Linux")),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36 Edg/126.0", ("Edge", "Windows")),
        ("Mozilla/5.0 (iPhone; like Mac OS X) Version/17.5 Safari/604.1", ("Safari", "iOS")),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Safari/537.36", ("Chrome", "Android")),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Safari/605.1.15", ("Safari", "macOS")),
        ("curl/8.5.0", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_browser_is_described_coarsely(header: str, kind: tuple[str, str]) -> None:
    assert browsers.kind_of(header) == kind


def test_a_session_ends_when_it_was_not_used_for_twelve_hours(
    here: Browser, clock: Clock, platform: Platform
) -> None:
    clock.advance(hours=11, minutes=59)
    assert is_logged_in(here)
    clock.advance(hours=11, minutes=59)
    assert is_logged_in(here)
    clock.advance(hours=12)

    assert not is_logged_in(here)
    assert len(rows(platform)) == 1


def test_the_last_use_is_kept_to_the_minute(
    here: Browser, clock: Clock, platform: Platform
) -> None:
    begun = clock()
    clock.advance(seconds=59)
    here.get("/profile")
    assert rows(platform)[0].seen_at == begun

    clock.advance(seconds=1)
    here.get("/profile")

    assert rows(platform)[0].seen_at == clock()


@pytest.mark.sqlite(reason="a writer of PostgreSQL holds up no other row")
def test_a_database_too_busy_to_keep_the_last_use_spoils_no_page(
    platform: Platform, alice: Participant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)
    impatient = Platform.from_settings(platform.settings)
    app = create_app(dataclasses.replace(impatient, clock=clock))
    hers = Browser(app.test_client())
    hers.send("/login", {"email": alice.user.email, "password": PASSWORD})
    begun = clock()
    clock.advance(minutes=5)

    with platform.database.writing() as busy:
        busy.exec(select(LoginSession)).all()
        page = hers.get("/profile")

    assert page.status_code == 200
    assert rows(platform)[0].seen_at == begun
    impatient.database.close()


def test_logging_in_forgets_sessions_that_have_ended(
    here: Browser,
    alice: Participant,
    browser: Callable[[User], Browser],
    clock: Clock,
    platform: Platform,
) -> None:
    clock.advance(hours=12)

    later = browser(alice.user)

    assert [row.id for row in rows(platform)] == [session_of(later)]
    assert not is_logged_in(here)


@pytest.mark.parametrize("key", ["", "x", "0123456789abcdef.", "0123456789abcdef.wrong"])
def test_a_key_that_was_never_given_opens_nothing(
    key: str, here: Browser, platform: Platform, clock: Clock
) -> None:
    known = session_of(here)

    with platform.database.reading() as session:
        guesses = (key, f"{known}.", f"{known}.{key}")
        found = [account.find_by_session(session, guess, now=clock()) for guess in guesses]

    assert found == [None, None, None]
