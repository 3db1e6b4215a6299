"""What stands on a board for each team, as it is ranked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from challenge_platform.core.standing import Standing
from challenge_platform.core.team import Team
from scorers.ranking.entry_state import EntryState

Vectors = Mapping[int, NDArray[np.float32]]
"""The primary score of each team under each resample, by the team's id."""

Resamples = Callable[[Standing], NDArray[np.float32]]
"""Gives the primary score of a standing under each resample."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A team that has a standing on the board."""

    standing: Standing
    team: Team
    entries: int
    last_submission: datetime

    @property
    def state(self) -> EntryState:
        """How the team takes part in the ranking."""
        return self.team.state
