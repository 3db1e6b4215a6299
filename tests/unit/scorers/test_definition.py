"""A definition that cannot be scored is refused when it is read, not when a submission comes."""

import copy
import json
from typing import Any

import pytest
from pydantic import ValidationError

from scorers.definition import Task
from scorers.metric import Direction
from scorers.tables import SubmissionDefinition


@pytest.fixture
def challenge(challenge_yaml: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(challenge_yaml)


def test_a_task_is_taken_out_of_a_challenge(challenge: dict[str, Any]) -> None:
    task = Task.from_challenge({"schema": "challenge/1", "phases": [], **challenge})

    assert (task.unit, task.split) == ("patient_id", "usage")
    assert task.submission.max_bytes == 10_000_000
    assert task.scoring.primary.key == "score"
    assert [metric.better for metric in task.scoring.metrics] == [Direction.MAXIMIZE] * 3


def test_a_task_survives_json_unchanged(task: Task) -> None:
    text = task.model_dump_json()

    assert Task.model_validate_json(text) == task
    assert Task.model_validate_json(text).model_dump_json() == text
    assert json.loads(text)["submission"]["max_bytes"] == 10_000_000


def test_a_task_cannot_be_changed(task: Task) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        task.unit = "image"  # type: ignore[misc] # that it is read-only is the fact under test


def test_optional_keys_have_their_documented_defaults() -> None:
    submission = SubmissionDefinition.model_validate(
        {
            "kinds": ["code"],
            "file": "p.csv",
            "ids": "test.csv",
            "id": "id",
            "columns": {"p": {"type": "float"}},
        }
    )

    assert (submission.max_bytes, submission.source) == (10_000_000, "none")
    assert submission.columns["p"].model_dump() == {"type": "float", "min": None, "max": None}


CHANGES = {
    "no submission section": (["submission"], None, "submission"),
    "no scoring section": (["scoring"], None, "scoring"),
    "no data section": (["data"], None, "unit"),
    "no unit": (["data", "unit"], None, "unit"),
    "no split": (["data", "split"], None, "split"),
    "a data section that is a list": (["data"], ["unit"], "unit"),
    "no kind": (["submission", "kinds"], [], "kinds"),
    "an unknown kind": (["submission", "kinds"], ["notebook"], "kinds"),
    "a kind twice": (["submission", "kinds"], ["code", "code"], "twice"),
    "a path as file": (["submission", "file"], "../p.csv", "file"),
    "no column": (["submission", "columns"], {}, "columns"),
    "an unknown type": (["submission", "columns", "risk_event"], {"type": "date"}, "type"),
    "an unknown key of a column": (
        ["submission", "columns", "risk_event"],
        {"type": "float", "minimum": 0},
        "minimum",
    ),
    "an empty range": (
        ["submission", "columns", "risk_event"],
        {"type": "float", "min": 1, "max": 0},
        "larger",
    ),
    "the id as a column": (["submission", "id"], "risk_event", "id column"),
    "no bytes": (["submission", "max_bytes"], 0, "max_bytes"),
    "an unknown key": (["submission", "colums"], {}, "colums"),
    "no resamples": (["scoring", "resamples"], 0, "resamples"),
    "no metric": (["scoring", "metrics"], [], "metrics"),
    "an unknown metric": (["scoring", "metrics", 0, "metric"], "harell_c", "mean harrell_c"),
    "a bad key": (["scoring", "metrics", 0, "key"], "C-event", "key"),
    "a key twice": (["scoring", "metrics", 1, "key"], "c_event", "two metrics"),
    "no primary": (["scoring", "metrics", 2, "primary"], False, "exactly one"),
    "two primaries": (["scoring", "metrics", 0, "primary"], True, "exactly one"),
    "a direction against the metric's": (
        ["scoring", "metrics", 0, "direction"],
        "minimize",
        "maximize",
    ),
    "no direction where none is known": (
        ["scoring", "metrics", 2, "direction"],
        None,
        "needs a direction",
    ),
    "a misspelt param": (["scoring", "metrics", 0, "params", "evnt"], "event", "evnt"),
    "a missing param": (["scoring", "metrics", 0, "params", "time"], None, "time"),
    "a number as column": (["scoring", "metrics", 0, "params", "event"], 1, "event must be"),
    "a text as tolerance": (
        ["scoring", "metrics", 0, "params", "tolerance"],
        "small",
        "tolerance must be",
    ),
    "a column that is not submitted": (
        ["scoring", "metrics", 0, "params", "risk"],
        "risk",
        "not submitted",
    ),
    "no part": (["scoring", "metrics", 2, "params"], {}, "at least one"),
    "an unknown part": (["scoring", "metrics", 2, "params"], {"c_x": 1}, "c_x"),
    "a later part": (["scoring", "metrics", 2, "params"], {"score": 1}, "no earlier"),
    "a text as weight": (["scoring", "metrics", 2, "params"], {"c_event": "a"}, "number"),
    "an infinite weight": (
        ["scoring", "metrics", 2, "params"],
        {"c_event": float("inf")},
        "finite",
    ),
}


@pytest.mark.parametrize(("path", "value", "says"), CHANGES.values(), ids=CHANGES.keys())
def test_a_wrong_definition_is_refused_by_name(
    challenge: dict[str, Any],
    path: list[Any],
    value: Any,
    says: str,
) -> None:
    *parents, last = path
    section: Any = challenge
    for key in parents:
        section = section[key]
    if value is None:
        del section[last]
    else:
        section[last] = value

    with pytest.raises(ValidationError, match=says):
        Task.from_challenge(challenge)


def test_every_column_of_a_metric_that_scores_several_must_be_submitted(
    challenge: dict[str, Any],
) -> None:
    submitted = list(challenge["submission"]["columns"])
    challenge["scoring"]["metrics"] = [
        {
            "key": "ibs",
            "metric": "integrated_brier",
            "params": {"event": "event", "time": "time", "survival": submitted, "times": [1, 2]},
            "primary": True,
        }
    ]
    assert Task.from_challenge(challenge).scoring.primary.key == "ibs"

    challenge["scoring"]["metrics"][0]["params"]["survival"] = [submitted[0], "late"]

    with pytest.raises(ValidationError, match="ibs scores late, which is not submitted"):
        Task.from_challenge(challenge)
