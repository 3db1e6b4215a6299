"""Every page, in every look, without a barrier that axe or a narrow window shows."""

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from challenge_platform.bootstrap import Platform
from challenge_platform.core.account import User
from challenge_platform.core.challenge import find_challenge
from tests.browser.looks import EVERY_LOOK, Look, barriers, watch
from tests.conftest import Participant, publish_changed
from tests.web.boards import keep
from tests.web.conftest import (  # noqa: F401 -- pytest finds fixtures by their names
    SLUG,
    Visitor,
    anonymous,
    app,
    browser,
)
from tests.web.conftest import Browser as LoggedIn
from tests.web.reported import ALL, Reported, a_full_board, fill
from tests.web.routes import Values, address_of, known_values, page_routes

pytestmark = pytest.mark.browser

AMISS = (
    "/nothing",
    "/challenges/nothing",
    f"/challenges/{SLUG}/leaderboard?board=private",
    f"/challenges/{SLUG}/leaderboard?q=nobody",
    f"/challenges/{SLUG}/leaderboard?sort=team",
    f"/challenges/{SLUG}/submissions?state=failed",
)
"""Pages of errors, sealed, empty and sorted ones, beside those of the routes."""


def pages(visitor: Visitor, known: Values) -> list[str]:
    """List the addresses of the HTML pages that somebody gets: of all routes, and AMISS."""
    routes = page_routes(visitor.client.application, method="GET")
    addresses = [address_of(rule, known) for rule, _ in routes]
    answers = {address: visitor.get(address) for address in (*addresses, *AMISS)}
    return [
        address
        for address, answer in answers.items()
        if answer.mimetype == "text/html" and answer.status_code // 100 != HTTPStatus.FOUND // 100
    ]


@pytest.mark.parametrize("look", EVERY_LOOK)
@pytest.mark.parametrize("persona", ["anonymous", "owner"])
def test_no_page_has_a_barrier(
    look: Look,
    persona: str,
    chromium: Browser,
    site: str,
    platform: Platform,
    alice: Participant,
    anonymous: Visitor,  # noqa: F811 -- the fixture
    browser: Callable[[User], Visitor],  # noqa: F811 -- the fixture
) -> None:
    visitor = browser(alice.user) if persona == "owner" else anonymous
    listed = pages(visitor, known_values(platform, alice))
    context = look.open(chromium, site)
    if cookie := visitor.client.get_cookie("session"):
        context.add_cookies([{"name": "session", "value": cookie.value, "url": site}])
    page = context.new_page()
    complaints = watch(page)

    found = []
    for address in listed:
        page.goto(address)
        found += barriers(page)
    context.close()

    assert found == []
    assert [told for told in complaints if "status of 4" not in told] == []


@pytest.mark.parametrize("look", EVERY_LOOK)
def test_no_full_report_has_a_barrier(
    look: Look,
    chromium: Browser,
    site: str,
    platform: Platform,
    alice: Participant,
    browser: Callable[[User], LoggedIn],  # noqa: F811 -- the fixture
    tmp_path: Path,
) -> None:
    publish_changed(platform, tmp_path, "concurrent: 5}", f"concurrent: 5, {ALL}}}")
    visitor = browser(alice.user)
    made = Reported(visitor, platform, known_values(platform, alice)["id"])
    with platform.database.reading() as session:
        challenge = find_challenge(session, SLUG)
    context = look.open(chromium, site)
    cookie = visitor.client.get_cookie("session")
    assert cookie
    context.add_cookies([{"name": "session", "value": cookie.value, "url": site}])
    page = context.new_page()
    complaints = watch(page)

    fill(made, "benign", "malignant")
    page.goto(made.address)
    found = barriers(page)
    keep(platform, challenge, a_full_board())
    page.goto(f"/challenges/{SLUG}/leaderboard/report")
    found += barriers(page)
    context.close()

    assert found == []
    assert complaints == []


def test_a_page_with_barriers_is_found_out(chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 390, "height": 900})
    page.set_content('<img src="x"><input><div><button>x</button></div><p>' + "wide" * 300)

    found = " ".join(barriers(page))

    for barrier in ("image-alt", "label", "html-has-lang", "target-size", "pixels too wide"):
        assert barrier in found
