"""The page of a submission: its steps, scores, reason and receipt, and what it follows."""

import hashlib
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core import history, pace, worker
from challenge_platform.core.account import User
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.feedback import Score
from challenge_platform.core.submission import Fault, QueueName, Reason
from challenge_platform.jobs import Jobs
from challenge_platform.web.follow import BOARD_PATIENCE
from challenge_platform.web.interval_bars import MARGIN, WIDTH, Axis, axis_of
from tests.conftest import Participant, publish_changed
from tests.core.test_turn import claim, end, put
from tests.fakes import Clock
from tests.web.conftest import SLUG, Answer, Browser, Program, predictions


@pytest.fixture
def hers(alice: Participant, browser: Callable[[User], Browser]) -> Browser:
    """Give Alice's browser."""
    return browser(alice.user)


def submit(program: Program, clock: Clock, *, sign: int = 1, **fields: str) -> str:
    """Submit a file, whose ranks are turned round by a sign of -1; give the page's address."""
    answer = program.submit(predictions(sign=sign), **fields)
    assert answer.status_code == 201, answer.text
    clock.advance(seconds=2)
    return f"/submissions/{answer.json['id']}"


def score(platform: Platform, address: str) -> None:
    """Do what the worker does first."""
    platform.evaluator.evaluate(address.rpartition("/")[2])


def build_board(platform: Platform, challenge_id: int) -> None:
    """Do what the worker does next."""
    Jobs(platform).board(str(challenge_id), "development", "public")


def state(browser: Browser, address: str, *, etag: str | None = None) -> Answer:
    """Ask as the page does that follows a submission."""
    return browser.get(f"{address}/state.json", headers={"If-None-Match": etag} if etag else {})


def test_an_open_submission_is_followed_with_and_without_scripts(
    hers: Browser, alices: Program, platform: Platform, clock: Clock
) -> None:
    address = submit(alices, clock)

    open_page = hers.get(address).text
    score(platform, address)
    clock.advance(seconds=BOARD_PATIENCE.total_seconds())
    page = hers.get(address).text

    for sign in ('http-equiv="refresh"', "follow.js", 'data-settled="false"'):
        assert sign in open_page
        assert sign not in page


def test_scores_have_intervals_in_numbers_and_in_a_drawing_and_there_is_a_receipt(
    hers: Browser, alices: Program, platform: Platform, clock: Clock
) -> None:
    address = submit(alices, clock)
    score(platform, address)

    page = hers.get(address).text
    [shown] = state(hers, address).json["scores"]
    receipt = hers.get(f"{address}/receipt")

    assert f"{shown['value']:.4f}" in page
    assert f"{shown['low']:.4f}&nbsp;&ndash;&nbsp;{shown['high']:.4f}" in page
    assert page.count('<svg class="interval"') == 1
    assert f'href="{address}/receipt"' in page
    assert hashlib.sha256(receipt.data).hexdigest() in page
    assert receipt.json["algorithm"] == "Ed25519"


def test_a_score_names_the_versions_that_it_was_made_with_though_there_are_newer_ones(
    hers: Browser,
    alices: Program,
    platform: Platform,
    challenge: PublishedChallenge,
    clock: Clock,
    tmp_path: Path,
) -> None:
    first = submit(alices, clock)
    score(platform, first)
    publish_changed(platform, tmp_path, "Petite survie", "Petite survie corrigée")
    second = submit(alices, clock)
    assert alices.get(second).json["scored_with"] is None
    score(platform, second)

    told = [alices.get(address).json["scored_with"] for address in (first, second)]
    receipts = [alices.get(f"{address}/receipt").json["payload"] for address in (first, second)]

    assert [each["version"] for each in told] == [1, 2]
    assert told[0]["definition"] == challenge.version.digest != told[1]["definition"]
    assert {each["truth"] for each in told} == {challenge.version.truth_commitment}
    for address, each, receipt in zip((first, second), told, receipts, strict=True):
        assert each["definition"] == receipt["challenge"]["version"]
        assert each["scorer"].split() == [receipt["scorer"]["name"], receipt["scorer"]["version"]]
        assert each["image"] == receipt["scorer"]["image"]
        shown = hers.get(address).text.partition('id="scored-with"')[2].partition("</dl>")[0]
        assert all(str(value) in shown for value in each.values() if value is not None)


def test_the_state_of_a_submission_is_sent_once(
    hers: Browser, alices: Program, clock: Clock
) -> None:
    address = submit(alices, clock)
    etag = state(hers, address).headers["ETag"]

    again = state(hers, address, etag=etag)

    assert (again.status_code, again.data) == (304, b"")
    assert f"data-etag={etag}" in hers.get(address).text


def test_the_state_changes_with_the_place_in_the_queue_and_with_each_step(
    hers: Browser, alices: Program, platform: Platform, clock: Clock, alice: Participant
) -> None:
    ahead, address = submit(alices, clock), submit(alices, clock)

    etags = [state(hers, address).headers["ETag"]]
    score(platform, ahead)
    etags.append(state(hers, address).headers["ETag"])
    score(platform, address)
    etags.append(state(hers, address).headers["ETag"])
    build_board(platform, alice.team.challenge_id)
    etags.append(state(hers, ahead).headers["ETag"])

    assert len(set(etags)) == 4


def test_a_page_and_the_list_tell_in_about_what_time_a_result_is_expected(
    hers: Browser,
    alices: Program,
    platform: Platform,
    challenge: PublishedChallenge,
    alice: Participant,
    clock: Clock,
) -> None:
    put(platform, challenge, alice.team, count=pace.FEWEST, queue=QueueName.SCORING)
    while held := claim(platform, QueueName.SCORING):
        end(platform, held)
    address = submit(alices, clock)
    nobody_works = hers.get(address).text
    serving = worker.Worker(host="a", queues=frozenset({QueueName.SCORING}))
    with platform.database.writing() as session:
        worker.beat(session, serving, now=clock())

    assert "Its result is expected" not in nobody_works
    assert "Its result is expected in about 10 seconds." in hers.get(address).text
    assert "place 1, about 10 seconds" in hers.get(f"/challenges/{SLUG}/submissions").text
    document = state(hers, address).json
    assert (document["position"], document["eta_seconds"]) == (1, 10)


def test_a_page_waits_for_its_rank_until_the_board_is_built(
    hers: Browser, alices: Program, platform: Platform, clock: Clock, alice: Participant
) -> None:
    address = submit(alices, clock)
    score(platform, address)

    waiting = state(hers, address).json
    waiting_page = hers.get(address).text
    build_board(platform, alice.team.challenge_id)
    ready, page = state(hers, address).json, hers.get(address).text

    assert (waiting["settled"], waiting["rank"]) == (False, None)
    assert "The leaderboard is taking it in." in waiting_page
    assert (ready["settled"], ready["rank"]) == (True, 1)
    assert "With it the team has rank 1 on the leaderboard." in page


def test_a_board_that_is_not_built_does_not_keep_a_page_waiting_for_ever(
    hers: Browser, alices: Program, platform: Platform, clock: Clock
) -> None:
    address = submit(alices, clock)
    score(platform, address)
    clock.advance(seconds=BOARD_PATIENCE.total_seconds())

    assert state(hers, address).json["settled"] is True


def test_a_score_is_told_beside_the_teams_best(
    hers: Browser, alices: Program, platform: Platform, clock: Clock
) -> None:
    first, worse = submit(alices, clock), submit(alices, clock, sign=-1)
    for address in (first, worse):
        score(platform, address)

    beside_first, beside_worse = hers.get(first).text, hers.get(worse).text

    best, other = "the team's best so far: better than", "worse than the team's best"
    assert (best in unescape(beside_first), other in unescape(beside_first)) == (True, False)
    assert (best in unescape(beside_worse), other in unescape(beside_worse)) == (False, True)
    assert f'href="{first}"' in beside_worse


def test_a_phase_without_disclosure_shows_neither_score_nor_rank(
    hers: Browser, alices: Program, platform: Platform, clock: Clock, tmp_path: Path
) -> None:
    publish_changed(platform, tmp_path, "concurrent: 5}", "concurrent: 5, disclosure: []}")
    address = submit(alices, clock)
    score(platform, address)

    page = hers.get(address).text

    assert "This phase shows no scores" in page
    assert '<svg class="interval"' not in page
    assert "on the leaderboard." not in page
    assert state(hers, address).json["settled"] is True


def test_the_pace_is_told_once_there_is_one(
    hers: Browser,
    alices: Program,
    platform: Platform,
    clock: Clock,
    alice: Participant,
    browser: Callable[[User], Browser],
) -> None:
    before = hers.get(submit(alices, clock)).text
    for _ in range(pace.FEWEST - 1):
        submit(alices, clock)
    with platform.database.reading() as session:
        found = history.open_submissions(session, team_id=alice.team.id)
        waiting = [submission.id for submission in found]
    for submission_id in waiting:
        platform.evaluator.evaluate(submission_id)
    clock.advance(days=1)

    after = browser(alice.user).get(submit(alices, clock)).text

    assert "Half of the last submissions" not in before
    assert re.search(r"Half of the last submissions .* within \d+ seconds of their upload", after)


def test_cancelling_says_first_what_it_costs_and_then_that_it_cost_nothing(
    hers: Browser, alices: Program, clock: Clock
) -> None:
    address = submit(alices, clock)
    before = hers.get(address).text
    hers.send(f"{address}/cancel", form=address)

    page = hers.get(address).text

    assert "It then never counts in your quota" in before
    assert "Your team cancelled it." in page
    assert "It does not count in your quota." in page
    assert "<code>cancelled_by_team</code>" in page
    assert f'href="/challenges/{SLUG}/submit"' in page
    assert "Cancel this submission" not in page


def test_cancelling_what_is_being_scored_costs_quota_and_says_so(
    hers: Browser, alices: Program, platform: Platform, clock: Clock
) -> None:
    address = submit(alices, clock)
    platform.keys.scoring.folder.rename(platform.keys.folder / "elsewhere")
    score(platform, address)

    before = hers.get(address).text
    hers.send(f"{address}/cancel", form=address)

    assert "will try again by itself" in before
    assert "will count in your quota all the same" in before
    assert "It counts in your quota." in hers.get(address).text


def test_an_errored_submission_says_that_the_platform_is_at_fault(
    hers: Browser, alices: Program, platform: Platform, clock: Clock
) -> None:
    address = submit(alices, clock)
    platform.keys.scoring.folder.rename(platform.keys.folder / "elsewhere")
    for _ in range(platform.settings.max_attempts):
        score(platform, address)
        clock.advance(minutes=1)

    page = hers.get(address).text

    assert "Platform error" in page
    assert "could not open the challenge's hidden truth" in unescape(page)
    assert "platform's fault, not yours" in unescape(page)
    assert "It does not count in your quota." in page
    assert "<code>truth_unavailable</code>" in page


def test_an_organizer_reads_a_submission_but_cannot_end_it(
    organizer: User, alices: Program, clock: Clock, browser: Callable[[User], Browser]
) -> None:
    page = browser(organizer).get(submit(alices, clock)).text

    assert "It is the next in the queue." in page
    assert "Cancel this submission" not in page


def test_what_a_team_wrote_is_shown_as_text(hers: Browser, alices: Program, clock: Clock) -> None:
    address = submit(alices, clock, message='"><img src=x onerror=alert(1)>')

    for path in (address, f"/challenges/{SLUG}/submissions"):
        page = hers.get(path).text
        assert "<img src=x" not in page
        assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_every_reason_says_whose_fault_it_was() -> None:
    assert {reason.fault for reason in Reason} == set(Fault)


def made(value: float, low: float | None, high: float | None) -> Score:
    """Make a score."""
    return Score(
        key="c", primary=True, direction="maximize", value=value, low=low, high=high, undefined=None
    )


@pytest.mark.parametrize(
    ("scores", "axis"),
    [
        ([(0.73, 0.69, 0.77)], (0.65, 0.8)),
        ([(0.73, 0.69, 0.77), (0.55, 0.4, 0.7)], (0.4, 0.8)),
        ([(0.999, 0.998, 1.0)], (0.9, 1.0)),
        ([(0.0, 0.0, 0.01)], (0.0, 0.1)),
        ([(0.5, 0.0, 1.0)], (0.0, 1.0)),
    ],
)
def test_an_axis_is_round_and_holds_every_interval(
    scores: list[tuple[float, float, float]], axis: tuple[float, float]
) -> None:
    found = axis_of([made(*score) for score in scores])

    assert found is not None
    assert (found.start, found.end) == axis


@pytest.mark.parametrize("score", [(1.2, 1.0, 1.4), (-0.1, -0.2, 0.1)])
def test_scores_in_units_of_their_own_have_no_axis(score: tuple[float, float, float]) -> None:
    assert axis_of([made(*score)]) is None


def test_a_bar_lies_on_its_axis() -> None:
    axis = Axis(start=0.5, end=1.0)

    bar = axis.bar(made(0.75, 0.5, 1.0))

    assert bar is not None
    assert (bar.low, bar.value, bar.high) == (MARGIN, WIDTH / 2, WIDTH - MARGIN)
    assert axis.bar(made(0.75, None, None)) is None
