"""Sending large images and weights in a real browser: in parts, over interruptions and pages."""

import json
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect
from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.core.submission import Submission
from challenge_platform.web import large_uploads
from tests.archives import zipped
from tests.browser.looks import barriers
from tests.browser.test_submit import SUBMISSION, drop, log_in, submit
from tests.conftest import Participant, participant, publish_changed
from tests.core.programs import CODE, publish_hidden
from tests.images import HandMadeImage, digest, file, tarball
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

PART = 150_000
SIZE = 2 * PART + 50_000
UPLOADS = "**/uploads/*"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an image of three parts."""
    path = tmp_path_factory.mktemp("images") / "image.tar"
    layer = tarball(file("model", os.urandom(SIZE)))
    path.write_bytes(HandMadeImage(layers=[layer]).saved())
    return path


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_uploads, "PART_BYTES", PART)


@pytest.fixture
def ann(platform: Platform) -> Participant:
    """Give a participant of the challenge that takes images."""
    return participant(platform, publish_hidden(platform), name="ann")


@pytest.fixture
def context(chromium: Browser, site: str, ann: Participant) -> Iterator[BrowserContext]:
    """Give a browser in which Ann is logged in."""
    with chromium.new_context(base_url=site, locale="en") as context:
        log_in(context, ann)
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Give a tab in which no script may fail, and that waits little before it tries again."""
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield page
    assert failures == []


@pytest.fixture
def offsets(page: Page) -> list[int]:
    """Give the offsets of the parts that the tab sends, in their order."""
    sent: list[int] = []

    def note(request: Request) -> None:
        if request.method == "PATCH":
            sent.append(int(request.headers["upload-offset"]))

    page.on("request", note)
    return sent


def choose(page: Page, image: Path) -> None:
    """Open the form and choose an image."""
    page.goto("/challenges/hidden-cells/submit")
    page.get_by_label("What you submit").select_option("container")
    page.locator("#file").set_input_files(image)


def submitted(page: Page, platform: Platform) -> Submission:
    """Expect the page of the one submission, and give it."""
    expect(page).to_have_url(SUBMISSION)
    with platform.database.reading() as session:
        return session.exec(select(Submission)).one()


def hold_the_second_part(route: Route) -> None:
    """Let every request go but that of the second part, which is never answered."""
    if route.request.headers.get("upload-offset") != str(PART):
        route.continue_()


def test_a_large_image_goes_in_parts_and_is_submitted(
    page: Page, platform: Platform, image: Path, offsets: list[int]
) -> None:
    choose(page, image)
    expect(page.locator("#chosen")).to_have_text(
        re.compile("image.tar · .* kB .* it goes in parts")
    )
    assert barriers(page) == []

    submit(page)

    made = submitted(page, platform)
    assert (made.kind, made.filename, made.size) == (
        "container",
        "image.tar",
        image.stat().st_size,
    )
    assert offsets == [0, PART, 2 * PART]
    assert page.evaluate("localStorage.length") == 0


def test_a_part_that_was_lost_is_sent_again_by_itself(
    page: Page, platform: Platform, image: Path, offsets: list[int]
) -> None:
    lost: list[str] = []

    def lose(route: Route) -> None:
        if route.request.headers.get("upload-offset") == str(PART) and not lost:
            lost.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page.route(UPLOADS, lose)
    choose(page, image)

    submit(page)

    submitted(page, platform)
    assert offsets == [0, PART, PART, 2 * PART]


def test_a_new_page_goes_on_where_the_last_one_was_closed(
    page: Page, platform: Platform, image: Path
) -> None:
    page.route(UPLOADS, hold_the_second_part)
    choose(page, image)
    submit(page)
    expect(page.locator("#sending p")).to_contain_text(re.compile(r"4\d\s?%"))
    page.close(run_before_unload=False)
    page = page.context.new_page()
    again: list[str] = []
    page.on("request", lambda request: again.append(request.headers.get("upload-offset", "")))

    page.goto("/challenges/hidden-cells/submit")
    expect(page.locator("#chosen")).to_have_text(
        "Of image.tar a part has arrived: choose it again, and the rest follows."
    )
    choose(page, image)
    submit(page)

    submitted(page, platform)
    # What was held while the page was closed may have arrived by then.
    assert [int(offset) for offset in again if offset] in ([PART, 2 * PART], [2 * PART])


def test_an_upload_that_is_cancelled_can_be_gone_on_with(
    page: Page, platform: Platform, image: Path, offsets: list[int]
) -> None:
    page.route(UPLOADS, hold_the_second_part)
    choose(page, image)
    submit(page)
    expect(page.locator("#sending p")).to_contain_text(re.compile(r"4\d\s?%"))

    page.get_by_role("button", name="Cancel the upload").click()
    expect(page.locator("#outcome")).to_contain_text("The upload was cancelled")
    page.unroute(UPLOADS)
    page.get_by_role("button", name="Try again").click()

    submitted(page, platform)
    # What was held when the upload was cancelled may have arrived by then.
    assert offsets in ([0, PART, PART, 2 * PART], [0, PART, 2 * PART])


def test_an_image_that_is_refused_is_told_in_place_and_leaves_nothing(
    page: Page, platform: Platform, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.tar"
    wrong.write_bytes(os.urandom(300_000))
    choose(page, wrong)

    submit(page)

    expect(page.locator("#outcome")).to_be_focused()
    expect(page.locator("#outcome")).to_contain_text("a block that is no header of ustar")
    wait_until(lambda: not list(platform.transfers.folder.glob("*/*.whole")))
    assert page.evaluate("localStorage.length") == 0


def test_what_would_not_be_admitted_is_told_before_a_part_is_sent(
    page: Page, platform: Platform, ann: Participant, image: Path, offsets: list[int]
) -> None:
    for _ in range(3):
        platform.transfers.begin(
            user_id=ann.user.id,
            challenge="hidden-cells",
            kind="container",
            filename="other.tar",
            size=10,
            sha256="0" * 64,
        )
    choose(page, image)

    submit(page)

    expect(page.locator("#outcome")).to_contain_text("you have 3 uploads under way")
    assert offsets == []


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Give an archive of weights of two parts."""
    path = tmp_path / "weights.zip"
    path.write_bytes(zipped({"model.bin": os.urandom(PART + 60_000)}, method=zipfile.ZIP_STORED))
    return path


def choose_code(page: Page, tmp_path: Path, content: bytes, *, weights: Path) -> None:
    """Open the form in a narrow window, and choose code and weights."""
    code = tmp_path / "code.zip"
    code.write_bytes(content)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/challenges/hidden-cells/submit")
    page.get_by_label("What you submit").select_option("code")
    page.locator("#file").set_input_files(code)
    page.get_by_label("Archive of weights").set_input_files(weights)


def test_weights_go_in_parts_and_are_chosen_again_in_a_narrow_window(
    page: Page, platform: Platform, tmp_path: Path, weights: Path, offsets: list[int]
) -> None:
    choose_code(page, tmp_path, CODE, weights=weights)
    expect(page.locator("#chosen-weights")).to_have_text(
        re.compile("weights.zip · .* kB .* it goes in parts")
    )
    assert barriers(page) == []

    submit(page)

    made = submitted(page, platform)
    assert made.weights == digest(weights.read_bytes())
    assert offsets == [0, PART]
    assert page.evaluate("localStorage.length") == 0
    page.goto("/challenges/hidden-cells/submit")
    page.get_by_label("Weights that your team has sent").select_option(made.weights)
    assert barriers(page) == []
    page.get_by_label("Archive of weights").set_input_files(weights)
    expect(page.get_by_label("Weights that your team has sent")).to_have_value("")


def test_weights_stay_when_the_code_beside_them_is_refused_and_go_when_others_are_chosen(
    page: Page, platform: Platform, tmp_path: Path, weights: Path, offsets: list[int]
) -> None:
    choose_code(page, tmp_path, b"no archive", weights=weights)
    submit(page)
    expect(page.locator("#outcome")).to_contain_text("This is no zip or tar.gz archive.")
    assert offsets == [0, PART]

    choose_code(page, tmp_path, CODE, weights=weights)
    submit(page)
    expect(page).to_have_url(SUBMISSION)
    assert offsets == [0, PART]  # nothing of them was sent again

    broken = tmp_path / "broken.zip"
    broken.write_bytes(os.urandom(PART + 60_000))
    choose_code(page, tmp_path, CODE, weights=broken)
    submit(page)
    expect(page.locator("#outcome")).to_contain_text("This is no zip or tar.gz archive.")
    choose_code(page, tmp_path, CODE, weights=weights)
    submit(page)
    expect(page).to_have_url(SUBMISSION)
    left = [json.loads(one.read_text()) for one in platform.transfers.folder.glob("*/*.json")]
    assert {one["filename"] for one in left} == {"weights.zip"}


def test_a_file_dropped_on_the_weights_is_weights_and_none_go_beside_predictions(
    page: Page, platform: Platform, alice: Participant, tmp_path: Path
) -> None:
    program = "program: {weights_max_bytes: 1MB}\nsubmission:\n  kinds: [predictions, code]"
    publish_changed(platform, tmp_path / "changed", "submission:\n  kinds: [predictions]", program)
    page.context.clear_cookies()
    log_in(page.context, alice)
    page.goto("/challenges/tiny-survival/submit")
    expect(page.get_by_label("Archive of weights")).to_be_hidden()

    page.get_by_label("What you submit").select_option("code")
    assert drop(page, "#weights-help", "model.zip")

    assert page.evaluate("document.getElementById('weights').files[0].name") == "model.zip"
    assert page.evaluate("document.getElementById('file').files.length") == 0
    page.get_by_label("What you submit").select_option("predictions")
    assert page.evaluate("new FormData(document.getElementById('upload')).has('weights')") is False
