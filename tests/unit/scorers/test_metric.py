"""The params of a metric are held against the names and types that its function declares."""

from dataclasses import replace
from typing import Any

import pytest

from scorers.metric import Metric, ParamsError
from scorers.registry import get_metric


def measure(
    truth: Any,
    prediction: Any,
    /,
    *,
    times: list[float],
    tau: float | None = None,
    table: list[list[float]] | None = None,
    anything: Any = None,
) -> Any:
    """Stand in for a metric with params of many types."""


@pytest.fixture
def metric() -> Metric:
    installed = get_metric("harrell_c")
    assert isinstance(installed, Metric)
    return replace(installed, measure=measure)


@pytest.mark.parametrize(
    "params",
    [
        {"times": []},
        {"times": [1, 2.5]},
        {"times": [1], "tau": 8},
        {"times": [1], "tau": None},
        {"times": [1], "tau": 0.5, "table": [[1, 0.5]]},
        {"times": [1], "anything": "goes"},
    ],
)
def test_params_of_the_declared_types_are_taken(metric: Metric, params: dict[str, Any]) -> None:
    metric.check(params)


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({}, "times"),
        ({"times": [1], "taw": 1}, "taw"),
        ({"times": 1}, "times must be list"),
        ({"times": "1 2"}, "times must be list"),
        ({"times": [1], "tau": "8"}, "tau must be int or float or NoneType"),
        ({"times": [1], "table": 0.5}, "table must be list or NoneType"),
    ],
)
def test_other_params_are_refused_by_name(
    metric: Metric, params: dict[str, Any], says: str
) -> None:
    with pytest.raises(ParamsError, match=says):
        metric.check(params)
