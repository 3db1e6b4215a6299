"""The form that submits: checked, refused with its values kept, and followed to the end."""

import io
from collections.abc import Callable

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core import history, quota
from challenge_platform.core.account import User
from challenge_platform.core.challenge import ChallengeVersion, PublishedChallenge
from challenge_platform.web import submissions
from challenge_platform.web.wording import PROBLEMS
from tests.conftest import Participant
from tests.fakes import Clock
from tests.web.bad_files import ACCEPTED, REFUSED
from tests.web.conftest import SLUG, Answer, Browser, Program, Visitor, predictions

FORM = f"/challenges/{SLUG}/submit"


@pytest.fixture
def hers(alice: Participant, browser: Callable[[User], Browser]) -> Browser:
    """Give Alice's browser."""
    return browser(alice.user)


def send(browser: Browser, content: bytes | None = None, **fields: str) -> Answer:
    """Send the form with a file, a valid one unless given."""
    file = (io.BytesIO(predictions() if content is None else content), "p.csv")
    return browser.send(FORM, {"file": file, "message": "a note", **fields})


def used(platform: Platform, challenge: PublishedChallenge, who: Participant) -> int:
    """Read what the team has used of its quota."""
    phase = challenge.definition.phases[0]
    with platform.database.reading() as session:
        return quota.quota_of(session, team_id=who.team.id, phase=phase, now=platform.clock()).used


def test_a_good_file_leads_to_its_submission(hers: Browser) -> None:
    answer = send(hers)

    assert answer.status_code == 303
    page = hers.get(answer.location).text
    assert "You have 4 submissions left" in page
    assert "Place 1 in the queue." in page
    assert "a note" in page


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_file_is_told_in_a_table_with_the_values_kept(
    case: str,
    hers: Browser,
    platform: Platform,
    challenge: PublishedChallenge,
    alice: Participant,
) -> None:
    content, code, line, column = REFUSED[case]

    answer = send(hers, content)

    assert answer.status_code == 422
    assert str(PROBLEMS[code]) in answer.text  # type: ignore[index]  # a StrEnum's own text
    assert line is None or f'<td data-heading="Line">{line}</td>' in answer.text
    assert column is None or f"<code>{column}</code>" in answer.text
    assert 'value="a note"' in answer.text
    assert used(platform, challenge, alice) == 0


@pytest.mark.parametrize("case", ACCEPTED)
def test_a_file_in_another_good_form_is_accepted(case: str, hers: Browser) -> None:
    assert send(hers, ACCEPTED[case]).status_code == 303


def test_checking_only_uses_nothing(
    hers: Browser, platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    good = send(hers, action="check")
    bad = send(hers, b"patient_id;risk\n", action="check")

    assert good.status_code == 200
    assert "all 60 rows are in order" in good.text
    assert bad.status_code == 422
    assert used(platform, challenge, alice) == 0


def test_without_a_file_the_form_says_so(hers: Browser) -> None:
    answer = hers.send(FORM, {"message": "a note"})

    assert answer.status_code == 422
    assert "choose a predictions file" in answer.text
    assert 'value="a note"' in answer.text


def test_two_hundred_megabytes_are_refused_before_they_are_read(hers: Browser) -> None:
    class Unread(io.RawIOBase):
        def readinto(self, _buffer: object) -> int:
            raise AssertionError("the body was read")

    answer = hers.post(
        FORM,
        environ_overrides={"wsgi.input": Unread(), "CONTENT_LENGTH": "200000000"},
        content_type="multipart/form-data; boundary=b",
    )

    assert answer.status_code == 413
    assert "This file is too large" in answer.text


@pytest.mark.usefixtures("challenge")
def test_nothing_is_read_of_whoever_has_not_logged_in(anonymous: Visitor) -> None:
    class Unread(io.RawIOBase):
        def readinto(self, _buffer: object) -> int:
            raise AssertionError("the body was read")

    answer = anonymous.post(
        FORM,
        environ_overrides={"wsgi.input": Unread(), "CONTENT_LENGTH": "1000"},
        content_type="multipart/form-data; boundary=b",
    )

    assert (answer.status_code, answer.location) == (303, "/login")


def test_a_file_over_the_limit_is_refused_in_the_form(hers: Browser) -> None:
    answer = send(hers, b"x" * 100_001)

    assert answer.status_code == 413
    assert "at most 100,000" in answer.text
    assert 'value="a note"' in answer.text


def test_a_used_up_quota_says_when_the_next_slot_is(hers: Browser, clock: Clock) -> None:
    for _ in range(5):
        assert send(hers).status_code == 303
    answer = send(hers)

    assert answer.status_code == 429
    assert "Your team has used its submissions" in answer.text
    clock.advance(hours=24)
    assert f'<time datetime="{clock().isoformat()}">' in answer.text


def test_whoever_has_not_joined_is_led_to_the_agreement(
    organizer: User, challenge: PublishedChallenge, browser: Callable[[User], Browser]
) -> None:
    page = browser(organizer).get(FORM).text

    assert f'href="/challenges/{challenge.slug}/rules#join"' in page
    assert 'type="file"' not in page


def test_with_every_phase_closed_there_is_no_form(
    hers: Browser, platform: Platform, challenge: PublishedChallenge
) -> None:
    with platform.database.writing() as session:
        version = session.get_one(ChallengeVersion, challenge.version_id)
        definition = dict(version.definition)
        version.definition = {**definition, "phases": definition["phases"][1:]}
        session.add(version)

    page = hers.get(FORM).text

    assert "No phase is open now" in page
    assert 'type="file"' not in page


def test_a_submission_page_shows_scores_with_intervals_and_the_receipt(
    hers: Browser, platform: Platform
) -> None:
    address = send(hers).location
    open_page = hers.get(address).text
    platform.evaluator.evaluate(address.rpartition("/")[2])
    page = hers.get(address).text
    [score] = hers.get(f"{address}/state.json").json["scores"]

    assert 'http-equiv="refresh"' in open_page
    assert "submission.js" in open_page
    assert 'http-equiv="refresh"' not in page
    assert "submission.js" not in page
    assert f"{score['value']:.4f}" in page
    assert f"{score['low']:.4f}&nbsp;&ndash;&nbsp;{score['high']:.4f}" in page
    assert f'href="{address}/receipt"' in page
    assert hers.get(f"{address}/receipt").json["algorithm"] == "Ed25519"


def test_the_state_of_a_submission_is_sent_once(hers: Browser) -> None:
    address = f"{send(hers).location}/state.json"
    etag = hers.get(address).headers["ETag"]

    again = hers.get(address, headers={"If-None-Match": etag})

    assert (again.status_code, again.data) == (304, b"")


def test_a_cancelled_submission_says_whose_decision_it_was(hers: Browser) -> None:
    address = send(hers).location
    hers.send(f"{address}/cancel", form=address)

    page = hers.get(address).text

    assert "Cancelled" in page
    assert "Your team cancelled it." in page
    assert "cancelled_by_team" in page


def test_an_errored_submission_says_that_the_platform_is_at_fault(
    hers: Browser, platform: Platform
) -> None:
    address = send(hers).location
    submission_id = address.rpartition("/")[2]
    platform.keys.scoring.folder.rename(platform.keys.folder / "elsewhere")
    for _ in range(platform.settings.max_attempts):
        platform.evaluator.evaluate(submission_id)
        platform.clock.advance(minutes=1)  # type: ignore[attr-defined]  # the test's clock

    page = hers.get(address).text

    assert "Platform error" in page
    assert "could not open the challenge's hidden truth" in page
    assert "your quota was given back" in page


def test_a_list_without_submissions_leads_to_the_form(hers: Browser) -> None:
    assert f'href="{FORM}"' in hers.get(f"/challenges/{SLUG}/submissions").text


def test_a_long_list_has_older_pages(
    hers: Browser, alices: Program, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PER_PAGE", 2)
    monkeypatch.setattr(submissions, "PER_PAGE", 2)
    ids = []
    for _ in range(3):
        ids.append(alices.submit().json["id"])
        clock.advance(seconds=1)
    path = f"/challenges/{SLUG}/submissions"

    newest, oldest = hers.get(path).text, hers.get(f"{path}?page=2").text

    assert [ids[0] in page for page in (newest, oldest)] == [False, True]
    assert f'href="{path}?page=2"' in newest
    assert f'href="{path}?page=1"' in oldest
    assert "page=3" not in oldest
    assert hers.get(f"{path}?page=0").status_code == 422
