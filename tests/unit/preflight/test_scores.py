"""What is perfect has the best score by every kind of metric, and a wrong definition is found."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.preflight.bench import Bench
from challenge_platform.preflight.finding import Finding, Probe, Severity
from challenge_platform.preflight.power import measure_power
from challenge_platform.preflight.scores import probe_scores
from scorers.predictions.table import read_truth
from tests.unit.preflight.small import csv_text, document

FLOAT = {"type": "float"}
SHARE = {"type": "float", "min": 0, "max": 1}
STAGE = {"type": "label", "classes": ["mild", "middling", "severe"]}
YES = {"type": "integer", "min": 0, "max": 1}
CODES = {"type": "codes", "classes": ["A00", "B01", "C02", "D03"]}
BOX = {name: {"type": "float"} for name in ("x1", "y1", "x2", "y2")}
CLASSES = {"classes": STAGE["classes"]}
HOT = ["p_mild", "p_middling", "p_severe"]

KINDS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "auroc": ({"label": "ill", "score": "risk"}, {"risk": FLOAT}, {}),
    "log_loss": ({"label": "ill", "probability": "p"}, {"p": SHARE}, {}),
    "f_beta": ({"label": "ill", "predicted": "call"}, {"call": YES}, {}),
    "macro_f1": ({"label": "stage", "predicted": "s", **CLASSES}, {"s": STAGE}, {}),
    "weighted_kappa": (
        {"label": "stage", "predicted": "s", "weights": "quadratic", **CLASSES},
        {"s": STAGE},
        {},
    ),
    "multiclass_log_loss": (
        {"label": "stage", "probabilities": HOT, **CLASSES},
        dict.fromkeys(HOT, SHARE),
        {},
    ),
    "multilabel_macro_f1": (
        {"labels": ["ill", "old"], "predicted": ["a", "b"], "masked": 9},
        {"a": YES, "b": YES},
        {},
    ),
    "mean_average_precision": (
        {"labels": ["ill", "old"], "scores": ["a", "b"]},
        {"a": FLOAT, "b": FLOAT},
        {},
    ),
    "rmse": ({"value": "weight", "predicted": "kg"}, {"kg": FLOAT}, {}),
    "poisson_deviance": ({"value": "visits", "predicted": "n"}, {"n": FLOAT}, {}),
    "harrell_c": ({"event": "ill", "time": "weight", "risk": "risk"}, {"risk": FLOAT}, {}),
    "wolbers_c": (
        {"event": "ill", "competing": "other", "time": "weight", "risk": "risk"},
        {"risk": FLOAT},
        {},
    ),
    "integrated_brier": (
        {"event": "ill", "time": "weight", "survival": ["s1", "s2"], "times": [60, 80]},
        {"s1": SHARE, "s2": SHARE},
        {},
    ),
    "micro_code_f1": (
        {"coded": "codes", "predicted": "told", "codes": CODES["classes"]},
        {"told": CODES},
        {"columns": {"codes": CODES}},
    ),
}


def patients(count: int = 150) -> list[dict[str, Any]]:
    """Make rows of truth with an answer of every kind."""
    rng = np.random.Generator(np.random.PCG64(5))
    rows = []
    for number in range(count):
        ill = int(rng.random() < 0.4)
        rows.append(
            {
                "id": f"p{rng.integers(1 << 40):010x}",
                "usage": "private" if number % 2 else "public",
                "ill": ill,
                "old": int(rng.random() < 0.3),
                "other": 0 if ill else int(rng.random() < 0.3),
                "stage": STAGE["classes"][int(rng.integers(3))],
                "weight": round(float(rng.uniform(40, 100)), 1),
                "visits": int(rng.poisson(2)),
                "codes": "|".join(rng.permutation(CODES["classes"])[: 1 + number % 2]),
            }
        )
    return rows


def bench_of(
    metric: Mapping[str, Any],
    predicted: Mapping[str, Any],
    rows: list[dict[str, Any]],
    /,
    **data: Any,
) -> Bench:
    metrics = [{"key": "m", "primary": True, **metric}]
    made = ChallengeDefinition.model_validate(
        document(metrics=metrics, predicted=predicted, **data)
    )
    return Bench.of(made.task, read_truth(csv_text(rows).encode(), table=made.task.truth_table))


def by_name(probes: list[Probe]) -> dict[str, Probe]:
    return {probe.name: probe for probe in probes}


@pytest.mark.parametrize("key", KINDS)
def test_a_sound_challenge_of_each_kind_has_no_finding(key: str) -> None:
    params, columns, data = KINDS[key]
    bench = bench_of({"metric": key, "params": params}, columns, patients(), **data)

    findings, probes = probe_scores(bench)

    assert findings == []
    told = by_name(probes)
    assert {"perfect", "random", "shuffled", "truncated", "duplicate_id"} <= told.keys()
    assert told["perfect"].score == pytest.approx(
        0 if bench.direction("m") == "minimize" else 1, abs=1e-9
    )
    power = measure_power(bench)
    assert power is not None
    assert power.units == 75
    assert all(level.half_width > 0 for level in power.levels)


def test_boxes_are_told_and_can_end_within_no_row() -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    rows = []
    for number in range(60):
        x, y = (round(float(rng.uniform(0, 90)), 1) for _ in range(2))
        box = {"x1": x, "y1": y, "x2": x + 9, "y2": y + 9}
        stage = STAGE["classes"][number % 3]
        rows.append({"id": f"i{number}", "usage": "private", "stage": stage, **box})
    arrays = {"arrays": {"box": ["x1", "y1", "x2", "y2"]}}
    boxes = document(
        metrics=[
            {
                "key": "m",
                "metric": "cytologia_strict",
                "primary": True,
                "params": {"true_boxes": "box", "true_labels": "stage", "boxes": "box"}
                | {"labels": "stage", **CLASSES},
            }
        ],
        predicted={**BOX, "stage": STAGE},
        columns={**BOX, "stage": STAGE},
        objects=arrays,
    )
    boxes["submission"]["objects"] = arrays
    made = ChallengeDefinition.model_validate(boxes)
    truth = read_truth(csv_text(rows).encode(), table=made.task.truth_table)

    findings, probes = probe_scores(Bench.of(made.task, truth))

    assert findings == []
    told = {"perfect", "constant", "random", "shuffled", "truncated", "nan"}
    assert {probe.name for probe in probes} == told
    assert by_name(probes)["perfect"].score == 1


def found(findings: list[Finding]) -> dict[str, Severity]:
    return {finding.code: finding.severity for finding in findings}


def test_a_combination_with_the_wrong_sign_is_found() -> None:
    metrics: list[dict[str, Any]] = [
        {"key": "a", "metric": "auroc", "params": {"label": "ill", "score": "risk"}},
        {"key": "m", "metric": "weighted_sum", "params": {"a": -1.0}, "direction": "maximize"},
    ]
    metrics[1]["primary"] = True
    made = ChallengeDefinition.model_validate(document(metrics=metrics, predicted={"risk": FLOAT}))
    truth = read_truth(csv_text(patients()).encode(), table=made.task.truth_table)

    findings, _ = probe_scores(Bench.of(made.task, truth))

    assert found(findings)["perfect_score"] is Severity.BLOCK
    assert found(findings)["inverted_score"] is Severity.BLOCK


def test_a_column_that_cannot_hold_the_truth_is_found() -> None:
    narrow = {"type": "float", "min": 0, "max": 70}
    params = {"value": "weight", "predicted": "kg"}

    findings, _ = probe_scores(
        bench_of({"metric": "rmse", "params": params}, {"kg": narrow}, patients())
    )

    assert found(findings) == {"perfect_score": Severity.BLOCK}


def test_a_truth_of_one_class_is_found() -> None:
    rows = [{**row, "ill": 1} for row in patients()]
    params = {"label": "ill", "score": "risk"}

    findings, _ = probe_scores(
        bench_of({"metric": "auroc", "params": params}, {"risk": FLOAT}, rows)
    )

    assert found(findings)["perfect_score"] is Severity.BLOCK


def test_amounts_of_which_few_are_large_have_no_finding() -> None:
    rng = np.random.Generator(np.random.PCG64(6))
    rows = [{**row, "weight": round(float(rng.lognormal(6, 1.5)), 2)} for row in patients()]

    findings, _ = probe_scores(
        bench_of({"metric": "rmse", "params": KINDS["rmse"][0]}, {"kg": FLOAT}, rows)
    )

    assert findings == []
