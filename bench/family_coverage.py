"""How often 95 % intervals hold the true score: each family of metrics, by size and design."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.random import default_rng

from bench.families import Family, Population, Sample, populations
from scorers.measures import support_of
from scorers.metric import Method, Undefined
from scorers.scoring import SUBGROUP_RESAMPLES
from scorers.split import STREAMS
from scorers.uncertainty.influence import Moments
from scorers.uncertainty.intervals import Basis, usual_method
from scorers.uncertainty.resampling import draw_weights

DATA_SETS = 500
RESAMPLES = 500
"""Half of what challenges draw: the standard deviation is then known to 3 %."""

WORKERS = os.cpu_count() or 1


@dataclass(frozen=True, kw_only=True)
class Design:
    """How a test set is drawn and resampled; `stratified` fixes the number of events in both."""

    name: str
    units: int
    resamples: int = RESAMPLES
    clustered: bool = False
    stratified: bool = False


DESIGNS = (
    Design(name="subgroup of 50", units=50, resamples=SUBGROUP_RESAMPLES),
    Design(name="100", units=100),
    Design(name="300", units=300),
    Design(name="1,000", units=1000),
    Design(name="100 in clusters", units=100, clustered=True),
    Design(name="300, stratified", units=300, stratified=True),
)


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Of so many data sets, in how many an interval was told, and in how many of these it held."""

    data_sets: int
    told: int
    held: int

    @property
    def coverage(self) -> float | None:
        """The percentage that held, or None if most data sets were too small to tell."""
        return None if 2 * self.told < self.data_sets else 100 * self.held / self.told


def measure() -> Iterator[str]:
    """Simulate every population under every design, and tell what was found."""
    yield (
        f"{DATA_SETS} data sets each, {RESAMPLES} resamples; a coverage of 95 % is known to "
        f"{100 * sqrt(0.95 * 0.05 / DATA_SETS):.1f} (1 standard error)"
    )
    yield ""
    yield f"| metric | {' | '.join(design.name for design in DESIGNS)} |"
    yield f"| --- |{' ---: |' * len(DESIGNS)}"
    found: dict[str, list[list[Tally]]] = {}
    with ProcessPoolExecutor(WORKERS) as pool:
        for every in pool.map(tallies_of, range(len(populations()))):
            for metric, tallies in every:
                columns = found.setdefault(metric, [[] for _ in DESIGNS])
                for column, tally in zip(columns, tallies, strict=True):
                    column.extend(tally)
    for metric, columns in found.items():
        yield f"| {metric} | {' | '.join(range_of(column) for column in columns)} |"


def tallies_of(number: int, /) -> list[tuple[str, list[list[Tally]]]]:
    """Give for each metric of the population of this number its tally under each design."""
    population = populations()[number]
    true = population.true_scores()
    columns = [cover(population, design, true=true) for design in DESIGNS]
    return [
        (family.metric, [column[place : place + 1] for column in columns])
        for place, family in enumerate(population.families)
    ]


def range_of(tallies: Sequence[Tally], /) -> str:
    """Write the least and the largest coverage over several populations."""
    known = [found for tally in tallies if (found := tally.coverage) is not None]
    if not known:
        return "too few" if tallies else ""
    return f"{min(known):.1f} to {max(known):.1f}"


def cover(
    population: Population,
    design: Design,
    /,
    *,
    true: Sequence[float],
    data_sets: int = DATA_SETS,
    methods: Sequence[Method] | None = None,
) -> list[Tally]:
    """Count how often the interval of each metric holds its true score.

    `methods` are other methods than those by which the metrics are scored, one for each metric.
    There is nothing to count if the design is stratified and the population has no strata.
    """
    if design.stratified and population.strata is None:
        return []
    found = np.zeros((2, len(population.families)), dtype=int)
    for number in range(data_sets):
        rng = default_rng([design.units, number])
        if design.stratified:
            sample = population.fixed_sample(design.units, rng=rng)
        else:
            sample = population.sample(design.units, clustered=design.clustered, rng=rng)
        weights = _weights(sample, population, design, seed=number)
        of_rows = weights[:, sample.unit_of_row]
        numbers = weights.astype(float)
        for place, family in enumerate(population.families):
            method = methods[place] if methods else None
            interval = _interval(family, sample, of_rows, numbers, method=method)
            if interval is not None:
                found[:, place] += 1, interval[0] <= true[place] <= interval[1]
    return [Tally(data_sets=data_sets, told=told, held=held) for told, held in found.T.tolist()]


def _weights(
    sample: Sample, population: Population, design: Design, /, *, seed: int
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    strata = sample.truth[population.strata] if design.stratified and population.strata else None
    drawn = draw_weights(
        sample.units,
        resamples=design.resamples,
        seed=seed,
        stream=STREAMS["all"],
        strata=None if strata is None else np.unique(strata, return_inverse=True)[1],
    )
    return np.concatenate(list(drawn))


def _interval(
    family: Family,
    sample: Sample,
    of_rows: np.ndarray[tuple[int, int], np.dtype[np.int64]],
    numbers: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    /,
    *,
    method: Method | None,
) -> tuple[float, float] | None:
    """Give the interval that scoring tells, None where it says that there are too few to tell."""
    measured, installed = family.measure(sample), family.installed
    support = support_of(measured, metric=installed, units=sample.units)
    value = measured.value
    if isinstance(value, Undefined) or support.lacks:
        return None
    vector = measured.under(of_rows)
    moments = Moments.about(value, units=sample.units)
    moments.add(vector, numbers)
    scale = installed.lowest, installed.highest
    basis = Basis(
        method=method or installed.interval or usual_method(scale),
        scale=scale,
        count=support.count,
        influence=moments.influence(),
    )
    interval = basis.interval(value, vector)
    return None if interval is None or interval[0] == interval[1] else interval
