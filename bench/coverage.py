"""How often a 95 % interval of a shipped challenge holds the true score."""

import importlib.util
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import numpy as np
import yaml
from numpy.random import Generator, default_rng

from bench.patients import ENDPOINTS, Columns, Population, Size, predicted, read_rows, size_of
from scorers import Task
from scorers.measures import Measures
from scorers.metric import Combination, Method, Undefined, Weights
from scorers.split import STREAMS
from scorers.uncertainty.influence import Moments
from scorers.uncertainty.intervals import Basis
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


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """The challenge that is simulated: its task, its hidden truth, and the patients like those."""

    task: Task
    rows: Sequence[Mapping[str, str]]
    population: Population

    @classmethod
    def shipped(cls) -> "Challenge":
        """Read the challenge, and run its recipe as an operator does."""
        task = Task.from_challenge(yaml.safe_load((CHALLENGE / "challenge.yaml").read_text()))
        rows = read_rows(_hidden_truth())
        population = Population.of(rows, rng=default_rng(SEED))
        return cls(task=task, rows=rows, population=population)

    def size(self, split: str | None = None, /) -> Size:
        """Give the size of a split, of both together unless it is named."""
        return size_of([row for row in self.rows if split in (None, row["usage"])])


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was counted over the data sets: tallies by (metric, method), beside the true scores."""

    true: Mapping[str, float]
    data_sets: int
    missed: Counter[tuple[str, str]]
    without: Counter[str]

    @classmethod
    def nothing(cls, *, true: Mapping[str, float], data_sets: int) -> "Found":
        """Begin with nothing counted."""
        return cls(true=true, data_sets=data_sets, missed=Counter(), without=Counter())

    def __add__(self, other: "Found") -> "Found":
        """Add what was counted over other data sets."""
        return Found(
            true=self.true,
            data_sets=self.data_sets + other.data_sets,
            missed=self.missed + other.missed,
            without=self.without + other.without,
        )

    def coverage(self, metric: str, method: str, /) -> float:
        """Return the percentage of intervals that held the true score."""
        given = self.data_sets - self.without[metric]
        return 100 * (1 - self.missed[metric, method] / given)


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """A challenge whose test set is drawn again and again; `true` has the scores of each skill."""

    task: Task
    population: Population
    size: Size
    true: Mapping[float, Mapping[str, float]]

    def run(self, numbers: range, /) -> list[Found]:
        """Score a team of each skill on the data sets of these numbers and tally its intervals.

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
                prediction = submission(risks, skill=skill, rng=rng)
                measures = Measures.of(self.task.scoring, truth, prediction)
                self._tally(found, measures, drawn=drawn)
        return every

    def _tally(self, found: Found, measures: Measures, *, drawn: list[Weights]) -> None:
        values = measures.values()
        chunks = [measures.under(weights) for weights in drawn]
        supports = measures.supports(units=self.size.units)
        for key, wanted in found.true.items():
            value = values[key]
            if isinstance(value, Undefined):
                found.without[key] += 1
                continue
            moments = Moments.about(value, units=self.size.units)
            for chunk, weights in zip(chunks, drawn, strict=True):
                moments.add(chunk[key], weights.astype(np.float64))
            vector = np.concatenate([chunk[key] for chunk in chunks])
            for method in Method:
                basis = Basis(
                    method=method,
                    scale=self.task.scoring.ranges[key],
                    count=supports[key].count,
                    influence=moments.influence(),
                )
                low, high = basis.interval(value, vector) or (-np.inf, np.inf)
                found.missed[key, method] += not low <= wanted <= high


def submission(risks: Columns, /, *, skill: float, rng: Generator) -> Columns:
    """Give the predictions of a team of this skill."""
    return {f"risk_{key}": predicted(risk, skill=skill, rng=rng) for key, risk in risks.items()}


def measure() -> Iterator[str]:
    """Simulate the challenge's splits, then smaller ones, and tell what was found."""
    challenge = Challenge.shipped()
    task, population = challenge.task, challenge.population
    yield (
        f"{DATA_SETS:,} data sets each, {task.scoring.resamples:,} resamples; a coverage of 95 % "
        f"is known to {100 * sqrt(0.95 * 0.05 / DATA_SETS):.1f} (1 standard error)"
    )
    true = {skill: _true_scores(task, population, skill=skill) for skill in SKILLS}
    yield ""
    yield from _head("true score")
    for split in ("public", "private"):
        size = challenge.size(split)
        simulation = Simulation(task=task, population=population, size=size, true=true)
        for found in _run(simulation):
            yield from _lines(split, found)
    yield ""
    yield from _head("true scores")
    whole = challenge.size()
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
    columns = ["test set", "metric", scores, *Method]
    yield f"| {' | '.join(columns)} |"
    yield f"| --- | --- |{' ---: |' * (len(columns) - 2)}"


def _lines(name: str, found: Found) -> Iterator[str]:
    for metric, true in found.true.items():
        covered = [f"{found.coverage(metric, method):.1f}" for method in Method]
        yield f"| {' | '.join([name, metric, f'{true:.3f}', *covered])} |"


def _line_of_all(name: str, every: list[Found], *, metric: str) -> str:
    """Give the range of each figure over teams of different skill."""
    cells = [
        [found.true[metric] for found in every],
        *([found.coverage(metric, method) for found in every] for method in Method),
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
