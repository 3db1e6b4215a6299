"""ROC, precision-recall and decision curves lie on those of scikit-learn and of the formula."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import auc, precision_recall_curve, roc_auc_score, roc_curve

from scorers.binary.thresholds import net_benefit
from scorers.metric import Reason, Undefined, Vector
from scorers.pictures.bins import FEWEST_UNITS
from scorers.pictures.curves import decision_curve, precision_recall, roc
from scorers.pictures.document import (
    DIGITS,
    DecisionCurve,
    PrecisionRecall,
    Roc,
    significant,
)
from scorers.split import Split
from tests.unit.scorers.pictures.conftest import split_of

NAMES = {"label": "ill", "predicted": "p"}


def told_as(number: float) -> float:
    return significant(number, digits=DIGITS)


def drawn(make: Any, split: Split, /) -> Any:
    return make(split, ("a",), **NAMES)


def test_forty_rows_in_two_bins_are_the_points_that_one_counts_by_hand() -> None:
    # Of the 20 highest 15 are ill, of the 20 others 5.
    label = [1] * 15 + [0] * 5 + [1] * 5 + [0] * 15
    split = split_of({"ill": label}, {"p": [0.9] * 20 + [0.1] * 20})

    curve, precise = drawn(roc, split), drawn(precision_recall, split)

    assert [(p.called, p.sensitivity, p.specificity) for p in curve.points] == [
        (0, 0.0, 1.0),
        (20, 0.75, 0.75),
        (40, 1.0, 0.0),
    ]
    assert [(p.called, p.recall, p.precision) for p in precise.points] == [
        (20, 0.75, 0.75),
        (40, 1.0, 0.5),
    ]
    assert (curve.units, curve.events) == (40, 20)


def test_the_points_are_among_those_of_scikit_learn(binary: Split) -> None:
    label, told = binary.truth["ill"], binary.prediction["p"]
    alarms, hits, _ = roc_curve(label, told, drop_intermediate=False)
    precision, recall, _ = precision_recall_curve(label, told)
    on_roc = set(zip(map(told_as, hits), map(told_as, 1 - alarms), strict=True))
    on_pr = set(zip(map(told_as, recall), map(told_as, precision), strict=True))

    curve, precise = drawn(roc, binary), drawn(precision_recall, binary)

    assert len(curve.points) > 25
    assert {(point.sensitivity, point.specificity) for point in curve.points} <= on_roc
    assert {(point.recall, point.precision) for point in precise.points} <= on_pr
    area = auc([1 - p.specificity for p in curve.points], [p.sensitivity for p in curve.points])
    assert area == pytest.approx(roc_auc_score(label, told), abs=0.01)


def test_the_decision_curve_is_the_metric_at_each_threshold(binary: Split) -> None:
    curve = drawn(decision_curve, binary)
    assert isinstance(curve, DecisionCurve)
    everybody = {"p": np.ones(500)}

    assert len(curve.points) > 30
    assert tells_nobody(curve, binary.prediction["p"])
    for point in curve.points:
        names: dict[str, Any] = {"label": "ill", "probability": "p", "threshold": point.threshold}
        model = net_benefit(binary.truth, binary.prediction, **names).value
        treat_all = net_benefit(binary.truth, everybody, **names).value
        assert point.model == pytest.approx(model, rel=1e-5)
        assert point.treat_all == pytest.approx(treat_all, rel=1e-5)


def tells_nobody(curve: DecisionCurve, told: Vector) -> bool:
    """Whether ten rows or more, or none, are between two thresholds and beyond the outer ones."""
    edges = [-1.0, *(point.threshold for point in curve.points), 2.0]
    between = np.histogram(told, bins=edges)[0]
    return bool(((between == 0) | (between >= FEWEST_UNITS)).all())


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 100)), min_size=20, max_size=120))
def test_no_stretch_of_a_curve_tells_of_fewer_than_ten(rows: list[tuple[bool, int]]) -> None:
    label, told = np.array(rows, dtype=np.float64).reshape(-1, 2).T
    split = split_of({"ill": label}, {"p": told / 100})

    for make in (roc, precision_recall):
        curve = drawn(make, split)
        if isinstance(curve, Undefined):
            continue
        assert isinstance(curve, Roc | PrecisionRecall)
        called = np.unique([0, *(point.called for point in curve.points)])
        assert (np.diff(called) >= FEWEST_UNITS).all()
        assert called[-1] == curve.units == len(rows)
    benefit = drawn(decision_curve, split)
    if isinstance(benefit, DecisionCurve):
        assert tells_nobody(benefit, told / 100)


@pytest.mark.parametrize(
    ("label", "reasons"),
    [
        ([], (Reason.NO_UNITS,) * 3),
        ([0, 1] * 9, (Reason.TOO_FEW,) * 3),
        ([1] * 30, (Reason.ONE_CLASS, None, Reason.ONE_CLASS)),
        ([0] * 30, (Reason.ONE_CLASS, Reason.NO_POSITIVES, Reason.ONE_CLASS)),
    ],
)
def test_without_a_curve_there_is_a_reason(
    label: list[int], reasons: tuple[Reason | None, ...]
) -> None:
    split = split_of({"ill": np.array(label, float)}, {"p": np.linspace(0, 1, len(label))})

    found = [drawn(make, split) for make in (roc, precision_recall, decision_curve)]

    assert [each.reason if isinstance(each, Undefined) else None for each in found] == list(reasons)


def test_thirty_rows_of_six_patients_are_too_few(binary: Split) -> None:
    truth = {"ill": binary.truth["ill"][:30]}
    split = split_of(truth, {"p": binary.prediction["p"][:30]}, units=np.arange(30) % 6)
    assert drawn(roc, split) == Undefined(Reason.TOO_FEW)


def test_rows_that_the_metric_leaves_out_are_left_out(binary: Split) -> None:
    kept = np.arange(500) % 2
    truth = {"ill": np.where(kept, binary.truth["ill"], np.nan), "kept": kept}
    split = split_of(truth, binary.prediction)
    odd = split_of({"ill": binary.truth["ill"][1::2]}, {"p": binary.prediction["p"][1::2]})
    assert roc(split, ("a",), **NAMES, where="kept") == drawn(roc, odd)
