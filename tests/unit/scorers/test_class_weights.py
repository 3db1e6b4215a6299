"""Every metric of classes and labels treats a weight as so many rows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import Generator

from scorers.metric import Columns, Measure, Metric, Undefined
from scorers.multilabel import cells
from scorers.registry import get_metric, metric_keys
from scorers.weighted import counts

Case = tuple[Columns, Columns, dict[str, Any]]
COSTS = [[0, 0.1, 0.7], [0.3, 0, 0.3], [1.0, 0.7, 0]]


def classes(rng: Generator, size: int) -> Case:
    truth, prediction = {"y": rng.integers(0, 3, size)}, {"p": rng.integers(0, 3, size)}
    return truth, prediction, {"label": "y", "predicted": "p", "classes": [0, 1, 2]}


def scores(rng: Generator, size: int) -> Case:
    prediction = {name: rng.integers(0, 5, size) for name in "abc"}
    truth = {"y": rng.integers(0, 3, size)}
    return truth, prediction, {"label": "y", "scores": [*"abc"], "classes": [0, 1, 2]}


def probabilities(rng: Generator, size: int) -> Case:
    given_ = rng.integers(1, 6, (size, 3))
    shares = given_ / given_.sum(axis=1, keepdims=True)
    prediction = dict(zip("abc", shares.T, strict=True))
    truth = {"y": rng.integers(0, 3, size)}
    return truth, prediction, {"label": "y", "probabilities": [*"abc"], "classes": [0, 1, 2]}


def labels(rng: Generator, size: int) -> Case:
    truth = {name: rng.choice([0, 1, 9], size, p=[0.6, 0.3, 0.1]) for name in "uvw"}
    prediction = {name: rng.integers(0, 2, size) for name in "abc"}
    return truth, prediction, {"labels": [*"uvw"], "predicted": [*"abc"], "masked": 9}


def label_scores(rng: Generator, size: int) -> Case:
    truth, prediction, params = labels(rng, size)
    prediction = {name: rng.integers(0, 5, size) for name in prediction}
    return truth, prediction, params | {"scores": params["predicted"]}


def hierarchy(rng: Generator, size: int) -> Case:
    prediction = {name: rng.integers(0, 2, size) for name in "abc"}
    return {"y": np.zeros(size)}, prediction, {"label": "y", "parents": {"a": "b", "b": ["c"]}}


CASES: dict[str, tuple[Callable[[Generator, int], Case], dict[str, Any]]] = {
    "macro_f1": (classes, {}),
    "micro_f1": (classes, {}),
    "weighted_f1": (classes, {}),
    "balanced_accuracy": (classes, {}),
    "mcc": (classes, {}),
    "weighted_kappa": (classes, {"weights": "quadratic"}),
    "ordinal_mae": (classes, {}),
    "kendall_tau": (classes, {}),
    "mean_cost": (classes, {"costs": COSTS}),
    "cost_score": (classes, {"costs": COSTS}),
    "normalised_expected_cost": (classes, {"costs": COSTS}),
    "macro_auroc": (scores, {}),
    "top_k_accuracy": (scores, {"k": 2}),
    "multiclass_log_loss": (probabilities, {}),
    "multiclass_brier": (probabilities, {}),
    "ranked_probability_score": (probabilities, {}),
    "multilabel_macro_f1": (labels, {}),
    "multilabel_micro_f1": (labels, {}),
    "multilabel_sample_f1": (labels, {}),
    "hamming_loss": (labels, {}),
    "subset_accuracy": (labels, {}),
    "mean_average_precision": (label_scores, {}),
    "ranking_average_precision": (label_scores, {}),
    "hierarchy_consistency": (hierarchy, {}),
}
every_metric = pytest.mark.parametrize("key", CASES)


def case_of(key: str, *, seed: int, size: int) -> Case:
    make, more = CASES[key]
    truth, prediction, params = make(np.random.default_rng(seed), size)
    if "scores" in params:
        params.pop("predicted", None)
    return truth, prediction, params | more


def measured(key: str, case: Case, /) -> Measure:
    metric = get_metric(key)
    assert isinstance(metric, Metric)
    truth, prediction, params = case
    metric.check(params)
    return metric.measure(truth, prediction, **params)


def value_of(measure: Measure, /) -> float:
    return np.nan if isinstance(measure.value, Undefined) else measure.value


def repeated(case: Case, times: Any, /) -> Case:
    truth, prediction, params = case
    return (
        {name: np.repeat(column, times) for name, column in truth.items()},
        {name: np.repeat(column, times) for name, column in prediction.items()},
        params,
    )


@every_metric
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(1, 12))
@settings(max_examples=15)
def test_integer_weights_equal_rows_that_are_repeated(key: str, seed: int, size: int) -> None:
    case = case_of(key, seed=seed, size=size)
    weights = np.random.default_rng(seed).choice([0, 1, 1, 2, 5], (5, size))

    weighted = measured(key, case).under(weights)

    literal = [value_of(measured(key, repeated(case, row))) for row in weights]
    np.testing.assert_allclose(weighted, literal, rtol=1e-12, atol=1e-12)


@every_metric
def test_weights_of_one_give_the_value_itself(key: str) -> None:
    measure = measured(key, case_of(key, seed=1, size=500))

    ones = np.ones((40, 500), dtype=np.int64)
    assert measure.under(ones).tolist() == [measure.value] * 40


@every_metric
def test_weights_of_zero_have_no_value(key: str) -> None:
    measure = measured(key, case_of(key, seed=2, size=50))

    assert np.isnan(measure.under(np.zeros((2, 50), dtype=np.int64))).all()


@every_metric
def test_resamples_in_many_chunks_are_those_in_one(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = measured(key, case_of(key, seed=3, size=60))
    weights = np.random.default_rng(3).integers(0, 4, (50, 60))
    whole = measure.under(weights)
    monkeypatch.setattr(counts, "CELLS", 100)
    monkeypatch.setattr(cells, "WEIGHTS", 100)

    np.testing.assert_array_equal(measure.under(weights), whole)
    assert not np.isnan(whole).any()


@every_metric
@pytest.mark.parametrize("kind", ["i1", "u1", "i4", "i8"])
def test_integers_of_any_size_are_weights(key: str, kind: str) -> None:
    measure = measured(key, case_of(key, seed=4, size=300))
    weights = np.random.default_rng(4).integers(0, 4, (3, 300))

    np.testing.assert_array_equal(measure.under(weights.astype(kind)), measure.under(weights))


@pytest.mark.parametrize("key", ["macro_f1", "multilabel_micro_f1", "hamming_loss"])
def test_sums_past_the_integers_of_narrow_types_are_exact(key: str) -> None:
    measure = measured(key, case_of(key, seed=5, size=300))
    weights = np.random.default_rng(5).integers(0, 4, (3, 300))

    heavy = measure.under(weights * 100_000_007)

    np.testing.assert_array_equal(heavy, measure.under(weights))


def test_this_list_has_every_metric_of_these_modules() -> None:
    packages = {"multiclass", "multilabel"}
    metrics = (get_metric(key) for key in metric_keys())
    found = {
        metric.key
        for metric in metrics
        if isinstance(metric, Metric) and metric.measure.__module__.split(".")[1] in packages
    }

    assert found == set(CASES)
