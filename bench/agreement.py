"""How far every metric is from its reference on random data, under weights and without."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import default_rng

from bench.cases.case import Case
from bench.cases.every import CASES
from bench.page import table
from scorers.registry import get_metric

DATA_SETS = 200
MOST = 2_000
"""Rows of the largest data set; of images and documents, which the references loop over, fewer."""

MOST_LOOPED = 60
HEAVIEST = 3


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """The largest difference, relative for values above 1, over the values that there are."""

    difference: float
    compared: int
    undefined: int


def measure() -> Iterator[str]:
    """Compare all metrics that have a reference to call, and give the lines of the table."""
    header = ["metric", "reference", "rows", "values compared", "undefined in both", "difference"]
    yield from table(header, (_row(case) for case in CASES.values() if case.reference))


def _row(case: Case, /) -> list[str]:
    found = agreement_of(case)
    return [
        f"`{case.key}`",
        get_metric(case.key).reference,
        f"{case.fewest:,} to {_most(case):,}",
        f"{found.compared:,}",
        f"{found.undefined:,}",
        f"{found.difference:.1e}" if found.difference else "0",
    ]


def _most(case: Case) -> int:
    return MOST if case.looped else MOST_LOOPED


def agreement_of(case: Case, /, *, data_sets: int = DATA_SETS) -> Agreement:
    """Compare on seeded data sets, half of them with each row 0 to 3 times.

    Raises ValueError if one side has a value and the other none.
    """
    differences = []
    undefined = 0
    for seed in range(data_sets):
        ours, theirs = _both(case, seed=seed)
        if np.isnan(ours) != np.isnan(theirs):
            raise ValueError(f"{case.key}, seed {seed}: {ours} where the reference has {theirs}")
        if np.isnan(ours):
            undefined += 1
        else:
            differences.append(abs(ours - theirs) / max(1, abs(theirs)))
    return Agreement(difference=max(differences), compared=len(differences), undefined=undefined)


def _both(case: Case, /, *, seed: int) -> tuple[float, float]:
    """Return our value and that of the reference; sizes are spread evenly on a log scale."""
    rng = default_rng(seed)
    rows = round(float(np.exp(rng.uniform(np.log(case.fewest), np.log(_most(case))))))
    drawn = case.draw(rng, rows)
    # A reference that needs many rows is not left with few of them.
    least = 0 if case.fewest == 1 else 1
    weights = rng.integers(least, HEAVIEST + 1, size=rows) if seed % 2 else np.ones(rows, np.int64)
    [ours] = case.measure(drawn).under(weights[None])
    if not weights.any():
        return float(ours), np.nan
    return float(ours), case.theirs(drawn.taken(np.repeat(np.arange(rows), weights)))
