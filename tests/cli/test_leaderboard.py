"""`challenge leaderboard`: ranks and scores with their intervals, for anybody."""

import csv
import io
import json

import pytest

from tests.cli.conftest import Run
from tests.cli.fake_api import LEADERBOARD, SLUG, FakeApi, document, problem, standing

BOARD = f"/api/v1/challenges/{SLUG}/leaderboard"


def test_ranks_and_scores_have_their_intervals(run: Run, api: FakeApi) -> None:
    done = run("--url", api.url, "leaderboard", SLUG)

    assert done.code == 0
    lines = [line.rstrip() for line in done.out.splitlines()]
    assert lines[1:] == [
        "1 [1, 3]      1  Ada        0.7312 [0.6912, 0.7712]       12  2026-11-22",
        "baseline      -  Age alone  0.6000 [0.5600, 0.6400]       12  2026-11-22",
    ]


def test_below_stands_which_state_it_is_and_how_sure_the_first_place_is(
    run: Run, api: FakeApi
) -> None:
    assert run("--url", api.url, "leaderboard", SLUG).err.splitlines() == [
        "Phase development, public board, state 7 of 2026-11-22 02:32 UTC.",
        "Judged on 120 units (patient_id); events: c_event 31.",
        "Group 1 has one team, Ada.",
        "Ada against Age alone: +0.1312 [-0.01, +0.1712], p 0.081.",
    ]


def test_teams_that_cannot_be_told_apart_are_counted(run: Run, api: FakeApi) -> None:
    found = {
        **LEADERBOARD,
        "groups": [{"group": 1, "head": "Ada", "teams": 3}],
        "judged": None,
        "comparisons": [{**LEADERBOARD["comparisons"][0], "low": None, "high": None}],
    }
    api.then("GET", BOARD, document(found))

    assert run("--url", api.url, "leaderboard", SLUG).err.splitlines()[1:] == [
        "Group 1 has 3 teams that this test set cannot tell apart from Ada.",
        "Ada against Age alone: +0.1312.",
    ]


def test_who_is_disqualified_is_said_with_the_reason(run: Run, api: FakeApi) -> None:
    out = {
        **standing(None, "Cheat", 0.9),
        "state": "disqualified",
        "reason": "Used the hidden truth.",
    }
    api.then("GET", BOARD, document({**LEADERBOARD, "rows": [out]}))

    done = run("--url", api.url, "leaderboard", SLUG)

    assert done.out.splitlines()[1].split()[:3] == ["disqualified", "-", "Cheat"]
    assert done.err.splitlines()[-1] == "Cheat is disqualified: Used the hidden truth."


def test_a_long_team_name_does_not_make_the_table_wider_than_80_columns(
    run: Run, api: FakeApi
) -> None:
    rows = [standing(100, "x" * 80, 0.7)]
    api.then("GET", BOARD, document({**LEADERBOARD, "rows": rows}))

    done = run("--url", api.url, "leaderboard", SLUG)

    assert max(map(len, done.out.splitlines())) <= 80
    assert done.out.count("x") == 80
    assert "0.7000 [0.6600, 0.7400]" in done.out


def test_phase_board_and_page_are_asked_for(run: Run, api: FakeApi) -> None:
    run("--url", api.url, "leaderboard", SLUG, "--phase", "final", "--board", "private", "--page=2")

    assert [each.query for each in api.requests] == ["phase=final&board=private&page=2"]


def test_a_page_of_a_long_board_says_how_much_there_is(run: Run, api: FakeApi) -> None:
    api.then("GET", BOARD, document({**LEADERBOARD, "total": 250}))

    assert "Page 1: 2 of 250 rows." in run("--url", api.url, "leaderboard", SLUG).err


def test_an_empty_board_says_so(run: Run, api: FakeApi) -> None:
    api.then("GET", BOARD, document({**LEADERBOARD, "rows": [], "total": 0}))

    done = run("--url", api.url, "leaderboard", SLUG)

    assert (done.code, done.out) == (0, "The public board of phase development is empty.\n")


def test_programs_get_csv_and_json(run: Run, api: FakeApi) -> None:
    table = run("--url", api.url, "leaderboard", SLUG, "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(table)))

    assert [(row["rank"], row["rank_high"], row["group"], row["baseline"]) for row in rows] == [
        ("1", "3", "1", "False"),
        ("", "", "", "True"),
    ]
    text = run("--url", api.url, "leaderboard", SLUG, "--format", "json").out
    assert json.loads(text) == LEADERBOARD


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " ="])
def test_a_team_whose_name_is_a_formula_is_a_text_in_csv(
    start: str, run: Run, api: FakeApi
) -> None:
    rows = [standing(1, f"{start}HYPERLINK(1)", -0.5)]
    api.then("GET", BOARD, document({**LEADERBOARD, "rows": rows}))

    table = run("--url", api.url, "leaderboard", SLUG, "--format", "csv").out
    (row,) = csv.DictReader(io.StringIO(table, newline=""))

    assert row["team"].startswith("'")
    assert row["team"].endswith("HYPERLINK(1)")
    assert row["score"] == "-0.5"


def test_a_sealed_board_says_why(run: Run, api: FakeApi) -> None:
    api.then("GET", BOARD, problem(403, "sealed", "the private scores are sealed"))

    done = run("--url", api.url, "leaderboard", SLUG, "--board", "private")

    assert (done.code, done.err) == (1, "challenge: the private scores are sealed\n")
