"""The metrics that are installed, found by their entry points and loaded when first needed."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from scorers.metric import Combination, Metric

GROUP = "scorers.metrics"


class UnknownMetric(ValueError):
    """No installed distribution brings a metric of this key."""


def metric_keys() -> tuple[str, ...]:
    """Return the keys of all installed metrics, sorted; none of them is loaded."""
    return tuple(sorted(_entry_points()))


@cache
def get_metric(key: str, /) -> Metric | Combination:
    """Return the metric, to be called as `metric(truth, prediction, **params)`.

    Raises UnknownMetric if no metric has this key, TypeError if what is registered under the key
    is not a metric of that key.
    """
    points = _entry_points()
    if key not in points:
        raise UnknownMetric(_unknown(key, known=tuple(points)))
    metric = points[key].load()
    if not isinstance(metric, Metric | Combination) or metric.key != key:
        raise TypeError(f"{points[key].value} is registered as metric {key} but is not that")
    return metric


def _unknown(key: str, *, known: tuple[str, ...]) -> str:
    if not known:
        return f"no metric {key}: no distribution with entry points {GROUP} is installed"
    near = get_close_matches(key, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
    return f"no metric {key}: {hint}"


@cache
def _entry_points() -> Mapping[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        # Two distributions that claim one key would make a score depend on their order.
        if point.name in found and found[point.name].value != point.value:
            raise TypeError(
                f"metric {point.name} is registered twice: {found[point.name].value}, {point.value}"
            )
        found[point.name] = point
    return found
