"""`challenge challenges`: listing, showing and joining."""

import csv
import io
import json

import pytest

from tests.cli.conftest import Run
from tests.cli.fake_api import PHASE, SLUG, SUMMARY, FakeApi, challenge_document, document

ONE = f"/api/v1/challenges/{SLUG}"


def test_the_list_needs_no_account(run: Run, api: FakeApi) -> None:
    done = run("--url", api.url, "challenges", "list")

    assert done.code == 0
    assert done.out.splitlines()[1].split("  ")[:2] == [SLUG, "Outcomes in NAFLD"]
    assert "2030-12-01 09:00 UTC" in done.out


@pytest.mark.parametrize(("language", "title"), [("fr_FR.UTF-8", "Devenir"), ("C", "Outcomes")])
def test_texts_are_in_the_language_of_the_environment(
    ada: Run, monkeypatch: pytest.MonkeyPatch, language: str, title: str
) -> None:
    monkeypatch.setenv("LANG", language)

    assert title in ada("challenges", "list").out


def test_csv_and_json_can_be_read_by_programs(ada: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(ada("challenges", "list", "--format", "csv").out)))

    assert rows[0]["slug"] == SLUG
    assert rows[0]["open_phase"] == "development"
    assert json.loads(ada("challenges", "list", "--format", "json").out) == [SUMMARY]


def test_a_challenge_is_shown_with_its_limits_and_what_is_left_of_the_quota(ada: Run) -> None:
    done = ada("challenges", "show", SLUG)

    assert done.code == 0
    for fact in (
        "Outcomes in NAFLD (nafld-progression)",
        "You take part as team Ada.",
        "5 per 24 h",
        "4 of 5",
        "330.0 kB",
        "score (ranks)",
        "patient_id, risk_event, risk_death",
        "version 2026-01",
    ):
        assert fact in done.out
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("joined", "advice"), [(None, "challenge auth login"), (False, "challenges join")]
)
def test_who_has_not_joined_is_told_what_to_do(
    ada: Run, api: FakeApi, *, joined: bool | None, advice: str
) -> None:
    stranger = {**challenge_document(api.files), "joined": joined, "team": None, "quota": None}
    api.then("GET", ONE, document(stranger))

    assert advice in ada("challenges", "show", SLUG).out


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "2 in all"), (86400.0, "2 per 24 h"), (604800.0, "2 per 7 d"), (90.0, "2 per 90 s")],
)
def test_a_limit_is_told_in_a_unit_that_people_use(
    ada: Run, api: FakeApi, seconds: float | None, text: str
) -> None:
    phase = {**PHASE, "limit": {"n": 2, "per_seconds": seconds}}
    api.then("GET", ONE, document({**challenge_document(api.files), "phases": [phase]}))

    assert text in ada("challenges", "show", SLUG).out


def test_joining_sends_the_version_that_was_accepted(ada: Run, api: FakeApi) -> None:
    done = ada("challenges", "join", SLUG, "--accept-terms", "2026-01")

    assert (done.code, "team Ada" in done.out) == (0, True)
    assert json.loads(api.sent("POST", f"{ONE}/join")[0].body) == {"agreement_version": "2026-01"}


def test_a_script_is_told_which_version_to_accept_and_joins_nothing(ada: Run, api: FakeApi) -> None:
    done = ada("challenges", "join", SLUG)

    assert done.code == 1
    assert "--accept-terms 2026-01" in done.err
    assert api.sent("POST", f"{ONE}/join") == []


def test_a_mistyped_challenge_suggests_the_right_one(ada: Run) -> None:
    done = ada("challenges", "show", "nafld-progresion")

    assert done.code == 1
    assert done.err == (
        "challenge: there is no challenge 'nafld-progresion'; did you mean 'nafld-progression'?\n"
    )


def test_a_challenge_like_no_other_lists_those_there_are(ada: Run) -> None:
    assert "there is nafld-progression" in ada("challenges", "show", "zebra").err
