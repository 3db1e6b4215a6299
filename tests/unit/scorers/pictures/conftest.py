"""Splits that the tests of pictures draw."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from scorers.split import Split


def split_of(
    truth: Mapping[str, Any], prediction: Mapping[str, Any], /, *, units: Any = None
) -> Split:
    """Give a split of these columns; each row is a unit of its own unless `units` numbers them."""
    columns = {name: np.asarray(column) for name, column in truth.items()}
    count = len(next(iter(columns.values())))
    unit_of_row = np.arange(count) if units is None else np.asarray(units, dtype=np.intp)
    return Split(
        name="public",
        rows=np.arange(count),
        truth=columns,
        prediction={name: np.asarray(column) for name, column in prediction.items()},
        unit_of_row=unit_of_row,
        units=len(np.unique(unit_of_row)),
        strata=None,
    )


@pytest.fixture
def binary() -> Split:
    """Give 500 rows of two classes with tied probabilities that tell something of them."""
    rng = np.random.default_rng(1)
    label = rng.random(500) < 0.3
    told = np.round(np.clip(rng.normal(0.3 + 0.2 * label, 0.2), 0, 1), 2)
    return split_of({"ill": label.astype(float)}, {"p": told})


@pytest.fixture
def censored() -> Split:
    """Give 300 people with times in days, risks, and probabilities of survival to day 500."""
    rng = np.random.default_rng(2)
    risk = rng.normal(size=300)
    happens = rng.exponential(900 * np.exp(-risk))
    leaves = rng.uniform(100, 2000, 300)
    truth = {
        "event": (happens <= leaves).astype(float),
        "time": np.ceil(np.minimum(happens, leaves)),
    }
    return split_of(truth, {"risk": risk, "alive": np.exp(-500 / 900 * np.exp(risk))})
