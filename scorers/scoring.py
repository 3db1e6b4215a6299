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
from scorers.uncertainty.influence import Moments
from scorers.uncertainty.intervals import LEVEL, Basis, NoInterval
from scorers.uncertainty.resampling import draw_weights

FEWEST_EVENTS = 5
"""Events that a metric must have in a subgroup to be told, if it has events.

With fewer than FEWEST_EVENTS of scorers.uncertainty.intervals it has a value, but no interval.
"""

SUBGROUP_RESAMPLES = 200
"""Resamples of a subgroup: their spread is known to 5 %, and they cost a fifth of the split's."""


NO_RESAMPLES: Vector = np.empty(0)


@dataclass(frozen=True, kw_only=True)
class Scored:
    """The metrics of some rows: as they are told, and under each resample.

    `seconds` were spent on the values, then on the resamples.
    """

    measures: Measures
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


def score_subgroup(
    scoring: ScoringDefinition, subgroup: Split, /, *, whole: Measures, seed: int
) -> Scored:
    """Compute all metrics of a subgroup, those for which it has too few units or events aside.

    It takes no more than SUBGROUP_RESAMPLES, and none if no metric can have an interval. `whole`
    are the measures of the split of which it is a part.
    """
    resamples = min(scoring.resamples, SUBGROUP_RESAMPLES)
    fewer = scoring.model_copy(update={"resamples": resamples})
    measures = whole.among(fewer, subgroup.truth, subgroup.prediction, subgroup.rows)
    told = {
        key: Withheld(units=measure.units) if _is_too_small(subgroup, measure, scoring) else measure
        for key, measure in measures.by_key.items()
    }
    return _score(replace(measures, by_key=told), subgroup, seed=seed, every=False)


def _is_too_small(subgroup: Split, measure: Measure, scoring: ScoringDefinition) -> bool:
    units = min(subgroup.units, measure.units)
    few_events = measure.events is not None and measure.events < FEWEST_EVENTS
    return units < scoring.smallest_subgroup or few_events


def _score(measures: Measures, split: Split, *, seed: int, every: bool = True) -> Scored:
    """Compute all metrics, and `every` one or those that can have an interval under resamples."""
    started = perf_counter()
    values = measures.values()
    valued = perf_counter()
    supports = measures.supports(units=split.units)
    methods, ranges = measures.scoring.methods, measures.scoring.ranges
    moments = {
        key: Moments.about(value, units=split.units)
        for key, value in values.items()
        if not isinstance(value, Undefined) and not supports[key].lacks
    }
    wanted = frozenset(values if every else moments)
    vectors = _resampled(measures, split, wanted=wanted, moments=moments, seed=seed)
    scores = {}
    for key, value in values.items():
        basis = Basis(
            method=methods[key],
            scale=ranges[key],
            count=supports[key].count,
            influence=moments[key].influence() if key in moments else None,
        )
        measure, lacks = measures.by_key.get(key), supports[key].lacks
        vector = vectors.get(key, NO_RESAMPLES)
        scores[key] = _told(value, vector, measure=measure, basis=basis, lacks=lacks)
    seconds = valued - started, perf_counter() - valued
    return Scored(measures=measures, scores=scores, vectors=vectors, seconds=seconds)


def _resampled(
    measures: Measures,
    split: Split,
    *,
    wanted: frozenset[str],
    moments: Mapping[str, Moments],
    seed: int,
) -> dict[str, Vector]:
    """Return the `wanted` metrics under all resamples, which are added to the `moments` of some."""
    chunks: list[dict[str, Vector]] = []
    if not wanted:
        return {}
    for weights in draw_weights(
        split.units,
        resamples=measures.scoring.resamples,
        seed=seed,
        stream=split.stream,
        strata=split.strata,
    ):
        chunk = measures.under(split.weights_of_rows(weights), wanted=wanted)
        chunks.append(chunk)
        if moments:
            numbers = weights.astype(np.float64)
            for key, sums in moments.items():
                sums.add(chunk[key], numbers)
    return {key: np.concatenate([chunk[key] for chunk in chunks]) for key in chunks[0]}


def _told(
    value: float | Undefined,
    vector: Vector,
    *,
    measure: Measure | None,
    basis: Basis,
    lacks: NoInterval | None,
) -> Score:
    undefined = value.reason if isinstance(value, Undefined) else None
    interval = None
    if not isinstance(value, Undefined) and lacks is None:
        interval = basis.interval(value, vector)
        if interval is None:
            lacks = NoInterval.RARELY_DEFINED
        elif interval[0] == interval[1]:
            interval, lacks = None, NoInterval.UNMOVED
    return Score(
        value=None if isinstance(value, Undefined) else value,
        interval=interval,
        no_interval=None if undefined else lacks,
        method=basis.method,
        level=LEVEL,
        undefined=undefined,
        resamples=int(np.count_nonzero(~np.isnan(vector))),
        events=measure.events if measure else None,
        units=measure.units if measure else None,
    )
