"""How often equal teams are told apart: by intervals, in the groups of a board, by swapping."""

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from math import sqrt

import numpy as np
from numpy.random import default_rng
from numpy.typing import NDArray

from bench.coverage import SKILLS, WORKERS, Challenge, submission
from bench.patients import Columns, Size
from scorers.measures import Measures
from scorers.ranking.paired_tests import PairedTest, paired_permutation
from scorers.ranking.ranks import ranks, significance_groups
from scorers.split import STREAMS
from scorers.uncertainty.intervals import LEVEL, difference_interval
from scorers.uncertainty.resampling import draw_weights

DATA_SETS = 2_500
PART = 50
RESAMPLES = 250
"""A quarter of what the challenge draws: the standard deviation is then known to 4 %."""

TEAMS = 10
"""Equal teams on each data set; two, three or all of them are a board."""

BOARDS = (2, 3, TEAMS)
TESTED = 10
"""Of so many data sets one is tested by swapping, with RESAMPLES swaps."""

Scores = NDArray[np.float64]


@dataclass(kw_only=True)
class Found:
    """Over data sets: the shares in which a kind of comparison told equals apart, and squares."""

    runs: Counter[str] = field(default_factory=Counter)
    apart: dict[str, float] = field(default_factory=dict)
    squares: dict[str, float] = field(default_factory=dict)

    def count(self, kind: str, apart: list[bool], /) -> None:
        """Count one data set, on which several comparisons of a kind were made."""
        share = sum(apart) / len(apart)
        self.add(kind, runs=1, apart=share, squares=share * share)

    def add(self, kind: str, *, runs: int, apart: float, squares: float) -> None:
        """Add sums over data sets."""
        self.runs[kind] += runs
        self.apart[kind] = self.apart.get(kind, 0.0) + apart
        self.squares[kind] = self.squares.get(kind, 0.0) + squares

    def text(self, kind: str, /) -> str:
        """Write the percentage told apart, and the upper end of its own 95 % interval."""
        runs, share = self.runs[kind], self.apart[kind] / self.runs[kind]
        error = sqrt(max(self.squares[kind] / runs - share * share, 0) / runs)
        return f"{100 * share:.1f} (≤ {100 * (share + 1.96 * error):.1f})"


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """A challenge whose test set is drawn again and again, for teams that are equal."""

    challenge: Challenge
    size: Size

    def run(self, numbers: range, /) -> dict[tuple[float, str], Found]:
        """Compare equal teams of each skill in each metric on the data sets of these numbers."""
        task, population = self.challenge.task, self.challenge.population
        found = {
            (skill, metric.key): Found() for skill in SKILLS for metric in task.scoring.metrics
        }
        for number in numbers:
            rng = default_rng([self.size.units, number])
            truth, risks = population.draw(self.size.units, rng=rng)
            for skill in SKILLS:
                teams = [submission(risks, skill=skill, rng=rng) for _ in range(TEAMS)]
                for key, (scores, vectors, count) in self._scored(truth, teams, number).items():
                    _compare(found[skill, key], scores, vectors, count=count)
                if number % TESTED == 0:
                    test = paired_permutation(
                        task.scoring, truth, *teams[:2], seed=number, swaps=RESAMPLES
                    )
                    assert isinstance(test, PairedTest)  # noqa: S101 -- all have events here
                    primary = task.scoring.primary.key
                    found[skill, primary].count("swapped", [test.p < 1 - LEVEL])
        return found

    def _scored(
        self, truth: Columns, teams: list[Columns], seed: int
    ) -> Mapping[str, tuple[Scores, Scores, int]]:
        """Give of each metric the scores of all teams, these under the resamples, and its count."""
        scoring, units = self.challenge.task.scoring, self.size.units
        drawn = draw_weights(units, resamples=RESAMPLES, seed=seed, stream=STREAMS["all"])
        weights = np.concatenate(list(drawn))
        measured = [Measures.of(scoring, truth, team) for team in teams]
        vectors = [one.under(weights) for one in measured]
        values = [one.values() for one in measured]
        supports = measured[0].supports(units=units)
        return {
            key: (
                np.array([value[key] for value in values], dtype=np.float64),
                np.array([vector[key] for vector in vectors]),
                support.count,
            )
            for key, support in supports.items()
        }


def _compare(found: Found, scores: Scores, vectors: Scores, *, count: int) -> None:
    pairs = [
        difference_interval(vectors[i] - vectors[i + 1], count=count) for i in range(0, TEAMS, 2)
    ]
    found.count("interval", [pair is not None and not pair[0] <= 0 <= pair[1] for pair in pairs])
    for size in BOARDS:
        boards = [slice(start, start + size) for start in range(0, TEAMS - size + 1, size)]
        groups = [
            significance_groups(vectors[board], ranks=ranks(scores[board]), count=count)
            for board in boards
        ]
        found.count(f"{size} teams", [bool(group.max() > 1) for group in groups])


def measure() -> Iterator[str]:
    """Simulate both splits of the challenge, and tell how often equal teams were told apart."""
    challenge = Challenge.shipped()
    kinds = ["interval", *(f"{size} teams" for size in BOARDS), "swapped"]
    yield (
        f"{DATA_SETS:,} data sets, {TEAMS} equal teams on each, {RESAMPLES} resamples; in brackets "
        "the upper end of the 95 % interval of the percentage"
    )
    yield ""
    yield f"| test set | metric | skill | {' | '.join(kinds)} |"
    yield f"| --- | --- | ---: |{' ---: |' * len(kinds)}"
    for split in ("public", "private"):
        simulation = Simulation(challenge=challenge, size=challenge.size(split))
        for (skill, key), found in _run(simulation).items():
            cells = [found.text(kind) if found.runs[kind] else "" for kind in kinds]
            yield f"| {split} | {key} | {skill} | {' | '.join(cells)} |"


def _run(simulation: Simulation) -> dict[tuple[float, str], Found]:
    parts = [range(first, first + PART) for first in range(0, DATA_SETS, PART)]
    total: dict[tuple[float, str], Found] = {}
    with ProcessPoolExecutor(WORKERS) as pool:
        for done in pool.map(simulation.run, parts):
            for place, found in done.items():
                into = total.setdefault(place, Found())
                for kind, runs in found.runs.items():
                    into.add(kind, runs=runs, apart=found.apart[kind], squares=found.squares[kind])
    return total
