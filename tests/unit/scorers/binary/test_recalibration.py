"""Slope and intercept of recalibration solve their score equations, or say why they cannot."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from scorers.binary.recalibration import Recalibration, calibration_intercept, calibration_slope
from scorers.metric import ParamsError, Reason, Undefined
from scorers.weighted.measured import Measured

NAMES: dict[str, Any] = {"label": "y", "probability": "p"}
Rows = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


def slope(label: Any, predicted: Any, /, **params: Any) -> Measured:
    truth, prediction = {"y": np.asarray(label)}, {"p": np.asarray(predicted)}
    return calibration_slope(truth, prediction, **NAMES, **params)


def intercept(label: Any, predicted: Any, /, **params: Any) -> Measured:
    truth, prediction = {"y": np.asarray(label)}, {"p": np.asarray(predicted)}
    return calibration_intercept(truth, prediction, **NAMES, **params)


def cohort(size: int, /, *, shift: float = 0.0, stretch: float = 1.0) -> tuple[Any, Any]:
    """Draw labels whose logit is `shift` + `stretch` times that of the prediction."""
    rng = np.random.default_rng(size)
    x = rng.normal(-1, 1.5, size)
    return rng.random(size) < expit(shift + stretch * x), expit(x)


@st.composite
def weighted_rows(draw: st.DrawFn) -> Rows:
    """Draw labels, probabilities of all sizes with ties, and weights of up to 20 rows."""
    size = draw(st.integers(2, 20))
    probability = st.sampled_from([0.0, 1e-9, 0.1, 0.5, 0.9, 1.0]) | st.floats(1e-6, 1 - 1e-6)
    return (
        np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size))),
        np.array(draw(st.lists(probability, min_size=size, max_size=size))),
        np.array(draw(st.lists(st.integers(0, 4), min_size=size, max_size=size))),
    )


@given(weighted_rows())
@settings(max_examples=60, deadline=None)
def test_the_slope_exists_unless_a_threshold_separates_the_classes(rows: Rows) -> None:
    """Albert and Anderson, Biometrika 1984;71:1-10: there is a maximum where classes overlap."""
    label, predicted, weights = rows
    there = weights > 0
    yes, no = predicted[there & label], predicted[there & ~label]
    overlap = len(yes) and len(no) and yes.min() < no.max() and no.min() < yes.max()

    assert np.isnan(slope(label, predicted).under(weights[None])[0]) == (not overlap)


@given(weighted_rows())
@settings(max_examples=60, deadline=None)
def test_at_the_fit_as_many_positives_are_expected_as_there_are(rows: Rows) -> None:
    label, predicted, weights = rows
    x = logit(np.clip(predicted, 1e-15, 1 - 1e-15))

    line = Recalibration(x=x, positive=label).lines(weights[None].astype(float), start=np.zeros(2))
    shift = intercept(label, predicted).under(weights[None])[0]

    [[a, b]] = line
    if not np.isnan(a):
        missing = weights * (label - expit(a + b * x))
        assert abs(missing.sum()) <= 1e-10 * weights.sum()
        assert abs(missing @ x) <= 1e-10 * (weights @ np.abs(x))
    both = (weights * label).any() and (weights * ~label).any()
    assert np.isnan(shift) == (not both)
    if both:
        assert abs((weights * (label - expit(shift + x))).sum()) <= 1e-12 * weights.sum()


@pytest.mark.parametrize(("shift", "stretch"), [(0, 1), (0.7, 0.5), (-1, 2)])
def test_the_slope_equals_that_of_scikit_learns_logistic_regression(
    shift: float, stretch: float
) -> None:
    label, predicted = cohort(2000, shift=shift, stretch=stretch)
    weights = np.random.default_rng(0).integers(0, 3, size=(3, 2000))
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12)

    ours = slope(label, predicted).under(weights)

    for row, value in zip(weights, ours, strict=True):
        model.fit(logit(predicted)[:, None], label, sample_weight=row)
        assert value == pytest.approx(model.coef_[0, 0], rel=1e-8)


def test_what_was_done_to_the_probabilities_is_found_again() -> None:
    label, predicted = cohort(200_000, shift=0.5, stretch=0.7)
    assert slope(label, predicted).value == pytest.approx(0.7, abs=0.02)

    label, predicted = cohort(200_000, shift=0.5)
    assert intercept(label, predicted).value == pytest.approx(0.5, abs=0.02)
    assert slope(label, predicted).value == pytest.approx(1, abs=0.02)


def test_the_intercept_is_that_with_the_slope_1_not_that_beside_a_free_slope() -> None:
    label, predicted = cohort(5000, shift=0.5, stretch=0.5)
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12)
    model.fit(logit(predicted)[:, None], label)

    ours = intercept(label, predicted).value

    assert isinstance(ours, float)
    assert abs(ours - model.intercept_[0]) > 0.2
    assert expit(ours + logit(predicted)).mean() == pytest.approx(label.mean(), rel=1e-12)


def test_right_and_certain_predictions_have_an_intercept() -> None:
    label = np.repeat([1.0, 0.0], [1, 9])
    # The one positive is missed by exp(-a) as often as the nine negatives by 9 exp(a).
    assert intercept(label, label).value == pytest.approx(-np.log(9) / 2, abs=1e-3)
    assert slope(label, label).value == Undefined(Reason.NOT_CONVERGED)


@pytest.mark.parametrize(
    ("label", "predicted", "reason"),
    [
        pytest.param([1, 1], [0.2, 0.8], Reason.ONE_CLASS, id="positives only"),
        pytest.param([0, 0], [0.2, 0.8], Reason.ONE_CLASS, id="negatives only"),
        pytest.param([1, 0, 0], [0.3, 0.3, 0.3], Reason.CONSTANT, id="one probability"),
        pytest.param([1, 0, 0], [0.7, 0.3, 0.2], Reason.NOT_CONVERGED, id="separated"),
        pytest.param([1, 0, 1], [0.3, 0.3, 0.7], Reason.NOT_CONVERGED, id="but for one value"),
    ],
)
def test_without_a_slope_the_answer_says_why(
    label: list[int], predicted: list[float], reason: Reason
) -> None:
    assert slope(label, predicted).value == Undefined(reason)


def test_probabilities_that_differ_little_have_a_slope() -> None:
    low, high = 0.95, 0.9501
    label, predicted = [1, 1, 1, 0, 1, 1, 0, 0], [low] * 4 + [high] * 4

    ours = slope(label, predicted).value

    # The fit has the logits of what was seen, 3/4 and 2/4.
    assert ours == pytest.approx(
        (logit(2 / 4) - logit(3 / 4)) / (logit(high) - logit(low)), rel=1e-6
    )


@pytest.mark.parametrize("size", [3, 7, 50, 999])
def test_equal_probabilities_have_no_slope_however_sums_are_rounded(size: int) -> None:
    label = np.arange(size) % 3 == 0
    for probability in np.linspace(0.01, 0.99, 31):
        reason = slope(label, np.full(size, probability)).value
        assert reason == Undefined(Reason.CONSTANT)


@pytest.mark.parametrize("label", [[0, 0], [1, 1]])
def test_one_class_has_no_intercept(label: list[int]) -> None:
    assert intercept(label, [0.2, 0.8]).value == Undefined(Reason.ONE_CLASS)


def test_separated_resamples_are_skipped_and_the_others_are_not_touched() -> None:
    label, predicted = [1, 0, 1, 0], [0.9, 0.1, 0.4, 0.6]
    weights = np.array([[1, 1, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0], [2, 1, 1, 1]])

    ours = slope(label, predicted).under(weights)

    assert np.isnan(ours).tolist() == [True, False, True, False]
    assert ours[1] == slope(label, predicted).value
    assert ours[3] == slope(label, predicted).under(weights[3:])[0]


def test_probabilities_of_0_and_1_are_taken_for_the_clip() -> None:
    label, predicted = cohort(300)
    certain, clipped = np.array(predicted), np.array(predicted)
    certain[:2], clipped[:2] = (0, 1), (0.01, 0.99)

    assert slope(label, certain, clip=0.01).value == slope(label, clipped, clip=0.01).value
    assert intercept(label, certain, clip=0.01).value == intercept(label, clipped, clip=0.01).value
    assert slope(label, certain, clip=0.01).value != slope(label, certain).value


@pytest.mark.parametrize("measure", [slope, intercept])
def test_a_clip_that_is_no_range_is_refused(measure: Any) -> None:
    with pytest.raises(ParamsError, match=r"clip is 0.5; it must be above 0 and below 0.5"):
        measure([1, 0], [0.5, 0.4], clip=0.5)
