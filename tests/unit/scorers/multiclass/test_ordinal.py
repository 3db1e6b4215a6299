"""Metrics of ordered classes and of costs equal their references, by the declared classes."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sk

from scorers.metric import ParamsError, Reason, Undefined
from scorers.registry import get_metric

TRUE = [0, 0, 1, 1, 2, 2, 3, 3, 0, 2]
TOLD = [0, 1, 1, 0, 2, 1, 3, 1, 3, 2]
TISSUENET = [[0.0, 0.1, 0.7, 1.0], [0.1, 0.0, 0.3, 0.7], [0.7, 0.3, 0.0, 0.3], [1.0, 0.7, 0.3, 0.0]]
ASYMMETRIC = [[0.0, 2.0, 5.0], [1.0, 0.0, 3.0], [10.0, 4.0, 0.5]]


def score(key: str, true: Any, told: Any, *, classes: int, **params: Any) -> float | Undefined:
    names = {"label": "label", "predicted": "told", "classes": list(range(classes))}
    columns = {"label": np.asarray(true)}, {"told": np.asarray(told)}
    return get_metric(key)(*columns, **names, **params)


def kappa(true: Any, told: Any, *, classes: int, weights: str = "quadratic") -> float | Undefined:
    return score("weighted_kappa", true, told, classes=classes, weights=weights)


@pytest.mark.parametrize(
    ("weights", "value"), [("quadratic", 0.29824561403508776), ("linear", 0.33333333333333337)]
)
def test_the_golden_kappas_are_reproduced(weights: str, value: float) -> None:
    assert kappa(TRUE, TOLD, classes=4, weights=weights) == pytest.approx(value, rel=1e-12)


def test_the_golden_kappa_of_cardi_hack_is_reproduced() -> None:
    told = kappa([0, 0, 1, 2, 0, 2, 1, 0], [0, 0, 1, 2, 0, 1, 2, 0], classes=3)

    assert told == pytest.approx(0.8181818181818182, rel=1e-12)


def test_the_golden_score_of_tissuenet_is_reproduced() -> None:
    score_ = score("cost_score", TRUE, TOLD, classes=4, costs=TISSUENET)
    cost = score("mean_cost", TRUE, TOLD, classes=4, costs=TISSUENET)

    assert score_ == pytest.approx(0.78, rel=1e-12)
    assert cost == pytest.approx(0.22, rel=1e-12)


@pytest.mark.parametrize(("constant", "value"), [(0, 0.592), (1, 0.752), (2, 0.664), (3, 0.465)])
def test_a_constant_answer_scores_what_its_column_of_costs_says(
    constant: int, value: float
) -> None:
    true = np.repeat(range(4), [268, 288, 238, 221])  # near the shares of TissueNet's classes

    told = score("cost_score", true, np.full(len(true), constant), classes=4, costs=TISSUENET)

    by_hand = 1 - np.dot([268, 288, 238, 221], np.array(TISSUENET)[:, constant]) / 1015
    assert told == pytest.approx(by_hand, rel=1e-12)
    assert told == pytest.approx(value, abs=0.03)


@st.composite
def answers(draw: st.DrawFn) -> tuple[list[int], list[int], int]:
    """Draw true and told classes of up to 40 rows, and how many are declared."""
    size = draw(st.integers(1, 40))
    classes = draw(st.integers(2, 7))
    column = st.lists(st.integers(0, classes - 1), min_size=size, max_size=size)
    return draw(column), draw(column), classes


@pytest.mark.parametrize("weights", ["linear", "quadratic"])
@given(drawn=answers())
@settings(max_examples=50)
def test_kappa_equals_scikit_learn(weights: str, drawn: tuple[list[int], list[int], int]) -> None:
    true, told, classes = drawn
    assume(len(set(true)) > 1)

    theirs = sk.cohen_kappa_score(true, told, weights=weights, labels=range(classes))
    ours = kappa(true, told, classes=classes, weights=weights)
    assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12)


def test_kappa_keeps_the_distance_to_classes_that_nobody_has() -> None:
    true, told = [0, 3, 3, 1], [0, 3, 1, 1]

    assert kappa(true, told, classes=4) == pytest.approx(0.68, abs=0.005)
    # Declared: scikit-learn without `labels` numbers the classes 0, 1, 3 anew.
    assert sk.cohen_kappa_score(true, told, weights="quadratic") == pytest.approx(0.8, abs=0.005)


def test_a_constant_prediction_has_kappa_0() -> None:
    assert kappa([0, 1, 2], [1, 1, 1], classes=3) == 0.0


@pytest.mark.parametrize("told", [[1, 1, 1], [0, 0, 0], [0, 1, 1]])
def test_kappa_is_undefined_when_the_truth_does_not_vary_whatever_is_predicted(
    told: list[int],
) -> None:
    assert kappa([1, 1, 1], told, classes=3) == Undefined(Reason.ONE_CLASS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = sk.cohen_kappa_score([1, 1, 1], told, weights="quadratic", labels=[0, 1, 2])
    # Declared: scikit-learn answers 0, but NaN if all is right.
    assert np.isnan(theirs) if told == [1, 1, 1] else theirs == 0.0


@given(drawn=answers())
@settings(max_examples=50)
def test_mean_absolute_error_is_that_of_the_places_of_classes(
    drawn: tuple[list[int], list[int], int],
) -> None:
    true, told, classes = drawn

    ours = score("ordinal_mae", true, told, classes=classes)
    assert ours == pytest.approx(sk.mean_absolute_error(true, told), rel=1e-12)


def test_the_distance_of_classes_is_that_of_their_places_in_the_list() -> None:
    columns = {"y": np.array(["low", "high"])}, {"p": np.array(["high", "high"])}
    names = {"label": "y", "predicted": "p"}

    told = get_metric("ordinal_mae")(*columns, **names, classes=["low", "mid", "high"])

    assert told == 1.0


@given(drawn=answers())
@settings(max_examples=50)
def test_kendalls_tau_equals_scipy(drawn: tuple[list[int], list[int], int]) -> None:
    true, told, classes = drawn
    assume(len(true) > 1)  # SciPy warns of a single row
    theirs = stats.kendalltau(true, told).statistic

    ours = score("kendall_tau", true, told, classes=classes)
    if np.isnan(theirs):
        assert ours == Undefined(Reason.CONSTANT)
    else:
        assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12)


def _cost_by_cells(true: list[int], told: list[int], *, costs: list[list[float]]) -> float:
    cells = sk.confusion_matrix(true, told, labels=range(len(costs)))
    return float((cells * np.array(costs)).sum() / len(true))


@given(rows=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40))
@settings(max_examples=50)
def test_costs_equal_those_of_the_cells_of_scikit_learns_matrix(
    rows: list[tuple[int, int]],
) -> None:
    true, told = (list(column) for column in zip(*rows, strict=True))
    cost = _cost_by_cells(true, told, costs=ASYMMETRIC)
    naive = min(_cost_by_cells(true, [place] * len(true), costs=ASYMMETRIC) for place in range(3))

    def ours(key: str) -> float | Undefined:
        return score(key, true, told, classes=3, costs=ASYMMETRIC)

    assert ours("mean_cost") == pytest.approx(cost, rel=1e-12)
    assert ours("cost_score") == pytest.approx(1 - cost, rel=1e-12)
    if naive:
        assert ours("normalised_expected_cost") == pytest.approx(cost / naive, rel=1e-12)
    else:
        assert ours("normalised_expected_cost") == Undefined(Reason.ONE_CLASS)


def test_the_best_constant_answer_has_a_normalised_cost_of_1() -> None:
    told = score("normalised_expected_cost", TRUE, [1] * 10, classes=4, costs=TISSUENET)

    assert told == 1.0


@pytest.mark.parametrize(
    "key",
    [
        "weighted_kappa",
        "ordinal_mae",
        "kendall_tau",
        "mean_cost",
        "cost_score",
        "normalised_expected_cost",
    ],
)
def test_without_rows_there_is_no_value(key: str) -> None:
    params: dict[str, Any] = {"weighted_kappa": {"weights": "linear"}}.get(key, {})
    params |= {"costs": TISSUENET} if "cost" in key else {}

    assert score(key, [], [], classes=4, **params) == Undefined(Reason.NO_UNITS)


def test_weights_of_kappa_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ParamsError, match="linear or quadratic"):
        kappa(TRUE, TOLD, classes=4, weights="cubic")


@pytest.mark.parametrize(
    ("costs", "says"),
    [
        ([[0, 1], [1, 0]], "4 rows of 4 numbers"),
        (TISSUENET[:3], "4 rows of 4 numbers"),
        ([[0, 1], [1]], "rows of numbers"),
        ("cheap", "rows of numbers"),
        ([[0, 1, 1, -1]] * 4, "not below 0"),
        ([[0, 1, 1, np.inf]] * 4, "finite"),
        ([[0, 1, 1, np.nan]] * 4, "finite"),
    ],
)
def test_costs_that_are_no_matrix_of_the_classes_are_refused(costs: Any, says: str) -> None:
    with pytest.raises(ParamsError, match=says):
        score("mean_cost", TRUE, TOLD, classes=4, costs=costs)


KEYS_OF_CLASSES: dict[str, Callable[[], dict[str, Any]]] = {
    "weighted_kappa": lambda: {"weights": "linear"},
    "ordinal_mae": dict,
    "mean_cost": lambda: {"costs": [[0]]},
}


@pytest.mark.parametrize("key", KEYS_OF_CLASSES)
def test_one_class_is_refused(key: str) -> None:
    with pytest.raises(ParamsError, match="at least two"):
        score(key, [0], [0], classes=1, **KEYS_OF_CLASSES[key]())


@pytest.mark.parametrize("key", ["weighted_kappa", "kendall_tau"])
def test_two_classes_told_the_wrong_way_round_have_the_lowest_value(key: str) -> None:
    metric = get_metric(key)
    params: dict[str, Any] = {"label": "y", "predicted": "p", "classes": [0, 1]}
    params |= {"weights": "quadratic"} if key == "weighted_kappa" else {}

    assert metric({"y": [0, 1]}, {"p": [1, 0]}, **params) == metric.lowest
