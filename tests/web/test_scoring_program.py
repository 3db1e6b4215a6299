"""The pages of a challenge that the organizers' own program scores, from the form to the board."""

from collections.abc import Callable

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core.account import User
from challenge_platform.core.board import build_board
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.definition import Board
from challenge_platform.core.submission import State
from challenge_platform.core.upload import Upload
from tests.conftest import Participant, participant
from tests.core.scored import COUNTED, GOOD, by_part, publish_scored
from tests.fakes import FakePrograms
from tests.web.conftest import Browser

HOME = f"/challenges/{COUNTED.name}"
FRENCH = {"Accept-Language": "fr"}


@pytest.fixture
def runner() -> FakePrograms:
    """Give what plays the organizers' program."""
    return FakePrograms(program=by_part)


@pytest.fixture
def counted(platform: Platform) -> PublishedChallenge:
    """Publish the challenge."""
    return publish_scored(platform)


@pytest.fixture
def ann(platform: Platform, counted: PublishedChallenge) -> Participant:
    """Give somebody who joined it."""
    return participant(platform, counted, name="ann")


@pytest.fixture
def hers(ann: Participant, browser: Callable[[User], Browser]) -> Browser:
    """Give her browser."""
    return browser(ann.user)


def test_the_form_asks_for_an_archive_and_says_who_reads_it(hers: Browser) -> None:
    page = hers.get(f"{HOME}/submit").text

    assert "the program of the organizers reads them" in page
    assert "Template to fill in" not in page
    assert hers.get(f"{HOME}/template.csv").status_code == 404
    assert "Une archive, .zip ou .tar.gz" in hers.get(f"{HOME}/submit", headers=FRENCH).text


@pytest.mark.parametrize("page", ["", "/data", "/rules", "/transparency"])
def test_every_page_of_the_challenge_is_there(hers: Browser, page: str) -> None:
    assert hers.get(HOME + page).status_code == 200


def test_the_statement_of_transparency_says_that_nothing_tells_how_sure_a_score_is(
    hers: Browser,
) -> None:
    page = hers.get(f"{HOME}/transparency").text

    assert "No score has an interval" in page
    assert "Its column" not in page


def test_the_submission_and_the_board_say_why_there_is_no_interval(
    hers: Browser, ann: Participant, platform: Platform, counted: PublishedChallenge
) -> None:
    upload = Upload(content=GOOD, filename="kinds.zip", opened_at=platform.clock())
    accepted = platform.uploads.submit(counted.slug, upload, user_id=ann.user.id)
    assert platform.evaluator.evaluate(accepted.submission_id) is State.SCORED
    build_board(
        platform.database,
        platform.store,
        counted.id,
        phase="development",
        board=Board.PUBLIC,
        clock=platform.clock,
    )

    submission = hers.get(f"/submissions/{accepted.submission_id}").text
    board = hers.get(f"{HOME}/leaderboard").text
    french = hers.get(f"{HOME}/leaderboard", headers=FRENCH).text

    assert "no interval: the program of the organizers gives one number" in submission
    assert "0.7400" in submission
    assert "There are no rank intervals and no groups" in board
    assert "resampled" not in board
    assert "le programme des organisateurs donne un seul nombre" in french
