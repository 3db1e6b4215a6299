"""Every metric has an example worked out by hand, which is what it gives."""

import doctest
import inspect
from importlib import import_module

import pytest

from scorers.metric import Metric
from scorers.registry import get_metric, metric_keys


@pytest.mark.parametrize("key", metric_keys())
def test_the_example_in_the_documentation_is_right(key: str) -> None:
    metric = get_metric(key)
    function = metric.measure if isinstance(metric, Metric) else metric.combine
    names = vars(import_module(function.__module__))
    [found] = doctest.DocTestFinder(recurse=False).find(
        inspect.unwrap(function), name=key, globs=dict(names)
    )

    told: list[str] = []
    result = doctest.DocTestRunner().run(found, out=told.append)

    assert result.attempted > 0
    assert not result.failed, "".join(told)
