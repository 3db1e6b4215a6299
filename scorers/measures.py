"""The metrics of a challenge, applied together: the measured ones, then the combinations."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorers.composite.ranges import parts_of
from scorers.definition import ScoringDefinition
from scorers.metric import Columns, Combination, Measure, Metric, Undefined, Vector, Weights
from scorers.uncertainty.intervals import FEWEST_UNITS, Support
from scorers.weighted.measured import Measured
from scorers.weighted.per_row import MeanOfCostlyRows

Rows = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Measures:
    """All metrics of a challenge on one truth and one prediction; `by_key` lacks combinations."""

    scoring: ScoringDefinition
    by_key: Mapping[str, Measure]

    @classmethod
    def of(cls, scoring: ScoringDefinition, truth: Columns, prediction: Columns, /) -> "Measures":
        """Apply the metrics; raise InvalidColumns if the columns cannot be measured."""
        by_key = {
            metric.key: installed.measure(truth, prediction, **metric.params)
            for metric in scoring.metrics
            if not isinstance(installed := metric.installed, Combination)
        }
        return cls(scoring=scoring, by_key=by_key)

    def among(
        self, scoring: ScoringDefinition, truth: Columns, prediction: Columns, rows: Rows, /
    ) -> "Measures":
        """Apply the metrics to some rows, which `truth` and `prediction` have alone.

        Where all that is costly is known of each row, it is not measured again.
        """
        by_key = {
            metric.key: measure.among(rows)
            if isinstance(measure := self.by_key[metric.key], MeanOfCostlyRows)
            else installed.measure(truth, prediction, **metric.params)
            for metric in scoring.metrics
            if not isinstance(installed := metric.installed, Combination)
        }
        return Measures(scoring=scoring, by_key=by_key)

    def values(self) -> dict[str, float | Undefined]:
        """Return every metric with each row counted once."""
        values: dict[str, float | Undefined] = {}
        for metric in self.scoring.metrics:
            installed = metric.installed
            if isinstance(installed, Combination):
                values[metric.key] = installed({}, values, **metric.params)
            else:
                values[metric.key] = self.by_key[metric.key].value
        return values

    def under(
        self, weights: Weights, /, *, wanted: Container[str] | None = None
    ) -> dict[str, Vector]:
        """Return every metric under each row of `weights`, NaN where it is undefined.

        With `wanted` only these are computed, among which must be the parts of their combinations.
        """
        vectors: dict[str, Vector] = {}
        for metric in self.scoring.metrics:
            if wanted is not None and metric.key not in wanted:
                continue
            installed = metric.installed
            if isinstance(installed, Combination):
                vectors[metric.key] = installed.combine(vectors, **metric.params)
            else:
                vectors[metric.key] = self.by_key[metric.key].under(weights)
        return vectors

    def supports(self, *, units: int) -> dict[str, Support]:
        """Say what each metric rests on: at most `units`, and events if it has some.

        A combination rests on what the poorest of its parts does, and is biased if one of them is.
        """
        supports: dict[str, Support] = {}
        for metric in self.scoring.metrics:
            installed = metric.installed
            if isinstance(installed, Combination):
                parts = [supports[part] for part in parts_of(metric.params, among=supports)]
                supports[metric.key] = _poorest(parts, units=units)
            else:
                measure = self.by_key[metric.key]
                supports[metric.key] = support_of(measure, metric=installed, units=units)
        return supports


def support_of(measure: Measure, /, *, metric: Metric, units: int) -> Support:
    """Count the units, and the events; of these the rarer outcome, if the measure knows it."""
    rarest = measure.rarest if isinstance(measure, Measured) else None
    return Support(
        units=min(units, measure.units),
        events=measure.events if rarest is None else rarest,
        fewest=metric.fewest or FEWEST_UNITS,
        biased=metric.biased,
    )


def _poorest(parts: Sequence[Support], /, *, units: int) -> Support:
    events = [part.events for part in parts if part.events is not None]
    return Support(
        units=min((part.units for part in parts), default=units),
        events=min(events, default=None),
        fewest=max((part.fewest for part in parts), default=FEWEST_UNITS),
        biased=any(part.biased for part in parts),
    )
