"""Submitting code in a real browser: the form follows what is sent, the page shows the stages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from challenge_platform.bootstrap import Platform
from sandbox import End
from tests.browser.looks import barriers
from tests.browser.test_submit import log_in
from tests.conftest import Participant, participant, publish_changed
from tests.core.programs import CODE, Runs, with_programs
from tests.fakes import Clock, FakePrograms
from tests.served import serving

PROGRAM_AND_KINDS = "program: {}\nsubmission:\n  kinds: [predictions, code]"


@pytest.fixture
def runs(platform: Platform, clock: Clock) -> Runs:
    """Give a platform whose programs crash on the sample, and say why."""
    runner = FakePrograms(program=lambda _files: End.CRASHED, exit_code=1)
    runner.log = b"Traceback (most recent call last):\n" + b"x" * 300 + b"\nKeyError: 'size'\n" * 60
    return with_programs(platform, runner=runner, clock=clock)


@pytest.fixture
def context(chromium: Browser, runs: Runs, alice: Participant) -> Iterator[BrowserContext]:
    """Give a browser in which Alice is logged in."""
    with (
        serving(runs.platform) as site,
        chromium.new_context(base_url=site, locale="en") as context,
    ):
        log_in(context, alice)
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Give a tab in which no script may fail."""
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield page
    assert failures == []


def test_what_is_told_of_a_file_follows_what_it_is_sent_as(
    page: Page, platform: Platform, tmp_path: Path
) -> None:
    publish_changed(
        platform, tmp_path / "changed", "submission:\n  kinds: [predictions]", PROGRAM_AND_KINDS
    )
    code = tmp_path / "code.zip"
    code.write_bytes(CODE)
    page.goto("/challenges/tiny-survival/submit")

    page.get_by_label("Predictions file, or archive of code").set_input_files(code)
    expect(page.locator("#chosen")).to_contain_text("its name does not end in .csv")
    page.get_by_label("What you submit").select_option("code")
    expect(page.locator("#chosen")).not_to_contain_text("its name does not end")
    assert barriers(page) == []

    page.get_by_role("button", name="Check only").click()
    expect(page.get_by_text("This archive can be run")).to_be_visible()
    expect(page.get_by_label("What you submit")).to_have_value("code")


def test_the_stages_and_the_log_have_no_barrier_in_a_narrow_window(page: Page, runs: Runs) -> None:
    ann = participant(runs.platform, runs.challenge, name="ann")
    ended = runs.end(ann)
    page.context.clear_cookies()
    log_in(page.context, ann)
    page.set_viewport_size({"width": 360, "height": 800})

    page.goto(f"/submissions/{ended.id}")

    log = page.get_by_label("What your program said")
    expect(log).to_contain_text("KeyError: 'size'")
    assert barriers(page) == []
    assert log.evaluate("log => log.scrollHeight > log.clientHeight")
