"""Tests of whether two teams differ on one test set: the paired bootstrap and permutation tests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import SeedSequence, default_rng
from numpy.typing import ArrayLike, NDArray

from scorers.definition import ScoringDefinition
from scorers.measures import Measures
from scorers.metric import Columns, Direction, Needs, Undefined, Vector, Weights
from scorers.uncertainty.resampling import DRAWS, MAX_DRAWS, RESAMPLES

STREAM = 3
"""The stream of random numbers of swaps, beside those of the splits."""

TOLERANCE = 1e-12
"""Differences as close as this are equal."""

ORDERED = frozenset({Needs.SCORES, Needs.RISKS})
"""Needs of which only the order within a team means anything."""


@dataclass(frozen=True, kw_only=True)
class PairedTest:
    """By how much the first team is better (below 0 if it is worse), and how surely.

    `p` is two-sided: how likely a difference as large as this is between equal teams.
    """

    difference: float
    p: float


def paired_bootstrap_p(
    first: ArrayLike, second: ArrayLike, /, *, direction: Direction | str = Direction.MAXIMIZE
) -> float:
    """Return the two-sided p of two teams' scores under the resamples that they share.

    It is twice the share of resamples in which the team that is mostly better is not, with one
    more of either kind so that it is never 0 (Efron and Tibshirani, An Introduction to the
    Bootstrap, 1993, section 15.4). Resamples without a score of both are left out; 1 if all are.
    """
    gain = Direction(direction).gain(_vector(first), _vector(second))
    gain = gain[~np.isnan(gain)]
    fewer = min(np.count_nonzero(gain <= TOLERANCE), np.count_nonzero(gain >= -TOLERANCE))
    return min(1.0, 2 * (1 + fewer) / (1 + len(gain)))


def paired_permutation(
    scoring: ScoringDefinition,
    truth: Mapping[str, Any],
    first: Mapping[str, Any],
    second: Mapping[str, Any],
    /,
    *,
    seed: int,
    unit_of_row: NDArray[np.intp] | None = None,
    swaps: int = 1000,
) -> PairedTest | Undefined:
    """Test the primary metric of two predictions by swapping them, unit by unit.

    Were the teams equal, it would not matter whose prediction of a patient is whose. So both
    predictions of every unit change places with probability 1/2, and p is the share of `swaps`
    after which the difference is at least as large, with one more of either kind (Fisher, The
    Design of Experiments, 1935, section 21; Good, Permutation Tests, 2000, section 3.2). The
    columns are aligned by row; `unit_of_row` numbers the unit of each row from 0, rows are units
    without it. Columns of which only the order within a team means anything are turned into ranks
    first, as two teams need not share a scale.

    Undefined if one of the teams has no score. Raises InvalidColumns if the columns cannot be
    measured.
    """
    primary = scoring.primary
    columns = [_ranked(scoring, team) for team in (first, second)]
    measures = Measures.of(scoring, _both(truth, truth), _both(*columns))
    rows = _rows(truth)
    units = np.arange(rows) if unit_of_row is None else unit_of_row
    direction = primary.better

    def difference(swapped: Weights) -> Vector:
        kept, other = 1 - swapped, swapped
        mixed, rest = (
            measures.under(np.concatenate([own, their], axis=1))[primary.key]
            for own, their in ((kept, other), (other, kept))
        )
        return direction.gain(mixed, rest)

    for team in columns:
        value = Measures.of(scoring, truth, team).values()[primary.key]
        if isinstance(value, Undefined):
            return value
    found = float(difference(np.zeros((1, rows), dtype=np.int64))[0])
    drawn = np.concatenate([difference(swap) for swap in _swaps(units, swaps=swaps, seed=seed)])
    drawn = drawn[~np.isnan(drawn)]
    as_large = np.count_nonzero(np.abs(drawn) >= abs(found) - TOLERANCE)
    return PairedTest(difference=found, p=(1 + as_large) / (1 + len(drawn)))


def _swaps(unit_of_row: NDArray[np.intp], *, swaps: int, seed: int) -> Iterator[Weights]:
    """Yield chunks of (swaps, rows) with 1 where the unit of the row is swapped."""
    rng = default_rng(SeedSequence(seed, spawn_key=(STREAM,)))
    units, rows = int(unit_of_row.max()) + 1, 2 * len(unit_of_row)
    chunk = max(1, min(max(RESAMPLES, DRAWS // rows), MAX_DRAWS // rows))
    for start in range(0, swaps, chunk):
        coins = rng.integers(0, 2, size=(min(chunk, swaps - start), units))
        yield coins[:, unit_of_row]


def _ranked(scoring: ScoringDefinition, team: Mapping[str, Any]) -> Columns:
    """Turn the columns of which every metric reads nothing but the order into ranks."""
    readers: dict[str, set[Needs]] = {}
    for metric in scoring.metrics:
        for param in metric.installed.prediction_columns:
            named = metric.params.get(param)
            for name in named if isinstance(named, list) else [named]:
                readers.setdefault(str(name), set()).add(metric.installed.needs)
    return {
        name: _ranks(column) if name in readers and readers[name] <= ORDERED else column
        for name, column in team.items()
    }


def _ranks(column: ArrayLike) -> Vector:
    """Return the ranks of numbers, equal ones sharing the mean of theirs; NaN stays."""
    numbers = _vector(column)
    values, place, count = np.unique(numbers, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    shared: Vector = (last - (count - 1) / 2)[place]
    shared[np.isnan(numbers)] = np.nan
    del values
    return shared


def _both(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Put the rows of the second below those of the first."""
    return {
        name: np.concatenate([column, second[name]])
        if isinstance(column, np.ndarray)
        else [*column, *second[name]]
        for name, column in first.items()
    }


def _rows(truth: Mapping[str, Any]) -> int:
    return len(next(iter(truth.values())))


def _vector(values: ArrayLike) -> Vector:
    return np.asarray(values, dtype=np.float64)
