"""The metrics of a challenge, applied together: the measured ones, then the combinations."""

from collections.abc import Mapping
from dataclasses import dataclass

from scorers.composite.ranges import parts_of
from scorers.definition import ScoringDefinition
from scorers.metric import Columns, Combination, Measure, Undefined, Vector, Weights


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

    def under(self, weights: Weights, /) -> dict[str, Vector]:
        """Return every metric under each row of `weights`, NaN where it is undefined."""
        vectors: dict[str, Vector] = {}
        for metric in self.scoring.metrics:
            installed = metric.installed
            if isinstance(installed, Combination):
                vectors[metric.key] = installed.combine(vectors, **metric.params)
            else:
                vectors[metric.key] = self.by_key[metric.key].under(weights)
        return vectors

    def counts(self, *, units: int) -> dict[str, int]:
        """Count what each metric rests on: events or, without them, rows; at most `units`.

        A combination rests on as few as the poorest of its parts.
        """
        counts: dict[str, int] = {}
        for metric in self.scoring.metrics:
            if isinstance(metric.installed, Combination):
                parts = parts_of(metric.params, among=counts)
                counts[metric.key] = min((counts[part] for part in parts), default=units)
            else:
                measure = self.by_key[metric.key]
                told = measure.units if measure.events is None else measure.events
                counts[metric.key] = min(units, told)
        return counts
