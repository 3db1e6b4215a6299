"""Metrics of the order of two classes equal scikit-learn's where definitions agree."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from scorers.binary.discrimination import (
    auroc,
    average_precision,
    sensitivity_at_specificity,
    specificity_at_sensitivity,
)
from scorers.metric import ParamsError, Reason, Undefined
from scorers.weighted.measured import Measured

CARDI_HACK = ([0, 1, 0, 1, 0, 0, 1, 0], [0.2, 0.7, 0.4, 0.6, 0.1, 0.5, 0.3, 0.2])
NAMES: dict[str, Any] = {"label": "y", "score": "s"}

Rows = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


def columns(label: Any, score: Any, /) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"y": np.asarray(label)}, {"s": np.asarray(score)}


def area(label: Any, score: Any, /) -> Measured:
    return auroc(*columns(label, score), **NAMES)


def precision(label: Any, score: Any, /) -> Measured:
    return average_precision(*columns(label, score), **NAMES)


@st.composite
def weighted_rows(draw: st.DrawFn) -> Rows:
    """Draw labels, scores with many ties, and weights of up to 40 rows."""
    size = draw(st.integers(1, 40))
    tied = st.sampled_from([0.0, -0.0, 0.5, 1.0, 1e300, -1e300, 5e-324])
    score = tied | st.floats(-3, 3) | st.integers(0, 3).map(float)
    return (
        np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size))),
        np.array(draw(st.lists(score, min_size=size, max_size=size))),
        np.array(draw(st.lists(st.integers(0, 4), min_size=size, max_size=size))),
    )


def test_the_golden_vector_is_reproduced() -> None:
    assert area(*CARDI_HACK).value == pytest.approx(0.8666666666666667, rel=1e-12)
    assert precision(*CARDI_HACK).value == pytest.approx(0.8666666666666667, rel=1e-12)
    assert area(*CARDI_HACK).units == 8
    assert area(*CARDI_HACK).events == 3


@pytest.mark.parametrize(
    ("label", "score", "expected_area", "expected_precision"),
    [
        pytest.param([1, 0], [2, 1], 1.0, 1.0, id="right"),
        pytest.param([1, 0], [1, 2], 0.0, 1 / 2, id="wrong"),
        pytest.param([1, 0], [1, 1], 0.5, 1 / 2, id="tied"),
        pytest.param([1, 0], [0.0, -0.0], 0.5, 1 / 2, id="both zeros are one score"),
        pytest.param([1, 0], [1e308, -1e308], 1.0, 1.0, id="further apart than a float holds"),
        pytest.param([1, 1, 0], [3, 1, 2], 0.5, 5 / 6, id="a negative between"),
        pytest.param([True, False], [2, 1], 1.0, 1.0, id="booleans"),
    ],
)
def test_rows_are_ordered_by_the_definition(
    label: list[int], score: list[float], expected_area: float, expected_precision: float
) -> None:
    assert area(label, score).value == expected_area
    assert precision(label, score).value == pytest.approx(expected_precision, rel=1e-15)


@given(weighted_rows())
@settings(max_examples=60, deadline=None)
def test_the_areas_under_weights_equal_those_of_scikit_learn(rows: Rows) -> None:
    label, score, weights = rows
    assume((weights * label).any())

    ours = precision(label, score).under(weights[None])[0]
    assert ours == pytest.approx(
        average_precision_score(label, score, sample_weight=weights), rel=1e-12
    )
    if (weights * ~label).any():
        ours = area(label, score).under(weights[None])[0]
        theirs = roc_auc_score(label, score, sample_weight=weights)
        assert ours == pytest.approx(theirs, rel=1e-12)


def test_thousands_of_rows_equal_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    label = rng.random(5000) < 0.1
    score = (rng.normal(size=5000) + label).round(2)

    assert area(label, score).value == pytest.approx(roc_auc_score(label, score), rel=1e-12)
    assert precision(label, score).value == pytest.approx(
        average_precision_score(label, score), rel=1e-12
    )


@given(weighted_rows(), st.sampled_from([0.1, 0.25, 0.5, 0.7, 0.9, 1.0]))
@settings(max_examples=60, deadline=None)
def test_an_operating_point_is_the_best_of_all_thresholds(rows: Rows, least: float) -> None:
    label, score, weights = rows
    positives, negatives = weights[label].sum(), weights[~label].sum()
    assume(positives > 0)
    assume(negatives > 0)
    thresholds = [*np.unique(score), np.inf]
    hits = [weights[label & (score >= threshold)].sum() for threshold in thresholds]
    spared = [weights[~label & (score < threshold)].sum() for threshold in thresholds]
    points = [(hit / positives, left / negatives) for hit, left in zip(hits, spared, strict=True)]

    given_rows = columns(label, score)
    sensitivity = sensitivity_at_specificity(*given_rows, **NAMES, specificity=least)
    specificity = specificity_at_sensitivity(*given_rows, **NAMES, sensitivity=least)

    assert sensitivity.under(weights[None])[0] == max(
        sens for sens, spec in points if spec >= least
    )
    assert specificity.under(weights[None])[0] == max(
        spec for sens, spec in points if sens >= least
    )


@pytest.mark.parametrize("least", [0.8, 0.9, 0.95])
def test_an_operating_point_of_thousands_of_rows_is_on_scikit_learns_curve(least: float) -> None:
    rng = np.random.default_rng(5)
    label = rng.random(3001) < 0.3
    score = rng.normal(size=3001) + label
    false_alarms, recall, _ = roc_curve(label, score, drop_intermediate=False)
    given_rows = columns(label, score)

    sensitivity = sensitivity_at_specificity(*given_rows, **NAMES, specificity=least).value
    specificity = specificity_at_sensitivity(*given_rows, **NAMES, sensitivity=least).value

    assert sensitivity == pytest.approx(recall[1 - false_alarms >= least].max(), rel=1e-12)
    assert specificity == pytest.approx((1 - false_alarms)[recall >= least].max(), rel=1e-12)


def test_tied_rows_are_called_together() -> None:
    given_rows = columns([1, 1, 0, 0], [2, 1, 1, 0])

    sensitivity = sensitivity_at_specificity(*given_rows, **NAMES, specificity=0.6)
    specificity = specificity_at_sensitivity(*given_rows, **NAMES, sensitivity=0.6)

    assert sensitivity.value == 0.5
    assert specificity.value == 0.5


def test_if_no_threshold_has_the_specificity_nobody_is_called() -> None:
    given_rows = columns([1, 0], [1, 2])

    assert sensitivity_at_specificity(*given_rows, **NAMES, specificity=0.5).value == 0.0


def test_declared_a_specificity_that_is_reached_exactly_counts_as_reached() -> None:
    # 9 of 10 negatives are above the positive: 1 of 10 is 0.1, but 1 - 9/10 is a little less.
    label = np.array([0] * 9 + [1] + [0])
    score = np.array([2] * 9 + [1] + [0])
    false_alarms, recall, _ = roc_curve(label, score, drop_intermediate=False)

    ours = sensitivity_at_specificity(*columns(label, score), **NAMES, specificity=0.1)

    assert ours.value == 1.0
    assert recall[1 - false_alarms >= 0.1].max() == 0.0


@pytest.mark.parametrize("label", [[0, 0], [1, 1]])
def test_declared_one_class_has_no_area_where_scikit_learn_warns_and_gives_nan(
    label: list[int],
) -> None:
    assert area(label, [1, 2]).value == Undefined(Reason.ONE_CLASS)
    with pytest.warns(UndefinedMetricWarning):
        assert np.isnan(roc_auc_score(label, [1, 2]))


def test_declared_without_positives_average_precision_is_undefined_where_scikit_learn_gives_0() -> (
    None
):
    assert precision([0, 0], [1, 2]).value == Undefined(Reason.NO_POSITIVES)
    with pytest.warns(UserWarning, match="No positive class"):
        assert average_precision_score([0, 0], [1, 2]) == 0.0


def test_if_all_rows_are_positive_average_precision_is_1() -> None:
    assert precision([1, 1], [1, 2]).value == 1.0


@pytest.mark.parametrize("label", [[0, 0], [1, 1]])
def test_one_class_has_no_operating_point(label: list[int]) -> None:
    given_rows = columns(label, [1, 2])
    sensitivity = sensitivity_at_specificity(*given_rows, **NAMES, specificity=0.5)
    specificity = specificity_at_sensitivity(*given_rows, **NAMES, sensitivity=0.5)

    assert sensitivity.value == Undefined(Reason.ONE_CLASS)
    assert specificity.value == Undefined(Reason.ONE_CLASS)


@pytest.mark.parametrize("least", [0, -0.1, 1.1, np.nan])
def test_an_operating_point_out_of_range_is_refused(least: float) -> None:
    given_rows = columns([1, 0], [1, 2])
    with pytest.raises(ParamsError, match=r"specificity is .* above 0 and at most 1"):
        sensitivity_at_specificity(*given_rows, **NAMES, specificity=least)
    with pytest.raises(ParamsError, match=r"sensitivity is .* above 0 and at most 1"):
        specificity_at_sensitivity(*given_rows, **NAMES, sensitivity=least)


def test_heavy_weights_are_counted_exactly() -> None:
    rng = np.random.default_rng(0)
    label, score = rng.random(30) < 0.5, rng.integers(0, 5, 30)
    weights = rng.integers(0, 10_000_000, size=(3, 30))

    exact = []
    for row in weights.tolist():
        won = pairs = 0
        for i in np.flatnonzero(label):
            for j in np.flatnonzero(~label):
                pairs += 2 * row[i] * row[j]
                won += row[i] * row[j] * (int(score[i] > score[j]) + int(score[i] >= score[j]))
        exact.append(won / pairs)

    assert area(label, score).under(weights).tolist() == exact
