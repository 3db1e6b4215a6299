"""The form that submits: checked, refused with its values kept, and sent once."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core import quota
from challenge_platform.core.account import User
from challenge_platform.core.challenge import ChallengeVersion, PublishedChallenge
from challenge_platform.web.wording import PROBLEMS
from tests.conftest import Participant, publish_changed
from tests.fakes import Clock
from tests.web.bad_files import ACCEPTED, REFUSED
from tests.web.conftest import SLUG, Answer, Browser, Visitor, csrf_token, predictions

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
    assert "4 of 5 left" in page
    assert "It is the next in the queue." in page
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
    assert line is None or f'<td data-heading="Line" class="number">{line}</td>' in answer.text
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
    assert "All 120 rows are in order" in good.text
    assert bad.status_code == 422
    assert used(platform, challenge, alice) == 0


def test_without_a_file_the_form_says_so(hers: Browser) -> None:
    answer = hers.send(FORM, {"message": "a note"})

    assert answer.status_code == 422
    assert "choose a file" in answer.text
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
    assert "at most 100 kB" in outcome_of(answer)
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


def test_a_form_that_is_sent_twice_makes_one_submission(
    hers: Browser, platform: Platform, challenge: PublishedChallenge, alice: Participant
) -> None:
    page = hers.get(FORM)
    fields = {"form_key": form_key(page), "csrf_token": csrf_token(page)}

    def answer(content: bytes) -> Answer:
        return hers.post(FORM, data={"file": (io.BytesIO(content), "p.csv"), **fields})

    first, again, other = answer(predictions()), answer(predictions()), answer(predictions(sign=-1))

    assert [each.status_code for each in (first, again, other)] == [303, 303, 303]
    assert first.location == again.location != other.location
    assert used(platform, challenge, alice) == 2


def form_key(page: Answer) -> str:
    """Find the key that a form was rendered with."""
    found = re.search(r'name="form_key" value="([0-9a-f]{32})"', page.text)
    assert found
    return found[1]


def test_every_form_has_a_key_of_its_own(hers: Browser) -> None:
    assert form_key(hers.get(FORM)) != form_key(hers.get(FORM))
    assert send(hers, form_key="x" * 33).status_code == 422


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"phase": "past"}, 409, "The phase is not open"),
        ({"phase": "nothing"}, 422, "Something in this request is wrong"),
        ({"message": "x" * 501}, 422, "Something in this request is wrong"),
        ({"kind": "code"}, 422, "Something in this request is wrong"),
    ],
)
def test_a_refusal_is_told_above_the_form_with_a_button_to_try_again(
    fields: dict[str, str], status: int, words: str, hers: Browser
) -> None:
    answer = send(hers, None, **fields)

    told = outcome_of(answer)
    assert answer.status_code == status
    assert f"<h2>{words}</h2>" in told
    assert '<button class="button" form="upload" name="action" value="submit">' in told


def test_trying_again_after_a_check_checks(hers: Browser) -> None:
    told = outcome_of(send(hers, phase="past", action="check", kind="code"))

    assert 'form="upload" name="action" value="check"' in told


def test_a_check_that_went_well_offers_to_submit(hers: Browser) -> None:
    assert 'form="upload" name="action" value="submit"' in outcome_of(send(hers, action="check"))


def outcome_of(answer: Answer) -> str:
    """Cut out of a page what it tells of the file."""
    return answer.text.partition('id="outcome"')[2].partition('class="with-aside"')[0]


def test_a_team_that_may_send_no_more_at_once_is_led_to_what_is_under_way(
    hers: Browser, platform: Platform, tmp_path: Path
) -> None:
    publish_changed(platform, tmp_path, "concurrent: 5", "concurrent: 1")
    before = hers.get(FORM).text
    address = send(hers).location

    page, refused = hers.get(FORM).text, send(hers, predictions(sign=-1))

    assert "under way, as many as may be at once" not in before
    assert "under way, as many as may be at once" in page
    assert f'href="{address}"' in page
    assert refused.status_code == 429
    assert "Your team has a submission under way" in refused.text


def test_the_form_shows_what_a_file_looks_like_and_gives_a_template(hers: Browser) -> None:
    page = hers.get(FORM).text
    given = hers.get(f"/challenges/{SLUG}/template.csv")

    assert "patient_id,risk\np000,0.25" in page
    assert "challenge submit tiny-survival -f predictions.csv" in page
    assert given.text.splitlines()[:2] == ["patient_id,risk", "p000,"]
    assert "filename=predictions.csv" in given.headers["Content-Disposition"]


def test_what_is_wrong_with_a_file_is_shown_as_text(hers: Browser) -> None:
    answer = send(
        hers, b"<script>alert(1)</script>,risk\n", message='"><img src=x onerror=alert(1)>'
    )

    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text
