"""What a metric cannot use is refused when it is sent in, and is its authors' fault later too."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.core.account import User
from challenge_platform.core.submission import State, Submission
from tests.conftest import Participant, publish_changed
from tests.web.conftest import SLUG, Browser, Program, predictions

HARRELL = "metric: harrell_c, params: {event: event, time: time, risk: risk}"
BRIER = "metric: brier, params: {label: event, probability: risk}"
FILE = predictions()
ROWS = FILE.decode().splitlines()
GOOD = "\n".join([ROWS[0], *(row.split(",")[0] + ",0.25" for row in ROWS[1:])]).encode()
BROKEN = GOOD.replace(b"p003,0.25", b"p003,1.5").replace(b"p005,0.25", b"p005,-1")
EXPECTED = "a number from 0 to 1"


@pytest.fixture(autouse=True)
def _of_probabilities(platform: Platform, alice: Participant, tmp_path: Path) -> None:
    """Score probabilities, of which challenge.yaml says no range."""
    assert alice.team.name  # joined before the version that is sent to
    publish_changed(platform, tmp_path, HARRELL, BRIER)


def test_a_broken_rule_is_told_with_its_line_and_nothing_is_stored(
    alices: Program, platform: Platform
) -> None:
    for answer in (alices.submit(BROKEN), alices.submit(BROKEN, path="validate")):
        assert (answer.status_code, answer.json["code"]) == (422, "invalid_upload")
        assert answer.json["total"] == 2
        assert [(each["code"], each["line"], each["column"]) for each in answer.json["errors"]] == [
            ("broken_rule", 5, "risk"),
            ("broken_rule", 7, "risk"),
        ]
        first = answer.json["errors"][0]
        assert (first["found"], first["expected"]) == ('"1.5"', EXPECTED)
        assert first["repair"] == "clip the predictions to the range"
    with platform.database.reading() as session:
        assert session.exec(select(Submission)).all() == []
    assert alices.submit(GOOD).status_code == 201


def accepted_before_the_rule(platform: Platform, alices: Program) -> str:
    """Submit a file that is broken only once it is accepted, as one of an earlier version was."""
    answer = alices.submit(GOOD)
    artifact = platform.store.put(BROKEN).digest
    with platform.database.writing() as session:
        session.get_one(Submission, answer.json["id"]).artifact = artifact
    return str(answer.json["id"])


def test_a_file_that_the_scorer_refuses_is_rejected_with_its_problems_and_uses_no_quota(
    alices: Program, platform: Platform
) -> None:
    submission = accepted_before_the_rule(platform, alices)

    assert platform.evaluator.evaluate(submission) is State.REJECTED

    told = alices.get(f"/submissions/{submission}").json
    assert (told["state"], told["scores"]) == ("rejected", [])
    assert (told["reason"]["code"], told["reason"]["fault"]) == (
        "predictions_refused",
        "participant",
    )
    assert [(each["line"], each["expected"]) for each in told["problems"]] == [
        (5, EXPECTED),
        (7, EXPECTED),
    ]
    quota = alices.get(f"/challenges/{SLUG}").json["quota"]["development"]
    assert quota["used"] == 0


def test_the_page_of_a_rejected_file_says_what_to_repair(
    alice: Participant,
    browser: Callable[[User], Browser],
    alices: Program,
    platform: Platform,
) -> None:
    submission = accepted_before_the_rule(platform, alices)
    platform.evaluator.evaluate(submission)

    page = browser(alice.user).get(f"/submissions/{submission}").text

    for said in ("The file breaks a rule of the challenge.", "2 problems to repair", EXPECTED,
                 "Repair each problem below", "It does not count in your quota."):  # fmt: skip
        assert said in page
    assert "the platform&#39;s fault" not in page


def test_a_file_that_was_removed_since_has_no_problems_to_tell(
    alices: Program, platform: Platform
) -> None:
    submission = accepted_before_the_rule(platform, alices)
    platform.evaluator.evaluate(submission)
    with platform.database.reading() as session:
        platform.store.delete(session.get_one(Submission, submission).artifact)

    told = alices.get(f"/submissions/{submission}").json

    assert (told["state"], told["problems"]) == ("rejected", [])
