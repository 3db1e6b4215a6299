"""A sum of metrics is undefined as soon as a part is."""

from typing import Any

import numpy as np
import pytest

from scorers.composite.sums import rescaled_sum, weighted_sum
from scorers.metric import ParamsError, Reason, Undefined
from scorers.registry import get_metric


def test_the_golden_score_of_two_endpoints_is_reproduced() -> None:
    parts = {"c_event": 0.9642857142857143, "c_death": 0.9333333333333333}

    score = get_metric("weighted_sum")({}, parts, c_event=0.7, c_death=0.3)

    assert score == pytest.approx(0.955, rel=0, abs=1e-12)


def test_an_undefined_part_makes_the_whole_undefined() -> None:
    parts = {"c_event": 0.9, "c_death": Undefined(Reason.NO_EVENTS)}

    answer = get_metric("weighted_sum")({}, parts, c_event=0.7, c_death=0.3)

    assert answer == Undefined(Reason.UNDEFINED_PART)


def test_a_part_that_has_no_weight_is_not_read() -> None:
    parts = {"c_event": 0.5, "c_death": Undefined(Reason.NO_EVENTS)}

    assert get_metric("weighted_sum")({}, parts, c_event=2) == 1.0


def test_a_vector_of_resamples_has_the_same_bytes_as_its_values_one_by_one() -> None:
    rng = np.random.default_rng(0)
    parts = {"a": rng.random(500), "b": rng.random(500), "c": rng.random(500)}
    parts["b"][7] = np.nan
    weights = {"a": 0.1, "b": 0.2, "c": 0.7}

    summed = weighted_sum(parts, **weights)

    alone = [
        weighted_sum({key: part[index : index + 1] for key, part in parts.items()}, **weights)[0]
        for index in range(500)
    ]
    np.testing.assert_array_equal(summed, alone)
    assert np.flatnonzero(np.isnan(summed)).tolist() == [7]


def test_a_weight_without_a_part_is_refused() -> None:
    with pytest.raises(ValueError, match="c_death"):
        weighted_sum({"c_event": np.ones(1)}, c_event=0.7, c_death=0.3)


HOW: dict[str, Any] = {
    "f1": {"weight": 0.5, "dummy": 0.2},
    "error": {"weight": 0.25, "dummy": 1, "perfect": 0},
    "loss": {"weight": 0.25, "dummy": 0.5, "perfect": 0, "low": -1, "high": 1},
}


@pytest.mark.parametrize(
    ("parts", "value"),
    [
        pytest.param({"f1": 1.0, "error": 0.0, "loss": 0.0}, 1.0, id="perfect"),
        pytest.param({"f1": 0.2, "error": 1.0, "loss": 0.5}, 0.0, id="dummy"),
        pytest.param({"f1": 0.6, "error": 0.5, "loss": 0.25}, 0.5, id="half way"),
        pytest.param({"f1": 0.2, "error": 1.0, "loss": 9.0}, -0.25, id="clipped below"),
        pytest.param({"f1": 0.2, "error": 1.0, "loss": -9.0}, 0.25, id="clipped above"),
    ],
)
def test_parts_are_rescaled_clipped_and_added(parts: dict[str, float], value: float) -> None:
    assert get_metric("rescaled_sum")({}, parts, **HOW) == pytest.approx(value, rel=0, abs=1e-15)


def test_a_part_that_is_not_rescaled_counts_as_it_is() -> None:
    parts = {"c_event": 0.9642857142857143, "c_death": 0.9333333333333333}
    how: dict[str, Any] = {"c_event": {"weight": 0.7}, "c_death": {"weight": 0.3}}

    assert get_metric("rescaled_sum")({}, parts, **how) == get_metric("weighted_sum")(
        {}, parts, c_event=0.7, c_death=0.3
    )


def test_an_undefined_part_is_not_clipped_to_a_number() -> None:
    parts = {"f1": 1.0, "error": 0.0, "loss": Undefined(Reason.NO_UNITS)}

    assert get_metric("rescaled_sum")({}, parts, **HOW) == Undefined(Reason.UNDEFINED_PART)


def test_rescaled_resamples_have_the_same_bytes_as_their_values_one_by_one() -> None:
    rng = np.random.default_rng(0)
    parts = {key: rng.random(200) for key in HOW}
    parts["loss"][7] = np.nan

    summed = rescaled_sum(parts, **HOW)

    alone = [
        rescaled_sum({key: part[index : index + 1] for key, part in parts.items()}, **HOW)[0]
        for index in range(200)
    ]
    np.testing.assert_array_equal(summed, alone)
    assert np.flatnonzero(np.isnan(summed)).tolist() == [7]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "at least one"),
        ({"f1": 0.5}, "f1 must have a weight"),
        ({"f1": {"dummy": 0.2}}, "f1 must have a weight"),
        ({"f1": {"weight": 1, "dumy": 0.2}}, "f1 has dumy"),
        ({"f1": {"weight": "much"}}, "weight of f1 must be a number"),
        ({"f1": {"weight": True}}, "weight of f1 must be a number"),
        ({"f1": {"weight": float("nan")}}, "f1: weight, dummy and perfect must be finite"),
        ({"f1": {"weight": 1, "dummy": 1}}, "rescales nothing"),
        ({"f1": {"weight": 1, "low": 1, "high": 0}}, "low must be smaller"),
    ],
)
def test_params_that_describe_no_part_are_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ParamsError, match=says):
        get_metric("rescaled_sum").check(given)


def test_params_that_describe_parts_are_taken() -> None:
    get_metric("rescaled_sum").check(HOW)


def test_a_rescaled_part_that_does_not_exist_is_named() -> None:
    with pytest.raises(ParamsError, match="refers to loss"):
        rescaled_sum({"f1": np.ones(1), "error": np.ones(1)}, **HOW)
