"""Challenges of labels, codes and objects are scored from their files as by hand."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from scorers import get_metric
from scorers.definition import Task
from scorers.evaluation import evaluate
from scorers.metric import Metric, Undefined
from scorers.predictions.table import InvalidPredictions, InvalidTable

SIZE = 1200
CLASSES = ["PNN", "LY", "MO"]
CODES = ["I10", "J45", "E11", "N18"]
IDS = [f"u{number:04d}" for number in range(SIZE)]


def challenge(
    metric: Mapping[str, Any], columns: Mapping[str, Any], /, *, data: Any = None, **more: Any
) -> Task:
    return Task.from_challenge(
        {
            "data": {
                "unit": "patient",
                "split": "usage",
                "subgroups": ["sex"],
                **(data or {}),
            },
            "submission": {
                "kinds": ["predictions"],
                "file": "p.csv",
                "ids": "test.csv",
                "id": "id",
                "columns": columns,
                **more,
            },
            "scoring": {
                "metrics": [{"key": "score", **metric, "primary": True}],
                "resamples": 60,
                "interval": "percentile",
            },
        }
    )


def table(header: str, rows: Sequence[Sequence[object]], /) -> bytes:
    return "\n".join([header, *(",".join(map(str, row)) for row in rows), ""]).encode()


def people(rng: np.random.Generator, /) -> list[list[object]]:
    """Give id, patient, usage and sex of every unit."""
    usage = rng.permutation(["public", "private"] * (SIZE // 2))
    sex = rng.choice(["f", "m"], SIZE)
    return [[IDS[i], f"p{i // 2}", usage[i // 2], sex[i]] for i in range(SIZE)]


def check(
    task: Task, truth: bytes, predictions: bytes, /, *, known: list[list[object]], columns: Any
) -> None:
    """Compare every split and subgroup with the metric called by hand on its rows.

    `columns` are the truth and the prediction as metrics take them, in the order of `known`.
    """
    evaluation = evaluate(task, truth=truth, predictions=predictions, seed=1)
    metric = task.scoring.primary

    def by_hand(rows: list[int]) -> float | Undefined:
        taken = [{name: [c[i] for i in rows] for name, c in side.items()} for side in columns]
        installed = get_metric(metric.metric)
        assert isinstance(installed, Metric)
        return installed(*taken, **metric.params)

    for name in ("public", "private"):
        split = evaluation.splits[name]
        rows = [i for i, row in enumerate(known) if row[2] == name]
        score, own = split.metrics["score"], by_hand(rows)
        assert score.value == own
        assert score.interval is not None
        assert not isinstance(own, Undefined)
        assert score.interval[0] < own < score.interval[1]
        assert split.units == len({known[i][1] for i in rows})
        for sex, subgroup in split.subgroups["sex"].items():
            of_sex = by_hand([i for i in rows if known[i][3] == sex])
            assert subgroup.metrics["score"].value == of_sex
            assert subgroup.metrics["score"].interval is not None


def test_a_challenge_of_labels_is_scored_as_by_hand() -> None:
    rng = np.random.default_rng(0)
    known = people(rng)
    true, told = rng.choice(CLASSES, SIZE), rng.choice(CLASSES, SIZE)
    params = {"label": "cell", "predicted": "cell", "classes": CLASSES}
    task = challenge(
        {"metric": "macro_f1", "params": params}, {"cell": {"type": "label", "classes": CLASSES}}
    )

    check(
        task,
        table("id,patient,usage,sex,cell", [[*row, t] for row, t in zip(known, true, strict=True)]),
        table("id,cell", [[IDS[i], told[i]] for i in rng.permutation(SIZE)]),
        known=known,
        columns=({"cell": true.tolist()}, {"cell": told.tolist()}),
    )


def test_classes_that_are_integers_and_flags_are_scored_as_by_hand() -> None:
    rng = np.random.default_rng(1)
    known = people(rng)
    true, told = rng.integers(0, 2, SIZE), rng.integers(0, 2, SIZE)
    for metric, kind in (
        ({"metric": "mcc", "params": {"label": "y", "predicted": "p", "classes": [0, 1]}},
         {"type": "label", "classes": [0, 1]}),
        ({"metric": "binary_mcc", "params": {"label": "y", "predicted": "p"}},
         {"type": "integer", "min": 0, "max": 1}),
    ):  # fmt: skip
        check(
            challenge(metric, {"p": kind}, data={"columns": {"y": {"type": "integer"}}}),
            table("id,patient,usage,sex,y", [[*r, t] for r, t in zip(known, true, strict=True)]),
            table("id,p", list(zip(IDS, told, strict=True))),
            known=known,
            columns=({"y": true.tolist()}, {"p": told.tolist()}),
        )


def test_a_challenge_of_codes_is_scored_as_by_hand() -> None:
    rng = np.random.default_rng(2)
    known = people(rng)
    true, told = (
        [rng.permutation(CODES)[: rng.integers(0, 4)].tolist() for _ in IDS] for _ in range(2)
    )
    params = {"coded": "codes", "predicted": "codes", "codes": CODES}
    codes = {"codes": {"type": "codes", "separator": "|"}}
    task = challenge(
        {"metric": "mean_average_precision_of_codes", "params": params},
        codes,
        data={"columns": codes},
    )

    check(
        task,
        table(
            "id,patient,usage,sex,codes",
            [[*row, "|".join(t)] for row, t in zip(known, true, strict=True)],
        ),
        table("id,codes", [[IDS[i], "|".join(told[i])] for i in rng.permutation(SIZE)]),
        known=known,
        columns=({"codes": true}, {"codes": told}),
    )


BOXES = {
    **{name: {"type": "float"} for name in ("x1", "y1", "x2", "y2")},
    "cell": {"type": "label", "classes": CLASSES},
}
ARRAYS = {"box": ["x1", "y1", "x2", "y2"]}
OBJECTS = challenge(
    {
        "metric": "detection_map",
        "params": {
            "true_boxes": "box", "true_labels": "cell", "boxes": "box", "labels": "cell",
            "scores": "score", "classes": CLASSES, "box_format": "xyxy", "iou": [0.5],
        },
    },
    {**BOXES, "score": {"type": "float", "min": 0, "max": 1}},
    data={"columns": BOXES, "objects": {"arrays": ARRAYS}},
    objects={"arrays": ARRAYS, "most": 20},
)  # fmt: skip


def test_a_challenge_of_boxes_is_scored_as_by_hand_with_images_that_have_none() -> None:
    rng = np.random.default_rng(3)
    known = people(rng)
    corners = [rng.integers(0, 50, (rng.integers(0, 4), 2)) for _ in IDS]
    true = {
        "box": [np.hstack([c, c + 10]).astype(float) for c in corners],
        "cell": [rng.choice(CLASSES, len(c)).tolist() for c in corners],
    }
    kept = [np.flatnonzero(rng.random(len(c)) < 0.8) for c in corners]
    told = {
        "box": [
            boxes[k] + rng.integers(0, 3, (len(k), 4))
            for boxes, k in zip(true["box"], kept, strict=True)
        ],
        "cell": [[c[i] for i in k] for c, k in zip(true["cell"], kept, strict=True)],
        "score": [rng.random(len(k)).round(6).tolist() for k in kept],
    }
    answers: list[list[object]] = []
    for i, row in enumerate(known):
        found = [[*b, c] for b, c in zip(true["box"][i], true["cell"][i], strict=True)]
        answers += [[*row, *cells] for cells in found or [[""] * 5]]
    given = [
        [IDS[i], *b, c, s]
        for i in reversed(range(SIZE))
        for b, c, s in zip(told["box"][i], told["cell"][i], told["score"][i], strict=True)
    ]

    assert any(len(c) == 0 for c in corners)
    assert len({row[0] for row in given}) < SIZE
    check(
        OBJECTS,
        table("id,patient,usage,sex,x1,y1,x2,y2,cell", answers),
        table("id,x1,y1,x2,y2,cell,score", given),
        known=known,
        columns=(true, told),
    )


def test_a_file_without_detections_scores_nothing_found() -> None:
    known = people(np.random.default_rng(4))
    truth = table(
        "id,patient,usage,sex,x1,y1,x2,y2,cell", [[*row, 0, 0, 9, 9, "LY"] for row in known]
    )

    evaluation = evaluate(OBJECTS, truth=truth, predictions=b"id,x1,y1,x2,y2,cell,score\n", seed=0)

    assert evaluation.splits["public"].metrics["score"].value == 0


def test_a_rule_that_a_box_breaks_is_told_with_the_cells_of_the_file() -> None:
    known = people(np.random.default_rng(5))
    truth = table("id,patient,usage,sex,x1,y1,x2,y2,cell", [[*r, 0, 0, 9, 9, "LY"] for r in known])
    file = f"id,x1,y1,x2,y2,cell,score\n{IDS[0]},0,0,9,9,LY,1\n{IDS[1]},9,0,0,9,LY,1\n"

    with pytest.raises(InvalidPredictions) as caught:
        evaluate(OBJECTS, truth=truth, predictions=file.encode(), seed=0)

    assert str(caught.value) == (
        'line 3, column x1, y1, x2, y2: found "9, 0, 0, 9", expected a box with the smaller corner '
        "first; remove the box, or exchange its corners"
    )


def test_a_truth_that_is_not_as_declared_is_the_organizers() -> None:
    with pytest.raises(InvalidTable, match="line 2 of the truth, column x1"):
        evaluate(
            OBJECTS,
            truth=b"id,patient,usage,sex,x1,y1,x2,y2,cell\na,p,public,f,?,0,9,9,LY\n",
            predictions=b"",
            seed=0,
        )
