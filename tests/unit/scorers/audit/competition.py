"""A made-up competition: patients with a true risk, and files that know it more or less well."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

SIZE = 240
HEADER = ["patient_id", "risk_event", "risk_death"]
Numbers = NDArray[np.float64]


def table(header: Sequence[str], *columns: Iterable[object]) -> bytes:
    rows = [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    return "\n".join([",".join(header), *rows, ""]).encode()


class Competition:
    """Patients with a true risk, and submissions that know it more or less well."""

    def __init__(self, *, split: bool = True, share: float = 0.7) -> None:
        rng = np.random.default_rng(7)
        self.ids = [f"p{index}" for index in range(SIZE)]
        self.risk = rng.normal(size=SIZE)
        self.time = (rng.exponential(np.exp(-self.risk)) + 0.001).round(4)
        self.event = (rng.random(SIZE) < share).astype(int)
        usage = np.where(rng.random(SIZE) < 0.4, "public", "private") if split else ["all"] * SIZE
        header = ["patient_id", "usage", "event", "event_time", "at_risk", "death", "death_time"]
        if not split:
            header[1] = "centre"
        every = np.ones(SIZE, dtype=int)
        self.truth = table(
            header, self.ids, usage, self.event, self.time, every, self.event, self.time
        )

    def noisy(self, noise: float, /, *, seed: int) -> Numbers:
        drawn = np.random.default_rng(seed).normal(size=SIZE)
        told: Numbers = (self.risk + noise * drawn).round(6)
        return told

    def file(self, risk: Iterable[object]) -> bytes:
        told = list(risk)
        return table(HEADER, self.ids, told, told)
