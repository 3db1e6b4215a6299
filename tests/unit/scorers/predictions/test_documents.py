"""Documents in archives: read as tables of the same columns are, refused with file and place."""

import json
import math
import sys
import tracemalloc
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from scorers.definition import Task
from scorers.evaluation import evaluate
from scorers.predictions.problems import InvalidPredictions, Problem, ProblemCode
from scorers.predictions.table import Predictions, read_predictions
from scorers.rasters.png import written
from scorers.tables import SubmissionDefinition
from tests.archives import zipped

IDS = ("a", "b", "c")
NUMBERS = {name: {"type": "float"} for name in ("x1", "y1", "x2", "y2")}
BOXES: dict[str, Any] = {
    "member": "found/{id}.json",
    "columns": {
        **NUMBERS,
        "label": {"type": "label", "classes": ["LY", "MO", "PNN"]},
        "score": {"type": "float", "min": 0, "max": 1},
    },
    "objects": {"arrays": {"box": ["x1", "y1", "x2", "y2"]}, "most": 3, "most_in_all": 5},
}
ROW: dict[str, Any] = {
    "member": "{id}.json",
    "columns": {
        "risk": {"type": "float", "min": 0, "max": 1},
        "stage": {"type": "label", "classes": [1, 2, 3]},
        "codes": {"type": "codes", "most": 3},
    },
}
BOX = {"box": [0, 0, 5, 5], "label": "LY", "score": 0.5}
PATIENT = {"risk": 0.25, "stage": 2, "codes": ["A01", "B2"]}
MAP = {
    "key": "ap50",
    "metric": "detection_map",
    "primary": True,
    "params": {
        "true_boxes": "box",
        "true_labels": "label",
        "boxes": "box",
        "labels": "label",
        "scores": "score",
        "classes": ["LY", "MO", "PNN"],
        "box_format": "xyxy",
    },
}


def asked(given: dict[str, Any], /) -> SubmissionDefinition:
    common = {"kinds": ["predictions"], "file": "predictions.zip", "ids": "test.csv", "id": "id"}
    return SubmissionDefinition.model_validate(common | {"format": "archive"} | given)


def packed(documents: dict[str, Any], /, *, given: dict[str, Any]) -> bytes:
    files = {
        given["member"].replace("{id}", name): made
        if isinstance(made, bytes)
        else json.dumps(made).encode()
        for name, made in documents.items()
    }
    return zipped(files)


def read(documents: dict[str, Any], /, *, given: dict[str, Any]) -> Predictions:
    content = packed(documents, given=given)
    return read_predictions(content, submission=asked(given), ids=IDS)


def only(
    document: Any,
    /,
    *,
    given: dict[str, Any] = BOXES,
    others: Any = None,
    member: str = "b",
) -> Problem:
    good = others if others is not None else ([] if "objects" in given else PATIENT)
    with pytest.raises(InvalidPredictions) as refused:
        read({"a": good, "b": document, "c": good}, given=given)
    (problem,) = refused.value.problems
    assert refused.value.total == 1
    assert problem.member == given["member"].replace("{id}", member)
    assert problem.line is None
    return problem


def test_the_objects_of_each_document_are_read_in_their_order() -> None:
    second = {"score": 1, "label": "MO", "box": [1, 2.5, 3e0, 4]}  # keys in any order

    boxes = read({"c": [BOX], "b": [], "a": [second, BOX]}, given=BOXES)

    assert boxes.ids == IDS
    assert [cell.tolist() for cell in boxes.columns["box"]] == [
        [[1, 2.5, 3, 4], [0, 0, 5, 5]],
        [],
        [[0, 0, 5, 5]],
    ]
    assert [cell.tolist() for cell in boxes.columns["label"]] == [["MO", "LY"], [], ["LY"]]
    assert [cell.tolist() for cell in boxes.columns["score"]] == [[1, 0.5], [], [0.5]]


def test_a_document_of_an_id_without_objects_has_a_key_for_each_column() -> None:
    other = {"risk": 1, "stage": 3, "codes": []}

    rows = read({"b": PATIENT, "a": other, "c": PATIENT}, given=ROW)

    assert rows.columns["risk"].tolist() == [1, 0.25, 0.25]
    assert rows.columns["stage"].tolist() == [3, 2, 2]
    assert rows.columns["codes"].tolist() == [[], ["A01", "B2"], ["A01", "B2"]]


def test_spans_of_text_are_read_as_the_metrics_of_spans_read_them() -> None:
    given: dict[str, Any] = {
        "member": "{id}.json",
        "columns": {
            "start": {"type": "integer"},
            "end": {"type": "integer"},
            "type": {"type": "label", "classes": ["NAME", "DATE"]},
        },
        "objects": {"arrays": {"spans": ["start", "end", "type"]}},
    }
    span = {"spans": [0, 5, "NAME"]}
    metric = {
        "key": "f1",
        "metric": "strict_entity_f1",
        "primary": True,
        "params": {"spans": "spans", "predicted": "spans", "types": ["NAME", "DATE"]},
    }
    task = Task.model_validate(
        {
            "submission": asked(given),
            "scoring": {"metrics": [metric], "resamples": 5},
            "unit": "id",
            "split": None,
            "columns": given["columns"],
            "objects": {"arrays": given["objects"]["arrays"]},
        }
    )
    truth = b"id,start,end,type\na,0,5,NAME\na,9,19,DATE\nb,,,\nc,2,4,DATE\n"
    right = [span, {"spans": [9, 18, "DATE"]}]
    sent = packed({"a": right, "b": [], "c": [{"spans": [2, 4, "DATE"]}]}, given=given)

    (found,) = evaluate(task, truth=truth, predictions=sent, seed=1).splits.values()

    assert found.metrics["f1"].value == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    flat = packed({"a": [{"spans": [5, 5, "NAME"]}], "b": [], "c": []}, given=given)
    with pytest.raises(InvalidPredictions, match="an end after it") as refused:
        evaluate(task, truth=truth, predictions=flat, seed=1)
    (problem,) = refused.value.problems
    assert (problem.code, problem.member) == (ProblemCode.BROKEN_RULE, "a.json")
    assert problem.column == "$[0].spans"


def test_masks_and_a_document_of_the_same_id_are_read_together() -> None:
    mask = {"type": "mask", "member": "{id}.png", "shape": [2, 3], "labels": [1]}
    given = {**ROW, "columns": {**ROW["columns"], "cells": mask}}
    ones = np.ones((2, 3), dtype=np.uint8)
    files = {f"{name}.json": json.dumps(PATIENT).encode() for name in IDS}
    files |= {f"{name}.png": written(ones) for name in IDS}

    told = read_predictions(zipped(files), submission=asked(given), ids=IDS)

    assert told.columns["risk"].tolist() == [0.25] * 3
    assert [np.asarray(cell).sum() for cell in told.columns["cells"]] == [6, 6, 6]
    del files["b.json"]
    with pytest.raises(InvalidPredictions, match=r"b.json.*no such file"):
        read_predictions(zipped(files), submission=asked(given), ids=IDS)


def test_documents_score_as_a_table_of_the_same_rows_does() -> None:
    truth = b"id,x1,y1,x2,y2,label\na,0,0,5,5,LY\nb,,,,,\nc,1,1,4,4,MO\n"
    columns = {**NUMBERS, "label": BOXES["columns"]["label"]}
    common = {
        "scoring": {"metrics": [MAP], "resamples": 5},
        "unit": "id",
        "split": None,
        "columns": columns,
        "objects": {"arrays": BOXES["objects"]["arrays"]},
    }
    boxes = [{"box": [0, 0, 5, 4.5], "label": "LY", "score": 0.5}, {**BOX, "label": "MO"}]
    table = b"id,x1,y1,x2,y2,label,score\na,0,0,5,4.5,LY,0.5\na,0,0,5,5,MO,0.5\n"
    of_table = {**BOXES, "member": None, "format": "table"}

    values = [
        evaluate(
            Task.model_validate({**common, "submission": asked(given)}),
            truth=truth,
            predictions=content,
            seed=1,
        ).splits
        for given, content in (
            (BOXES, packed({"a": boxes, "b": [], "c": []}, given=BOXES)),
            (of_table, table),
        )
    ]

    one, other = ([split.metrics["ap50"] for split in splits.values()] for splits in values)
    assert one == other
    assert 0 < (one[0].value or 0) < 1


@pytest.mark.parametrize(
    ("box", "code", "place", "told"),
    [
        ({"score": 1.5}, "out_of_range", "$[1].score", "a number from 0 to 1; clip"),
        ({"score": math.nan}, "not_finite", "$[1].score", "a finite number for every row"),
        ({"score": -math.inf}, "not_finite", "$[1].score", "a finite number for every row"),
        ({"score": "0.5"}, "wrong_document", "$[1].score", "expected a number; .* without quotes"),
        ({"score": None}, "wrong_document", "$[1].score", "the word null, expected a number"),
        ({"score": True}, "wrong_document", "$[1].score", "the word true, expected a number"),
        ({"score": [1]}, "wrong_document", "$[1].score", "a list of 1, expected a number"),
        ({"label": "PNM"}, "unknown_label", "$[1].label", 'write "PNN", if that is meant'),
        ({"label": 3}, "wrong_document", "$[1].label", "the number 3, expected a text"),
        ({"label": {"a": 1}}, "wrong_document", "$[1].label", "an object, expected a text"),
        ({"box": [1, 2, 3]}, "wrong_document", "$[1].box", "a list of 3, .* of x1, y1, x2, y2"),
        ({"box": [1, 2, 3, "4"]}, "wrong_document", "$[1].box[3]", 'the text "4", expected a num'),
        ({"box": [1, 2, 3, 1e999]}, "not_finite", "$[1].box[3]", "a finite number"),
        ({"colour": 1}, "wrong_document", "$[1].colour", "which was not asked for.*; remove it"),
        ({"\x1b[2J": 1}, "wrong_document", "$[1].\\x1b[2J", "not asked for"),
    ],
)
def test_a_wrong_value_is_told_with_its_document_and_its_place_there(
    box: dict[str, Any], code: str, place: str, told: str
) -> None:
    problem = only([BOX, BOX | box])

    assert (problem.code, problem.column) == (code, place)
    with pytest.raises(InvalidPredictions, match=told):
        read({"a": [], "b": [BOX, BOX | box], "c": []}, given=BOXES)


@pytest.mark.parametrize(
    ("text", "code", "place", "told"),
    [
        (b"", "unreadable_document", "$", "no JSON at line 1, column 1"),
        (b"[\n{]", "unreadable_document", "$", "no JSON at line 2, column 2"),
        (b"[] []", "unreadable_document", "$", "no JSON at line 1, column 4"),
        (b"\xff", "unreadable_document", "$", "the byte 0xff, which is not UTF-8"),
        (b'["\xff"]', "unreadable_document", "$", "the byte 0xff"),
        ("[]".encode("utf-16"), "unreadable_document", "$", "not UTF-8"),
        (b"[" * 4 + b"]" * 4, "unreadable_document", "$", "brackets more than 3 deep"),
        (b"[" * 500_000, "invalid_archive", None, "keep the surest, and write neither"),
        (b"[" * 5_000, "unreadable_document", "$", "more values than are asked for"),
        (b"[" + b"1," * 2_000 + b"1]", "unreadable_document", "$", "more values than are asked"),
        (b'["' + b'\\"' * 3_000, "unreadable_document", "$", "no JSON at line 1"),
        (b"null", "wrong_document", "$", "the word null, expected a list of objects"),
        (b"{}", "wrong_document", "$", "an object, expected a list of objects"),
        (b"[1]", "wrong_document", "$[0]", "the number 1, expected an object with box, label"),
        (b'[{"box": [0,0,1,1], "label": "LY"}]', "wrong_document", "$[0]", 'no key "score"'),
        (b'[{"a": 1, "a": 1}]', "wrong_document", "$[0].a", 'the key "a" twice'),
        (b'[{"BOX": 1}]', "wrong_document", "$[0].BOX", 'write "box", if that is meant'),
        (b'[{"__class__": 1}]', "wrong_document", "$[0].__class__", "remove it"),
        (b"[{},{},{},{}]", "too_many_objects", "$[3]", "4 objects, expected at most 3"),
        (b"[" + b"9" * 2_000 + b"]", "wrong_document", "$[0]", "the number 9999"),
        (
            b'[{"box": [0,0,1,' + b"9" * 900 + b'], "label": "LY", "score": 1}]',
            "not_a_number",
            "$[0].box[3]",
            "of at most 20 digits",
        ),
        (
            b'[{"box": [0,0,1,1], "label": "\\ud800", "score": 1}]',
            "wrong_document",
            "$[0].label",
            "half of a character",
        ),
    ],
)
def test_a_text_that_is_no_such_document_is_refused_with_its_place(
    text: bytes, code: str, place: str | None, told: str
) -> None:
    with pytest.raises(InvalidPredictions, match=told) as refused:
        read({"a": [], "b": text, "c": []}, given=BOXES)

    problem = refused.value.problems[0]
    assert (problem.code, problem.column) == (code, place)
    assert problem.member == "found/b.json"


@pytest.mark.parametrize(
    ("change", "code", "place", "told"),
    [
        ({"codes": "A01"}, "wrong_document", "$.codes", "a list of codes, empty if there are none"),
        ({"codes": ["A|B"]}, "wrong_document", "$.codes[0]", "each code as a text of its own"),
        ({"codes": ["A", ""]}, "wrong_document", "$.codes[1]", "each code as a text of its own"),
        ({"codes": ["A", 1]}, "wrong_document", "$.codes[1]", "the number 1, expected a text"),
        ({"codes": ["A"] * 4}, "too_many_codes", "$.codes", "at most 3 codes"),
        ({"stage": "2"}, "wrong_document", "$.stage", "without quotes"),
        ({"stage": 2.0}, "unknown_label", "$.stage", 'write "2", if that is meant'),
        ({"risk": 2}, "out_of_range", "$.risk", "from 0 to 1"),
    ],
)
def test_a_wrong_value_of_an_id_is_told_with_its_key(
    change: dict[str, Any], code: str, place: str, told: str
) -> None:
    problem = only(PATIENT | change, given=ROW)

    assert (problem.code, problem.column) == (code, place)
    assert told in f"{problem.expected}; {problem.repair}" or told in str(problem)


def test_more_objects_in_all_than_there_may_be_are_refused_where_they_begin() -> None:
    problem = only([BOX, BOX, BOX], others=[BOX, BOX], member="c")

    assert problem.code == "too_many_rows"
    assert problem.found == "more than 5 objects in all"


def test_what_is_wrong_with_several_documents_is_told_of_each_and_past_the_twentieth_counted() -> (
    None
):
    names = tuple(f"i{number}" for number in range(30))
    content = packed(dict.fromkeys(names, b"?"), given=BOXES)

    with pytest.raises(InvalidPredictions) as refused:
        read_predictions(content, submission=asked(BOXES), ids=names)

    assert refused.value.total == 30
    assert [problem.member for problem in refused.value.problems] == [
        f"found/i{number}.json" for number in range(20)
    ]


def test_a_hostile_document_takes_no_more_memory_than_it_has_bytes_a_few_times() -> None:
    given = {**BOXES, "objects": {**BOXES["objects"], "most": 10_000}}
    bomb = b"[" + b"[]," * 3_000_000 + b"[]]"
    content = packed({"a": bomb, "b": [], "c": []}, given=given)
    tracemalloc.start()
    try:
        with pytest.raises(InvalidPredictions, match="more values than are asked for"):
            read_predictions(content, submission=asked(given), ids=IDS)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 5 * len(bomb)


def test_depth_is_refused_before_the_stack_is_needed() -> None:
    given = {**BOXES, "objects": {**BOXES["objects"], "most": 10_000}}
    deep = b"[" * 2 * sys.getrecursionlimit()

    assert "3 deep" in str(only(deep, given=given).found)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format": "table"}, "member: only an archive has files of ids; set format: archive"),
        ({"member": None}, "but for those of the JSON file that member names"),
        ({"member": "{id}.xml"}, "String should match pattern"),
        ({"member": "all.json"}, "String should match pattern"),
        (
            {"columns": {"m": {"type": "mask", "member": "{id}.png", "shape": [2, 2]}}},
            "all columns are of type: mask, but for those",
        ),
    ],
)
def test_a_definition_that_no_archive_could_answer_is_refused(
    change: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValidationError, match=told):
        asked({**ROW, **change})
