"""The questions of the BIAS statement: what the definition answers, and what nobody does."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from challenge_platform.core.bias import Chapter, Question, report, unanswered
from challenge_platform.core.bias_document import document, markdown
from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.core.definition_file import read_definition
from challenge_platform.core.publication import PublicFile
from challenge_platform.core.transparency import Transparency
from tests.conftest import TINY

ORGANIZERS = {
    *("intended_use", "organizers", "contact", "funder", "conflicts", "awards", "data_source"),
    *("legal_basis", "cases", "annotation", "limits", "reasons"),
}
"""The questions that only the organizers can answer."""

FILES = (PublicFile(name="test.csv", digest="0" * 64, size=1200),)


def tiny(**changed: Any) -> ChallengeDefinition:
    """Give the tiny challenge with some sections changed."""
    loaded = yaml.safe_load((TINY / "challenge.yaml").read_text())
    return ChallengeDefinition.model_validate(loaded | changed)


def reported(**changed: Any) -> tuple[Chapter, ...]:
    """Give the report on the tiny challenge with some sections changed."""
    return report(tiny(**changed), files=FILES)


def question(chapters: tuple[Chapter, ...], key: str) -> Question:
    """Give a question by its key."""
    return next(one for chapter in chapters for one in chapter.questions if one.key == key)


def answers(chapters: tuple[Chapter, ...], key: str) -> list[str]:
    """Give the answers to a question that the definition gives."""
    return [str(answer) for answer in question(chapters, key).answers]


def test_what_the_organizers_left_out_is_listed_as_unanswered() -> None:
    keys = {one.key for one in unanswered(reported())}

    assert keys == ORGANIZERS | {"subgroups"}


def test_every_key_of_the_section_answers_a_question_of_its_own() -> None:
    told = {key: {"en": f"{key} told", "fr": f"{key} dit"} for key in Transparency.model_fields}

    chapters = reported(transparency=told)

    assert {one.key for one in unanswered(chapters)} == {"subgroups"}
    said = markdown(chapters, title="T")
    assert [said.count(f"\n{key} told\n") for key in told] == [1] * len(told)


def test_no_question_is_asked_twice() -> None:
    keys = [one.key for chapter in reported() for one in chapter.questions]

    assert len(keys) == len(set(keys)) > 20


def test_metrics_are_told_with_their_columns_and_which_way_is_better() -> None:
    assert answers(reported(), "metrics") == [
        "`c` = `harrell_c(event=event, time=time, risk=risk)`; higher is better"
    ]


def test_files_are_told_by_size_and_digest() -> None:
    assert answers(reported(), "files") == [f"`test.csv`: 1,200 bytes, SHA-256 `{'0' * 64}`"]


def test_a_phase_without_an_end_is_told_from_one_that_has_it() -> None:
    assert answers(reported(), "timeline") == [
        "`development`: from `2020-01-01T00:00+00:00`, without an end",
        "`past`: from `2020-01-01T00:00+00:00` to `2020-02-01T00:00+00:00`",
    ]


def test_ties_a_ladder_and_strata_are_told_where_there_are_some() -> None:
    scoring = yaml.safe_load((TINY / "challenge.yaml").read_text())["scoring"]
    plain = reported()
    full = reported(
        ranking={"ties": ["c"], "protect": "ladder"}, scoring=scoring | {"stratify": "event"}
    )

    added = {
        key: len(answers(full, key)) - len(answers(plain, key))
        for key in ("ranking", "protection", "uncertainty")
    }
    assert added == {"ranking": 1, "protection": 1, "uncertainty": 1}


def test_the_json_has_what_organizers_said_in_each_language_and_what_is_missing() -> None:
    told = {"funder": {"en": "Nobody.", "fr": "Personne."}}

    found = document(reported(transparency=told))

    asked = {one["key"]: one for chapter in found["chapters"] for one in chapter["questions"]}
    assert asked["funder"]["answers"] == [{"en": "Nobody.", "fr": "Personne."}]
    assert set(found["unanswered"]) == ORGANIZERS - {"funder"} | {"subgroups"}
    assert json.loads(json.dumps(found)) == found


def test_markdown_ends_with_the_questions_that_nobody_answered() -> None:
    written = markdown(reported(), title="Tiny: transparency")

    head, _, tail = written.partition("## Not answered\n")
    assert head.startswith("# Tiny: transparency\n")
    assert head.count("*Not answered.*") == tail.count("\n- ") == 13


@pytest.mark.parametrize(
    "path",
    sorted((Path(__file__).parents[2] / "challenges").glob("*/challenge.yaml")),
    ids=lambda path: path.parent.name,
)
def test_every_shipped_challenge_answers_what_its_organizers_must(path: Path) -> None:
    missing = {one.key for one in unanswered(report(read_definition(path), files=FILES))}

    required = {"data_source", "legal_basis", "intended_use", "funder", "annotation", "limits"}
    assert missing & required == set()
