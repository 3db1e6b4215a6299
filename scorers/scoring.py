"""Scoring the rows of a split or subgroup: every metric with the interval of its resamples."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from scorers.definition import ScoringDefinition
from scorers.document import Score
from scorers.measures import Measures
from scorers.metric import Measure, Reason, Undefined, Vector, Weights
from scorers.split import Split
from scorers.uncertainty.intervals import LEVEL, Basis, Method, acceleration, moments
from scorers.uncertainty.resampling import draw_weights

FEWEST_EVENTS = 5
"""Events that a metric must have in a subgroup to be told, if it has events."""

SUBGROUP_RESAMPLES = 200
"""Resamples of a subgroup: their spread is known to 5 %, and they cost a fifth of the split's."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """The metrics of some rows: as they are told, and under each resample.

    `seconds` were spent on the values, then on the resamples.
    """

    scores: Mapping[str, Score]
    vectors: Mapping[str, Vector]
    seconds: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """The measure of a metric in a subgroup that is too small for it."""

    units: int
    events: None = None

    @property
    def value(self) -> Undefined:
        return Undefined(Reason.TOO_FEW)

    def under(self, weights: Weights, /) -> Vector:
        return np.full(len(weights), np.nan)


def score(scoring: ScoringDefinition, split: Split, /, *, seed: int) -> Scored:
    """Compute all metrics of a split."""
    return _score(Measures.of(scoring, split.truth, split.prediction), split, seed=seed)


def score_subgroup(scoring: ScoringDefinition, subgroup: Split, /, *, seed: int) -> Scored:
    """Compute all metrics of a subgroup, those for which it has too few units or events aside.

    It takes no more than SUBGROUP_RESAMPLES.
    """
    resamples = min(scoring.resamples, SUBGROUP_RESAMPLES)
    fewer = scoring.model_copy(update={"resamples": resamples})
    measures = Measures.of(fewer, subgroup.truth, subgroup.prediction)
    told = {
        key: Withheld(units=measure.units) if _is_too_small(subgroup, measure, scoring) else measure
        for key, measure in measures.by_key.items()
    }
    return _score(replace(measures, by_key=told), subgroup, seed=seed)


def _is_too_small(subgroup: Split, measure: Measure, scoring: ScoringDefinition) -> bool:
    units = min(subgroup.units, measure.units)
    few_events = measure.events is not None and measure.events < FEWEST_EVENTS
    return units < scoring.smallest_subgroup or few_events


def _score(measures: Measures, split: Split, *, seed: int) -> Scored:
    started = perf_counter()
    values = measures.values()
    valued = perf_counter()
    methods, ranges = measures.scoring.methods, measures.scoring.ranges
    skewed = {
        key: value
        for key, value in values.items()
        if methods[key] is Method.BCA and not isinstance(value, Undefined)
    }
    vectors, accelerations = _resampled(measures, split, skewed=skewed, seed=seed)
    counts = measures.counts(units=split.units)
    scores = {}
    for key, value in values.items():
        basis = Basis(
            method=methods[key],
            scale=ranges[key],
            count=counts[key],
            acceleration=accelerations.get(key, 0.0),
        )
        scores[key] = _told(value, vectors[key], measure=measures.by_key.get(key), basis=basis)
    seconds = valued - started, perf_counter() - valued
    return Scored(scores=scores, vectors=vectors, seconds=seconds)


def _resampled(
    measures: Measures, split: Split, *, skewed: Mapping[str, float], seed: int
) -> tuple[dict[str, Vector], dict[str, float]]:
    """Return each metric under all resamples, and the acceleration of those that are `skewed`.

    `skewed` has the values of the metrics whose intervals need an acceleration, by key.
    """
    chunks: list[dict[str, Vector]] = []
    summed = {key: np.zeros((2, split.units)) for key in skewed}
    for weights in draw_weights(
        split.units,
        resamples=measures.scoring.resamples,
        seed=seed,
        stream=split.stream,
        strata=split.strata,
    ):
        chunk = measures.under(split.weights_of_rows(weights))
        chunks.append(chunk)
        for key, value in skewed.items():
            summed[key] += moments(chunk[key], weights, value=value)
    vectors = {key: np.concatenate([chunk[key] for chunk in chunks]) for key in chunks[0]}
    accelerations = {
        key: acceleration(summed[key], vectors[key], value=value) for key, value in skewed.items()
    }
    return vectors, accelerations


def _told(
    value: float | Undefined, vector: Vector, *, measure: Measure | None, basis: Basis
) -> Score:
    reason = value.reason if isinstance(value, Undefined) else None
    return Score(
        value=None if isinstance(value, Undefined) else value,
        interval=None if isinstance(value, Undefined) else basis.interval(value, vector),
        method=basis.method,
        level=LEVEL,
        undefined=reason,
        resamples=int(np.count_nonzero(~np.isnan(vector))),
        events=measure.events if measure else None,
        units=measure.units if measure else None,
    )
