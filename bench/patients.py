"""Patients like those of `nafld-progression`, simulated so that the true scores are known."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Columns = Mapping[str, Floats]

ENDPOINTS = ("event", "death")

SPREAD = 5.0
"""By how much the logarithm of the hazard rises with a standard deviation of a patient's risk."""

SHARED = 0.5
"""Share of the risk, as variance, that both endpoints of a patient have in common."""

MANY = 400_000
"""Simulated patients, or pairs, by which a number is found to three digits."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """How many units of a split there are, and of each metric how many with the event."""

    units: int
    events: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Population:
    """What patients are drawn from: the times of the real ones, and how likely each endpoint is.

    `follow_up` are days after which living people were last seen; `scale` is the logarithm of the
    time to an endpoint of a patient of average risk, such that as many have it as in reality.
    """

    at_risk: float
    follow_up: Floats
    scale: Mapping[str, float]

    @classmethod
    def of(cls, truth: Sequence[Mapping[str, str]], /, *, rng: Generator) -> "Population":
        """Find the population of a hidden truth, both splits together."""
        people = {
            "event": [row for row in truth if row["at_risk"] == "1"],
            "death": list(truth),
        }
        alive = [float(row["death_time"]) for row in truth if row["death"] == "0"]
        shares = {
            key: sum(row[key] == "1" for row in rows) / len(rows) for key, rows in people.items()
        }
        return cls(
            at_risk=len(people["event"]) / len(truth),
            follow_up=np.array(alive),
            scale={
                key: _scale(share, follow_up=np.array(alive), rng=rng)
                for key, share in shares.items()
            },
        )

    def draw(self, units: int, /, *, rng: Generator) -> tuple[Columns, Columns]:
        """Draw a hidden truth of so many patients; return it and their risks by endpoint."""
        common = rng.normal(size=units)
        truth: dict[str, Floats] = {"at_risk": (rng.random(units) < self.at_risk).astype(float)}
        risks = {}
        for key in ENDPOINTS:
            own = rng.normal(size=units)
            risks[key] = np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own
            truth[key], truth[f"{key}_time"] = self._outcome(key, risks[key], rng=rng)
        return truth, risks

    def true_c(self, key: str, /, *, skill: float, rng: Generator) -> float:
        """Return Harrell's C that a team of this skill has on infinitely many patients."""
        risk, other = rng.normal(size=(2, 10 * MANY))
        event, time = self._outcome(key, risk, rng=rng)
        case = event == 1
        later_event, later_time = self._outcome(key, other[case], rng=rng)
        longer = later_time > time[case]
        comparable = longer | ((later_time == time[case]) & (later_event == 0))
        ahead = predicted(risk[case], skill=skill, rng=rng) > predicted(
            other[case], skill=skill, rng=rng
        )
        return float(ahead[comparable].mean())

    def _outcome(self, key: str, risk: Floats, *, rng: Generator) -> tuple[Floats, Floats]:
        seen = rng.choice(self.follow_up, len(risk))
        logarithm = np.log(rng.exponential(size=len(risk))) - SPREAD * risk - self.scale[key]
        time = np.ceil(np.exp(np.minimum(logarithm, 50)))
        return (time <= seen).astype(float), np.minimum(time, seen)


def predicted(risk: Floats, /, *, skill: float, rng: Generator) -> Floats:
    """Predict risks with a correlation of `skill` to the true ones."""
    guess: Floats = skill * risk + np.sqrt(1 - skill**2) * rng.normal(size=len(risk))
    return guess


def read_rows(truth: bytes, /) -> list[dict[str, str]]:
    """Read the rows of a hidden truth as text."""
    return list(csv.DictReader(io.StringIO(truth.decode())))


def size_of(rows: Sequence[Mapping[str, Any]], /) -> Size:
    """Count the units of a split and the events of each endpoint."""
    events = {key: sum(row[key] == "1" for row in rows) for key in ENDPOINTS}
    return Size(units=len(rows), events=events)


def _scale(share: float, *, follow_up: Floats, rng: Generator) -> float:
    """Find the scale under which this share of patients has the endpoint."""
    logarithm = np.log(rng.exponential(size=MANY)) - SPREAD * rng.normal(size=MANY)
    needed = logarithm - np.log(rng.choice(follow_up, MANY))
    return float(np.quantile(needed, share))
