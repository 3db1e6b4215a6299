"""Leaderboards through the API: ranked with intervals, named, sealed when private."""

import dataclasses
import hashlib
from collections.abc import Callable

import pytest
from sqlalchemy import event

from challenge_platform.bootstrap import Platform
from challenge_platform.core.board import build_board
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.definition import Board
from challenge_platform.web import create_app
from tests.conftest import participant
from tests.web.conftest import API, SLUG, Program, Visitor, predictions

PATH = f"{API}/challenges/{SLUG}/leaderboard"


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
    alices: Program, bobs: Program, platform: Platform, challenge: PublishedChallenge
) -> None:
    """Have Alice and Bob scored, and the board built."""
    for sent in (alices.submit(), bobs.submit(predictions(sign=-1))):
        platform.evaluator.evaluate(sent.json["id"])
    build(platform, challenge)


@pytest.mark.usefixtures("challenge")
def test_an_empty_board_has_no_rows(anonymous: Visitor) -> None:
    answer = anonymous.get(PATH)

    assert answer.status_code == 200
    assert (answer.json["rows"], answer.json["number"], answer.json["built_at"]) == ([], 0, None)


@pytest.mark.usefixtures("ranked")
def test_anybody_reads_ranks_with_intervals(anonymous: Visitor) -> None:
    document = anonymous.get(PATH).json

    assert (document["challenge"], document["board"], document["total"]) == (SLUG, "public", 2)
    first, second = document["rows"]
    assert (first["rank"], second["rank"]) == (1, 2)
    assert first["rank_low"] <= 1 <= first["rank_high"]
    assert first["scores"][0]["value"] > second["scores"][0]["value"]
    assert first["entries"] == 1
    assert (first["group"], second["group"]) in ((1, 1), (1, 2))
    assert "team_id" not in first
    assert "submission" not in first


@pytest.mark.usefixtures("ranked")
def test_a_board_is_sent_again_only_when_it_has_changed(
    anonymous: Visitor,
    platform: Platform,
    challenge: PublishedChallenge,
    program: Callable[..., Program],
) -> None:
    etag = anonymous.get(PATH).headers["ETag"]
    same = anonymous.get(PATH, headers={"If-None-Match": etag})
    carol = participant(platform, challenge, name="carol")
    sent = program(carol.user).submit()
    platform.evaluator.evaluate(sent.json["id"])
    build(platform, challenge)
    changed = anonymous.get(PATH, headers={"If-None-Match": etag})

    assert (same.status_code, same.data) == (304, b"")
    assert (changed.status_code, changed.json["number"]) == (200, 2)


def test_a_baseline_is_shown_without_a_rank(
    anonymous: Visitor,
    platform: Platform,
    challenge: PublishedChallenge,
    program: Callable[..., Program],
) -> None:
    baseline = participant(platform, challenge, name="age-alone", baseline=True)
    sent = program(baseline.user).submit()
    platform.evaluator.evaluate(sent.json["id"])
    build(platform, challenge)

    [row] = anonymous.get(PATH).json["rows"]

    assert (row["baseline"], row["rank"], row["rank_low"]) == (True, None, None)


@pytest.mark.usefixtures("ranked")
def test_the_private_board_is_sealed_for_everybody(
    anonymous: Visitor, alices: Program, organizers: Program
) -> None:
    for answer in (
        anonymous.get(f"{PATH}?board=private"),
        alices.get(f"/challenges/{SLUG}/leaderboard?board=private"),
        organizers.get(f"/challenges/{SLUG}/leaderboard?board=private"),
    ):
        assert (answer.status_code, answer.json["code"]) == (403, "sealed")


@pytest.mark.usefixtures("ranked")
def test_a_page_past_the_end_is_empty(anonymous: Visitor) -> None:
    document = anonymous.get(f"{PATH}?page=2").json

    assert (document["rows"], document["total"], document["page"]) == ([], 2, 2)


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=x",
        "page=99999999999999999999",
        "page=0000000019999999999999999",
        "board=secret",
        "phase=%00",
    ],
)
@pytest.mark.usefixtures("challenge")
def test_wrong_parameters_are_named(query: str, anonymous: Visitor) -> None:
    answer = anonymous.get(f"{PATH}?{query}")

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_input")


@pytest.mark.usefixtures("ranked")
def test_a_board_says_what_judged_it_its_groups_and_where_its_state_stays(
    anonymous: Visitor,
) -> None:
    document = anonymous.get(PATH).json

    assert (
        document["permalink"] == f"/challenges/{SLUG}/leaderboard/development/public/2026-11-22-1"
    )
    assert document["judged"]["unit"] == "patient_id"
    assert document["judged"]["events"]["c"] > 0
    assert sum(group["teams"] for group in document["groups"]) == 2
    assert document["groups"][0]["head"] == document["rows"][0]["team"]
    stored = anonymous.get(f"{document['permalink']}.json")
    assert hashlib.sha256(stored.data).hexdigest() == document["digest"]


def test_the_first_team_is_compared_with_each_baseline(
    anonymous: Visitor,
    platform: Platform,
    challenge: PublishedChallenge,
    program: Callable[..., Program],
    alices: Program,
) -> None:
    baseline = participant(platform, challenge, name="age-alone", baseline=True)
    for sent in (alices.submit(), program(baseline.user).submit(predictions(sign=-1))):
        platform.evaluator.evaluate(sent.json["id"])
    build(platform, challenge)

    [comparison] = anonymous.get(PATH).json["comparisons"]

    assert (comparison["team"], comparison["other"]) == ("alice", "age-alone")
    assert comparison["low"] <= comparison["difference"] <= comparison["high"]


@pytest.mark.usefixtures("challenge")
def test_a_board_that_was_never_built_has_no_permanent_address(anonymous: Visitor) -> None:
    document = anonymous.get(PATH).json

    assert (document["permalink"], document["judged"], document["groups"]) == (None, None, [])


@pytest.mark.usefixtures("ranked")
def test_a_304_reads_no_rows(anonymous: Visitor, platform: Platform) -> None:
    document = anonymous.get(PATH)
    path = platform.settings.objects_dir / document.json["digest"][:2] / document.json["digest"]
    path.unlink()
    fresh = Visitor(create_app(dataclasses.replace(platform)).test_client())

    same = fresh.get(PATH, headers={"If-None-Match": document.headers["ETag"]})

    assert same.status_code == 304


@pytest.mark.usefixtures("ranked")
def test_within_a_moment_a_board_is_looked_at_once(platform: Platform) -> None:
    settings = platform.settings.model_copy(update={"glance_seconds": 60})
    visitor = Visitor(create_app(dataclasses.replace(platform, settings=settings)).test_client())
    before = visitor.get(PATH)
    statements: list[str] = []
    event.listen(
        platform.database.reader,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: statements.append(statement),
    )

    after = visitor.get(PATH)

    assert after.data == before.data
    assert statements == []
