"""A newcomer's way to a first score on real patients' data, in a real browser and a whole platform.

The pictures of the participant's tutorial are taken here: `pytest tests/browser/test_journey.py
--pictures DIR` puts all of them into a folder, and docs/tutorials/pictures has the tutorial's.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from challenge_platform.web.language import FOLDER, read_catalogue
from tests.browser.looks import EVERY_LOOK, LOOKS, Look, Pictures, barriers, watch
from tests.conftest import PASSWORD
from tests.live import free_port

pytestmark = [pytest.mark.browser, pytest.mark.docker, pytest.mark.redis]

SLUG = "nafld-progression"
STARTER = Path(__file__).parents[2] / "challenges" / SLUG / "starter_kit" / "starter.py"
NAMES = dict(
    zip(LOOKS, ("Zoé", "Amina", "Luca", "Chloé", "Inès", "Noah", "Mila", "Hugo"), strict=True)
)
SCORED_SECONDS = 120
TABS = 60
"""Where a newcomer would have given up looking for a control with the keyboard."""

Say = Callable[[str], str]


@pytest.fixture(scope="module")
def demo(
    scoring_image: str, tmp_path_factory: pytest.TempPathFactory, module_database_url: str | None
) -> Iterator[str]:
    """Run the demo, baselines and all, and give its address."""
    assert scoring_image
    address = f"http://127.0.0.1:{(port := free_port())}"
    folder = tmp_path_factory.mktemp("journey") / "demo"
    database = {"CHALLENGE_DATABASE_URL": module_database_url} if module_database_url else {}
    command = ["up", "--demo", "--data-dir", str(folder), "--port", str(port)]
    with subprocess.Popen(
        [sys.executable, "-m", "challenge_platform.cli", *command],
        env={**os.environ, **database},  # noqa: TID251 -- for a child process
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        printed = []
        for line in process.stdout:
            printed.append(line)
            if line.startswith("press Ctrl-C"):
                break
        else:
            pytest.fail("the demo ended: " + "".join(printed))
        yield address
        process.terminate()
        process.communicate(timeout=SCORED_SECONDS)


def speaker(language: str) -> Say:
    """Give what says the pages' English words in a language."""
    if language == "en":
        return str
    return read_catalogue(FOLDER / language).gettext


@pytest.mark.parametrize("look", EVERY_LOOK)
def test_a_newcomer_registers_joins_uploads_watches_and_stands_on_the_board(
    look: Look, demo: str, chromium: Browser, tmp_path: Path, pictures: Path
) -> None:
    context = look.open(chromium, demo)
    page = context.new_page()
    complaints = watch(page)
    take = Pictures(pictures, look).take
    say, found = speaker(look.language), []
    started = time.monotonic()

    register(page, say, name=NAMES[look], email=f"{look}@example.org")
    take(page, "participant-register")
    page.locator("main").get_by_role("button", name=say("Register")).click()
    page.wait_for_url("**/dashboard")
    found += barriers(page)
    take(page, "participant-dashboard")

    page.goto(f"/challenges/{SLUG}")
    found += barriers(page)
    take(page, "participant-challenge")
    page.get_by_role("link", name=say("Take part"), exact=True).click()
    page.get_by_label(say("I have read this agreement and accept it.")).check()
    take(page, "participant-join")
    page.get_by_role("button", name=say("Take part"), exact=True).click()
    page.wait_for_url("**/submit")
    predictions = make_predictions(page, tmp_path, number=LOOKS.index(look))

    page.goto(f"/challenges/{SLUG}/submit")
    page.get_by_label(say("Predictions file, or archive of code"), exact=True).set_input_files(
        predictions
    )
    found += barriers(page)
    take(page, "participant-submit")
    page.get_by_role("button", name=say("Submit"), exact=True).click()
    page.wait_for_url("**/submissions/*")
    take(page, "participant-watch")
    expect(page.locator("#live .state").first).to_have_text(
        say("Scored"), timeout=SCORED_SECONDS * 1000
    )
    seconds = time.monotonic() - started
    found += barriers(page)
    take(page, "participant-score", whole=True)

    stand = page.get_by_role("rowheader", name=NAMES[look])
    wait_for(page, f"/challenges/{SLUG}/leaderboard", stand)
    found += barriers(page)
    take(page, "participant-leaderboard", whole=True)
    context.close()

    print(f"from registration to the first score, {look}: {seconds:.1f} s")  # noqa: T201 -- the figure of the docs
    assert found == []
    assert complaints == []


def register(page: Page, say: Say, *, name: str, email: str) -> None:
    """Fill in the form of registration, coming from the front page."""
    page.goto("/")
    page.get_by_role("link", name=say("Register")).first.click()
    page.get_by_label(say("Name"), exact=True).fill(name)
    page.get_by_label(say("E-mail address")).fill(email)
    page.get_by_label(say("Password"), exact=True).fill(PASSWORD)
    page.get_by_label(say("Password, once more")).fill(PASSWORD)


def make_predictions(page: Page, folder: Path, *, number: int) -> Path:
    """Download the data by the links of the data page, and run the starter kit on them.

    Each newcomer but the first leaves more to chance, so that they do not all score the same.
    """
    page.goto(f"/challenges/{SLUG}/data")
    for name in ("train.csv", "test.csv"):
        with page.expect_download() as download:
            page.get_by_role("link", name=name, exact=True).first.click()
        download.value.save_as(folder / name)
    out = folder / "predictions.csv"
    subprocess.run([sys.executable, STARTER, folder, out], check=True, capture_output=True)
    header, *rows = [line.split(",") for line in out.read_text().splitlines()]
    chance = random.Random(number)  # noqa: S311 -- no secret
    for row in rows:
        row[1:] = [str(float(cell) * chance.lognormvariate(0, number / 5)) for cell in row[1:]]
    out.write_text("".join(",".join(row) + "\n" for row in [header, *rows]))
    return out


def wait_for(page: Page, address: str, wanted: Locator) -> None:
    """Load a page until it shows something; boards are built a moment after a score."""
    end = time.monotonic() + SCORED_SECONDS
    while time.monotonic() < end:
        page.goto(address)
        with suppress(AssertionError):
            expect(wanted.first).to_be_visible(timeout=2000)
            return
    pytest.fail(f"{address} does not show {wanted}")


def test_the_keyboard_alone_takes_a_newcomer_to_the_upload(demo: str, chromium: Browser) -> None:
    context = Look(1440, "en", "light").open(chromium, demo)
    page = context.new_page()
    page.on("filechooser", lambda _: None)  # told to Chromium now: at the end it may come too late
    main = page.locator("main")

    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    press(page, page.get_by_role("link", name="Register").first)
    for label, text in (
        ("Name", "Kay"),
        ("E-mail address", "kay@example.org"),
        ("Password", PASSWORD),
        ("Password, once more", PASSWORD),
    ):
        tab_to(page, main.get_by_label(label, exact=True))
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboard")
    press(page, page.get_by_role("link", name="Outcomes in NAFLD").first)
    press(page, main.get_by_role("link", name="Take part", exact=True).first)
    tab_to(page, page.get_by_label("I have read this agreement and accept it."))
    page.keyboard.press("Space")
    press(page, main.get_by_role("button", name="Take part", exact=True))
    page.wait_for_url("**/submit")
    tab_to(page, page.get_by_label("Predictions file, or archive of code", exact=True))
    with page.expect_file_chooser():
        page.keyboard.press("Enter")
    context.close()


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until something has the focus, and hold that the focus can be seen."""
    wanted.wait_for()
    for _ in range(TABS):
        if wanted.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(wanted).to_be_focused()
    ring = wanted.evaluate("element => getComputedStyle(element).outlineStyle")
    assert ring != "none"


def press(page: Page, wanted: Locator) -> None:
    """Go to a link or button by the keyboard, and follow it."""
    tab_to(page, wanted)
    page.keyboard.press("Enter")
