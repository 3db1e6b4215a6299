"""A newcomer's way through the pages in a real browser, to a score that shows itself."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from challenge_platform.bootstrap import Platform
from challenge_platform.core.board import build_board
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.definition import Board
from challenge_platform.core.submission import due
from tests.conftest import PASSWORD
from tests.web.conftest import SLUG, predictions

WIDTHS = (390, 1440)


def score_what_is_queued(platform: Platform, challenge: PublishedChallenge) -> None:
    """Do what the worker does."""
    with platform.database.reading() as session:
        waiting = due(session, now=platform.clock())
    for submission_id, _attempt in waiting:
        platform.evaluator.evaluate(submission_id)
    build_board(
        platform.database,
        platform.store,
        challenge.id,
        phase="development",
        board=Board.PUBLIC,
        clock=platform.clock,
    )


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_a_newcomer_registers_joins_submits_and_sees_the_score_appear(
    width: int,
    site: str,
    chromium: Browser,
    platform: Platform,
    challenge: PublishedChallenge,
    tmp_path: Path,
) -> None:
    file = tmp_path / "predictions.csv"
    file.write_bytes(predictions())
    page = chromium.new_page(viewport={"width": width, "height": 900}, locale="en")
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))

    page.goto(f"{site}/register")
    page.get_by_label("Name").fill("Zoé")
    page.get_by_label("E-mail address").fill("zoe@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password, once more").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Register").click()
    page.get_by_role("link", name="Tiny survival", exact=True).click()
    page.get_by_role("link", name="Take part").click()
    page.get_by_label("I have read this agreement").check()
    page.get_by_role("button", name="Take part").click()
    page.get_by_label("Predictions file").set_input_files(file)
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#live")).to_contain_text("Queued")
    page.evaluate("window.stillTheSamePage = true")
    score_what_is_queued(platform, challenge)

    expect(page.locator("#live .state")).to_have_text("Scored", timeout=10_000)
    expect(page.get_by_role("link", name="Download the signed receipt")).to_be_visible()
    assert page.evaluate("window.stillTheSamePage") is True
    page.goto(f"{site}/challenges/{SLUG}/leaderboard")
    expect(page.get_by_role("rowheader", name="Zoé")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert errors == []
