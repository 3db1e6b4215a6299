"""The weighted sum of metrics is undefined as soon as a part is."""

import numpy as np
import pytest

from scorers.composite import weighted_sum
from scorers.metric import Reason, Undefined
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
