"""Answers about times to an event: a risk, or probabilities of none up to each of some times."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from challenge_platform.preflight.families.family import (
    Answer,
    binned_mean,
    flags,
    measured,
    ranked,
)
from scorers.metric import Columns, Vector


@dataclass(frozen=True, kw_only=True)
class Risks:
    """A risk for each row: the earlier the event, the larger. `order` is the latest first."""

    order: Vector
    risk: str

    @classmethod
    def of(cls, truth: Columns, params: dict[str, Any], /) -> "Risks":
        """Read the truth; who has a competing event first is never to have the other."""
        event, time = flags(truth, params["event"]), truth[params["time"]].astype(np.float64)
        known = measured(truth, params.get("where"), rows=len(event))
        latest = np.nan_to_num(time, nan=-np.inf).max() + 1
        time = np.where(known, np.nan_to_num(time, nan=latest), latest)
        if "competing" in params:
            time = np.where(flags(truth, params["competing"]), latest, time)
        # Of one time, who has the event comes before who is only watched for so long.
        place = np.unique(np.stack([-time, event & known], axis=1), axis=0, return_inverse=True)[1]
        return cls(order=place.astype(np.float64).reshape(-1), risk=params["risk"])

    def perfect(self) -> Answer:
        """Tell a higher risk, the earlier the event."""
        return {self.risk: ranked(self.order)}

    def inverted(self) -> Answer:
        """Tell a lower risk, the earlier the event."""
        return {self.risk: 1 - ranked(self.order)}

    def constant(self) -> Answer:
        """Tell everybody the same risk."""
        return {self.risk: np.full(len(self.order), 0.5)}

    def random(self, rng: Generator, /) -> Answer:
        """Tell any risk."""
        return {self.risk: rng.random(len(self.order))}

    def guesses(self, feature: Vector, /) -> Sequence[Answer]:
        """Tell the feature as the risk, and the opposite."""
        ranks = ranked(feature)
        return {self.risk: ranks}, {self.risk: 1 - ranks}


@dataclass(frozen=True, kw_only=True)
class Survival:
    """A probability of no event up to each of some times: `alive` is of shape (rows, times)."""

    alive: NDArray[np.bool_]
    survival: Sequence[str]

    @classmethod
    def of(cls, truth: Columns, params: dict[str, Any], /) -> "Survival":
        """Read the truth; who is watched no longer counts as without the event."""
        event, time = flags(truth, params["event"]), truth[params["time"]].astype(np.float64)
        times = np.asarray(params["times"] if "times" in params else [params["at"]], dtype=float)
        names = params["survival"]
        return cls(
            alive=~(event[:, None] & (time[:, None] <= times)),
            survival=[names] if isinstance(names, str) else names,
        )

    def perfect(self) -> Answer:
        """Tell 1 before the event and 0 from it on."""
        return self._told(self.alive)

    def inverted(self) -> Answer:
        """Tell 1 at all times of who has the event by the last of them, and 0 of the others."""
        return self._told(np.repeat(~self.alive[:, -1:], self.alive.shape[1], axis=1))

    def constant(self) -> Answer:
        """Tell the share without the event at each time."""
        return self._told(np.broadcast_to(self.alive.mean(axis=0), self.alive.shape))

    def random(self, rng: Generator, /) -> Answer:
        """Tell any probability, the same at all times."""
        return self._told(np.repeat(rng.random((len(self.alive), 1)), self.alive.shape[1], axis=1))

    def guesses(self, feature: Vector, /) -> Sequence[Answer]:
        """Tell the share without the event among those with about the same feature."""
        shares = [binned_mean(feature, each.astype(np.float64)) for each in self.alive.T]
        return (self._told(np.minimum.accumulate(np.stack(shares, axis=1), axis=1)),)

    def _told(self, table: NDArray[Any]) -> Answer:
        return {
            name: table[:, number].astype(np.float64) for number, name in enumerate(self.survival)
        }
