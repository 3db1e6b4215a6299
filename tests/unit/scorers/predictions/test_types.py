"""Integers, labels, codes and objects are read as their types say, and what is wrong is told."""

from typing import Any

import numpy as np
import pytest

from scorers.predictions.problems import MAX_PROBLEMS, Problem
from scorers.predictions.table import (
    InvalidPredictions,
    InvalidTable,
    Predictions,
    read_predictions,
    read_truth,
)
from scorers.tables import SubmissionDefinition, TruthTable

IDS = ("a", "b", "c")
CLASSES = ["PNN", "LY", "MO"]


def submission(columns: dict[str, Any], /, **more: Any) -> SubmissionDefinition:
    return SubmissionDefinition.model_validate(
        {
            "kinds": ["predictions"],
            "file": "p.csv",
            "ids": "test.csv",
            "id": "id",
            "columns": columns,
            **more,
        }
    )


FLAG = submission({"x": {"type": "integer", "min": 0, "max": 1}})
INTEGER = submission({"x": {"type": "integer"}})
LABEL = submission({"x": {"type": "label", "classes": CLASSES}})
NUMBERED = submission({"x": {"type": "label", "classes": [1, 2, 3]}})
CODES = submission({"x": {"type": "codes", "most": 3}})
LISTED = submission({"x": {"type": "codes", "classes": ["I10", "J45"], "separator": ";"}})
BOXES = submission(
    {
        **{name: {"type": "float"} for name in ("x1", "y1", "x2", "y2")},
        "label": {"type": "label", "classes": CLASSES},
        "score": {"type": "float", "min": 0, "max": 1},
    },
    objects={"arrays": {"box": ["x1", "y1", "x2", "y2"]}, "most": 2, "most_in_all": 5},
)


GOOD = [(FLAG, "1"), (LABEL, "LY"), (NUMBERED, "1")]
"""A cell that is right, where an empty one is not."""


def read(asked: SubmissionDefinition, *cells: str) -> Predictions:
    rows = "".join(f"{name},{cell}\n" for name, cell in zip(IDS, cells, strict=True))
    return read_predictions(f"id,x\n{rows}".encode(), submission=asked, ids=IDS)


def problem(asked: SubmissionDefinition, cell: str, /, *, good: str = "") -> Problem:
    with pytest.raises(InvalidPredictions) as caught:
        read(asked, good, cell, good)
    assert caught.value.total == 1
    found = caught.value.problems[0]
    assert (found.line, found.column) == (3, "x")
    return found


def test_labels_are_of_the_type_of_their_classes() -> None:
    words = read(LABEL, "LY", "PNN", "LY").columns["x"]
    numbers = read(NUMBERED, "3", "1", "1").columns["x"]

    assert (words.tolist(), words.dtype.kind) == (["LY", "PNN", "LY"], "U")
    assert (numbers.tolist(), numbers.dtype.kind) == ([3, 1, 1], "i")


def test_integers_are_read_exactly() -> None:
    column = read(INTEGER, "-12", "0", "999999999999999").columns["x"]

    assert column.tolist() == [-12, 0, 999999999999999]


@pytest.mark.parametrize(
    ("asked", "cell", "code", "expected", "repair"),
    [
        (FLAG, "2", "out_of_range", "a whole number from 0 to 1", "clip"),
        (FLAG, "1.0", "not_an_integer", "a whole number from 0 to 1", "without decimals"),
        (FLAG, "0.7", "not_an_integer", "a whole number from 0 to 1", "round the number"),
        (FLAG, "1e0", "not_an_integer", "a whole number from 0 to 1", "without decimals"),
        (FLAG, "", "empty_cell", "a whole number from 0 to 1", "predict a number"),
        (FLAG, "yes", "not_a_number", "a whole number from 0 to 1", "write a number"),
        (FLAG, "NaN", "not_finite", "a whole number from 0 to 1", "finite"),
        (FLAG, "9" * 16, "not_an_integer", "a whole number", "15 digits"),
        (LABEL, "ly", "unknown_label", "one of PNN, LY, MO", 'write "LY"'),
        (LABEL, "PN", "unknown_label", "one of PNN, LY, MO", 'write "PNN"'),
        (LABEL, " MO", "unknown_label", "one of PNN, LY, MO", "remove the spaces"),
        (LABEL, "17", "unknown_label", "one of PNN, LY, MO", "exactly as the challenge"),
        (LABEL, "", "empty_cell", "one of PNN, LY, MO", "give every row a class"),
        (LABEL, "x" * 1001, "cell_too_long", "1,000 characters", "write one id"),
        (NUMBERED, "2.0", "unknown_label", "one of 1, 2, 3", 'write "2"'),
        (NUMBERED, "02", "unknown_label", "one of 1, 2, 3", 'write "2"'),
        (CODES, "a|b|c|d", "too_many_codes", "at most 3 codes", "keep the surest"),
        (CODES, "a||b", "empty_cell", 'codes separated by "|"', "remove one separator"),
        (CODES, "a| b", "unknown_label", 'codes separated by "|"', "remove the spaces"),
        (CODES, "a|" + "b" * 1001, "cell_too_long", "1,000 characters", "write one id"),
        (LISTED, "I10;j45", "unknown_label", "one of I10, J45", 'write "J45"'),
        (LISTED, "I10|J45", "unknown_label", "one of I10, J45", "write"),
    ],
)
def test_a_wrong_cell_is_told_with_its_repair(
    asked: SubmissionDefinition, cell: str, code: str, expected: str, repair: str
) -> None:
    good = next((good for each, good in GOOD if each is asked), "")
    found = problem(asked, cell, good=good)

    assert found.code == code
    assert expected in found.expected
    assert repair in found.repair
    assert found.found


def test_of_many_classes_the_first_are_named() -> None:
    many = submission({"x": {"type": "label", "classes": [f"c{n}" for n in range(3000)]}})

    found = problem(many, "zz", good="c1")

    assert found.expected.startswith("one of the 3,000: c0, c1, c2")
    assert found.expected.endswith("c19, …")


def test_codes_are_lists_the_surest_first_and_an_empty_cell_has_none() -> None:
    columns = read(LISTED, "J45;I10", "", "I10;I10").columns

    assert columns["x"].tolist() == [["J45", "I10"], [], ["I10", "I10"]]
    assert columns["x"].dtype == np.object_
    assert read(CODES, "a|b", "c|d", "e|f").columns["x"].shape == (3,)
    assert read(CODES, "a|b|c", "", "").columns["x"].tolist() == [["a", "b", "c"], [], []]


def test_many_wrong_cells_are_counted_and_the_first_told() -> None:
    ids = tuple(map(str, range(1000)))
    for asked in (LABEL, LISTED):
        file = "id,x\n" + "".join(f"{name},zz\n" for name in ids)
        with pytest.raises(InvalidPredictions) as caught:
            read_predictions(file.encode(), submission=asked, ids=ids)

        assert caught.value.total == 1000
        assert [each.line for each in caught.value.problems] == list(range(2, 2 + MAX_PROBLEMS))


HEADER = "id,x1,y1,x2,y2,label,score\n"


def objects(*rows: str) -> Predictions:
    file = HEADER + "".join(f"{row}\n" for row in rows)
    return read_predictions(file.encode(), submission=BOXES, ids=IDS)


def test_objects_are_gathered_by_id_in_the_order_of_the_file() -> None:
    read = objects("c,0,0,5,5,LY,0.5", "a,1,2,3,4,MO,0.25", "c,9,9,10,12,PNN,1")

    assert read.ids == IDS
    boxes, labels, scores = (read.columns[name] for name in ("box", "label", "score"))
    assert [box.tolist() for box in boxes] == [[[1, 2, 3, 4]], [], [[0, 0, 5, 5], [9, 9, 10, 12]]]
    assert [label.tolist() for label in labels] == [["MO"], [], ["LY", "PNN"]]
    assert [score.tolist() for score in scores] == [[0.25], [], [0.5, 1]]
    assert boxes.shape == labels.shape == (3,)
    assert set(read.columns) == {"box", "label", "score"}


def test_a_file_without_a_row_has_no_object() -> None:
    read = objects()

    assert [len(cell) for cell in read.columns["box"]] == [0, 0, 0]


@pytest.mark.parametrize(
    ("rows", "code", "line", "says"),
    [
        (["d,0,0,5,5,LY,0.5"], "unknown_id", 2, "an id of the list"),
        ([" a,0,0,5,5,LY,0.5"], "unknown_id", 2, "remove the spaces"),
        ([",0,0,5,5,LY,0.5"], "empty_cell", 2, "write the id"),
        (["a,0,0,5,5,LY,0.5"] * 3, "too_many_objects", 4, "at most 2 rows for each id"),
        (["a,0,0,5,5,LY,2"], "out_of_range", 2, "a number from 0 to 1"),
        (["a,0,0,5,,LY,1"], "empty_cell", 2, "a finite number"),
        (["a,0,0,5,5,XX,1"], "unknown_label", 2, "one of PNN"),
        (["a,0,0,5,5,LY,1"] * 2 + ["b,0,0,5,5,LY,1"] * 2 + ["c,0,0,5,5,LY,1"] * 2,
         "too_many_rows", 7, "at most 5 rows, one for each object"),
    ],
)  # fmt: skip
def test_a_wrong_object_is_told(rows: list[str], code: str, line: int, says: str) -> None:
    with pytest.raises(InvalidPredictions, match=says) as caught:
        objects(*rows)

    assert [(each.code, each.line) for each in caught.value.problems] == [(code, line)]


def truth(text: str, /, **table: Any) -> Any:
    read = read_truth(text.encode(), table=TruthTable.model_validate({"id": "id", **table}))
    return read.ids, {name: column.tolist() for name, column in read.columns.items()}


def test_the_truth_is_read_by_the_same_types() -> None:
    columns = {"y": {"type": "label", "classes": [1, 2]}, "codes": {"type": "codes"}}

    _, read = truth("id,y,codes,time\na,1,I10|J45,\nb,2,,3\n", columns=columns)

    assert read["y"] == [1, 2]
    assert read["codes"] == [["I10", "J45"], []]
    assert read["time"][1] == 3.0


OBJECTS = {
    "columns": {
        "x": {"type": "float"},
        "y": {"type": "float"},
        "label": {"type": "label", "classes": CLASSES},
    },
    "objects": {"arrays": {"point": ["x", "y"]}},
    "text": ("centre",),
}


def test_the_rows_of_a_truth_of_objects_are_gathered_and_what_an_id_has_is_kept_once() -> None:
    text = "id,centre,age,x,y,label\nb,1,60,1,2,LY\na,2,,,,\nb,1,60,3,4,MO\n"

    ids, read = truth(text, **OBJECTS)

    assert ids == ("b", "a")
    assert read["centre"] == ["1", "2"]
    assert (read["age"][0], np.isnan(read["age"][1])) == (60.0, True)
    assert [each.tolist() for each in read["point"]] == [[[1, 2], [3, 4]], []]
    assert [each.tolist() for each in read["label"]] == [["LY", "MO"], []]


@pytest.mark.parametrize(
    ("text", "table", "says"),
    [
        ("id,y\na,4711\n", {"columns": {"y": {"type": "label", "classes": [1, 2]}}},
         "line 2 of the truth, column y: unknown_label.*expected one of 1, 2"),
        ("id,y\na,1\nb,\n", {"columns": {"y": {"type": "integer"}}},
         "line 3 of the truth, column y"),
        ("id,z\na,1\n", {"columns": {"y": {"type": "integer"}}}, "no column y"),
        ("id,z\na,1\na,2\n", {}, "an id is twice"),
        ("id,centre,x,y,label\na,1,1,2,LY\na,2,3,4,LY\n", OBJECTS, "line 3 .* column centre"),
        ("id,centre,x,y,label\na,1,1,2,LY\na,1,,,\n", OBJECTS, "line 3 .* no object"),
        ("id,centre,x,y,label\na,1,1,2,LY\na,1,3,,LY\n", OBJECTS, "line 3 of the truth, column y"),
        ("id,centre,x,y,label\na,1,1,4711,QQ\n", OBJECTS, "line 2 of the truth, column label"),
    ],
)  # fmt: skip
def test_a_wrong_truth_is_the_organizers_and_no_value_of_it_is_told(
    text: str, table: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidTable, match=says) as caught:
        truth(text, **table)

    assert "4711" not in str(caught.value)
    assert "QQ" not in str(caught.value)


@pytest.mark.parametrize(
    ("columns", "more", "says"),
    [
        ({"x": {"type": "label", "classes": ["a"]}}, {}, "at least 2"),
        ({"x": {"type": "label", "classes": ["a", "a"]}}, {}, "twice"),
        ({"x": {"type": "label", "classes": ["a", 1]}}, {}, "classes"),
        ({"x": {"type": "label", "classes": [True, False]}}, {}, "classes"),
        ({"x": {"type": "label", "classes": ["a", " b"]}}, {}, "pattern"),
        ({"x": {"type": "label", "classes": ["a", "b"], "min": 1}}, {}, "min"),
        ({"x": {"type": "integer", "min": 2, "max": 1}}, {}, "larger"),
        ({"x": {"type": "integer", "min": 0.5}}, {}, "min"),
        ({"x": {"type": "codes", "separator": ","}}, {}, "separator"),
        ({"x": {"type": "codes", "classes": ["a|b"]}}, {}, "has the separator"),
        ({"x": {"type": "codes"}}, {"objects": {}}, "no list of codes"),
        ({"x": {"type": "float"}}, {"objects": {"arrays": {"p": ["x", "y"]}}}, "names y"),
        ({"x": {"type": "float"}}, {"objects": {"arrays": {"p": ["x", "x"]}}}, "x twice"),
        ({"x": {"type": "float"}}, {"objects": {"arrays": {"id": ["x"]}}}, "a new name"),
    ],
)
def test_a_column_that_cannot_be_asked_for_is_refused(
    columns: dict[str, Any], more: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        submission(columns, **more)
