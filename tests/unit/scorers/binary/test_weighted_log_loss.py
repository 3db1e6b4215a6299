"""The weighted log loss is scikit-learn's with sample weights, and is rescaled by a constant's."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from scorers.metric import Measure, Metric, Reason, Undefined
from scorers.registry import get_metric

LABEL = [0, 1, 0, 1, 0, 0, 1, 0]
PROBABILITY = [0.2, 0.7, 0.4, 0.6, 0.1, 0.5, 0.3, 0.2]
WEIGHTS = [1.5, 1.0]
PREVALENCE = 117 / 347
KEYS = ("weighted_log_loss", "weighted_log_loss_skill")


def measured(key: str, /, label: Any, probability: Any, **params: Any) -> Measure:
    metric = get_metric(key)
    assert isinstance(metric, Metric)
    truth = {"label": np.asarray(label), "chosen": np.arange(len(label)) % 4 != 0}
    names = {"label": "label", "probability": "probability", "weights": WEIGHTS, **params}
    if key == "weighted_log_loss_skill":
        names = {"dummy": PREVALENCE, **names}
    metric.check(names)
    return metric.measure(truth, {"probability": np.asarray(probability)}, **names)


def test_the_golden_values_are_reproduced() -> None:
    assert measured("weighted_log_loss", LABEL, PROBABILITY).value == pytest.approx(
        0.4480860958046602, rel=1e-12
    )
    assert measured("weighted_log_loss", LABEL, np.full(8, PREVALENCE)).value == pytest.approx(
        0.6043612922023607, rel=1e-12
    )
    assert measured("weighted_log_loss_skill", LABEL, PROBABILITY).value == pytest.approx(
        0.25857909567341086, rel=1e-12
    )


def test_the_golden_composite_of_cardi_hack_is_reproduced() -> None:
    skill = measured("weighted_log_loss_skill", LABEL, PROBABILITY).value
    parts = {"mace": 0.8181818181818181, "severity": skill}
    how: dict[str, Any] = {"mace": {"weight": 0.7}, "severity": {"weight": 0.3, "low": -1}}

    score = get_metric("rescaled_sum")({}, parts, **how)

    assert score == pytest.approx(0.6503010014292959, rel=1e-12)


rows = st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=20)


@given(drawn=rows, costs=st.tuples(st.floats(0.1, 9), st.floats(0.1, 9)))
@settings(max_examples=40)
def test_the_value_equals_scikit_learn(
    drawn: list[tuple[bool, float]], costs: tuple[float, float]
) -> None:
    label, probability = map(np.array, zip(*drawn, strict=True))
    per_row = np.where(label, costs[1], costs[0])
    clipped = np.clip(probability, 1e-15, 1 - 1e-15)  # theirs clips at another place

    ours = measured("weighted_log_loss", label, probability, weights=list(costs)).value

    theirs = log_loss(label, clipped, sample_weight=per_row, labels=[0, 1])
    assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("key", KEYS)
@given(drawn=rows, random=st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_integer_weights_equal_literal_resampling_by_repetition(
    key: str, drawn: list[tuple[bool, float]], random: Any
) -> None:
    label, probability = map(np.array, zip(*drawn, strict=True))
    weights = np.array([[random.choice([1, 2, 5, 0]) for _ in drawn] for _ in range(4)])
    weights[3] = 0

    weighted = measured(key, label, probability).under(weights)

    repeated = [measured(key, label.repeat(row), probability.repeat(row)) for row in weights]
    values = [np.nan if isinstance(one.value, Undefined) else one.value for one in repeated]
    np.testing.assert_allclose(weighted, values, rtol=1e-12, atol=1e-12)
    assert np.isnan(weighted[3])


@pytest.mark.parametrize("key", KEYS)
def test_weights_of_one_give_the_value_itself(key: str) -> None:
    measure = measured(key, LABEL, PROBABILITY)

    assert measure.under(np.ones((5, 8), dtype=np.int64)).tolist() == [measure.value] * 5
    assert (measure.units, measure.events) == (8, 3)


@pytest.mark.parametrize("key", KEYS)
def test_rows_that_are_left_out_do_not_count(key: str) -> None:
    part = [row for row in range(8) if row % 4]
    whole = measured(key, np.take(LABEL, part), np.take(PROBABILITY, part))

    assert measured(key, LABEL, PROBABILITY, where="chosen").value == whole.value


@pytest.mark.parametrize("key", KEYS)
def test_without_any_row_there_is_no_value(key: str) -> None:
    assert measured(key, np.zeros(0), np.zeros(0)).value == Undefined(Reason.NO_UNITS)


def test_one_class_has_a_value() -> None:
    assert measured("weighted_log_loss", [1, 1], [1, 1]).value == pytest.approx(0, abs=1e-14)


def test_disagreement_a_certain_error_costs_what_the_declared_clip_says() -> None:
    theirs = log_loss([1], [0.0], labels=[0, 1])

    assert theirs == pytest.approx(-np.log(np.finfo(float).eps))
    assert measured("weighted_log_loss", [1], [0]).value == pytest.approx(-np.log(1e-15))
    assert measured("weighted_log_loss", [1], [0], clip=0.01).value == pytest.approx(-np.log(0.01))


def test_the_constant_that_loses_least_is_not_the_prevalence() -> None:
    label = np.arange(347) < 117
    best = 117 / (117 + 1.5 * 230)

    assert measured("weighted_log_loss_skill", label, np.full(347, PREVALENCE)).value == 0
    earned = measured("weighted_log_loss_skill", label, np.full(347, best)).value
    assert earned == pytest.approx(0.028, abs=5e-4)


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"weights": [1]}, "weights must be two numbers above 0"),
        ({"weights": [1, 0]}, "weights must be two numbers above 0"),
        ({"weights": [1, float("inf")]}, "weights must be two numbers above 0"),
        ({"clip": 0}, "clip must be between"),
        ({"clip": 0.5}, "clip must be between"),
        ({"dummy": 0}, "dummy must be between"),
        ({"dummy": 1}, "dummy must be between"),
    ],
)
def test_params_that_make_no_sense_are_refused(params: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        measured("weighted_log_loss_skill", LABEL, PROBABILITY, **params)


@pytest.mark.parametrize(
    ("label", "probability", "says"),
    [
        ([0, 2], [0.5, 0.5], "label holds something else than 0 and 1"),
        ([0, 1], [0.5, 1.5], "probability holds something that is no probability"),
        ([0, 1], [0.5, np.nan], "probability is empty or not finite"),
        ([0, 1], [0.5], "probability has 1 rows"),
    ],
)
def test_columns_that_cannot_be_measured_are_named(
    label: list[Any], probability: list[Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        measured("weighted_log_loss", label, probability)
