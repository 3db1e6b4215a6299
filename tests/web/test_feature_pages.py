"""A broken rule about features on the page and in the API: the rule and its repair, and no row."""

from collections.abc import Callable

import pytest
from flask import Flask

from challenge_platform.bootstrap import Platform
from challenge_platform.core.account import User
from challenge_platform.web import create_app
from tests.conftest import Participant, participant
from tests.core.programs import AUDITED, Runs, code, with_programs
from tests.core.test_feature_stage import by_stain, predicting
from tests.fakes import Clock, FakePrograms
from tests.web.conftest import Browser, Program

LIST = code(**{"features.json": b'{"grade": ["gene1"]}'})


@pytest.fixture
def runs(platform: Platform, clock: Clock) -> Runs:
    """Give a platform whose programs use a forbidden column."""
    runner = FakePrograms(program=predicting(risk=by_stain))
    return with_programs(platform, runner=runner, clock=clock, folder=AUDITED)


@pytest.fixture
def app(runs: Runs) -> Flask:
    made = create_app(runs.platform)
    made.testing = True
    return made


@pytest.fixture
def ann(runs: Runs) -> Participant:
    return participant(runs.platform, runs.challenge, name="ann")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            [
                "Run again on changed tables",
                "A prediction is made from what it may not use.",
                "risk depends on columns that it may not be made from",
                "predictions from age, gene* alone",
                "challenge run-local",
            ],
        ),
        (
            "fr",
            [
                "Nouvelle exécution sur des tables modifiées",
                "elle ne doit pas utiliser.",
                "risk dépend de colonnes à partir desquelles elle ne doit pas être faite",
                "des prédictions à partir de age, gene* seulement",
                "challenge run-local",
            ],
        ),
    ],
)
def test_a_broken_rule_is_told_on_the_page_with_its_repair(
    runs: Runs,
    ann: Participant,
    browser: Callable[[User], Browser],
    language: str,
    words: list[str],
) -> None:
    ended = runs.end(ann, content=LIST)

    page = browser(ann.user).get(f"/submissions/{ended.id}", headers={"Accept-Language": language})

    assert page.status_code == 200
    assert [each for each in words if each not in page.text] == []


def test_the_api_tells_the_rule_and_the_stage(
    runs: Runs, ann: Participant, program: Callable[[User], Program]
) -> None:
    ended = runs.end(ann, content=LIST)

    found = program(ann.user).get(f"/submissions/{ended.id}").json

    assert (found["state"], found["reason"]["code"]) == ("rejected", "features_refused")
    assert [stage["name"] for stage in found["stages"]] == ["smoke", "hidden", "audit"]
    [problem] = found["problems"]
    assert (problem["code"], problem["column"], problem["line"]) == (
        "features_allowed",
        "risk",
        None,
    )
