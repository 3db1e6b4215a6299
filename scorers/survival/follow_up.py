"""Who was watched for how long, and who had the event then."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorers.columns import aligned, flags, numbers, rows_of
from scorers.metric import Columns, Vector


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    """The rows that are measured, by time, events before censorings at one time."""

    rows: NDArray[np.intp]
    event: NDArray[np.bool_]
    time: Vector

    def cases(self, *, before: float = np.inf, until: float = np.inf) -> NDArray[np.intp]:
        """Return who has the event before the one time and not after the other."""
        return np.flatnonzero(self.event & (self.time < before) & (self.time <= until))

    def outlived(self, cases: NDArray[np.intp], /) -> NDArray[np.intp]:
        """Return the first of those who outlived each case; the others of them follow.

        They are who was watched for longer than the time of the case, or censored at this time.
        """
        since = np.searchsorted(self.time, self.time[cases], side="left")
        happened = np.append(0, np.cumsum(self.event))
        until = np.searchsorted(self.time, self.time[cases], side="right")
        first: NDArray[np.intp] = since + happened[until] - happened[since]
        return first


def read_follow_up(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    event: str,
    time: str,
    where: str | None,
    predicted: Sequence[str],
) -> FollowUp:
    """Read the follow-up; raise InvalidColumns unless `predicted` has as many rows."""
    told = (event, time) if where is None else (event, time, where)
    aligned(truth, told, prediction=prediction, predicted=predicted)
    rows = rows_of(truth, event, where=where)
    happened = flags(truth, event, rows=rows)
    watched = numbers(truth, time, rows=rows)
    order = np.lexsort((~happened, watched))
    return FollowUp(rows=rows[order], event=happened[order], time=watched[order])
