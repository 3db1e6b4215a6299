"""What is installed: the version of the scorers, and where each registered metric is.

In the scoring sandbox a file says it, as `importlib.metadata` takes longer to load than it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

GROUP = "scorers.metrics"
DISTRIBUTION = "challenge-platform"
FILE = "installed.json"
"""Beside this module, in the scoring sandbox only: `version`, and `metrics` by key."""


@dataclass(frozen=True, kw_only=True)
class Installed:
    """The version, and the places of the metrics by key, each as `module:name`."""

    version: str
    metrics: Mapping[str, str]


@cache
def installed() -> Installed:
    """Tell what is installed; raise TypeError if two distributions claim one metric."""
    file = Path(__file__).with_name(FILE)
    return Installed(**json.loads(file.read_text())) if file.exists() else find_installed()


def find_installed() -> Installed:
    """Find what is installed by the entry points of all distributions; raise TypeError as above."""
    from importlib.metadata import (  # noqa: PLC0415 -- takes longer to load than all of this
        PackageNotFoundError,
        entry_points,
        version,
    )

    metrics: dict[str, str] = {}
    for point in sorted(entry_points(group=GROUP)):
        # Two distributions that claim one key would make a score depend on their order.
        if metrics.setdefault(point.name, point.value) != point.value:
            raise TypeError(
                f"metric {point.name} is registered twice: {metrics[point.name]}, {point.value}"
            )
    try:
        return Installed(version=version(DISTRIBUTION), metrics=metrics)
    except PackageNotFoundError:
        return Installed(version="unknown", metrics=metrics)


def load(place: str, /) -> object:
    """Return what a module has under a name; the place is `module:name`."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
