"""Spans of texts and instances of images are told, perfect and worthless, and sent as files."""

from typing import Any

import numpy as np
import pytest

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.preflight.bench import Bench
from challenge_platform.preflight.families.listed import Lists
from challenge_platform.preflight.power import measure_power
from challenge_platform.preflight.scores import probe_scores
from scorers.predictions.table import read_truth
from scorers.rasters.png import written
from scorers.segmentation.panoptic import panoptic_quality
from tests.archives import zipped
from tests.unit.preflight.small import csv_text, document

TYPES = ["NAME", "DATE"]
SPAN = {
    "start": {"type": "integer", "min": 0},
    "end": {"type": "integer", "min": 1},
    "kind": {"type": "label", "classes": TYPES},
}
MASK = {"type": "mask", "member": "{id}.png", "shape": [24, 24]}
CELLS: list[str | int] = ["round", "long"]


def bench_of_spans(metric: str, **params: Any) -> Bench:
    rng = np.random.Generator(np.random.PCG64(2))
    rows = []
    for number in range(40):
        for start in sorted(rng.choice(200, size=1 + number % 3, replace=False).tolist()):
            span = {"start": start, "end": start + 7, "kind": TYPES[int(rng.integers(2))]}
            rows.append({"id": f"d{number}", "usage": ("public", "private")[number % 2], **span})
    told = {"spans": "spans", "predicted": "spans", "types": TYPES, **params}
    objects = {"arrays": {"spans": ["start", "end", "kind"]}}
    made = document(
        metrics=[{"key": "m", "metric": metric, "primary": True, "params": told}],
        predicted=SPAN,
        columns=SPAN,
        objects=objects,
    )
    made["submission"]["objects"] = objects
    task = ChallengeDefinition.model_validate(made).task
    return Bench.of(task, read_truth(csv_text(rows).encode(), table=task.truth_table))


@pytest.mark.parametrize(
    ("metric", "params"),
    [
        ("strict_entity_f1", {}),
        ("overlap_entity_f1", {}),
        ("deidentification_recall", {"direct": ["NAME"]}),
    ],
)
def test_spans_are_told_and_those_of_other_texts_are_nearly_worthless(
    metric: str, params: dict[str, Any]
) -> None:
    bench = bench_of_spans(metric, **params)

    findings, probes = probe_scores(bench)

    assert findings == []
    told = {probe.name: probe.score for probe in probes}
    assert (told["perfect"], told["constant"]) == (1, 0)
    assert max(told["random"] or 0, told["shuffled"] or 0) < 0.3
    assert {"nan", "truncated"} <= told.keys()
    assert measure_power(bench) is not None


def bench_of_instances() -> Bench:
    rng = np.random.Generator(np.random.PCG64(3))
    rows, files = [], {}
    for number in range(30):
        mask = np.zeros((24, 24), np.uint8)
        for instance in range(1 + number % 3):
            top, left = rng.integers(0, 18, 2)
            mask[top : top + 6, left : left + 6] = instance + 1
        files[f"i{number}.png"] = written(mask)
        rows.append({"id": f"i{number}", "usage": ("public", "private")[number % 2]})
    params = {"mask": "cells", "predicted": "cells"}
    made = document(
        metrics=[{"key": "m", "metric": "panoptic_quality", "primary": True, "params": params}]
        + [
            {"key": part, "metric": f"{part}_quality", "params": params}
            for part in ("recognition", "segmentation")
        ],
        predicted={"cells": MASK},
        columns={"cells": MASK},
    )
    made["submission"] |= {"format": "archive", "file": "masks.zip"}
    made["data"]["truth"] = "truth.zip"
    task = ChallengeDefinition.model_validate(made).task
    truth = zipped({"truth.csv": csv_text(rows).encode()} | files)
    return Bench.of(task, read_truth(truth, table=task.truth_table))


def test_instances_are_told_and_those_of_other_images_are_nearly_worthless() -> None:
    bench = bench_of_instances()

    findings, probes = probe_scores(bench)

    assert findings == []
    told = {probe.name: probe.score for probe in probes if probe.metric != "recognition"}
    assert (told["perfect"], told["constant"]) == (1, 0)
    assert max(told["random"] or 0, told["shuffled"] or 0) < 0.3
    assert "truncated" in told
    assert measure_power(bench) is not None


def test_the_classes_of_instances_are_told_with_them() -> None:
    params = {"mask": "cells", "predicted": "cells", "mask_classes": "kinds"}
    params["predicted_classes"] = "told"
    masks = np.zeros((2, 4, 4), np.uint8)
    masks[0, :2], masks[1, :, :2], masks[1, :, 2:] = 1, 1, 2
    kinds = np.empty(2, dtype=np.object_)
    kinds[:] = [["round"], ["long", "round"]]
    truth = {"cells": np.fromiter(masks, dtype=np.object_, count=2), "kinds": kinds}
    family = Lists.of_masks(truth, params)

    perfect = panoptic_quality(truth, family.perfect(), classes=CELLS, **params)
    nothing = panoptic_quality(truth, family.constant(), classes=CELLS, **params)

    assert (perfect.value, nothing.value) == (1, 0)
