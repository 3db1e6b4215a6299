"""challenge.yaml: what is read, and how each mistake is told."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.core.definition_file import json_schema, read_definition
from challenge_platform.errors import InvalidInput
from tests.conftest import TINY

SHIPPED = sorted((Path(__file__).parents[2] / "challenges").glob("*/challenge.yaml"))


@pytest.fixture
def document() -> dict[str, Any]:
    """Give the tiny challenge as parsed YAML."""
    loaded: dict[str, Any] = yaml.safe_load((TINY / "challenge.yaml").read_text())
    return loaded


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_every_shipped_challenge_is_valid_and_names_files_that_exist(path: Path) -> None:
    definition = read_definition(path)
    pages = definition.pages
    files = (pages.overview, pages.data, pages.evaluation, pages.rules, definition.agreement.file)
    texts = [text for text in files if text is not None]

    assert definition.slug == path.parent.name
    assert all((path.parent / name).is_file() for text in texts for name in (text.en, text.fr))
    programs = {"predictions": "predict.py", "code": "main.py"}
    assert all(
        (path.parent / base.path / programs[base.kind]).is_file() for base in definition.baselines
    )


@pytest.mark.parametrize("path", [*SHIPPED, TINY / "challenge.yaml"], ids=lambda p: p.parent.name)
def test_every_challenge_fits_the_schema_that_is_published(path: Path) -> None:
    document = json.loads(json.dumps(yaml.safe_load(path.read_text()), default=str))
    validator = Draft202012Validator(json_schema())

    assert list(validator.iter_errors(document)) == []
    del document["slug"]
    assert [error.validator for error in validator.iter_errors(document)] == ["required"]


def test_every_key_says_what_it_means() -> None:
    schema = json_schema()
    sections = {"challenge.yaml": schema, **schema["$defs"]}

    silent = [
        (section, key)
        for section, found in sections.items()
        for key, told in found.get("properties", {}).items()
        if not (told.get("description") or "$ref" in told)
    ]

    assert silent == []


def test_a_definition_survives_its_stored_form(document: dict[str, Any]) -> None:
    definition = ChallengeDefinition.model_validate(document)

    again = ChallengeDefinition.model_validate(definition.document())
    assert again == definition
    assert again.document() == definition.document()


def test_a_baseline_is_of_a_kind_that_may_be_submitted(document: dict[str, Any]) -> None:
    document["baselines"] = [{"name": "Age", "path": "baseline/age", "kind": "code"}]

    with pytest.raises(ValueError, match=r"'Age' is of kind code, which submission.kinds does not"):
        ChallengeDefinition.model_validate(document)


def test_a_period_is_written_as_24h(document: dict[str, Any]) -> None:
    definition = ChallengeDefinition.model_validate(document)

    assert definition.phases[0].limit.per == timedelta(days=1)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("titel",), "x", "titel: unknown key; did you mean 'title'?"),
        (("submission", "file_name"), "x", "submission.file_name: unknown key"),
        (("phases", 0, "open"), "x", "phases.0.open: unknown key; did you mean 'opens'?"),
        (("phases", 0, "opens"), "2026-01-01", "phases.0.opens"),
        (("phases", 0, "opens"), "2026-01-01T09:00:00", "timezone"),
        (("phases", 1, "key"), "development", "two phases have the same key"),
        (("phases", 0, "limit", "per"), "a day", "phases.0.limit.per"),
        (("ranking",), {"ties": ["nothing"]}, "no metric has the key 'nothing'"),
        (("ranking",), {"step": 0.01}, "ranking.step is that of a Ladder; add protect: ladder"),
        (("ranking",), {"protect": "ladder", "step": 0}, "greater than 0"),
        (("ranking",), {"protect": "ladder", "step": 1, "ties": ["c"]}, "take ties out"),
        (("ranking",), {"protect": "ladder", "step": 0.01}, "than the steps of ranking.step"),
        (("submission", "ids"), "other.csv", "not a public file"),
        (("submission", "columns"), {"p": {"type": "float"}}, "which is not submitted"),
        (("submission", "columns", "p"), {"type": "lable"}, "'float', 'integer', 'label', 'codes'"),
        (("submission", "columns", "p"), {"type": "label", "classes": ["a"]}, "columns.p.classes"),
        (
            ("submission", "columns", "p"),
            {"type": "label", "clases": ["a"]},
            "columns.p.clases: unknown key; did you mean 'classes'?",
        ),
        (
            ("submission", "columns", "p"),
            {"type": "float", "maximum": 1},
            "columns.p.maximum: unknown key; did you mean 'max'?",
        ),
        (("submission", "kinds"), ["code"], "add `program: {runtime: python}`, or take code out"),
        (("program",), {}, "submission.kinds has neither code nor container"),
        (("program",), {"runtim": "python"}, "program.runtim: unknown key; did you mean 'runtime'"),
        (("data", "input"), ["test.csv"], "data.input is about what is run"),
        (("data", "input"), ["../test.csv"], "data.input.0"),
        (("data", "objects"), {}, "data.objects needs data.columns"),
        (("scoring", "metrics", 0, "metric"), "harel_c", "did you mean harrell_c?"),
        (("slug",), "Not a slug", "slug"),
        (("schema",), "challenge/2", "schema"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    document: dict[str, Any], tmp_path: Path, path: tuple[Any, ...], value: object, message: str
) -> None:
    *parents, last = path
    place: Any = document
    for step in parents:
        place = place[step]
    place[last] = value
    file = tmp_path / "challenge.yaml"
    file.write_text(yaml.safe_dump(document))

    with pytest.raises(InvalidInput) as refused:
        read_definition(file)
    assert str(file) in str(refused.value)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("kinds", "hidden", "public", "message"),
    [
        (["code"], ["cells.csv"], ["train.csv"], "not in data.input: programs find no other"),
        (["code", "predictions"], ["test.csv"], ["train.csv"], "add 'test.csv' to data.public"),
        (["code"], [], ["train.csv"], "add 'test.csv' to data.public"),
        (["code"], ["test.csv", "test.csv"], ["train.csv"], "data.input names 'test.csv' twice"),
    ],
)
def test_the_ids_must_be_where_those_who_predict_can_read_them(
    document: dict[str, Any], kinds: list[str], hidden: list[str], public: list[str], message: str
) -> None:
    document["program"] = {"runtime": "python"}
    document["submission"] |= {"kinds": kinds, "ids": "test.csv"}
    document["data"] |= {"input": hidden, "public": public}

    with pytest.raises(ValueError, match=message):
        ChallengeDefinition.model_validate(document)


@pytest.mark.parametrize(
    ("kinds", "hidden", "public"),
    [
        (["code"], ["test.csv"], ["train.csv"]),
        (["code", "predictions"], ["test.csv"], ["train.csv", "test.csv"]),
        (["container"], [], ["train.csv", "test.csv"]),
    ],
)
def test_a_challenge_may_take_programs_on_hidden_or_public_files(
    document: dict[str, Any], kinds: list[str], hidden: list[str], public: list[str]
) -> None:
    document["program"] = {"max_bytes": "1MB"}
    document["submission"] |= {"kinds": kinds, "ids": "test.csv"}
    document["data"] |= {"input": hidden, "public": public}

    definition = ChallengeDefinition.model_validate(document)

    assert definition.takes_programs


def test_a_file_that_is_not_yaml_is_told_as_such(tmp_path: Path) -> None:
    file = tmp_path / "challenge.yaml"
    file.write_text("a: [")

    with pytest.raises(InvalidInput, match="cannot be read"):
        read_definition(file)
