"""A team's list: filtered, sorted, with its best marked, followed, and taken away as CSV."""

import csv
import io
from collections.abc import Callable

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core import history
from challenge_platform.core.account import User
from challenge_platform.web import submissions
from tests.conftest import Participant
from tests.fakes import Clock
from tests.web.conftest import SLUG, Browser, Program, predictions

LIST = f"/challenges/{SLUG}/submissions"


@pytest.fixture
def hers(alice: Participant, browser: Callable[[User], Browser]) -> Browser:
    """Give Alice's browser."""
    return browser(alice.user)


def submit(program: Program, clock: Clock, *, sign: int = 1, message: str = "") -> str:
    """Submit a file, whose ranks are turned round by a sign of -1; give its id."""
    clock.advance(seconds=1)
    answer = program.submit(predictions(sign=sign), message=message)
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def order(page: str, ids: list[str]) -> list[str]:
    """Give those of the ids that are on the page, in the order in which they are there."""
    return sorted((name for name in ids if f"/submissions/{name}" in page), key=page.index)


def test_a_list_without_submissions_leads_to_the_form(hers: Browser) -> None:
    page = hers.get(LIST).text

    assert "Your team has submitted nothing yet." in page
    assert f'class="button" href="/challenges/{SLUG}/submit"' in page


@pytest.mark.usefixtures("challenge")
def test_who_has_not_joined_is_led_to_the_agreement(
    organizer: User, browser: Callable[[User], Browser]
) -> None:
    page = browser(organizer).get(LIST).text

    assert "You do not take part yet" in page
    assert f'href="/challenges/{SLUG}/rules#join"' in page


def test_a_filter_that_nothing_fits_leads_back_to_all(
    hers: Browser, alices: Program, clock: Clock
) -> None:
    submit(alices, clock)

    page = hers.get(f"{LIST}?state=failed").text

    assert "No submission is like this" in page
    assert f'href="{LIST}"' in page


def test_a_list_is_sorted_and_marks_the_submission_that_stands(
    hers: Browser, alices: Program, platform: Platform, clock: Clock
) -> None:
    ids = [submit(alices, clock, sign=sign) for sign in (-1, 1, -1)]
    for name in ids:
        platform.evaluator.evaluate(name)

    newest, oldest, best = (hers.get(f"{LIST}?sort={key}").text for key in history.Order)

    assert order(newest, ids) == ids[::-1]
    assert order(oldest, ids) == ids
    assert order(best, ids)[0] == ids[1]
    assert newest.count('<span class="tag">best</span>') == 1
    assert (
        f'<tr class="own">\n      <th scope="row" class="nowrap"><a id="s-{ids[1][:8]}"' in newest
    )
    assert 'class="number" aria-sort="descending"' in best


def test_a_list_is_filtered_by_state_and_phase(
    hers: Browser, alices: Program, platform: Platform, clock: Clock
) -> None:
    ids = [submit(alices, clock), submit(alices, clock)]
    platform.evaluator.evaluate(ids[0])

    assert order(hers.get(f"{LIST}?state=scored").text, ids) == [ids[0]]
    assert order(hers.get(f"{LIST}?state=queued&phase=development").text, ids) == [ids[1]]
    assert order(hers.get(f"{LIST}?state=&phase=past&sort=").text, ids) == []


@pytest.mark.parametrize("query", ["state=nothing", "sort=nothing", "phase=nothing", "page=0"])
def test_what_a_list_does_not_know_is_refused(query: str, hers: Browser) -> None:
    assert hers.get(f"{LIST}?{query}").status_code == 422
    assert query == "page=0" or hers.get(f"{LIST}.csv?{query}").status_code == 422


def test_a_long_list_has_more_pages(
    hers: Browser, alices: Program, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PER_PAGE", 2)
    monkeypatch.setattr(submissions, "PER_PAGE", 2)
    ids = [submit(alices, clock) for _ in range(3)]

    first, second = (hers.get(f"{LIST}?state=queued&page={page}").text for page in (1, 2))

    assert order(first, ids) == [ids[2], ids[1]]
    assert order(second, ids) == [ids[0]]
    assert f'href="{LIST}?state=queued&amp;page=2" rel="next"' in first
    assert f'href="{LIST}?state=queued" rel="prev"' in second
    assert 'rel="next"' not in second
    assert "Page 2 of 2" in second


def test_a_list_is_followed_while_something_is_open(
    hers: Browser, alices: Program, platform: Platform, clock: Clock
) -> None:
    name = submit(alices, clock)
    page, state = hers.get(LIST).text, hers.get(f"{LIST}.json")
    again = hers.get(f"{LIST}.json", headers={"If-None-Match": state.headers["ETag"]})
    platform.evaluator.evaluate(name)
    ended = hers.get(f"{LIST}.json", headers={"If-None-Match": state.headers["ETag"]})

    assert "follow.js" in page
    assert f"data-etag={state.headers['ETag']}" in page
    assert state.json == {"open": {name: "queued"}, "settled": False}
    assert again.status_code == 304
    assert ended.json == {"open": {}, "settled": True}
    assert "follow.js" not in hers.get(LIST).text


def test_a_list_as_csv_has_every_fact_and_runs_no_formula(
    hers: Browser, alices: Program, platform: Platform, clock: Clock
) -> None:
    scored = submit(alices, clock, message="=HYPERLINK(1)")
    submit(alices, clock, message='plain, with "quotes"')
    platform.evaluator.evaluate(scored)
    shown = hers.get(f"/submissions/{scored}/state.json").json

    answer = hers.get(f"{LIST}.csv?sort=oldest")
    first, second = csv.DictReader(io.StringIO(answer.text))

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert f"{SLUG}-submissions.csv" in answer.headers["Content-Disposition"]
    assert (first["id"], first["state"], first["reason"]) == (scored, "scored", "complete")
    assert first["message"] == "'=HYPERLINK(1)"
    assert second["message"] == 'plain, with "quotes"'
    assert float(first["c"]) == shown["scores"][0]["value"]
    assert (second["c"], second["state"], second["finished_at"]) == ("", "queued", "")


def test_a_list_as_csv_is_filtered_as_the_page_is(
    hers: Browser, alices: Program, platform: Platform, clock: Clock
) -> None:
    names = [submit(alices, clock) for _ in range(2)]
    platform.evaluator.evaluate(names[0])

    rows = list(csv.DictReader(io.StringIO(hers.get(f"{LIST}.csv?state=scored").text)))

    assert [row["id"] for row in rows] == names[:1]
    assert f'href="{LIST}.csv?state=scored" download' in hers.get(f"{LIST}?state=scored").text
