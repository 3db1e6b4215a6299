"""Submitting in a real browser: dropping, progress, refusals in place, following to the end."""

import gc
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, expect
from sqlmodel import col, func, select

from challenge_platform.bootstrap import Platform
from challenge_platform.core import reaper
from challenge_platform.core.submission import Submission
from challenge_platform.core.turn import Hint
from challenge_platform.jobs import Jobs
from challenge_platform.queue import Queue
from challenge_platform.web import reception
from tests.conftest import PASSWORD, Participant, publish_changed
from tests.waiting import PATIENCE_SECONDS
from tests.web.conftest import SLUG, predictions

pytestmark = pytest.mark.browser

Conditions = Mapping[str, bool | int]

FORM = f"/challenges/{SLUG}/submit"
SUBMISSION = re.compile(r"/submissions/[0-9a-f]{32}$")
SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 100_000}
FAST = {**SLOW, "uploadThroughput": -1}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a predictions file that can be scored."""
    path = tmp_path / "predictions.csv"
    path.write_bytes(predictions())
    return path


@pytest.fixture
def context(chromium: Browser, site: str, alice: Participant) -> Iterator[BrowserContext]:
    """Give a browser in which Alice is logged in."""
    with chromium.new_context(base_url=site, locale="en") as context:
        log_in(context, alice)
        yield context


def log_in(context: BrowserContext, who: Participant) -> None:
    """Log somebody in, in a tab of its own."""
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("E-mail address").fill(who.user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    page.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Give a tab in which no script may fail."""
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield page
    assert failures == []


@pytest.fixture
def throttle(context: BrowserContext, page: Page) -> Callable[[Conditions], None]:
    """Give what changes the speed of the tab's network."""
    session = context.new_cdp_session(page)

    def change(conditions: Conditions) -> None:
        session.send("Network.emulateNetworkConditions", dict(conditions))

    return change


def open_form(page: Page) -> None:
    """Open the form with a message typed, and mark the page as the one that was opened."""
    page.goto(FORM)
    page.get_by_label("Message").fill("a note")
    page.evaluate("window.stillTheSamePage = true")


def expect_in_place(page: Page, words: str, *, chosen: str = "predictions.csv") -> None:
    """Expect a refusal above the form, with what was typed and chosen still in it."""
    outcome = page.locator("#outcome")
    expect(outcome).to_contain_text(words)
    expect(outcome).to_be_focused()
    expect(page.get_by_label("Message")).to_have_value("a note")
    assert page.evaluate("window.stillTheSamePage") is True
    assert page.evaluate("document.getElementById('file').files[0].name") == chosen
    expect(page.get_by_role("progressbar")).to_be_hidden()


def submit(page: Page) -> None:
    """Send the form by its own button."""
    page.locator("#upload").get_by_role("button", name="Submit", exact=True).click()


def expect_submitted(page: Page, platform: Platform, *, number: int = 1) -> None:
    """Expect the page of a submission, and so many submissions in all."""
    expect(page).to_have_url(SUBMISSION)
    expect(page.locator("#live .state")).to_have_text("Queued")
    assert count(platform) == number


def count(platform: Platform) -> int:
    """Count the submissions."""
    with platform.database.reading() as session:
        return session.exec(select(func.count(col(Submission.id)))).one()


def drop(page: Page, target: str, *names: str) -> bool:
    """Drop valid files on an element; say whether the browser was kept from opening them."""
    kept: bool = page.evaluate(
        """([target, names, content]) => {
          const dataTransfer = new DataTransfer();
          for (const name of names) dataTransfer.items.add(new File([content], name));
          const options = { dataTransfer, bubbles: true, cancelable: true };
          const element = document.querySelector(target);
          element.dispatchEvent(new DragEvent("dragover", options));
          return !element.dispatchEvent(new DragEvent("drop", options));
        }""",
        [target, names, predictions().decode()],
    )
    return kept


def test_a_dropped_file_is_chosen_and_submitted(page: Page, platform: Platform) -> None:
    open_form(page)

    assert drop(page, ".drop", "dropped.csv")
    expect(page.locator("#chosen")).to_have_text(re.compile(r"^dropped\.csv · \d+ bytes$"))
    submit(page)

    expect_submitted(page, platform)
    expect(page.locator("#live")).to_contain_text("dropped.csv")
    expect(page.locator("#live")).to_contain_text("a note")


def test_a_file_dropped_beside_the_zone_does_not_replace_the_page(page: Page) -> None:
    open_form(page)

    assert drop(page, "h1", "beside.csv")
    assert page.evaluate("document.getElementById('file').files.length") == 0


def test_of_several_dropped_files_none_is_taken(page: Page) -> None:
    open_form(page)

    drop(page, ".drop", "one.csv", "two.csv")

    expect(page.locator("#chosen")).to_have_text("Drop one file only.")
    assert page.evaluate("document.getElementById('file').files.length") == 0


def test_a_file_name_is_shown_as_text(page: Page) -> None:
    open_form(page)
    name = "<img src=x onerror=alert(1)>.csv"

    drop(page, ".drop", name)
    expect(page.locator("#chosen")).to_contain_text(name)
    submit(page)

    expect(page.locator("#live")).to_contain_text(name)
    assert page.locator("img").count() == 0


# Werkzeug leaves the file of an upload that was broken off to the collector, which says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_slow_upload_shows_its_progress_and_can_be_cancelled(
    page: Page,
    throttle: Callable[[Conditions], None],
    platform: Platform,
    file: Path,
    tmp_path: Path,
) -> None:
    publish_changed(platform, tmp_path / "changed", "max_bytes", "source: optional\n  max_bytes")
    source = tmp_path / "notebook.ipynb"
    source.write_bytes(b"x" * 2_000_000)
    open_form(page)
    page.get_by_label("Predictions file").set_input_files(file)
    page.get_by_label("Source").set_input_files(source)
    throttle(SLOW)

    submit(page)
    bar, amount = page.get_by_role("progressbar"), page.locator("#sending p")
    expect(page.get_by_role("status").filter(has_text="Sending predictions.csv")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel the upload")).to_be_focused()
    expect(amount).to_have_text(
        re.compile(r"^\d+% · [\d.]+ [kM]B / 2 MB · \d+(\.\d)? kB/s · about \d+ seconds? left$"),
    )
    first = bar.evaluate("bar => bar.value")
    comes(page, lambda: bool(bar.evaluate("bar => bar.value") > first))
    later = bar.evaluate("bar => bar.value")
    page.get_by_role("button", name="Cancel the upload").click()

    assert 0 < first < later < 1
    expect_in_place(page, "The upload was cancelled")
    assert count(platform) == 0
    throttle(FAST)
    page.get_by_role("button", name="Try again").click()
    expect_submitted(page, platform)
    gc.collect()


def test_the_problems_of_a_file_are_shown_in_place(
    page: Page, platform: Platform, file: Path
) -> None:
    file.write_bytes(predictions().replace(b"p001,1", b"p001,high"))
    open_form(page)
    page.get_by_label("Predictions file").set_input_files(file)

    submit(page)

    expect_in_place(page, "This file cannot be scored")
    row = page.get_by_role("row").filter(has_text="This is no number.")
    expect(row.get_by_role("cell").nth(0)).to_have_text("3")
    expect(row.get_by_role("cell").nth(1)).to_have_text("risk")
    assert count(platform) == 0


def test_a_file_that_was_repaired_has_to_be_chosen_again(
    page: Page, platform: Platform, file: Path
) -> None:
    open_form(page)
    page.get_by_label("Predictions file").set_input_files(file)
    file.write_bytes(predictions(sign=-1) + b"\n")

    submit(page)
    expect_in_place(page, "This file cannot be read any more")
    file.write_bytes(predictions())
    page.get_by_label("Predictions file").set_input_files(file)
    submit(page)

    expect_submitted(page, platform)


def test_a_check_is_told_in_place_and_leads_to_a_submission(
    page: Page, platform: Platform, file: Path
) -> None:
    open_form(page)
    page.get_by_label("Predictions file").set_input_files(file)

    page.get_by_role("button", name="Check only").click()
    expect_in_place(page, "This file can be scored")
    expect(page.get_by_text("Choose it again")).to_be_hidden()
    assert count(platform) == 0
    page.get_by_role("button", name="Submit it now").click()

    expect_submitted(page, platform)


def test_a_file_that_is_too_large_is_not_sent(page: Page, file: Path) -> None:
    file.write_bytes(b"x" * 100_001)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    open_form(page)

    page.get_by_label("Predictions file").set_input_files(file)
    expect(page.locator("#chosen")).to_contain_text("too large: at most 100 kB")
    expect(page.get_by_label("Predictions file")).to_have_attribute("aria-invalid", "true")
    submit(page)

    expect_in_place(page, "Nothing was sent.")
    assert "POST" not in sent


def test_another_ending_of_the_name_is_only_warned_of(
    page: Page, platform: Platform, file: Path
) -> None:
    open_form(page)

    page.get_by_label("Predictions file").set_input_files(file.rename(file.with_suffix(".txt")))
    expect(page.locator("#chosen")).to_contain_text("its name does not end in .csv")
    submit(page)

    expect_submitted(page, platform)


def test_a_lost_connection_is_told_and_the_same_form_is_sent_again(
    page: Page, context: BrowserContext, platform: Platform, file: Path
) -> None:
    open_form(page)
    page.get_by_label("Predictions file").set_input_files(file)
    context.set_offline(True)

    submit(page)
    expect_in_place(page, "The connection was lost")
    context.set_offline(False)
    page.get_by_role("button", name="Try again").click()

    expect_submitted(page, platform)


def test_an_answer_that_was_lost_does_not_submit_twice(
    page: Page,
    context: BrowserContext,
    platform: Platform,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    accepted, lost = threading.Event(), threading.Event()

    def wait(queue: Queue, hint: Hint) -> None:
        accepted.set()
        lost.wait(PATIENCE_SECONDS)
        reaper.enqueue_evaluation(queue, hint)

    monkeypatch.setattr(reception, "enqueue_evaluation", wait)
    open_form(page)
    page.get_by_label("Predictions file").set_input_files(file)

    submit(page)
    expect(page.get_by_text("Sent. Checking the file…")).to_be_visible()
    assert accepted.wait(PATIENCE_SECONDS)
    context.set_offline(True)
    lost.set()
    expect_in_place(page, "The connection was lost")
    context.set_offline(False)
    page.get_by_role("button", name="Try again").click()

    expect_submitted(page, platform)


def test_a_session_that_ended_is_told_and_the_form_can_be_sent_after_logging_in(
    page: Page, context: BrowserContext, platform: Platform, file: Path, alice: Participant
) -> None:
    open_form(page)
    page.get_by_label("Predictions file").set_input_files(file)
    context.clear_cookies()

    submit(page)
    expect_in_place(page, "Your session has ended")
    log_in(context, alice)
    page.get_by_role("button", name="Try again").click()

    expect_submitted(page, platform)


def test_a_used_up_quota_is_told_in_place(
    page: Page, platform: Platform, file: Path, tmp_path: Path
) -> None:
    publish_changed(platform, tmp_path / "changed", "n: 5, per: 24h", "n: 1, per: 24h")
    open_form(page)
    page.get_by_label("Predictions file").set_input_files(file)
    submit(page)
    expect_submitted(page, platform)
    open_form(page)
    page.get_by_label("Predictions file").set_input_files(file)

    submit(page)

    expect_in_place(page, "The next one is free at Mon 23 Nov 2026")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_what_the_platform_answers_otherwise_is_told_by_its_own_words(
    page: Page, platform: Platform, file: Path
) -> None:
    open_form(page)
    page.get_by_label("Predictions file").set_input_files(file)
    page.evaluate("document.getElementById('upload').elements.csrf_token.value = 'old'")

    submit(page)
    expect_in_place(page, "This request cannot be read")
    page.get_by_role("button", name="Try again").click()

    expect_submitted(page, platform)


def test_a_double_click_sends_and_submits_once(page: Page, platform: Platform, file: Path) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    open_form(page)
    page.get_by_label("Predictions file").set_input_files(file)

    page.locator("#upload").get_by_role("button", name="Submit", exact=True).dblclick()

    expect_submitted(page, platform)
    assert sent.count("POST") == 1


def test_the_keyboard_alone_submits(page: Page, platform: Platform, file: Path) -> None:
    page.goto(FORM)
    page.get_by_label("Predictions file").focus()
    page.get_by_label("Predictions file").set_input_files(file)

    page.keyboard.press("Tab")
    page.keyboard.type("by keyboard")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Submit", exact=True)).to_be_focused()
    page.keyboard.press("Enter")

    expect_submitted(page, platform)
    expect(page.locator("#live")).to_contain_text("by keyboard")


def test_without_scripts_a_file_is_submitted_and_refused_all_the_same(
    chromium: Browser, site: str, alice: Participant, platform: Platform, file: Path
) -> None:
    context = chromium.new_context(base_url=site, locale="en", java_script_enabled=False)
    log_in(context, alice)
    page = context.new_page()
    bad = file.with_name("bad.csv")
    bad.write_text("patient_id,risk\np000,high\n")

    page.goto(FORM)
    page.get_by_label("Message").fill("a note")
    page.get_by_label("Predictions file").set_input_files(bad)
    submit(page)
    expect(page.locator("#outcome")).to_contain_text("This file cannot be scored")
    expect(page.get_by_label("Message")).to_have_value("a note")
    page.get_by_label("Predictions file").set_input_files(file)
    submit(page)

    expect_submitted(page, platform)
    [waiting] = [*re.findall(r"/submissions/(\w{32})", page.url)]
    platform.evaluator.evaluate(waiting)
    expect(page.locator("#live .state")).to_have_text("Scored")


@pytest.fixture
def followed(page: Page, platform: Platform, file: Path) -> str:
    """Give the id of a submission whose page is open."""
    open_form(page)
    page.get_by_label("Predictions file").set_input_files(file)
    submit(page)
    expect_submitted(page, platform)
    page.evaluate("window.stillTheSamePage = true")
    return page.url.rpartition("/")[2]


def polls(page: Page) -> list[int]:
    """Give the statuses of the answers to the page's asking, as they come."""
    statuses: list[int] = []

    def note(response: Response) -> None:
        if response.url.endswith("/state.json"):
            statuses.append(response.status)

    page.on("response", note)
    return statuses


def questions(page: Page) -> list[str]:
    """Give the addresses by which the page asks, as it sends them."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/state.json"):
            asked.append(request.url)

    page.on("request", note)
    return asked


def comes(page: Page, holds: Callable[[], bool]) -> None:
    """Wait until something holds, and let the browser tell what happens meanwhile."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, "it did not come to hold"
        page.wait_for_timeout(50)


def test_a_submission_is_followed_to_its_end_without_loading_the_page_again(
    page: Page, followed: str, platform: Platform, alice: Participant
) -> None:
    statuses = polls(page)
    page.get_by_role("button", name="Cancel this submission").focus()
    comes(page, lambda: statuses.count(304) >= 2)
    platform.evaluator.evaluate(followed)

    expect(page.locator("#live .state")).to_have_text("Scored")
    expect(page.locator("#news")).to_have_text("Scored")
    expect(page).to_have_title(re.compile("^Scored"))
    expect(page.locator("#live h2").first).to_be_focused()  # what had the focus is gone
    page.get_by_text("What it holds, and how to verify it").click()
    expect(page.locator("#live")).to_contain_text("The leaderboard is taking it in.")
    Jobs(platform).board(str(alice.team.challenge_id), "development", "public")
    expect(page.locator("#live")).to_contain_text("rank 1 on the leaderboard")
    expect(page.locator("#verify")).to_have_attribute("open", "")
    assert page.evaluate("window.stillTheSamePage") is True
    assert statuses.count(200) == 2
    page.wait_for_timeout(1500)
    asked = len(statuses)
    page.wait_for_timeout(1500)
    assert len(statuses) == asked


@pytest.mark.usefixtures("followed")
def test_a_hidden_tab_does_not_ask_until_it_is_seen_again(page: Page) -> None:
    asked = questions(page)
    hide = """hidden => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""

    page.evaluate(hide, True)  # noqa: FBT003 -- Playwright's second argument is the script's
    before = len(asked)
    page.wait_for_timeout(2500)
    while_hidden = len(asked) - before
    page.evaluate(hide, False)  # noqa: FBT003 -- as above

    comes(page, lambda: len(asked) > before)
    assert while_hidden == 0


def test_a_connection_lost_while_following_is_told_and_so_is_its_return(
    page: Page, context: BrowserContext, followed: str, platform: Platform
) -> None:
    context.set_offline(True)

    expect(page.get_by_text("The connection to the platform is lost.")).to_be_visible()
    platform.evaluator.evaluate(followed)
    context.set_offline(False)

    expect(page.get_by_text("The connection is back.")).to_be_visible()
    expect(page.locator("#live .state")).to_have_text("Scored")


def test_a_list_follows_what_is_open(page: Page, followed: str, platform: Platform) -> None:
    page.goto(f"/challenges/{SLUG}/submissions")
    page.evaluate("window.stillTheSamePage = true")
    link = page.locator(f"#s-{followed[:8]}")
    link.focus()

    platform.evaluator.evaluate(followed)

    expect(page.locator("#live .state")).to_have_text("Scored")
    expect(link).to_be_focused()
    assert page.evaluate("window.stillTheSamePage") is True


@pytest.mark.usefixtures("followed")
def test_cancelling_shows_its_effect(page: Page) -> None:
    expect(page.get_by_text("It then never counts in your quota")).to_be_visible()

    page.get_by_role("button", name="Cancel this submission").click()

    expect(page.locator("#live .state")).to_have_text("Cancelled")
    expect(page.locator("#live")).to_contain_text("It does not count in your quota.")
    expect(page.locator("#live")).to_contain_text(re.compile(r"not counted\s*5 of 5 left"))
