"""Scores of predicted numbers are scikit-learn's and SciPy's, under any integer weights."""

import warnings
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import ConstantInputWarning, spearmanr
from sklearn.metrics import (
    mean_absolute_error,
    mean_pinball_loss,
    mean_poisson_deviance,
    r2_score,
    root_mean_squared_error,
)

from scorers.metric import Measure, Metric, Reason, Undefined
from scorers.registry import get_metric

NAMES = {"value": "value", "predicted": "predicted"}
KEYS = (
    "mae",
    "rmse",
    "r2",
    "ccc",
    "spearman",
    "smape",
    "pinball",
    "poisson_deviance",
    "absolute_bias",
    "limits_of_agreement",
)
VARYING = {"r2", "ccc", "spearman"}
"""Those that need a truth that varies."""

Numbers = NDArray[np.float64]


def measured(
    key: str, /, true: Any, predicted: Any, *, where: Any = None, **params: Any
) -> Measure:
    metric = get_metric(key)
    assert isinstance(metric, Metric)
    truth, names = {"value": np.asarray(true)}, {**NAMES, **params}
    if where is not None:
        truth["where"], names["where"] = np.asarray(where), "where"
    if key == "pinball":
        names = {"quantile": 0.3, **names}
    metric.check(names)
    return metric.measure(truth, {"predicted": np.asarray(predicted)}, **names)


def value_of(measure: Measure, /) -> float:
    return np.nan if isinstance(measure.value, Undefined) else measure.value


def concordance(true: Numbers, predicted: Numbers, /) -> float:
    (of_truth, product), (_, of_prediction) = np.cov(true, predicted, bias=True)
    shift = true.mean() - predicted.mean()
    return float(2 * product / (of_truth + of_prediction + shift**2))


def symmetric_error(true: Numbers, predicted: Numbers, /) -> float:
    """Compute the mean in fractions, without a rounding."""
    pairs = [(Fraction(one), Fraction(other)) for one, other in zip(true, predicted, strict=True)]
    shares = [2 * abs(y - p) / (abs(y) + abs(p)) if y or p else Fraction(0) for y, p in pairs]
    return float(sum(shares, start=Fraction(0)) / len(shares))


THEIRS = {
    "smape": symmetric_error,
    "mae": mean_absolute_error,
    "rmse": root_mean_squared_error,
    "r2": r2_score,
    "ccc": concordance,
    "spearman": lambda true, predicted: spearmanr(true, predicted).statistic,
    "pinball": lambda true, predicted: mean_pinball_loss(true, predicted, alpha=0.3),
    "poisson_deviance": mean_poisson_deviance,
    "absolute_bias": lambda true, predicted: abs((predicted - true).mean()),
    "limits_of_agreement": lambda true, predicted: 1.96 * (predicted - true).std(ddof=1),
}


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Numbers, Numbers]:
    """Draw up to 20 counts, often tied, and predictions above 0; neither column is constant."""
    pair = st.tuples(st.integers(0, 9), st.integers(1, 40))
    drawn = draw(st.lists(pair, max_size=18))
    true, predicted = np.array([(0, 3), (5, 8), *drawn]).T
    scale = draw(st.sampled_from([1, 0.1, 1e-6, 1e9]))
    return true * scale, predicted / 4 * scale


@pytest.mark.parametrize("key", KEYS)
@given(pair=pairs())
@settings(max_examples=30)
def test_the_value_equals_the_reference(key: str, pair: tuple[Numbers, Numbers]) -> None:
    theirs = THEIRS[key](*pair)

    # What cancels is held to 1e-12 of what it is the difference of.
    size = 1 + abs(theirs) if key in VARYING else np.abs(pair).max()
    assert measured(key, *pair).value == pytest.approx(theirs, rel=1e-12, abs=1e-12 * size)


def example(size: int, /) -> tuple[Numbers, Numbers]:
    rng = np.random.default_rng(size)
    true = rng.poisson(20, size).astype(float)
    return true, np.maximum(true + rng.normal(size=size) * 4, 0.5)


@pytest.mark.parametrize("key", KEYS)
def test_thousands_of_rows_equal_the_reference(key: str) -> None:
    pair = example(5000)

    assert measured(key, *pair).value == pytest.approx(THEIRS[key](*pair), rel=1e-12)


@pytest.mark.parametrize("key", KEYS)
@given(pair=pairs(), random=st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_integer_weights_equal_literal_resampling_by_repetition(
    key: str, pair: tuple[Numbers, Numbers], random: Any
) -> None:
    size = len(pair[0])
    weights = np.array([[random.choice([0, 0, 1, 2, 5]) for _ in range(size)] for _ in range(6)])
    weights[4], weights[5] = np.arange(size) == 1, 0  # one row, and none

    weighted = measured(key, *pair).under(weights)

    repeated = [
        value_of(measured(key, *(column.repeat(row) for column in pair))) for row in weights
    ]
    scale = 1e-12 * (10 if key in VARYING else np.abs(pair).max())
    np.testing.assert_allclose(weighted, repeated, rtol=1e-12, atol=scale)
    assert np.isnan(weighted[5])


@pytest.mark.parametrize("key", KEYS)
def test_weights_of_one_give_the_value_itself(key: str) -> None:
    measure = measured(key, *example(700))

    assert measure.under(np.ones((600, 700), dtype=np.int64)).tolist() == [measure.value] * 600


@pytest.mark.parametrize("key", KEYS)
def test_rows_that_are_left_out_do_not_count_and_may_be_empty(key: str) -> None:
    true, predicted = example(80)
    chosen = np.arange(80) % 4 != 0
    whole = measured(key, true[chosen], predicted[chosen])
    true[~chosen] = np.nan
    weights = np.random.default_rng(0).integers(0, 3, size=(10, 80))

    restricted = measured(key, true, predicted, where=chosen.astype(float))

    assert (restricted.value, restricted.units, restricted.events) == (whole.value, 60, None)
    np.testing.assert_array_equal(restricted.under(weights), whole.under(weights[:, chosen]))


@pytest.mark.parametrize("key", KEYS)
def test_a_perfect_prediction_has_the_best_value(key: str) -> None:
    true = np.array([0.1, 0.7, 2.3, 0.7])

    assert measured(key, true, true).value == (1 if key in VARYING else 0)


@pytest.mark.parametrize(
    ("key", "true", "predicted", "reason"),
    [
        *((key, [], [], Reason.NO_UNITS) for key in KEYS),
        ("r2", [0.1, 0.1, 0.1], [1, 2, 3], Reason.CONSTANT),
        ("ccc", [0.1, 0.1, 0.1], [1, 2, 3], Reason.CONSTANT),
        ("ccc", [0.1, 0.1], [0.1, 0.1], Reason.CONSTANT),
        ("spearman", [0.1, 0.1, 0.1], [1, 2, 3], Reason.CONSTANT),
        ("spearman", [1, 2, 3], [0.1, 0.1, 0.1], Reason.CONSTANT),
        ("limits_of_agreement", [1], [2], Reason.CONSTANT),
    ],
)
def test_what_has_no_value_says_why(
    key: str, true: list[float], predicted: list[float], reason: Reason
) -> None:
    measure = measured(key, np.array(true, dtype=float), np.array(predicted, dtype=float))

    assert measure.value == Undefined(reason)
    assert np.isnan(measure.under(np.ones((2, len(true)), dtype=np.int64))).all()


@pytest.mark.parametrize("key", ["r2", "ccc", "spearman"])
def test_a_resample_of_one_value_is_undefined_however_far_it_is_from_the_mean(key: str) -> None:
    true = np.array([0.1, 0.1, 0.3, 1e6])
    measure = measured(key, true, [1, 2, 3, 4])
    weights = np.array([[1, 2, 0, 0], [0, 0, 0, 3], [1, 1, 1, 0]])

    one, another, varied = measure.under(weights)

    assert np.isnan([one, another]).all()
    assert varied == pytest.approx(THEIRS[key](true[:3], np.array([1, 2, 3])), rel=1e-9)


def test_a_constant_prediction_has_no_concordance_but_a_value() -> None:
    assert measured("ccc", [1, 2, 3], [2, 2, 2]).value == 0


@pytest.mark.parametrize(("predicted", "theirs"), [([0.5, 0.5], 1.0), ([0.5, 0.6], 0.0)])
def test_disagreement_r2_of_a_truth_that_does_not_vary_has_no_value(
    predicted: list[float], theirs: float
) -> None:
    true = [0.5, 0.5]

    assert measured("r2", true, predicted).value == Undefined(Reason.CONSTANT)
    assert r2_score(true, predicted) == theirs


def test_disagreement_a_rank_correlation_without_variation_says_so_and_is_not_nan() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConstantInputWarning)
        theirs = spearmanr([1, 2, 3], [1, 1, 1]).statistic

    assert np.isnan(theirs)
    assert measured("spearman", [1, 2, 3], [1, 1, 1]).value == Undefined(Reason.CONSTANT)


@pytest.mark.parametrize(
    ("key", "true", "predicted", "says"),
    [
        ("mae", [1, np.nan], [1, 2], "value is empty or not finite"),
        ("mae", [1, 2], [1, np.inf], "predicted is empty or not finite"),
        ("mae", [1, 2], [1, 2, 3], "predicted has 3 rows, value has 2"),
        ("mae", ["a", "b"], [1, 2], "value is not a column of numbers"),
        ("rmse", [1, 2], [1, -1e101], "predicted holds a number further than 1e\\+15 from 0"),
        ("poisson_deviance", [1, -1], [1, 2], "value holds a count below 0"),
        ("poisson_deviance", [1, 2], [1, 0], "predicted holds a predicted count that is not above"),
    ],
)
def test_columns_that_cannot_be_measured_are_named(
    key: str, true: list[Any], predicted: list[Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        measured(key, true, predicted)


@pytest.mark.parametrize("quantile", [0, 1, -0.1, float("nan")])
def test_a_quantile_that_is_none_is_refused(quantile: float) -> None:
    with pytest.raises(ValueError, match="quantile must be between 0 and 1"):
        measured("pinball", [1, 2], [1, 2], quantile=quantile)


@pytest.mark.parametrize(
    ("true", "predicted", "value"),
    [
        ([0], [0], 0),
        ([0], [1e-90], 2),
        ([-1], [1], 2),
        ([1, 0], [3, 0], 0.5),
        ([1e15], [-1e15], 2),
    ],
)
def test_the_symmetric_error_has_an_answer_where_the_truth_is_0(
    true: list[float], predicted: list[float], value: float
) -> None:
    assert measured("smape", true, predicted).value == value
