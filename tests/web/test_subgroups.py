"""Scores of subgroups are kept with the result, and no page, answer or receipt shows them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.core.account import User
from challenge_platform.core.evaluation import Result
from challenge_platform.core.feedback import rounded
from challenge_platform.errors import InvalidInput
from challenge_platform.jobs import Jobs
from tests.conftest import Participant, publish_changed
from tests.web.conftest import SLUG, Browser, Program

ADDRESSES = (
    "/submissions/{id}",
    "/submissions/{id}/state.json",
    "/submissions/{id}/receipt",
    f"/challenges/{SLUG}/submissions",
    f"/challenges/{SLUG}/submissions.csv",
    f"/challenges/{SLUG}/leaderboard",
    f"/challenges/{SLUG}/leaderboard.csv",
    f"/api/v1/challenges/{SLUG}/leaderboard",
    "/dashboard",
)


@pytest.fixture
def hers(alice: Participant, browser: Callable[[User], Browser]) -> Browser:
    """Give Alice's browser."""
    return browser(alice.user)


def test_scores_of_subgroups_are_kept_and_shown_nowhere(
    platform: Platform, hers: Browser, alices: Program, tmp_path: Path
) -> None:
    publish_changed(platform, tmp_path, "split: usage", "split: usage\n  subgroups: [event]")
    sent = alices.submit().json["id"]
    platform.evaluator.evaluate(sent)
    Jobs(platform).board("1", "development", "public")
    with platform.database.reading() as session:
        result = session.get_one(Result, sent)

    kept = result.public["subgroups"]["event"]
    assert kept["0"]["metrics"]["c"]["undefined"] == "too_few"  # nobody had the event
    value = kept["1"]["metrics"]["c"]["value"]
    assert value != result.public["metrics"]["c"]["value"]
    shown = [hers.get(address.format(id=sent)) for address in ADDRESSES]
    shown.append(alices.get(f"/submissions/{sent}"))
    assert {answer.status_code for answer in shown} == {200}
    for text in [*(answer.text for answer in shown), json.dumps(result.receipt)]:
        assert str(rounded(value)) not in text
        assert "too_few" not in text
        assert '"subgroups"' not in text


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
