"""Metrics of how close predicted probabilities of survival are to what happened."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorers.columns import probabilities
from scorers.metric import (
    Columns,
    Direction,
    InvalidColumns,
    Metric,
    Needs,
    ParamsError,
    PictureKind,
    Reason,
    Undefined,
    Vector,
    Weights,
)
from scorers.rules import NeverRise, probability
from scorers.survival.censoring import Table, Timeline, inverse_weights, timeline
from scorers.survival.follow_up import FollowUp, read_follow_up
from scorers.survival.ipcw import increasing
from scorers.weighted.counts import in_chunks, ratio
from scorers.weighted.sums import folded_sums

RISE = 1e-9
"""By how much a survival curve may rise: a rounding, not a resurrection."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """The losses at one time: of those with the event by then, and of those watched for longer.

    `place` is that of the time in the grid of the timeline.
    """

    place: int
    case_losses: Vector
    control_losses: Vector

    def score(self, own: Vector, weights: Weights, share: Vector) -> Vector:
        """Return the Brier score, NaN if nobody is watched beyond the time."""
        cases, controls = len(self.case_losses), len(self.control_losses)
        beyond = weights[:, weights.shape[1] - controls :]
        lost = folded_sums(beyond * self.control_losses)
        seen = ratio(lost, share[:, self.place]) + folded_sums(own[:, :cases] * self.case_losses)
        watched = beyond.sum(axis=1) > 0
        return np.where(watched, ratio(seen, weights.sum(axis=1)), np.nan)


@dataclass(frozen=True, kw_only=True)
class BrierScores:
    """The Brier score of one prediction at one time, or integrated over several.

    The cases of the last time are sorted by time, so those of an earlier one come first; `place`
    is that of each in the grid of the timeline.
    """

    follow_up: FollowUp
    cases: NDArray[np.intp]
    line: Timeline
    place: NDArray[np.intp]
    times: Vector
    moments: tuple[Moment, ...]

    @property
    def units(self) -> int:
        return len(self.follow_up.rows)

    @property
    def events(self) -> int:
        return len(self.cases)

    @property
    def value(self) -> float | Undefined:
        if not self.units:
            return Undefined(Reason.NO_UNITS)
        value = float(self._score(np.ones((1, self.units), dtype=np.int32))[0])
        return Undefined(Reason.BEYOND_FOLLOW_UP) if np.isnan(value) else value

    def under(self, weights: Weights, /) -> Vector:
        """Return the score under each row of `weights`, with G of the same resample."""
        return in_chunks(self._score, weights, rows=self.follow_up.rows)

    def _score(self, weights: Weights) -> Vector:
        share = self.line.uncensored(self.line.still(weights))
        own = inverse_weights(weights[:, self.cases], share[:, self.place])
        scores = [moment.score(own, weights, share) for moment in self.moments]
        if len(scores) == 1:
            return scores[0]
        area: Vector = np.zeros(len(weights))
        for width, left, right in zip(np.diff(self.times), scores, scores[1:], strict=False):
            area += width * (left + right) / 2
        area /= self.times[-1] - self.times[0]
        return area


def _brier_scores(
    people: FollowUp, survival: Vector, *, times: Vector, censoring: Table | None
) -> BrierScores:
    """Measure `survival`, of shape (rows, times)."""
    cases = people.cases(until=times[-1])
    grid = np.unique(np.r_[people.time[cases], times])
    line = timeline(people, grid=grid, censoring=censoring)
    return BrierScores(
        follow_up=people,
        cases=cases,
        line=line,
        place=np.searchsorted(grid, people.time[cases]),
        times=times,
        moments=tuple(
            Moment(
                place=int(np.searchsorted(grid, time)),
                case_losses=curve[people.cases(until=time)] ** 2,
                control_losses=(1 - curve[people.time > time]) ** 2,
            )
            for time, curve in zip(times, survival.T, strict=True)
        ),
    )


def brier_at(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    event: str,
    time: str,
    survival: str,
    at: float,
    censoring: Table | None = None,
    where: str | None = None,
) -> BrierScores:
    """Measure the Brier score of the column `survival`, the probability of no event up to `at`.

    It is the mean over all rows of S^2 / G(time) for who had the event by `at`, (1 - S)^2 / G(at)
    for who was watched beyond it, and 0 for who was censored before (Graf et al., Stat Med
    1999;18:2529-2545). `event`, `time`, `censoring` and `where` are those of `uno_c`.
    Raises InvalidColumns if a column is missing, not as long as the others or not numeric, or a
    probability is none, and ParamsError if the table `censoring` is none or ends too early.

    Of four people one had the event by 2, against 1/2 predicted to survive, and loses 1/4. One was
    censored at 2, so G is 2/3. The two watched for longer, with 3/4 predicted, lose 1/16 each:
    (1/4 + 2 x 1/16 / (2/3)) / 4.

    >>> truth = {"event": [1, 0, 1, 0], "time": [1, 2, 3, 4]}
    >>> given = {"survival": [0.5, 0.9, 0.75, 0.75]}
    >>> measure = brier_at(truth, given, event="event", time="time", survival="survival", at=2)
    >>> round(measure.value, 12)
    0.109375
    """
    people = read_follow_up(
        truth, prediction, event=event, time=time, where=where, predicted=[survival]
    )
    curve = probabilities(prediction, survival, rows=people.rows)
    return _brier_scores(people, curve[:, None], times=increasing([at]), censoring=censoring)


BRIER_AT = Metric(
    key="brier_at",
    needs=Needs.SURVIVAL,
    direction=Direction.MINIMIZE,
    lowest=0.0,
    highest=np.inf,
    undefined="no unit, or nobody watched beyond the time; such resamples are skipped",
    reference="sksurv.metrics.brier_score",
    source="Graf et al., Stat Med 1999;18:2529-2545",
    exact=True,
    truth_columns=("event", "time", "where"),
    prediction_columns=("survival",),
    rules=(probability("survival"),),
    pictures=(PictureKind.CALIBRATION,),
    measure=brier_at,
)


def integrated_brier(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    event: str,
    time: str,
    survival: list[str],
    times: list[float],
    censoring: Table | None = None,
    where: str | None = None,
) -> BrierScores:
    """Measure the Brier score of survival curves, as its mean over time from first to last.

    `survival` names a column for each of `times` (two or more, increasing), with the probability
    of no event up to then. A curve may not rise by more than 1e-9. The value is the area under the
    scores of `brier_at` by the trapezoidal rule, divided by last minus first time (Graf et al.,
    Stat Med 1999;18:2529-2545). The other params and the errors are those of `brier_at`;
    InvalidColumns also if a curve rises, and ParamsError if there is not one column for each time.

    Nobody was censored by 3. At 2 the first person, with the event at 1, loses 1/2 squared and the
    two others lose 1/4 squared: 3/8 over three people, 1/8. At 3 the first two lose 1/2 squared and
    the last, with the event at 3, loses 1/4 squared: 9/16 over three, 3/16. The mean is 5/32.

    >>> truth = {"event": [1, 0, 1], "time": [1, 4, 3]}
    >>> given = {"at_2": [0.5, 0.75, 0.75], "at_3": [0.5, 0.5, 0.25]}
    >>> names = {"event": "event", "time": "time", "survival": ["at_2", "at_3"]}
    >>> integrated_brier(truth, given, times=[2, 3], **names).value
    0.15625
    """
    moments = increasing(times)
    if len(moments) < 2 or len(moments) != len(survival):  # noqa: PLR2004 -- an area has two ends
        raise ParamsError("params: there must be two times or more, and a survival column for each")
    people = read_follow_up(
        truth, prediction, event=event, time=time, where=where, predicted=survival
    )
    curves = [probabilities(prediction, name, rows=people.rows) for name in survival]
    for before, after, earlier, later in zip(
        survival, survival[1:], curves, curves[1:], strict=False
    ):
        if (later > earlier + RISE).any():
            raise InvalidColumns(
                f"column {after} is larger than {before} in a row: survival cannot rise"
            )
    return _brier_scores(people, np.stack(curves, axis=1), times=moments, censoring=censoring)


INTEGRATED_BRIER = Metric(
    key="integrated_brier",
    needs=Needs.SURVIVAL,
    direction=Direction.MINIMIZE,
    lowest=0.0,
    highest=np.inf,
    undefined="no unit, or nobody watched beyond the last time; such resamples are skipped",
    reference="sksurv.metrics.integrated_brier_score",
    source="Graf et al., Stat Med 1999;18:2529-2545",
    exact=True,
    truth_columns=("event", "time", "where"),
    prediction_columns=("survival",),
    rules=(probability("survival"), NeverRise(param="survival", tolerance=RISE)),
    measure=integrated_brier,
)
