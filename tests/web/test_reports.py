"""What a team is told beside its scores: what the phase discloses, and all after the reveal."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.core.account import User
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.feedback import rounded
from challenge_platform.core.result import Result, StoredReport
from challenge_platform.core.reveal import reveal
from challenge_platform.core.takeout import take_out
from challenge_platform.errors import InvalidInput
from challenge_platform.jobs import Jobs
from scorers.document import SplitScores
from tests.conftest import Participant, participant, publish_changed
from tests.web.conftest import SLUG, Browser, Program
from tests.web.test_ladder import Team, publish, truth

ADDRESSES = (
    "/submissions/{id}",
    "/submissions/{id}/report",
    "/submissions/{id}/state.json",
    "/submissions/{id}/receipt",
    f"/challenges/{SLUG}/submissions",
    f"/challenges/{SLUG}/submissions.csv",
    f"/challenges/{SLUG}/leaderboard",
    f"/challenges/{SLUG}/leaderboard/report",
    f"/challenges/{SLUG}/leaderboard.csv",
    f"/api/v1/challenges/{SLUG}/leaderboard",
    "/dashboard",
)
PATIENTS = 200
BY_EVENT = {"split: usage": "split: usage\n  subgroups: [event]"}


def disclosing(*told: str) -> dict[str, str]:
    """Give the change of challenge.yaml by which the open phase tells these things."""
    listed = ", ".join(told)
    return {"concurrent: 5}": f"concurrent: 5, disclosure: [{listed}]}}"}


@pytest.fixture
def team(platform: Platform, app: Flask, tmp_path: Path) -> Callable[..., tuple[Team, str]]:
    """Give a maker of a team whose submission was scored, where this is disclosed."""

    def make(*told: str) -> tuple[Team, str]:
        challenge = publish(
            platform,
            tmp_path,
            protect="none",
            metric="auroc",
            patients=PATIENTS,
            changes={**disclosing(*told), **BY_EVENT},
        )
        made = Team(app, platform, participant(platform, challenge, name="alice"))
        noise = np.random.default_rng(1).random(PATIENTS)
        return made, made.submit(truth(PATIENTS) + 2 * noise)

    return make


def reveal_phase(platform: Platform, challenge: PublishedChallenge) -> None:
    with platform.database.writing() as session:
        reveal(
            session,
            platform.store,
            challenge,
            phase="development",
            release_key=platform.keys.release.open(SLUG),
            now=platform.clock(),
        )


def stored(platform: Platform, submission_id: str) -> StoredReport:
    with platform.database.reading() as session:
        return session.get_one(StoredReport, submission_id)


def test_what_a_phase_does_not_disclose_is_kept_and_shown_nowhere(
    platform: Platform,
    alice: Participant,
    browser: Callable[[User], Browser],
    alices: Program,
    tmp_path: Path,
) -> None:
    hers = browser(alice.user)
    publish_changed(platform, tmp_path, *next(iter(BY_EVENT.items())))
    sent = alices.submit().json["id"]
    platform.evaluator.evaluate(sent)
    Jobs(platform).board("1", "development", "public")
    with platform.database.reading() as session:
        result = session.get_one(Result, sent)

    kept = stored(platform, sent).public["subgroups"]["event"]
    assert kept["0"]["metrics"]["c"]["undefined"] == "too_few"  # nobody had the event
    value = kept["1"]["metrics"]["c"]["value"]
    assert value != result.public["metrics"]["c"]["value"]
    shown = [hers.get(address.format(id=sent)) for address in ADDRESSES]
    told = alices.get(f"/submissions/{sent}")
    assert {answer.status_code for answer in [*shown, told]} == {200}
    assert (told.json["subgroups"], told.json["pictures"]) == ([], [])
    for text in [*(answer.text for answer in [*shown, told]), json.dumps(result.receipt)]:
        assert str(rounded(value)) not in text
        assert "too_few" not in text


def test_curves_are_told_rounded_to_four_digits(
    team: Callable[..., tuple[Team, str]], platform: Platform
) -> None:
    alice, sent = team("score", "curves")

    told = alice.program.get(f"/submissions/{sent}").json

    kept = stored(platform, sent).public["pictures"]
    assert told["report_board"] == "public"
    assert told["subgroups"] == []
    assert [picture["kind"] for picture in told["pictures"]] == ["roc", "precision_recall"]
    exact = [point["sensitivity"] for point in kept[0]["points"]]
    shown = [point["sensitivity"] for point in told["pictures"][0]["points"]]
    assert shown == [rounded(value) for value in exact]
    assert shown != exact


def test_subgroups_are_told_as_the_scores_are(team: Callable[..., tuple[Team, str]]) -> None:
    alice, sent = team("score", "subgroups")

    told = alice.program.get(f"/submissions/{sent}").json

    assert told["pictures"] == []
    assert [(part["column"], part["value"]) for part in told["subgroups"]] == [
        ("event", "0"),
        ("event", "1"),
    ]
    [score] = told["subgroups"][0]["scores"]
    assert score["undefined"] == "too_few"  # nobody had the event
    assert score["low"] is None  # the interval is not disclosed


def test_the_takeout_has_what_is_told(
    team: Callable[..., tuple[Team, str]], platform: Platform
) -> None:
    alice, sent = team("score", "curves")
    told = alice.program.get(f"/submissions/{sent}").json

    with platform.database.reading() as session:
        documents = take_out(session, alice.who.user, now=platform.clock()).documents

    [submission] = documents["submissions.json"]
    assert submission["pictures"] == told["pictures"] != []
    assert submission["subgroups"] == []


def test_lists_of_submissions_are_told_without_reports(
    team: Callable[..., tuple[Team, str]],
) -> None:
    alice, _ = team("score", "subgroups", "curves")

    [listed] = alice.program.get(f"/challenges/{SLUG}/submissions").json["submissions"]

    assert not {"subgroups", "pictures"} & listed.keys()


def test_another_team_reads_no_report(team: Callable[..., tuple[Team, str]], bobs: Program) -> None:
    _, sent = team("score", "subgroups", "curves")
    assert bobs.get(f"/submissions/{sent}").status_code == 404


def test_the_private_report_is_sealed_until_the_reveal_and_then_told(
    team: Callable[..., tuple[Team, str]], platform: Platform, challenge: PublishedChallenge
) -> None:
    alice, sent = team("score", "curves")
    address = f"/submissions/{sent}"
    before = alice.program.get(address).json
    with platform.database.reading() as session:
        sealed = platform.keys.release.open(SLUG).decrypt(session.get_one(Result, sent).sealed)
    assert stored(platform, sent).private is None

    reveal_phase(platform, challenge)

    private = SplitScores.from_json(sealed)
    after = alice.program.get(address).json
    assert (before["report_board"], after["report_board"]) == ("public", "private")
    assert after["pictures"] != before["pictures"]
    assert after["pictures"][0]["events"] == private.metrics["c"].events
    assert len(after["subgroups"]) == 2


def test_a_phase_that_tells_no_score_tells_no_report_after_its_reveal_either(
    team: Callable[..., tuple[Team, str]], platform: Platform, challenge: PublishedChallenge
) -> None:
    alice, sent = team()

    reveal_phase(platform, challenge)

    told = alice.program.get(f"/submissions/{sent}").json
    assert (told["scores"], told["subgroups"], told["pictures"]) == ([], [], [])


def test_nothing_of_the_private_split_is_in_the_database_before_the_reveal(
    team: Callable[..., tuple[Team, str]], platform: Platform
) -> None:
    _, sent = team("score", "curves")
    with platform.database.reading() as session:
        sealed = platform.keys.release.open(SLUG).decrypt(session.get_one(Result, sent).sealed)
        kept = [found.model_dump_json() for found in session.exec(select(StoredReport))]

    private = SplitScores.from_json(sealed).model_dump(mode="json")["pictures"]
    points = {json.dumps(point) for picture in private for point in picture["points"][1:-1]}
    assert points
    public = {
        json.dumps(point)
        for text in kept
        for picture in json.loads(text)["public"]["pictures"]
        for point in picture["points"]
    }
    assert not points & public


@pytest.mark.parametrize("listed", ["subgroups", "curves"])
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("", "disclosure: [{}]", "has {} and not score, which they give away"),
        ("ladder", "disclosure: [score, {}]", "has {}, which tells what ranking.protect: ladder"),
    ],
)
def test_what_would_give_away_what_is_kept_is_refused(
    platform: Platform, tmp_path: Path, listed: str, old: str, new: str, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says.format(listed)):
        publish(
            platform,
            tmp_path,
            protect=old or "none",
            metric="auroc",
            patients=60,
            changes={"concurrent: 5}": f"concurrent: 5, {new.format(listed)}}}"},
        )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("split: usage", "split: usage\n  subgroups: [sex]"),
        ("resamples: 200", "resamples: 200\n  stratify: sex"),
    ],
)
def test_a_column_that_the_truth_lacks_is_refused_when_the_challenge_is_built(
    platform: Platform, tmp_path: Path, old: str, new: str
) -> None:
    with pytest.raises(InvalidInput, match="the truth has no column 'sex'"):
        publish_changed(platform, tmp_path, old, new)
