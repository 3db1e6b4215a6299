"""How often a 95 % interval holds the true score, and how often two equal teams are told apart."""

import importlib.util
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import numpy as np
import yaml
from numpy.random import Generator, default_rng

from bench.patients import ENDPOINTS, Columns, Population, Size, predicted, read_rows, size_of
from scorers import Task
from scorers.definition import ScoringDefinition
from scorers.measures import Measures
from scorers.metric import Combination, Undefined, Vector, Weights
from scorers.split import STREAMS
from scorers.uncertainty.intervals import (
    Basis,
    Method,
    acceleration,
    difference_interval,
    moments,
    percentile_interval,
)
from scorers.uncertainty.resampling import draw_weights

CHALLENGE = Path(__file__).parents[1] / "challenges" / "nafld-progression"
SEED = 2026
DATA_SETS = 1_000
PART = 50
"""Data sets that one process runs at a time."""

WORKERS = os.cpu_count() or 1
FEW = (5, 10, 15, 20, 30)
"""Events of the scarcest endpoint in the test sets made smaller."""

SKILLS = (0.40, 0.62, 0.87, 0.98)
"""Correlations of predicted and true risks: Harrell's C of about 0.71, 0.82, 0.93 and 0.97."""

PERCENTILES = "percentile"
STUDENT = "Student"
"""How the difference of two teams is judged."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was counted over the data sets: tallies by (metric, name), beside the true scores."""

    true: Mapping[str, float]
    data_sets: int
    missed: Counter[tuple[str, str]]
    apart: Counter[tuple[str, str]]
    without: Counter[str]

    @classmethod
    def nothing(cls, *, true: Mapping[str, float], data_sets: int) -> "Found":
        """Begin with nothing counted."""
        return cls(
            true=true, data_sets=data_sets, missed=Counter(), apart=Counter(), without=Counter()
        )

    def __add__(self, other: "Found") -> "Found":
        """Add what was counted over other data sets."""
        return Found(
            true=self.true,
            data_sets=self.data_sets + other.data_sets,
            missed=self.missed + other.missed,
            apart=self.apart + other.apart,
            without=self.without + other.without,
        )

    def coverage(self, metric: str, method: str, /) -> float:
        """Return the percentage of intervals that held the true score."""
        given = self.data_sets - self.without[metric]
        return 100 * (1 - self.missed[metric, method] / given)

    def told_apart(self, metric: str, how: str, /) -> float:
        """Return the percentage of data sets in which two equal teams were told apart."""
        return 100 * self.apart[metric, how] / (self.data_sets - self.without[metric])


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """A challenge whose test set is drawn again and again; `true` has the scores of each skill."""

    task: Task
    population: Population
    size: Size
    true: Mapping[float, Mapping[str, float]]

    def run(self, numbers: range, /) -> list[Found]:
        """Score two equal teams of each skill on the data sets of these numbers and tally them.

        All teams share a data set and its resamples, as on a board.
        """
        every = [Found.nothing(true=self.true[skill], data_sets=len(numbers)) for skill in SKILLS]
        for number in numbers:
            rng = default_rng([SEED, self.size.units, number])
            truth, risks = self.population.draw(self.size.units, rng=rng)
            drawn = list(
                draw_weights(
                    self.size.units,
                    resamples=self.task.scoring.resamples,
                    seed=number,
                    stream=STREAMS["all"],
                )
            )
            for found, skill in zip(every, SKILLS, strict=True):
                first, second = (
                    self._scored(truth, _submission(risks, skill=skill, rng=rng), drawn=drawn)
                    for _ in range(2)
                )
                _tally(found, first, second)
        return every

    def _scored(self, truth: Columns, prediction: Columns, *, drawn: list[Weights]) -> "_Team":
        scoring = self.task.scoring
        measures = Measures.of(scoring, truth, prediction)
        values = {
            key: value
            for key, value in measures.values().items()
            if not isinstance(value, Undefined)
        }
        chunks = [measures.under(weights) for weights in drawn]
        vectors = {key: np.concatenate([chunk[key] for chunk in chunks]) for key in chunks[0]}
        counts = measures.counts(units=self.size.units)
        return _Team(values=values, vectors=vectors, counts=counts, drawn=drawn, scoring=scoring)


@dataclass(frozen=True, kw_only=True)
class _Team:
    """One team on one data set."""

    scoring: ScoringDefinition
    drawn: list[Weights]
    values: Mapping[str, float]
    vectors: Mapping[str, Vector]
    counts: Mapping[str, int]

    def intervals(self, key: str, /) -> Iterator[tuple[Method, tuple[float, float] | None]]:
        """Give the interval of a metric by each method."""
        value, vector = self.values[key], self.vectors[key]
        size = len(self.drawn[0])
        summed = sum(
            moments(vector[start : start + len(weights)], weights, value=value)
            for start, weights in zip(range(0, len(vector), size), self.drawn, strict=True)
        )
        for method in Method:
            basis = Basis(
                method=method,
                scale=self.scoring.ranges[key],
                count=self.counts[key],
                acceleration=acceleration(np.asarray(summed), vector, value=value),
            )
            yield method, basis.interval(value, vector)


def _submission(risks: Columns, *, skill: float, rng: Generator) -> Columns:
    return {f"risk_{key}": predicted(risk, skill=skill, rng=rng) for key, risk in risks.items()}


def _tally(found: Found, first: _Team, second: _Team) -> None:
    for key, wanted in found.true.items():
        if key not in first.values:
            found.without[key] += 1
            continue
        for method, interval in first.intervals(key):
            low, high = interval or (-np.inf, np.inf)
            found.missed[key, method] += not low <= wanted <= high
        gain = first.vectors[key] - second.vectors[key]
        judged = {
            PERCENTILES: percentile_interval(gain),
            STUDENT: difference_interval(gain, count=first.counts[key]),
        }
        for how, interval in judged.items():
            low, high = interval or (-1.0, 1.0)
            found.apart[key, how] += low > 0 or high < 0


def measure() -> Iterator[str]:
    """Simulate the challenge's splits, then smaller ones, and tell what was found."""
    task = Task.from_challenge(yaml.safe_load((CHALLENGE / "challenge.yaml").read_text()))
    rows = read_rows(_hidden_truth())
    population = Population.of(rows, rng=default_rng(SEED))
    yield (
        f"{DATA_SETS:,} data sets each, {task.scoring.resamples:,} resamples; a coverage of 95 % "
        f"is known to {100 * sqrt(0.95 * 0.05 / DATA_SETS):.1f} (1 standard error)"
    )
    true = {skill: _true_scores(task, population, skill=skill) for skill in SKILLS}
    yield ""
    yield from _head("true score")
    for split in ("public", "private"):
        size = size_of([row for row in rows if row["usage"] == split])
        simulation = Simulation(task=task, population=population, size=size, true=true)
        for found in _run(simulation):
            yield from _lines(split, found)
    yield ""
    yield from _head("true scores")
    whole = size_of(rows)
    for events in FEW:
        units = round(whole.units * events / min(whole.events.values()))
        size = Size(units=units, events={"event": events})
        simulation = Simulation(task=task, population=population, size=size, true=true)
        yield _line_of_all(f"{events} events", _run(simulation), metric=f"c_{ENDPOINTS[0]}")


def _run(simulation: Simulation) -> list[Found]:
    """Run all data sets, on all processors."""
    parts = [range(first, first + PART) for first in range(0, DATA_SETS, PART)]
    with ProcessPoolExecutor(WORKERS) as pool:
        done = list(pool.map(simulation.run, parts))
    return [sum(tallies[1:], tallies[0]) for tallies in zip(*done, strict=True)]


def _true_scores(task: Task, population: Population, *, skill: float) -> dict[str, float]:
    """Return the true score of a team in every metric."""
    rng = default_rng(SEED)
    found = {
        f"c_{key}": np.array([population.true_c(key, skill=skill, rng=rng)]) for key in ENDPOINTS
    }
    primary = task.scoring.primary
    combination = primary.installed
    assert isinstance(combination, Combination)  # noqa: S101 -- so it is in this challenge
    found[primary.key] = combination.combine(found, **primary.params)
    return {key: float(value[0]) for key, value in found.items()}


def _head(scores: str) -> Iterator[str]:
    columns = ["test set", "metric", scores, *Method, f"apart: {PERCENTILES}", f"apart: {STUDENT}"]
    yield f"| {' | '.join(columns)} |"
    yield f"| --- | --- |{' ---: |' * (len(columns) - 2)}"


def _lines(name: str, found: Found) -> Iterator[str]:
    for metric, true in found.true.items():
        covered = [f"{found.coverage(metric, method):.1f}" for method in Method]
        apart = [f"{found.told_apart(metric, how):.1f}" for how in (PERCENTILES, STUDENT)]
        yield f"| {' | '.join([name, metric, f'{true:.3f}', *covered, *apart])} |"


def _line_of_all(name: str, every: list[Found], *, metric: str) -> str:
    """Give the range of each figure over teams of different skill."""
    cells = [
        [found.true[metric] for found in every],
        *([found.coverage(metric, method) for found in every] for method in Method),
        *([found.told_apart(metric, how) for found in every] for how in (PERCENTILES, STUDENT)),
    ]
    digits = [3, *[1] * (len(cells) - 1)]
    ranges = [
        f"{min(cell):.{places}f} to {max(cell):.{places}f}"
        for cell, places in zip(cells, digits, strict=True)
    ]
    return f"| {' | '.join([name, metric, *ranges])} |"


def _hidden_truth() -> bytes:
    """Run the challenge's recipe, as an operator does."""
    spec = importlib.util.spec_from_file_location("recipe", CHALLENGE / "data.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"{CHALLENGE} has no recipe")
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    with tempfile.TemporaryDirectory() as folder:
        truth: bytes = recipe.build(Path(folder))
    return truth
