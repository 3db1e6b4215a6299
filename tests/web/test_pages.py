"""The pages that anybody reads: challenges, their texts and files, and leaderboards."""

from collections.abc import Callable
from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core.account import User
from challenge_platform.core.board import build_board
from challenge_platform.core.challenge import (
    ChallengeVersion,
    PublishedChallenge,
    record_reveal,
)
from challenge_platform.core.definition import Board
from challenge_platform.core.result import Result
from challenge_platform.core.reveal import reveal
from tests.conftest import Participant, participant, publish_changed
from tests.web.conftest import SLUG, Browser, Program, Visitor, predictions

PAGE = f"/challenges/{SLUG}"


def build(platform: Platform, challenge: PublishedChallenge) -> None:
    """Build the public board as the worker would."""
    build_board(
        platform.database,
        platform.store,
        challenge.id,
        phase="development",
        board=Board.PUBLIC,
        clock=platform.clock,
    )


@pytest.fixture
def ranked(
    alices: Program,
    program: Callable[..., Program],
    platform: Platform,
    challenge: PublishedChallenge,
) -> None:
    """Have Alice and a baseline scored, and the board built."""
    baseline = participant(platform, challenge, name="age-alone", baseline=True)
    for sent in (alices.submit(), program(baseline.user).submit(predictions(sign=-1))):
        platform.evaluator.evaluate(sent.json["id"])
    build(platform, challenge)


def test_without_a_challenge_the_list_says_so(anonymous: Visitor) -> None:
    assert "No challenge has been published here yet." in anonymous.get("/").text


@pytest.mark.usefixtures("challenge")
def test_the_list_leads_to_the_challenge(anonymous: Visitor) -> None:
    page = anonymous.get("/").text

    assert f'<a href="{PAGE}">Tiny survival</a>' in page
    assert "Open" in page


@pytest.mark.usefixtures("challenge")
def test_an_overview_says_when_each_phase_is_and_how_much_may_be_sent(anonymous: Visitor) -> None:
    page = anonymous.get(PAGE).text

    assert '<time datetime="2020-01-01T00:00:00+00:00">Wed 1 Jan 2020, 00:00</time> UTC' in page
    assert "5 submissions in 24 hours" in page
    assert "5 submissions in all" in page
    assert "Closed" in page


@pytest.mark.usefixtures("challenge")
def test_files_are_named_to_everybody_and_linked_to_who_accepted(
    anonymous: Visitor, alice: Participant, browser: Callable[[User], Browser]
) -> None:
    link = f'href="{PAGE}/files/test.csv"'

    assert link not in anonymous.get(f"{PAGE}/data").text
    assert "test.csv" in anonymous.get(f"{PAGE}/data").text
    assert link in browser(alice.user).get(f"{PAGE}/data").text


def test_an_organizer_may_download_without_taking_part(
    organizer: User, challenge: PublishedChallenge, browser: Callable[[User], Browser]
) -> None:
    assert (
        f"{PAGE}/files/test.csv"
        in browser(organizer).get(f"/challenges/{challenge.slug}/data").text
    )


def test_joining_by_the_page_accepts_the_version_that_was_shown(
    organizer: User, challenge: PublishedChallenge, browser: Callable[[User], Browser]
) -> None:
    hers = browser(organizer)
    stale = hers.send(f"{PAGE}/join", {"agreement_version": "0"}, form=f"{PAGE}/rules")
    unread = hers.send(f"{PAGE}/join", form=f"{PAGE}/rules")
    joined = hers.send(
        f"{PAGE}/join",
        {"agreement_version": challenge.definition.agreement.version},
        form=f"{PAGE}/rules",
    )

    assert (stale.status_code, unread.status_code) == (422, 422)
    assert (joined.status_code, joined.location) == (303, f"{PAGE}/submit")
    assert "take part as the team olga" in hers.get(f"{PAGE}/rules").text


def test_a_new_version_of_the_agreement_must_be_accepted_anew(
    alice: Participant,
    challenge: PublishedChallenge,
    platform: Platform,
    browser: Callable[[User], Browser],
) -> None:
    hers = browser(alice.user)
    with platform.database.writing() as session:
        version = session.get_one(ChallengeVersion, challenge.version_id)
        definition = dict(version.definition)
        definition["agreement"] = {**definition["agreement"], "version": "2"}
        version.definition = definition
        session.add(version)

    assert "The agreement has a new version" in hers.get(f"{PAGE}/rules").text
    assert hers.get(f"{PAGE}/files/test.csv").status_code == 403


@pytest.mark.usefixtures("challenge")
def test_an_empty_leaderboard_says_so(anonymous: Visitor) -> None:
    assert "Nobody stands here yet" in anonymous.get(f"{PAGE}/leaderboard").text


@pytest.mark.usefixtures("ranked")
def test_a_leaderboard_shows_ranks_and_scores_with_their_intervals(anonymous: Visitor) -> None:
    page = anonymous.get(f"{PAGE}/leaderboard").text
    [first, second] = anonymous.get(f"/api/v1{PAGE}/leaderboard").json["rows"]
    team, baseline = (first, second) if second["baseline"] else (second, first)

    score = team["scores"][0]
    assert f"{team['rank_low']}&nbsp;\N{EN DASH}&nbsp;{team['rank_high']}" in page
    assert f"{score['value']:.4f}" in page
    assert f"{score['low']:.4f}" in page
    assert ' class="baseline">' in page
    assert baseline["rank"] is None
    assert f'href="{PAGE}/leaderboard/development/public/2026-11-22-1.json"' in page


@pytest.mark.usefixtures("ranked")
def test_ones_own_team_is_marked(alice: Participant, browser: Callable[[User], Browser]) -> None:
    assert "your team" in browser(alice.user).get(f"{PAGE}/leaderboard").text


@pytest.mark.usefixtures("ranked")
def test_a_private_board_is_sealed_until_its_reveal(
    anonymous: Visitor, platform: Platform, challenge: PublishedChallenge
) -> None:
    sealed = anonymous.get(f"{PAGE}/leaderboard?board=private")
    with platform.database.writing() as session:
        reveal(
            session,
            platform.store,
            challenge,
            phase="development",
            release_key=platform.keys.release.open(SLUG),
            now=platform.clock(),
        )
    revealed = anonymous.get(f"{PAGE}/leaderboard?board=private")

    assert sealed.status_code == revealed.status_code == 200
    assert "This board is sealed" in sealed.text
    assert "alice" not in sealed.text
    assert "alice" in revealed.text


def test_a_revealed_board_without_rows_is_empty_not_sealed(
    anonymous: Visitor, platform: Platform, challenge: PublishedChallenge
) -> None:
    with platform.database.writing() as session:
        record_reveal(session, challenge.id, phase="past", now=platform.clock())

    page = anonymous.get(f"{PAGE}/leaderboard?phase=past&board=private").text

    assert "Nobody stands here yet" in page


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "page=²", "board=secret", "phase=nothing"]
)
@pytest.mark.usefixtures("challenge")
def test_a_board_that_is_not_there_is_refused(query: str, anonymous: Visitor) -> None:
    assert anonymous.get(f"{PAGE}/leaderboard?{query}").status_code == 422


def test_a_phase_that_shows_no_scores_shows_none_on_any_page(
    alices: Program,
    platform: Platform,
    challenge: PublishedChallenge,
    alice: Participant,
    anonymous: Visitor,
    browser: Callable[[User], Browser],
    tmp_path: Path,
) -> None:
    publish_changed(platform, tmp_path, "limit:", "disclosure: [], limit:")
    submission_id = alices.submit().json["id"]
    platform.evaluator.evaluate(submission_id)
    build(platform, challenge)

    hers = browser(alice.user)
    pages = (
        hers.get(f"/submissions/{submission_id}"),
        hers.get(f"/submissions/{submission_id}/report"),
        hers.get(f"{PAGE}/submissions"),
        anonymous.get(f"{PAGE}/leaderboard"),
        anonymous.get(f"{PAGE}/leaderboard/report"),
    )

    assert {page.status_code for page in pages} == {200}
    assert all("This phase shows no scores" in page.text for page in pages[:2])
    with platform.database.reading() as session:
        hidden = session.get_one(Result, submission_id).public["metrics"]["c"]["value"]
    assert not any(f"{hidden:.4f}" in page.text for page in pages)


@pytest.mark.parametrize("path", ["/nothing", "/challenges/nothing", "/submissions/xyz"])
def test_what_is_not_there_gets_a_page_that_says_so(path: str, anonymous: Visitor) -> None:
    answer = anonymous.get(path)

    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_texts_of_a_challenge_cannot_bring_scripts(
    anonymous: Visitor, platform: Platform, challenge: PublishedChallenge
) -> None:
    hostile = (
        "# Title\n<script>alert(1)</script>\n<img src=x onerror=alert(1)>\n"
        "[link](javascript:alert(1)) [page](https://example.org)\n"
    )
    with platform.database.writing() as session:
        version = session.get_one(ChallengeVersion, challenge.version_id)
        version.texts = {name: {"en": hostile, "fr": hostile} for name in version.texts}
        session.add(version)

    page = anonymous.get(PAGE).text.partition("<article")[2]

    assert "<h2>Title</h2>" in page
    assert "<script" not in page
    assert "<img" not in page
    assert "javascript:" not in page.replace("[link](javascript:alert(1))", "")
    assert '<a href="https://example.org" rel="noopener noreferrer">page</a>' in page


def test_names_are_text_on_every_page(
    platform: Platform,
    challenge: PublishedChallenge,
    program: Callable[..., Program],
    anonymous: Visitor,
    browser: Callable[[User], Browser],
) -> None:
    mallory = participant(platform, challenge, name="<script>alert(1)</script>")
    message = "<img/src=x/onerror=alert(2)>"
    sent = program(mallory.user).submit(message=message).json["id"]
    platform.evaluator.evaluate(sent)
    build(platform, challenge)
    his = browser(mallory.user)

    pages = [
        anonymous.get(f"{PAGE}/leaderboard").text,
        anonymous.get(f"{PAGE}/leaderboard/report").text,
        *(his.get(path).text for path in (f"/submissions/{sent}", f"{PAGE}/submissions")),
        his.get(f"/submissions/{sent}/report").text,
        *(his.get(path).text for path in ("/profile", f"{PAGE}/rules", f"{PAGE}/submit")),
    ]

    for page in pages:
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "<script>alert" not in page
        assert "<img" not in page
