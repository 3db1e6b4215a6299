"""The task and the tables that the tests of the scorers share."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray

from scorers.definition import Task

# A busy machine makes an example slow, not wrong.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

CHALLENGE: dict[str, Any] = {
    "data": {"unit": "patient_id", "split": "usage"},
    "submission": {
        "kinds": ["predictions"],
        "file": "predictions.csv",
        "ids": "test.csv",
        "id": "patient_id",
        "columns": {"risk_event": {"type": "float"}, "risk_death": {"type": "float"}},
        "max_bytes": "10MB",
    },
    "scoring": {
        "metrics": [
            {
                "key": "c_event",
                "metric": "harrell_c",
                "params": {
                    "event": "event",
                    "time": "event_time",
                    "risk": "risk_event",
                    "where": "at_risk",
                },
            },
            {
                "key": "c_death",
                "metric": "harrell_c",
                "params": {"event": "death", "time": "death_time", "risk": "risk_death"},
            },
            {
                "key": "score",
                "metric": "weighted_sum",
                "params": {"c_event": 0.7, "c_death": 0.3},
                "primary": True,
                "direction": "maximize",
            },
        ],
        "resamples": 200,
    },
}
"""A challenge.yaml, parsed: the form of nafld-progression."""


SIZE = 300
"""Patients in the hidden truth."""


def csv(header: Sequence[str], /, *columns: Iterable[object]) -> bytes:
    rows = [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    return "\n".join([",".join(header), *rows, ""]).encode()


@pytest.fixture
def ids() -> tuple[str, ...]:
    return tuple(f"p{index:05d}" for index in range(SIZE))


@pytest.fixture
def truth(ids: tuple[str, ...]) -> bytes:
    """Make a truth table with ties, censoring, and patients not at risk of the first event."""
    rng = np.random.default_rng(0)

    def flags(share: float) -> NDArray[np.int64]:
        return (rng.random(SIZE) < share).astype(np.int64)

    return csv(
        ["patient_id", "usage", "event", "event_time", "at_risk", "death", "death_time"],
        ids,
        np.where(rng.random(SIZE) < 0.4, "public", "private"),
        flags(0.3),
        rng.integers(1, 200, SIZE),
        flags(0.85),
        flags(0.3),
        rng.integers(1, 200, SIZE),
    )


@pytest.fixture
def predictions(ids: tuple[str, ...]) -> bytes:
    """Make a valid predictions file, with tied risks."""
    rng = np.random.default_rng(1)
    return csv(
        ["patient_id", "risk_event", "risk_death"],
        ids,
        rng.integers(0, 50, SIZE) / 10,
        rng.normal(size=SIZE).round(6),
    )


@pytest.fixture
def challenge_yaml() -> dict[str, Any]:
    return CHALLENGE


@pytest.fixture
def task() -> Task:
    return Task.from_challenge(CHALLENGE)
