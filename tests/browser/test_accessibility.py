"""Every page, in every look, without a barrier that axe or a narrow window shows."""

from http import HTTPStatus

import pytest
from playwright.sync_api import Browser

from tests.browser.looks import EVERY_LOOK, Look, barriers, watch
from tests.web.conftest import (  # noqa: F401 -- pytest finds fixtures by their names
    SLUG,
    app,
    browser,
    organizer,
    program,
)
from tests.web.test_access import MATRIX, World, world  # noqa: F401 -- the same

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


def pages(world: World, *, persona: str) -> list[str]:  # noqa: F811 -- the fixture's value
    """List the addresses of the HTML pages that a persona gets: of all routes, and AMISS."""
    visitor = world.browsers[persona]
    addresses = [
        world.address(path)
        for method, path in MATRIX
        if method == "GET" and not path.startswith("/api/")
    ]
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
    world: World,  # noqa: F811 -- the fixture
) -> None:
    context = look.open(chromium, site)
    if cookie := world.browsers[persona].client.get_cookie("session"):
        context.add_cookies([{"name": "session", "value": cookie.value, "url": site}])
    page = context.new_page()
    complaints = watch(page)

    found = []
    for address in pages(world, persona=persona):
        page.goto(address)
        found += barriers(page)
    context.close()

    assert found == []
    assert [told for told in complaints if "status of 4" not in told] == []


def test_a_page_with_barriers_is_found_out(chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 390, "height": 900})
    page.set_content('<img src="x"><input><div><button>x</button></div><p>' + "wide" * 300)

    found = " ".join(barriers(page))

    for barrier in ("image-alt", "label", "html-has-lang", "target-size", "pixels too wide"):
        assert barrier in found
