"""The dashboard: what is due, where one stands, what changed, and what organizers see."""

import html
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.build import build_challenge
from challenge_platform.core import account
from challenge_platform.core.account import User
from challenge_platform.core.board import build_board
from challenge_platform.core.board_state import Row
from challenge_platform.core.challenge import PublishedChallenge, find_challenge
from challenge_platform.core.dashboard import Participation, dashboard_of
from challenge_platform.core.definition import Board
from challenge_platform.core.feedback import Score
from challenge_platform.core.heartbeat import Part, beat
from challenge_platform.core.news import Moved
from challenge_platform.core.reveal import reveal
from challenge_platform.core.submission import State, Submission
from challenge_platform.core.team import join
from challenge_platform.web.news_words import told
from tests.conftest import PASSWORD, TINY, Participant, participant, publish_changed
from tests.fakes import Clock
from tests.web.conftest import SLUG, Browser, Program, Visitor, predictions

NO_END = "2020-01-01T00:00:00+00:00, board: public"
OPEN_UNTIL = "2020-01-01T00:00:00+00:00, closes: 2026-11-25T16:30:00+00:00, board: public"


@pytest.fixture
def hers(alice: Participant, browser: Callable[[User], Browser]) -> Browser:
    """Give Alice's browser."""
    return browser(alice.user)


def text_of(page: str) -> str:
    """Give what a page says between its header and its footer, without marks and line breaks."""
    body = page[page.index("<main") : page.index('<footer class="site-footer"')]
    text = html.unescape(re.sub(r"<[^>]+>", " ", body))
    for plain, signs in ((" ", "\N{NO-BREAK SPACE}"), ("-", "\N{EN DASH}\N{MINUS SIGN}")):
        text = re.sub(f"[{signs}]", plain, text)
    return re.sub(r"\s+", " ", text)


def dashboard(browser: Browser, query: str = "") -> str:
    """Give what the dashboard says."""
    answer = browser.get(f"/dashboard{query}")
    assert answer.status_code == 200, answer.text
    return text_of(answer.text)


def scored(platform: Platform, program: Program, *, sign: int = 1) -> str:
    """Submit predictions, have them scored, and rank; give the submission's id."""
    submission_id = str(program.submit(predictions(sign=sign)).json["id"])
    platform.evaluator.evaluate(submission_id)
    rank(platform)
    return submission_id


def rank(platform: Platform) -> None:
    """Build the public board, as the board job does."""
    build_board(
        platform.database,
        platform.store,
        1,
        phase="development",
        board=Board.PUBLIC,
        clock=platform.clock,
    )


@pytest.fixture
def newcomer(platform: Platform, browser: Callable[[User], Browser]) -> Browser:
    """Give the browser of somebody who has joined nothing."""
    with platform.database.writing() as session:
        user = account.create_user(
            session, email="n@example.org", name="nina", password=PASSWORD, now=platform.clock()
        )
    return browser(user)


# Nothing yet.


@pytest.mark.usefixtures("challenge")
def test_somebody_new_reads_three_steps_with_links(newcomer: Browser) -> None:
    page = newcomer.get("/dashboard").text

    assert "Three steps to your first score" in page
    for address in ("rules#join", "data", "submit"):
        assert f'href="/challenges/{SLUG}/{address}"' in page
    assert "Open challenges" in page
    assert "Tiny survival" in page


def test_without_any_challenge_the_steps_lead_to_the_list(newcomer: Browser) -> None:
    page = newcomer.get("/dashboard").text

    assert '<a href="/">Join a challenge</a>' in page
    assert "Open challenges" not in page


def test_a_log_in_leads_to_the_dashboard_or_to_the_page_that_was_wanted(
    alice: Participant, anonymous: Visitor
) -> None:
    visitor = Browser(anonymous.client)
    fields = {"email": alice.user.email, "password": PASSWORD}

    first = visitor.send("/login", fields)
    visitor.client.delete_cookie("session")
    second = visitor.send("/login", {**fields, "next": f"/challenges/{SLUG}/rules"})

    assert first.headers["Location"] == "/dashboard"
    assert second.headers["Location"] == f"/challenges/{SLUG}/rules"


# What is due and where one stands.


def test_the_open_phase_is_shown_with_its_deadline_in_three_zones_and_the_time_left(
    platform: Platform, tmp_path: Path, hers: Browser
) -> None:
    publish_changed(platform, tmp_path, NO_END, OPEN_UNTIL)

    text = dashboard(hers, "?timezone=America/New_York")

    assert "Team alice" in text
    assert "Time left 3 days 4 hours" in text
    assert "Wed 25 Nov 2026, 16:30 UTC" in text
    assert "Wed 25 Nov 2026, 11:30 America/New York (UTC-5) - your time" in text
    assert "Grace for an upload begun before: 30 minutes." in text
    assert "past Closed" in text


def test_a_phase_without_an_end_has_no_time_left(hers: Browser) -> None:
    assert "Time left - No end is set." in dashboard(hers)


def test_the_quota_that_is_left_is_shown_and_when_the_next_place_is_free(
    platform: Platform, alices: Program, hers: Browser, clock: Clock
) -> None:
    assert "Submissions left 5 of 5 in any 24 hours" in dashboard(hers)

    for _ in range(5):
        scored(platform, alices)
        clock.advance(hours=1)

    text = dashboard(hers)
    assert "Submissions left 0 of 5" in text
    assert "the next one is free Mon 23 Nov 2026, 12:00 UTC (in 19 hours)" in text


def test_the_best_score_is_shown_with_interval_rank_and_group(
    platform: Platform, alices: Program, bobs: Program, hers: Browser
) -> None:
    assert "no submission is scored yet" in dashboard(hers)

    scored(platform, alices, sign=-1)
    scored(platform, bobs)

    text = dashboard(hers)
    best = re.search(r"Best score (0\.\d+) 95 % interval (0\.\d+) - (0\.\d+)", text)
    assert best is not None
    assert float(best[2]) <= float(best[1]) <= float(best[3])
    assert re.search(r"Rank [12] ", text)
    assert re.search(r"first group|group 2", text)


def test_submissions_under_way_are_shown_with_a_link(alices: Program, hers: Browser) -> None:
    submission_id = alices.submit().json["id"]

    page = hers.get("/dashboard").text
    assert "Under way" in page
    assert f'href="/submissions/{submission_id}"' in page
    assert "Queued" in page


def test_a_new_agreement_must_be_accepted_first(
    platform: Platform, tmp_path: Path, hers: Browser
) -> None:
    publish_changed(platform, tmp_path, 'version: "1"', 'version: "2"')

    page = hers.get("/dashboard").text
    assert "accept it to go on" in page
    assert f'href="/challenges/{SLUG}/rules#join"' in page
    assert "Submit a file" not in page


# What changed.


def test_without_news_nothing_is_told(hers: Browser) -> None:
    assert "Nothing yet." in dashboard(hers)


def test_an_ended_submission_and_the_first_rank_are_news(
    platform: Platform, alices: Program, hers: Browser, clock: Clock
) -> None:
    clock.advance(minutes=5)
    submission_id = scored(platform, alices)

    text = dashboard(hers)
    assert f"Submission {submission_id[:8]} (p.csv) ended: scored." in text
    assert "Public board of phase development: you stand at rank 1." in text
    assert "You are in the first group." in text


def test_news_that_were_read_are_told_no_more_and_later_ones_are(
    platform: Platform, alices: Program, bobs: Program, hers: Browser, clock: Clock
) -> None:
    clock.advance(minutes=5)
    scored(platform, alices, sign=-1)
    read_at = clock().isoformat()
    clock.advance(minutes=5)
    scored(platform, bobs)

    answer = hers.send("/dashboard/seen", {"until": read_at}, form="/dashboard")

    assert answer.status_code == 303
    text = dashboard(hers)
    assert "ended: scored" not in text
    assert "from rank 1 to rank 2" in text


def line(*, rank: int, group: int | None, score: float | None = None) -> Row:
    """Give a team's line of a board."""
    shown = Score(
        key="c",
        primary=True,
        direction="maximize",
        value=score,
        low=None,
        high=None,
        undefined=None,
    )
    return Row(
        rank=rank,
        rank_low=rank,
        rank_high=rank,
        group=group,
        team="alice",
        scores=(shown,) if score is not None else (),
        entries=1,
        last_submission=datetime(2026, 11, 22, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (None, line(rank=2, group=2), "you stand at rank 2."),
        (line(rank=5, group=2), line(rank=3, group=2), "from rank 5 to rank 3."),
        (
            line(rank=3, group=2),
            line(rank=3, group=1),
            "still rank 3. You are in the first group.",
        ),
        (
            line(rank=3, group=1),
            line(rank=3, group=None),
            "still rank 3. You are no longer in the first group.",
        ),
        (
            line(rank=2, group=1, score=0.5),
            line(rank=1, group=1, score=0.75),
            "from rank 2 to rank 1. Score 0.5000 before, 0.7500 now.",
        ),
    ],
)
def test_a_move_is_told_in_words(
    app: Flask,
    alice: Participant,
    challenge: PublishedChallenge,
    before: Row | None,
    after: Row,
    words: str,
) -> None:
    moved = Moved(
        at=datetime(2026, 11, 22, tzinfo=UTC),
        phase="development",
        board=Board.PUBLIC,
        before=before,
        after=after,
    )
    taking = Participation(
        challenge=challenge, team=alice.team, accepted=True, phases=(), under_way=(), news=(moved,)
    )

    with app.test_request_context("/"):
        [item] = told([taking])

    assert item.text == f"Public board of phase development: {words}"
    assert item.address == f"/challenges/{SLUG}/leaderboard?phase=development&board=public"


def test_a_team_hears_nothing_of_the_submissions_of_others(
    platform: Platform, bobs: Program, hers: Browser, clock: Clock
) -> None:
    clock.advance(minutes=5)
    scored(platform, bobs)

    assert "Nothing yet." in dashboard(hers)


@pytest.mark.parametrize("until", ["", "yesterday", "2026-11-22T12:00:00", "2999-01-01T00:00:00Z"])
def test_a_moment_that_is_none_or_not_past_marks_nothing_as_read(until: str, hers: Browser) -> None:
    assert hers.send("/dashboard/seen", {"until": until}, form="/dashboard").status_code == 422


def test_what_was_read_does_not_become_unread(
    platform: Platform, alices: Program, hers: Browser, clock: Clock
) -> None:
    clock.advance(minutes=5)
    scored(platform, alices)
    clock.advance(minutes=5)
    hers.send("/dashboard/seen", {"until": clock().isoformat()}, form="/dashboard")

    hers.send("/dashboard/seen", {"until": "2026-11-22T12:00:00+00:00"}, form="/dashboard")

    assert "Nothing yet." in dashboard(hers)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('version: "1"', 'version: "2"', "It changes: the agreement."),
        ("{n: 5, per: 24h}", "{n: 6, per: 24h}", "It changes: the phases."),
        ("resamples: 200", "resamples: 300", "how submissions are read and scored."),
        ("Tiny survival", "Small survival", "It changes: the texts of its pages."),
        ("slug: tiny", "timezone: Asia/Tokyo\nslug: tiny", "A new version of the challenge was"),
    ],
)
def test_a_new_version_is_told_with_what_it_changes(
    platform: Platform,
    tmp_path: Path,
    hers: Browser,
    clock: Clock,
    old: str,
    new: str,
    told: str,
) -> None:
    clock.advance(minutes=5)
    publish_changed(platform, tmp_path, old, new)

    assert told in dashboard(hers)


def test_a_phase_that_opens_and_closes_is_told(
    platform: Platform, tmp_path: Path, hers: Browser, clock: Clock
) -> None:
    publish_changed(
        platform,
        tmp_path,
        "opens: 2020-01-01T00:00:00+00:00, closes: 2020-02-01T00:00:00+00:00",
        "opens: 2026-11-22T13:00:00+00:00, closes: 2026-11-22T14:00:00+00:00",
    )
    assert "past Not yet open" in dashboard(hers)

    clock.advance(hours=1)
    assert "Phase past opened." in dashboard(hers)
    clock.advance(hours=1)
    assert "Phase past closed." in dashboard(hers)


def test_of_many_ended_submissions_the_last_are_told_and_the_others_counted(
    platform: Platform,
    alice: Participant,
    alices: Program,
    browser: Callable[[User], Browser],
    clock: Clock,
) -> None:
    ids = []
    for _ in range(7):
        clock.advance(hours=5)
        ids.append(scored(platform, alices))

    text = dashboard(browser(alice.user))
    assert [name[:8] in text for name in ids] == [False, False, *[True] * 5]
    assert "2 more submissions ended before." in text


def test_names_that_people_give_are_shown_as_text(
    platform: Platform, challenge: PublishedChallenge, browser: Callable[[User], Browser]
) -> None:
    mallory = participant(platform, challenge, name="mallory")
    with platform.database.writing() as session:
        team = session.get_one(type(mallory.team), mallory.team.id)
        team.name = "<script>alert(1)</script>"
        session.add(team)

    page = browser(mallory.user).get("/dashboard").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_reveal_is_told_and_the_private_place_is_shown(
    platform: Platform,
    challenge: PublishedChallenge,
    alices: Program,
    hers: Browser,
    clock: Clock,
) -> None:
    scored(platform, alices)
    assert "private" not in dashboard(hers)
    clock.advance(minutes=5)

    with platform.database.writing() as session:
        reveal(
            session,
            platform.store,
            challenge,
            phase="development",
            release_key=platform.keys.release.open(SLUG),
            now=clock(),
        )

    text = dashboard(hers)
    assert "development Closed" in text
    assert "The private scores of phase development were revealed." in text
    assert "Private board of phase development: you stand at rank 1." in text
    assert "Rank, private board 1" in text
    assert "Submit a file" not in text


def test_the_challenge_that_closes_first_stands_first(
    platform: Platform, tmp_path: Path, alice: Participant, hers: Browser
) -> None:
    platform.keys.create_for("urgent")
    copy = shutil.copytree(TINY, tmp_path / "urgent")
    text = (copy / "challenge.yaml").read_text().replace("slug: tiny-survival", "slug: urgent")
    text = text.replace("Tiny survival", "Urgent").replace(NO_END, OPEN_UNTIL)
    (copy / "challenge.yaml").write_text(text)
    build_challenge(platform, copy, say=lambda _line: None)
    with platform.database.writing() as session:
        urgent = find_challenge(session, "urgent")
        user = session.get_one(User, alice.user.id)
        join(session, urgent, user=user, agreement_version="1", now=platform.clock())

    text = dashboard(hers)

    assert text.index("Team alice Urgent") < text.index("Team alice Tiny survival")


# How it is computed.


def count_queries(platform: Platform, user: User) -> int:
    """Count the statements of one dashboard."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(platform.database.reader, "before_cursor_execute", note)
    try:
        with platform.database.reading() as session:
            dashboard_of(session, platform.board_states, user, now=platform.clock())
    finally:
        event.remove(platform.database.reader, "before_cursor_execute", note)
    return len(statements)


def test_the_number_of_queries_does_not_grow_with_the_submissions(
    platform: Platform, alice: Participant, alices: Program, bobs: Program, clock: Clock
) -> None:
    scored(platform, alices)
    few = count_queries(platform, alice.user)
    for _ in range(8):
        clock.advance(hours=8)
        scored(platform, alices)
        scored(platform, bobs, sign=-1)
    alices.submit()
    bobs.submit()

    assert count_queries(platform, alice.user) == few
    assert few <= 16


# What organizers see.


@pytest.fixture
def olgas(organizer: User, browser: Callable[[User], Browser]) -> Browser:
    """Give the organizer's browser."""
    return browser(organizer)


def test_organizers_see_what_each_challenge_has_and_what_waits_too_long(
    platform: Platform,
    challenge: PublishedChallenge,
    alices: Program,
    bobs: Program,
    olgas: Browser,
    clock: Clock,
) -> None:
    participant(platform, challenge, name="reference", baseline=True)
    scored(platform, alices)
    bobs.submit()
    clock.advance(minutes=6)
    alices.submit()

    text = dashboard(olgas)
    assert "Platform state" in text
    assert "Tiny survival 2 3 2 0 1" in text


def test_a_submission_is_late_when_its_worker_was_not_heard_of_within_the_lease(
    platform: Platform, alices: Program, olgas: Browser, clock: Clock
) -> None:
    submission_id = alices.submit().json["id"]
    with platform.database.writing() as session:
        submission = session.get_one(Submission, submission_id)
        submission.state = State.RUNNING
        submission.lease_until = clock() + timedelta(seconds=20)
        session.add(submission)
    assert "Tiny survival 1 1 0 1 0" in dashboard(olgas)

    clock.advance(seconds=21)
    assert "Tiny survival 1 1 0 1 1" in dashboard(olgas)


def test_organizers_see_who_was_heard_of(platform: Platform, olgas: Browser, clock: Clock) -> None:
    assert "Reaper was never heard of" in dashboard(olgas)

    with platform.database.writing() as session:
        beat(session, Part.REAPER, now=clock())
        beat(session, Part.LAUNCHER, now=clock(), problem="no engine")
    text = dashboard(olgas)
    assert "Reaper is well" in text
    assert "Launcher of sandboxes has a problem: no engine" in text

    clock.advance(minutes=5)
    assert "Reaper was last heard of 5 minutes ago" in dashboard(olgas)


def test_participants_do_not_see_the_platforms_state(hers: Browser) -> None:
    assert "Platform state" not in dashboard(hers)


def test_the_dashboard_speaks_french(
    platform: Platform, alices: Program, hers: Browser, clock: Clock
) -> None:
    clock.advance(minutes=5)
    scored(platform, alices)

    text = dashboard(hers, "?language=fr")
    assert "Tableau de bord" in text
    assert "Soumissions restantes 4 sur 5 par période de 24 heures" in text
    assert "vous êtes au rang 1." in text
