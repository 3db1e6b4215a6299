"""Metrics of the same columns share a picture, all of a split's find room, and JSON keeps them."""

import json
from typing import Any

import numpy as np
import pytest

from scorers.definition import ScoringDefinition
from scorers.metric import Metric, PictureKind, Reason
from scorers.pictures.document import PICTURES, Drawn, NoPicture
from scorers.pictures.drawing import MAKERS, ROOM, draw_pictures
from scorers.registry import get_metric, metric_keys
from scorers.split import Split
from tests.unit.scorers.pictures.conftest import split_of


def scoring(*metrics: dict[str, Any]) -> ScoringDefinition:
    """Give a scoring section of these metrics, the last of them primary."""
    numbered = [{"key": f"m{number}", **metric} for number, metric in enumerate(metrics)]
    numbered[-1]["primary"] = True
    return ScoringDefinition.model_validate({"metrics": numbered})


def on(metric: str, column: str, **params: Any) -> dict[str, Any]:
    return {"metric": metric, "params": {"label": "ill", column: "p", **params}}


def test_metrics_of_the_same_columns_share_a_picture_the_primary_one_first(binary: Split) -> None:
    told = scoring(
        on("auroc", "score"),
        on("brier", "probability"),
        on("net_benefit", "probability", threshold=0.1),
        on("f_beta", "predicted"),
        on("f_beta", "predicted", beta=2.0),
        on("binary_mcc", "predicted", threshold=0.2),
        on("average_precision", "score"),
    )

    pictures = draw_pictures(told, binary)

    assert [
        (picture.kind, picture.metrics) for picture in pictures if isinstance(picture, Drawn)
    ] == [
        ("roc", ("m6", "m0")),
        ("precision_recall", ("m6", "m0")),
        ("calibration", ("m1", "m2")),
        ("decision_curve", ("m1", "m2")),
        ("confusion", ("m3", "m4")),
        ("confusion", ("m5",)),
    ]


def test_calibration_of_survival_is_by_its_time(censored: Split) -> None:
    columns = {"event": "event", "time": "time"}
    told = scoring(
        {"metric": "brier_at", "params": {**columns, "survival": "alive", "at": 500}},
        {"metric": "harrell_c", "params": {**columns, "risk": "risk"}},
        {"metric": "uno_c", "params": {**columns, "risk": "risk", "tau": 800}},
    )
    kept = {(picture.kind, picture.metrics) for picture in draw_pictures(told, censored)}
    assert kept == {("calibration", ("m0",)), ("kaplan_meier", ("m2", "m1"))}


def test_probabilities_of_classes_are_drawn_as_a_confusion_matrix() -> None:
    rng = np.random.default_rng(7)
    given = rng.dirichlet([1, 1, 1], 100)
    split = split_of(
        {"y": rng.integers(0, 3, 100)}, {f"p{place}": given[:, place] for place in range(3)}
    )
    params = {"label": "y", "probabilities": ["p0", "p1", "p2"], "classes": [0, 1, 2]}
    told = scoring(
        *(
            {"metric": name, "params": params}
            for name in ("multiclass_brier", "ranked_probability_score")
        )
    )
    assert [(picture.kind, picture.metrics) for picture in draw_pictures(told, split)] == [
        ("confusion", ("m1", "m0"))
    ]


def test_json_keeps_pictures_and_their_absence(binary: Split) -> None:
    told = scoring(on("auroc", "score"), on("brier", "probability"))
    few = split_of({"ill": [0.0, 1.0]}, {"p": [0.0, 1.0]})

    for split in (binary, few):
        pictures = draw_pictures(told, split)
        written = json.loads(PICTURES.dump_json(pictures))
        assert PICTURES.validate_python(written) == pictures
    assert all(isinstance(picture, NoPicture) for picture in draw_pictures(told, few))


def test_what_finds_no_room_is_said_to_be_too_much() -> None:
    rng = np.random.default_rng(6)
    names = [f"p{number}" for number in range(40)]
    truth = {"ill": (rng.random(900) < 0.4).astype(float)}
    split = split_of(truth, {name: rng.random(900) for name in names})
    told = scoring(
        *({"metric": "auroc", "params": {"label": "ill", "score": name}} for name in names)
    )

    pictures = draw_pictures(told, split)

    kept = [picture for picture in pictures if isinstance(picture, Drawn)]
    left = [picture for picture in pictures if isinstance(picture, NoPicture)]
    assert len(PICTURES.dump_json(tuple(kept))) <= ROOM + len(kept) + 1
    assert kept[0].metrics == ("m39",)
    assert {picture.reason for picture in left} == {Reason.TOO_MANY}
    assert len(kept) + len(left) == 80


def test_rounding_changes_no_count(binary: Split) -> None:
    [curve, _] = draw_pictures(scoring(on("auroc", "score")), binary)
    assert isinstance(curve, Drawn)

    coarse = curve.rounded(digits=2)

    written, exact = coarse.model_dump(), curve.model_dump()
    assert [point["called"] for point in written["points"]] == [
        point["called"] for point in exact["points"]
    ]
    assert written["points"] != exact["points"]
    for before, after in zip(exact["points"], written["points"], strict=True):
        assert after["sensitivity"] == float(f"{before['sensitivity']:.2g}")


@pytest.mark.parametrize("kind", PictureKind)
def test_every_kind_is_asked_for_by_a_metric_and_can_be_made(kind: PictureKind) -> None:
    metrics = [metric for key in metric_keys() if isinstance(metric := get_metric(key), Metric)]
    assert any(kind in metric.pictures for metric in metrics)
    assert kind in MAKERS
