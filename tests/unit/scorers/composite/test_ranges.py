"""A combination has the range that its parts leave it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy import inf

from scorers.composite.ranges import MAX_PARTS, range_of
from scorers.composite.sums import WEIGHTED_SUM
from scorers.definition import ScoringDefinition
from scorers.metric import Combination, Method, Needs, Vector

UNIT = (0.0, 1.0)


def clipped(parts: Mapping[str, Vector], /, **params: Any) -> Vector:
    """Return a part between two ends, given as a list in a mapping."""
    low, high = params["between"]
    return np.clip(parts[params["of"]["key"]], low, high)


CLIPPED = Combination(
    key="clipped",
    needs=Needs.METRICS,
    direction=None,
    lowest=-inf,
    highest=0.9,
    undefined="",
    reference="",
    source="",
    exact=True,
    combine=clipped,
)


@pytest.mark.parametrize(
    ("parts", "weights", "expected"),
    [
        ({"a": UNIT, "b": UNIT}, {"a": 0.75, "b": 0.25}, (0.0, 1.0)),
        ({"a": UNIT, "b": (-1.0, 1.0)}, {"a": 1, "b": 2}, (-2.0, 3.0)),
        ({"a": UNIT, "b": UNIT}, {"a": 1, "b": -1}, (-1.0, 1.0)),
        ({"a": UNIT, "b": (0.0, inf)}, {"a": 1}, (0.0, 1.0)),
        ({"a": UNIT, "b": (0.0, inf)}, {"a": 1, "b": 1}, (0.0, inf)),
        ({"a": (0.0, inf), "b": (0.0, inf)}, {"a": 1, "b": -1}, (-inf, inf)),
    ],
)
def test_a_weighted_sum_has_the_range_of_its_corners(
    parts: dict[str, tuple[float, float]],
    weights: dict[str, float],
    expected: tuple[float, float],
) -> None:
    assert range_of(WEIGHTED_SUM, parts, params=weights) == expected


def test_a_clipped_part_has_ends_even_if_it_had_none() -> None:
    params = {"of": {"key": "a"}, "between": [0, 2]}

    found = range_of(CLIPPED, {"b": UNIT, "a": (-inf, inf)}, params=params)

    assert found == (0.0, 0.9)  # no higher than the metric declares


def test_of_too_many_parts_nothing_is_known() -> None:
    parts = {f"m{number}": UNIT for number in range(MAX_PARTS + 1)}

    assert range_of(WEIGHTED_SUM, parts, params=dict.fromkeys(parts, 1)) == (-inf, inf)


def scoring(interval: str, /, *, weight: float = 1.0) -> ScoringDefinition:
    return ScoringDefinition.model_validate(
        {
            "metrics": [
                {
                    "key": "c",
                    "metric": "harrell_c",
                    "params": {"event": "e", "time": "t", "risk": "r"},
                },
                {
                    "key": "score",
                    "metric": "weighted_sum",
                    "params": {"c": weight},
                    "primary": True,
                    "direction": "maximize",
                },
            ],
            "interval": interval,
        }
    )


def test_the_interval_of_a_metric_with_two_ends_is_transformed() -> None:
    assert scoring("auto", weight=3).ranges == {"c": (0.0, 1.0), "score": (0.0, 3.0)}
    assert set(scoring("auto").methods.values()) == {Method.TRANSFORMED}
    assert set(scoring("bca").methods.values()) == {Method.BCA}


def test_the_interval_of_a_metric_without_an_end_is_bias_corrected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("scorers.definition.range_of", lambda *_args, **_params: (-inf, inf))

    assert scoring("auto").methods == {"c": Method.TRANSFORMED, "score": Method.BCA}
    with pytest.raises(ValueError, match="score has no end, but interval: transformed"):
        scoring("transformed")
