"""How likely it was to be watched for so long: the weights against censoring (IPCW)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scorers.metric import ParamsError, Vector, Weights
from scorers.survival.follow_up import FollowUp, read_follow_up
from scorers.weighted.counts import running_counts

Table = list[list[float]]
"""Steps `[time, G]` of a censoring distribution, as `censoring_table` gives them."""


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Kaplan-Meier curves at the times of a grid, of a follow-up under any weights.

    The rows, sorted as in FollowUp, fall into three slots for each time of the grid: censored
    since the time before; event at this time; censored at this time. The last slot has who is
    watched for longer. `starts` has the first row of each slot. `known` has G at each time if it is
    given, else None.
    """

    grid: Vector
    starts: NDArray[np.intp]
    known: Vector | None

    def still(self, weights: Weights, /) -> NDArray[np.int64]:
        """Return the weight of all from each slot on, of shape (resamples, slots).

        `weights` are those of the sorted rows.
        """
        counts = running_counts(weights)
        return counts[:, -1:] - counts[:, self.starts]

    def uncensored(self, still: NDArray[np.int64], /) -> Vector:
        """Return G at each time of the grid: the share not yet censored, this time included.

        Events come before censorings at one time. G is the product over the times so far of
        1 - censored / (at risk - events), as in `sksurv.nonparametric.kaplan_meier_estimator` with
        `reverse=True`.
        """
        if self.known is not None:
            return np.broadcast_to(self.known, (len(still), len(self.grid)))
        since = _share(still[:, 1::3], still[:, :-1:3])
        now = _share(still[:, 3::3], still[:, 2::3])
        return np.cumprod(since * now, axis=1, dtype=np.float64)

    def event_free(self, still: NDArray[np.int64], /) -> Vector:
        """Return the Kaplan-Meier estimate of S at each time of the grid."""
        return np.cumprod(_share(still[:, 2::3], still[:, 1::3]), axis=1, dtype=np.float64)


def _share(after: NDArray[np.int64], before: NDArray[np.int64]) -> Vector:
    """Return after / before; without anybody at risk nothing is lost."""
    share: Vector = np.ones(after.shape)
    np.divide(after, before, out=share, where=before > 0)
    return share


def timeline(follow_up: FollowUp, /, *, grid: Vector, censoring: Table | None) -> Timeline:
    """Lay the follow-up along `grid`: increasing times, all times of events until its end.

    G comes from the table `censoring` or, without one, from the follow-up itself. Raises
    ParamsError if the table is none, or ends before the grid.
    """
    place = np.searchsorted(grid, follow_up.time)
    on_grid = np.append(grid, np.inf)[place] == follow_up.time
    slot = 3 * place + np.where(on_grid, np.where(follow_up.event, 1, 2), 0)
    starts = np.searchsorted(slot, np.arange(3 * len(grid) + 1))
    known = None if censoring is None else _known(censoring, grid=grid)
    return Timeline(grid=grid, starts=starts, known=known)


def _known(table: Table, *, grid: Vector) -> Vector:
    try:
        steps = np.array(table, dtype=np.float64).reshape(len(table), 2)
    except (TypeError, ValueError):
        raise ParamsError("params: censoring must be a list of [time, share] pairs") from None
    time, share = steps.T
    falls = (np.diff(time) > 0).all() and (np.diff(share, prepend=1) <= 0).all()
    if not len(table) or not np.isfinite(steps).all() or not falls or share[-1] < 0:
        raise ParamsError(
            "params: censoring must have increasing times, and shares that fall from 1 towards 0"
        )
    known: Vector = np.append(1.0, share)[np.searchsorted(time, grid, side="right")]
    if (known == 0).any() or (grid > time[-1]).any():
        raise ParamsError(
            "params: censoring reaches 0 or ends before the last time that is measured; "
            "measure up to an earlier time, or give a longer follow-up"
        )
    return known


def inverse_weights(own: Weights, share: Vector, /) -> Vector:
    """Return `own / share`: 0 where own is, and NaN where somebody counts whose share is 0."""
    inverse: Vector = np.full(own.shape, np.nan)
    np.divide(own, share, out=inverse, where=share > 0)
    inverse[own == 0] = 0
    return inverse


def censoring_table(event: ArrayLike, time: ArrayLike, /) -> Table:
    """Return the param `censoring` from the events (0 or 1) and times of the training data.

    It has a step `[time, G]` for each time at which someone was censored, and the last time. G is
    the Kaplan-Meier estimate of still being uncensored, which scikit-survival takes from its
    `survival_train`. An organizer computes it once and writes it in challenge.yaml, so that the
    training data need not be at hand to score.

    Of three people, the first is censored, the next has the event and the last is censored.

    >>> censoring_table([0, 1, 0], [1, 2, 3])
    [[1.0, 0.6666666666666666], [3.0, 0.0]]
    """
    columns = {"event": np.asarray(event), "time": np.asarray(time)}
    people = read_follow_up(columns, {}, event="event", time="time", where=None, predicted=[])
    grid = np.unique(people.time)
    line = timeline(people, grid=grid, censoring=None)
    share = line.uncensored(line.still(np.ones((1, len(people.rows)), dtype=np.int64)))[0]
    falls = np.diff(share, prepend=1) < 0
    falls[-1:] = True
    return [
        [float(when), float(left)] for when, left in zip(grid[falls], share[falls], strict=True)
    ]
