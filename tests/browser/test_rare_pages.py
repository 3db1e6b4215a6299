"""Pages that few people see, at a moment of their own: no barrier on those either.

Each is fetched by a test client, which gets to that moment quickly, and shown to Chromium as the
site's own page.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Route
from pydantic import SecretStr

from challenge_platform.bootstrap import Platform
from challenge_platform.core import recovery
from challenge_platform.core.account import User
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.web import create_app
from tests.browser.looks import EXTREMES, Look, barriers, watch
from tests.conftest import Participant
from tests.web import lying_provider as openid
from tests.web.boards import a_board, in_groups, keep
from tests.web.conftest import SLUG, Answer, Browser, app, browser, organizer  # noqa: F401 -- fixtures
from tests.web.lying_provider import Provider
from tests.web.test_departure import confirm
from tests.web.test_openid import provider  # noqa: F401 -- a fixture
from tests.web.test_second_factor import (  # noqa: F401 -- fixtures
    CODES,
    SET_UP,
    authenticator,
    give_password,
    hers,
)
from tests.web.test_teams import invite

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("look", EXTREMES, ids=str)]

BOARD = f"/challenges/{SLUG}/leaderboard"

Show = Callable[[Look, Mapping[str, Answer]], list[str]]


@pytest.fixture
def shown(site: str, chromium: Chromium) -> Iterator[Show]:
    """Give what shows answers in a look and lists their barriers and the browser's complaints."""
    opened = []

    def show(look: Look, answers: Mapping[str, Answer]) -> list[str]:
        context = look.open(chromium, site)
        opened.append(context)
        page = context.new_page()
        found = watch(page)
        for name, answer in answers.items():
            assert answer.mimetype == "text/html", (name, answer.status)
            address = f"/rare/{name}"
            page.route(f"**{address}", giving(answer.text))
            page.goto(address)
            assert page.locator("h1").count() == 1, name
            found += barriers(page)
        return found

    yield show
    for context in opened:
        context.close()


def giving(text: str) -> Callable[[Route], None]:
    """Give what answers a request with this page."""
    return lambda route: route.fulfill(body=text, content_type="text/html; charset=utf-8")


def in_language(browser: Browser, look: Look) -> Browser:  # noqa: F811 -- a parameter
    """Give the browser, which from now on is answered in the look's language."""
    browser.get(f"/?language={look.language}")
    return browser


def test_the_pages_of_a_second_factor_have_no_barrier(
    look: Look,
    shown: Show,
    hers: Browser,  # noqa: F811 -- the fixture
    app: Flask,  # noqa: F811 -- the fixture
    alice: Participant,
    request: pytest.FixtureRequest,
) -> None:
    in_language(hers, look)
    pages = {"set-up": hers.send(SET_UP, {"setup": "authenticator"})}
    in_language(hers, Look(0, "en", ""))
    request.getfixturevalue("authenticator")
    in_language(hers, look)
    pages |= {"on": hers.get(SET_UP), "codes": hers.send(CODES)}
    visitor = Browser(app.test_client())
    give_password(visitor, alice.user)
    in_language(visitor, look)
    pages |= {
        "code": visitor.get("/login/code"),
        "wrong-code": visitor.send("/login/code", {"code": "1"}),
        "recovery-code": visitor.get("/login/recovery-code"),
    }

    assert shown(look, pages) == []


def test_the_pages_of_invitations_and_of_leaving_have_no_barrier(
    look: Look,
    shown: Show,
    hers: Browser,  # noqa: F811 -- the fixture
    bob: Participant,
    browser: Callable[[User], Browser],  # noqa: F811 -- the fixture
) -> None:
    link = invite(hers)
    his = in_language(browser(bob.user), look)
    pages = {"invitation": his.get(link)}
    his.send(link)
    pages |= {"ended": his.get(link)}
    in_language(hers, look)
    pages |= {
        "team": hers.get(f"/challenges/{SLUG}/team"),
        "not-confirmed": confirm(hers, password="wrong"),  # noqa: S106 -- as the test says
        "deleted": confirm(hers),
    }

    assert shown(look, pages) == []


def test_the_pages_of_recovery_and_confirmation_have_no_barrier(
    look: Look, shown: Show, platform: Platform, alice: Participant
) -> None:
    update = {"mail_url": SecretStr("smtp://127.0.0.1:1?tls=off"), "mail_sender": "c@example.org"}
    settings = platform.settings.model_copy(update=update)
    mailing = create_app(dataclasses.replace(platform, settings=settings))
    with platform.database.writing() as session:
        link = f"/recovery/{recovery.issue_link(session, alice.user, now=platform.clock())}"
    visitor = in_language(Browser(mailing.test_client()), look)
    form = visitor.get(link).location
    assert form is not None

    pages = {
        "recover": visitor.get("/recover"),
        "reset": visitor.get(form),
        "reset-refused": visitor.send(form, {"password": "short", "password_confirm": "other"}),
        "confirm": visitor.get("/confirm"),
    }

    assert shown(look, pages) == []


def test_the_pages_of_a_provider_have_no_barrier(
    look: Look,
    shown: Show,
    platform: Platform,
    provider: Provider,  # noqa: F811 -- the fixture
    alice: Participant,
) -> None:
    visitor = in_language(openid.site(platform, provider.issuer), look)
    openid.come_back(visitor, provider)
    pages = {"name": visitor.get("/login/openid/name")}
    visitor.send("/login/openid/name", {"name": "Ada"})
    in_language(visitor, look)
    pages |= {"profile": visitor.get("/profile"), "provider": visitor.get("/profile/openid")}
    other = in_language(openid.site(platform, provider.issuer), look)
    provider.claims = {"sub": "another", "email": alice.user.email}
    openid.come_back(other, provider)
    pages |= {"link": other.get("/login/openid/link")}
    pages |= {"refused": openid.come_back(other, provider, error="access_denied")}

    assert shown(look, pages) == []


def test_long_boards_and_the_organizers_pages_have_no_barrier(
    look: Look,
    shown: Show,
    platform: Platform,
    challenge: PublishedChallenge,
    organizer: User,  # noqa: F811 -- the fixture
    browser: Callable[[User], Browser],  # noqa: F811 -- the fixture
) -> None:
    keep(platform, challenge, a_board(in_groups(3, 140, 60)))
    olga = in_language(browser(organizer), look)

    pages = {
        "dashboard": olga.get("/dashboard"),
        "board": olga.get(BOARD),
        "second-page": olga.get(f"{BOARD}?page=2"),
        "by-team": olga.get(f"{BOARD}?sort=team&q=team-1"),
        "states": olga.get(f"{BOARD}/development/public"),
        "state": olga.get(f"{BOARD}/development/public/2026-11-22-1"),
    }

    assert shown(look, pages) == []
