"""Metrics of calls equal scikit-learn's where definitions agree, and no call escapes its score."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import (
    balanced_accuracy_score,
    fbeta_score,
    matthews_corrcoef,
    recall_score,
)

from scorers.binary.thresholds import (
    binary_balanced_accuracy,
    binary_mcc,
    f_beta,
    net_benefit,
    sensitivity,
    specificity,
)
from scorers.metric import ParamsError, Reason, Undefined
from scorers.weighted.measured import Measured

NAMES: dict[str, Any] = {"label": "y", "predicted": "p"}
Rows = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


def columns(label: Any, predicted: Any, /) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"y": np.asarray(label)}, {"p": np.asarray(predicted)}


def benefit(label: Any, predicted: Any, /, *, threshold: float) -> Measured:
    given_rows = columns(label, predicted)
    return net_benefit(*given_rows, label="y", probability="p", threshold=threshold)


@st.composite
def weighted_calls(draw: st.DrawFn) -> Rows:
    """Draw labels, calls and weights of up to 30 rows, all of one class at times."""
    size = draw(st.integers(1, 30))

    def vector(strategy: st.SearchStrategy[Any]) -> NDArray[Any]:
        return np.array(draw(st.lists(strategy, min_size=size, max_size=size)))

    label = vector(st.booleans() if draw(st.booleans()) else st.just(draw(st.booleans())))
    called = vector(st.booleans() if draw(st.booleans()) else st.just(draw(st.booleans())))
    return label, called, vector(st.integers(1, 5))


@given(weighted_calls(), st.sampled_from([0.5, 1, 2]))
@settings(max_examples=60, deadline=None)
def test_calls_under_weights_equal_scikit_learn_where_both_classes_are_true(
    rows: Rows, beta: float
) -> None:
    label, called, weights = rows
    given_rows = columns(label, called)
    mixed = 0 < label.sum() < len(label)
    told: dict[str, Any] = {"sample_weight": weights}
    told_no = told | {"pos_label": 0}
    pairs = [
        (sensitivity, recall_score(label, called, zero_division=np.nan, **told)),
        (specificity, recall_score(label, called, zero_division=np.nan, **told_no)),
    ]
    if mixed:
        pairs.append((binary_mcc, matthews_corrcoef(label, called, **told)))
        pairs.append((binary_balanced_accuracy, balanced_accuracy_score(label, called, **told)))

    for measure, theirs in pairs:
        ours = measure(*given_rows, **NAMES).under(weights[None])[0]
        assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12, nan_ok=True)
    ours = f_beta(*given_rows, **NAMES, beta=beta).under(weights[None])[0]
    theirs = fbeta_score(label, called, beta=beta, zero_division=np.nan, **told)
    assert ours == pytest.approx(theirs, rel=1e-12, nan_ok=True)


def test_labels_and_scores_are_called_from_the_threshold_on() -> None:
    label = [1, 1, 1, 0, 0]
    scores = [0.9, 0.5, np.nextafter(0.5, 0), 0.5, 0.1]

    assert sensitivity(*columns(label, [1, 1, 0, 1, 0]), **NAMES).value == 2 / 3
    assert sensitivity(*columns(label, scores), **NAMES).value == 2 / 3
    assert specificity(*columns(label, scores), **NAMES).value == 1 / 2
    assert sensitivity(*columns(label, scores), **NAMES, threshold=0.9).value == 1 / 3
    assert specificity(*columns(label, scores), **NAMES, threshold=0.9).value == 1.0


@pytest.mark.parametrize(
    "measure", [f_beta, binary_mcc, binary_balanced_accuracy, sensitivity, specificity]
)
def test_unless_told_otherwise_scores_are_called_from_one_half_on(measure: Any) -> None:
    calls = np.array([1, 1, 1, 0, 0, 0, 0])
    called = columns([1, 1, 0, 1, 0, 0, 0], calls)
    given_rows = columns([1, 1, 0, 1, 0, 0, 0], np.where(calls, 0.5, np.nextafter(0.5, 0)))

    assert measure(*given_rows, **NAMES).value == measure(*called, **NAMES).value
    assert measure(*given_rows, **NAMES, threshold=0.4).value != measure(*called, **NAMES).value


def test_all_right_is_1_and_all_wrong_is_minus_1_exactly() -> None:
    for positives in range(1, 60):
        for negatives in (1, 3, 7, 41):
            label = np.repeat([1, 0], [positives, negatives])

            assert binary_mcc(*columns(label, label), **NAMES).value == 1.0
            assert binary_mcc(*columns(label, 1 - label), **NAMES).value == -1.0


def test_a_million_rows_do_not_overflow() -> None:
    label = np.repeat([1, 0], 500_000)
    called = np.tile([1, 1, 1, 0], 250_000)
    called[500_000:] = 1 - called[500_000:]

    assert binary_mcc(*columns(label, called), **NAMES).value == 0.5


@pytest.mark.parametrize("called", [[0, 0, 0], [1, 1, 1]])
def test_declared_a_constant_prediction_has_no_correlation_as_in_scikit_learn(
    called: list[int],
) -> None:
    assert binary_mcc(*columns([1, 0, 0], called), **NAMES).value == 0.0
    assert matthews_corrcoef([1, 0, 0], called) == 0.0


@pytest.mark.parametrize("label", [[0, 0, 0], [1, 1, 1]])
def test_declared_one_class_has_no_correlation_where_scikit_learn_gives_0(label: list[int]) -> None:
    assert binary_mcc(*columns(label, [1, 0, 0]), **NAMES).value == Undefined(Reason.ONE_CLASS)
    assert matthews_corrcoef(label, [1, 0, 0]) == 0.0


def test_declared_one_class_has_no_balanced_accuracy_where_scikit_learn_takes_the_other() -> None:
    ours = binary_balanced_accuracy(*columns([1, 1, 1], [1, 1, 0]), **NAMES)

    assert ours.value == Undefined(Reason.ONE_CLASS)
    with pytest.warns(UserWarning, match="y_pred contains classes not in y_true"):
        assert balanced_accuracy_score([1, 1, 1], [1, 1, 0]) == 2 / 3


def test_declared_nothing_positive_and_nothing_called_has_no_f_where_scikit_learn_gives_0() -> None:
    ours = f_beta(*columns([0, 0], [0, 0]), **NAMES)

    assert ours.value == Undefined(Reason.NO_POSITIVES)
    assert fbeta_score([0, 0], [0, 0], beta=1, zero_division=0) == 0.0


def test_calls_of_what_is_nowhere_have_f_0_as_in_scikit_learn() -> None:
    assert f_beta(*columns([0, 0], [1, 0]), **NAMES).value == 0.0
    assert fbeta_score([0, 0], [1, 0], beta=1, zero_division=0) == 0.0


def test_declared_without_positives_or_negatives_shares_of_them_are_undefined() -> None:
    """Scikit-learn gives 0 for both, with a warning."""
    nobody = sensitivity(*columns([0, 0], [1, 0]), **NAMES)
    everybody = specificity(*columns([1, 1], [1, 0]), **NAMES)

    assert nobody.value == Undefined(Reason.NO_POSITIVES)
    assert everybody.value == Undefined(Reason.ONE_CLASS)
    with pytest.warns(UserWarning, match="Recall is ill-defined"):
        assert recall_score([0, 0], [1, 0]) == 0.0


@pytest.mark.parametrize(
    ("threshold", "value"),
    [
        pytest.param(0.1, 3 / 8 - 5 / 8 / 9, id="all are treated"),
        pytest.param(0.5, 2 / 8 - 1 / 8, id="who has the threshold is treated"),
        pytest.param(0.65, 1 / 8, id="one of three"),
        pytest.param(0.99, 0.0, id="nobody is treated"),
    ],
)
def test_net_benefit_takes_the_harm_of_false_positives_away(threshold: float, value: float) -> None:
    label = [0, 1, 0, 1, 0, 0, 1, 0]
    predicted = [0.2, 0.7, 0.4, 0.6, 0.1, 0.5, 0.3, 0.2]

    ours = benefit(label, predicted, threshold=threshold).value
    assert ours == pytest.approx(value, rel=1e-12, abs=1e-15)


def test_net_benefit_needs_no_positives() -> None:
    assert benefit([0, 0], [0.9, 0.1], threshold=0.5).value == -0.5


@pytest.mark.parametrize("threshold", [0, 1, -0.5, 1.5, np.nan])
def test_a_threshold_that_is_no_probability_is_refused(threshold: float) -> None:
    with pytest.raises(ParamsError, match=r"threshold is .* between 0 and 1"):
        benefit([0, 1], [0.1, 0.9], threshold=threshold)


@pytest.mark.parametrize("threshold", [np.nan, np.inf])
def test_a_threshold_that_is_no_number_is_refused(threshold: float) -> None:
    with pytest.raises(ParamsError, match=r"threshold is .* finite"):
        sensitivity(*columns([0, 1], [0, 1]), **NAMES, threshold=threshold)


@pytest.mark.parametrize("beta", [0, -1, np.nan, np.inf, 1e-200, 1e200])
def test_a_beta_that_weighs_nothing_or_everything_is_refused(beta: float) -> None:
    with pytest.raises(ParamsError, match=r"beta is .* above 0"):
        f_beta(*columns([0, 1], [0, 1]), **NAMES, beta=beta)
