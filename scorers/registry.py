"""The metrics that are installed, found by their entry points and loaded when first needed."""

from functools import cache

from scorers.installed import GROUP, installed, load
from scorers.metric import Combination, Metric


class UnknownMetric(ValueError):
    """No installed distribution brings a metric of this key."""


def metric_keys() -> tuple[str, ...]:
    """Return the keys of all installed metrics, sorted; none of them is loaded."""
    return tuple(sorted(installed().metrics))


@cache
def get_metric(key: str, /) -> Metric | Combination:
    """Return the metric, to be called as `metric(truth, prediction, **params)`.

    Raises UnknownMetric if no metric has this key, TypeError if what is registered under the key
    is not a metric of that key.
    """
    places = installed().metrics
    if key not in places:
        raise UnknownMetric(_unknown(key, known=tuple(places)))
    metric = load(places[key])
    if not isinstance(metric, Metric | Combination) or metric.key != key:
        raise TypeError(f"{places[key]} is registered as metric {key} but is not that")
    return metric


def _unknown(key: str, *, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 -- the sandbox never needs it

    if not known:
        return f"no metric {key}: no distribution with entry points {GROUP} is installed"
    near = get_close_matches(key, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
    return f"no metric {key}: {hint}"
