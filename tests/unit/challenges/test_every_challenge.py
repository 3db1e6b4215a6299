"""What holds of every challenge: its truth, its baselines, its answers, and its two languages."""

import re
from collections.abc import Callable

import pytest

from challenge_platform.cli.recipe import check_truth
from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.core.definition_file import read_definition
from tests.unit.challenges.conftest import CHALLENGES, BuiltChallenge

SLUGS = sorted(path.parent.name for path in CHALLENGES.glob("*/challenge.yaml"))
PARTS = ("data_source", "legal_basis", "intended_use", "funder", "annotation", "limits", "contact")


@pytest.fixture(params=SLUGS)
def slug(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def definition(slug: str) -> ChallengeDefinition:
    return read_definition(CHALLENGES / slug / "challenge.yaml")


def test_the_truth_is_of_the_ids_to_predict(
    slug: str, challenge_of: Callable[[str], BuiltChallenge]
) -> None:
    challenge = challenge_of(slug)

    check_truth(challenge.made, definition=challenge.definition)


def test_every_baseline_of_the_folder_is_declared(
    slug: str, definition: ChallengeDefinition
) -> None:
    there = {
        str(path.parent.relative_to(CHALLENGES / slug))
        for pattern in ("baseline/*/predict.py", "baseline/*/main.py")
        for path in (CHALLENGES / slug).glob(pattern)
    }

    assert len(there) >= 2
    declared = {baseline.path for baseline in definition.baselines}
    assert there == declared - {"starter_kit"}  # which may be a baseline as it stands


def test_the_organizers_answer_what_only_they_can(definition: ChallengeDefinition) -> None:
    told = definition.transparency

    assert [name for name in PARTS if getattr(told, name) is None] == []


def test_it_is_said_who_may_know_the_truth(definition: ChallengeDefinition) -> None:
    """Because every recipe here is public, and so is what it makes of the public source."""
    conflicts = definition.transparency.conflicts

    assert conflicts is not None
    assert re.search("truth|answers", conflicts.en)
    assert re.search("vérité|réponses", conflicts.fr or "")


def test_the_first_page_says_that_the_answers_of_a_public_recipe_are_known(slug: str) -> None:
    english, french = (
        (CHALLENGES / slug / "pages" / f"overview.{language}.md")
        .read_text("utf-8")
        .split("\n## ")[0]
        for language in ("en", "fr")
    )

    assert re.search(r"answers[^.]* (known to whoever|not secret|no secret)", english)
    assert re.search(r"connaît les réponses|réponses[^.]* secrètes", french)


def test_both_languages_have_the_same_outline(slug: str, definition: ChallengeDefinition) -> None:
    pages = definition.pages
    texts = [pages.overview, pages.data, pages.evaluation, pages.rules, definition.agreement.file]
    assert None not in texts
    for text in filter(None, texts):
        english, french = (
            [
                re.findall(r"^#+ |^\* |^\d+\. |^\||^```|^> ", line)
                for line in (CHALLENGES / slug / name).read_text("utf-8").splitlines()
            ]
            for name in (text.en, text.fr)
        )

        assert any(english)
        assert english == french, text.en


def test_the_agreement_states_its_version(slug: str, definition: ChallengeDefinition) -> None:
    agreement = definition.agreement
    for name in (agreement.file.en, agreement.file.fr):
        assert f"Version {agreement.version}." in (CHALLENGES / slug / name).read_text("utf-8")
