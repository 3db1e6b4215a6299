"""Every metric of two classes counts rows as often as they weigh, and names what it cannot read."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scorers.binary.calibration import BRIER, ECE, LOG_LOSS
from scorers.binary.discrimination import (
    AUROC,
    AVERAGE_PRECISION,
    SENSITIVITY_AT_SPECIFICITY,
    SPECIFICITY_AT_SENSITIVITY,
)
from scorers.binary.recalibration import CALIBRATION_INTERCEPT, CALIBRATION_SLOPE
from scorers.binary.thresholds import (
    BINARY_BALANCED_ACCURACY,
    BINARY_MCC,
    F_BETA,
    NET_BENEFIT,
    SENSITIVITY,
    SPECIFICITY,
)
from scorers.metric import InvalidColumns, Metric, Reason, Undefined
from scorers.weighted import counts

PARAMS: dict[str, dict[str, Any]] = {
    "sensitivity_at_specificity": {"specificity": 0.75},
    "specificity_at_sensitivity": {"sensitivity": 0.75},
    "f_beta": {"beta": 2},
    "net_benefit": {"threshold": 0.25},
    "ece": {"bins": 5},
}
METRICS = [
    AUROC,
    AVERAGE_PRECISION,
    SENSITIVITY_AT_SPECIFICITY,
    SPECIFICITY_AT_SENSITIVITY,
    F_BETA,
    BINARY_MCC,
    BINARY_BALANCED_ACCURACY,
    SENSITIVITY,
    SPECIFICITY,
    NET_BENEFIT,
    BRIER,
    LOG_LOSS,
    ECE,
    CALIBRATION_SLOPE,
    CALIBRATION_INTERCEPT,
]
COUNTING = [*METRICS[:1], *METRICS[2:10]]
"""Those that count and divide once, so that not one bit may differ."""

FITTED = METRICS[13:]

each_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.key)

Rows = tuple[NDArray[Any], NDArray[Any]]


def measured(metric: Metric, rows: Rows, /, **params: Any) -> Any:
    label, predicted = rows
    names = {"label": "y", metric.prediction_columns[0]: "p"} | PARAMS.get(metric.key, {})
    return metric.measure({"y": label}, {"p": predicted}, **names, **params)


def number(value: float | Undefined, /) -> float:
    return np.nan if isinstance(value, Undefined) else value


@st.composite
def labelled(draw: st.DrawFn) -> Rows:
    """Draw labels and probabilities of up to 30 rows, of which many are tied or at an end."""
    size = draw(st.integers(1, 30))
    near = st.sampled_from([0.0, 0.2, 0.25, 0.5, 0.8, 1.0]) | st.floats(0, 1, width=16)
    label = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    predicted = draw(st.lists(near, min_size=size, max_size=size))
    return np.array(label), np.array(predicted)


def example(size: int, /) -> Rows:
    rng = np.random.default_rng(size)
    predicted = rng.random(size).round(2)
    return rng.random(size) < 0.2 + 0.6 * predicted, predicted


@given(rows=labelled(), random=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_integer_weights_equal_literal_resampling_by_repetition(rows: Rows, random: Any) -> None:
    label, predicted = rows
    weights = np.array([[random.choice([0, 1, 1, 2, 5]) for _ in label] for _ in range(4)])
    repeated = [(label.repeat(row), predicted.repeat(row)) for row in weights]
    for metric in METRICS:
        weighted = measured(metric, rows).under(weights)

        literal = [number(measured(metric, each).value) for each in repeated]
        if metric in COUNTING:
            np.testing.assert_array_equal(weighted, literal, err_msg=metric.key)
        else:
            close = 1e-9 if metric in FITTED else 1e-12
            np.testing.assert_allclose(
                weighted, literal, rtol=close, atol=1e-3 * close, err_msg=metric.key
            )


@each_metric
@pytest.mark.parametrize("size", [7, 300, 9000])
def test_weights_of_one_give_the_value_itself(metric: Metric, size: int) -> None:
    measure = measured(metric, example(size))

    assert measure.under(np.ones((3, size), dtype=np.int64)).tolist() == [measure.value] * 3


@each_metric
def test_resamples_in_many_chunks_are_those_in_one(
    metric: Metric, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = measured(metric, example(150))
    weights = np.random.default_rng(0).integers(0, 4, size=(20, 150))
    whole = measure.under(weights)
    monkeypatch.setattr(counts, "CELLS", 1)

    np.testing.assert_array_equal(measure.under(weights), whole)


@each_metric
def test_rows_that_are_left_out_do_not_count_and_may_be_empty(metric: Metric) -> None:
    label, predicted = example(80)
    kept = np.arange(80) % 4 != 0
    truth = {"y": np.where(kept, label, np.nan), "kept": kept.astype(float)}
    names = {"label": "y", metric.prediction_columns[0]: "p", "where": "kept"}
    weights = np.random.default_rng(0).integers(0, 3, size=(10, 80))
    full = measured(metric, (label[kept], predicted[kept]))

    restricted = metric.measure(
        truth,
        {"p": np.where(kept, predicted, np.nan)},
        **names,
        **PARAMS.get(metric.key, {}),
    )

    assert restricted.value == full.value
    assert restricted.units == 60
    assert restricted.events == label[kept].sum()
    np.testing.assert_array_equal(restricted.under(weights), full.under(weights[:, kept]))


@each_metric
def test_without_rows_there_is_no_value(metric: Metric) -> None:
    measure = measured(metric, (np.array([]), np.array([])))

    assert measure.value == Undefined(Reason.NO_UNITS)
    assert np.isnan(measure.under(np.ones((2, 0), dtype=np.int64))).all()


@each_metric
def test_a_resample_without_any_weight_has_no_value(metric: Metric) -> None:
    weights = np.vstack([np.zeros(40, dtype=np.int64), np.ones(40, dtype=np.int64)])

    nothing, everything = measured(metric, example(40)).under(weights)

    assert np.isnan(nothing)
    assert not np.isnan(everything)


@each_metric
def test_the_value_is_within_the_declared_range(metric: Metric) -> None:
    rng = np.random.default_rng(1)
    for size in (2, 5, 40):
        rows = (np.arange(size) % 2, rng.random(size).round(1))
        for given_rows in (rows, (rows[0], 1.0 * rows[0]), (rows[0], 1.0 - rows[0])):
            value = measured(metric, given_rows).value
            if not isinstance(value, Undefined):
                assert metric.lowest <= value <= metric.highest


@each_metric
@pytest.mark.parametrize(
    ("label", "predicted", "says"),
    [
        ([1, 2], [0.1, 0.2], "y holds something else than 0 and 1"),
        ([1, np.nan], [0.1, 0.2], "y is empty or not finite"),
        (["yes", "no"], [0.1, 0.2], "y is not a column of numbers"),
        ([1, 0], [0.1, np.nan], "p is empty or not finite"),
        ([1, 0], [0.1, np.inf], "p is empty or not finite"),
        ([1, 0], [[0.1, 0.2], [0.3, 0.4]], "p is not a column of numbers"),
        ([1, 0], [0.1, 0.2, 0.3], "p has 3 rows"),
        ([1, 0], [0.1], "p has 1 rows"),
    ],
)
def test_columns_that_cannot_be_measured_are_named(
    metric: Metric, label: list[Any], predicted: list[Any], says: str
) -> None:
    with pytest.raises(InvalidColumns, match=says):
        measured(metric, (np.asarray(label), np.asarray(predicted)))


@each_metric
def test_a_column_that_does_not_exist_is_named(metric: Metric) -> None:
    names = {"label": "y", metric.prediction_columns[0]: "p"} | PARAMS.get(metric.key, {})

    with pytest.raises(InvalidColumns, match="no column p"):
        metric.measure({"y": [1, 0]}, {}, **names)


@pytest.mark.parametrize(
    "metric",
    [NET_BENEFIT, BRIER, LOG_LOSS, ECE, CALIBRATION_SLOPE, CALIBRATION_INTERCEPT],
    ids=lambda metric: metric.key,
)
@pytest.mark.parametrize("predicted", [-0.1, 1.1])
def test_what_is_no_probability_is_refused(metric: Metric, predicted: float) -> None:
    with pytest.raises(InvalidColumns, match="p holds something that is no probability"):
        measured(metric, (np.array([1, 0]), np.array([0.5, predicted])))
