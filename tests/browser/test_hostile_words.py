"""What hostile people write, in a real browser: it stays text, and no script of theirs runs."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from challenge_platform.bootstrap import Platform
from challenge_platform.web import create_app
from tests.conftest import PASSWORD
from tests.web.hostile_world import PROBE_TAG, hostile_world
from tests.web.routes import address_of, page_routes

pytestmark = pytest.mark.browser


def test_no_script_that_somebody_wrote_runs_on_any_page(
    platform: Platform, site: str, chromium: Browser, tmp_path: Path
) -> None:
    world = hostile_world(platform, tmp_path)
    context = chromium.new_context(bypass_csp=True)  # the policy would hide that a script got in
    page = context.new_page()
    page.goto(f"{site}/login")
    page.get_by_label("E-mail address").fill(world.author.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()
    seen, run = 0, []
    for rule, _ in page_routes(create_app(platform), method="GET"):
        address = f"{site}{address_of(rule, world.known)}"
        answer = context.request.get(address)
        if answer.headers.get("content-type", "").startswith("text/html"):
            page.goto(address)
            seen += PROBE_TAG in page.inner_text("body")
            if page.title() == "run" or page.locator(PROBE_TAG).count():
                run.append(str(rule))
    context.close()

    assert run == []
    assert seen > 5
