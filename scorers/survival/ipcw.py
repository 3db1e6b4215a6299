"""Metrics of how well risks order events, each weighted by how likely it was to be seen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorers.columns import numbers
from scorers.metric import (
    Columns,
    Direction,
    Metric,
    Needs,
    ParamsError,
    PictureKind,
    Reason,
    Undefined,
    Vector,
    Weights,
)
from scorers.survival.censoring import Table, Timeline, inverse_weights, timeline
from scorers.survival.follow_up import FollowUp, read_follow_up
from scorers.survival.harrell import Ordering
from scorers.weighted.counts import CELLS, in_chunks, ratio, running_counts
from scorers.weighted.sums import folded_sums


@dataclass(frozen=True, kw_only=True)
class WeightedConcordance:
    """Uno's C of one prediction: Harrell's, with the pairs of a case weighted by 1 / G(time)^2.

    `grid` of the timeline has the times of the cases, `place` that of each.
    """

    follow_up: FollowUp
    ordering: Ordering
    line: Timeline
    place: NDArray[np.intp]

    @property
    def units(self) -> int:
        return len(self.follow_up.rows)

    @property
    def events(self) -> int:
        return len(self.ordering.cases)

    @property
    def value(self) -> float | Undefined:
        if not self.units:
            return Undefined(Reason.NO_UNITS)
        if not self.events:
            return Undefined(Reason.NO_EVENTS)
        ones = np.ones((1, self.units), dtype=np.int32)
        if np.isnan(self._own(ones)).any():
            return Undefined(Reason.BEYOND_FOLLOW_UP)
        value = float(self._concordance(ones)[0])
        return Undefined(Reason.NO_COMPARABLE_PAIRS) if np.isnan(value) else value

    def under(self, weights: Weights, /) -> Vector:
        """Return C under each row of `weights`, with G of the same resample unless it is given."""
        return self._concordance(weights[:, self.follow_up.rows])

    def _concordance(self, weights: Weights) -> Vector:
        own = np.empty((len(weights), self.events))
        size = max(1, CELLS // max(1, self.units))
        for start in range(0, len(weights), size):
            chunk = slice(start, start + size)
            own[chunk] = self._own(weights[chunk])
        return self.ordering.concordance(own, weights)

    def _own(self, weights: Weights) -> Vector:
        share = self.line.uncensored(self.line.still(weights))[:, self.place]
        return inverse_weights(weights[:, self.ordering.cases], share * share)


def uno_c(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    event: str,
    time: str,
    risk: str,
    tau: float | None = None,
    censoring: Table | None = None,
    where: str | None = None,
    tolerance: float = 1e-8,
) -> WeightedConcordance:
    """Measure Uno's C of the column `risk` (larger = earlier event), for events before `tau`.

    It is the share of pairs in the right order, as `harrell_c` counts them, where a case counts
    1 / G(time)^2: G is the probability of not being censored by then, so C does not depend on who
    was censored (Uno et al., Stat Med 2011;30:1105-1117). `tau` should be a time that
    enough people are watched beyond. `censoring` is a table of G from the training data
    (`scorers.survival.censoring.censoring_table`), which every resample shares. Without it G is the
    Kaplan-Meier estimate from the truth, anew in each resample.

    `event`, `time`, `where` and `tolerance` are those of `harrell_c`; with competing risks `event`
    is 1 for the cause that is measured, and the other causes count as censored. Raises
    InvalidColumns as `harrell_c` does, and ParamsError if the table is none or ends too early.

    One of four is censored at 1, so G is 3/4 afterwards. The case at 2 has two pairs, of which one
    is right, and the case at 3 has one, which is right: (16/9 x 1 + 16/9 x 1) / (16/9 x 3).

    >>> truth = {"event": [0, 1, 1, 0], "time": [1, 2, 3, 4]}
    >>> measure = uno_c(truth, {"risk": [9, 5, 6, 1]}, event="event", time="time", risk="risk")
    >>> round(measure.value, 12)
    0.666666666667
    """
    people = read_follow_up(
        truth, prediction, event=event, time=time, where=where, predicted=[risk]
    )
    cases = people.cases(before=np.inf if tau is None else tau)
    grid, place = np.unique(people.time[cases], return_inverse=True)
    return WeightedConcordance(
        follow_up=people,
        ordering=Ordering(
            cases=cases,
            outlived=people.outlived(cases),
            risk=numbers(prediction, risk, rows=people.rows),
            tolerance=tolerance,
        ),
        line=timeline(people, grid=grid, censoring=censoring),
        place=place,
    )


UNO_C = Metric(
    key="uno_c",
    needs=Needs.RISKS,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no unit, no event before tau, no comparable pair, or an event when G is 0; "
    "such resamples are skipped",
    reference="sksurv.metrics.concordance_index_ipcw, tied_tol=1e-8",
    source="Uno et al., Stat Med 2011;30:1105-1117",
    exact=True,
    truth_columns=("event", "time", "where"),
    prediction_columns=("risk",),
    pictures=(PictureKind.KAPLAN_MEIER,),
    measure=uno_c,
)


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """The cases and controls of one time.

    `controls` are sorted by risk; `below` of them have a smaller risk than each case, and
    `not_above` a smaller one or the same.
    """

    cases: int
    controls: NDArray[np.intp]
    below: NDArray[np.intp]
    not_above: NDArray[np.intp]

    def area(self, own: Vector, weights: Weights, /) -> Vector:
        """Return the area under the curve, NaN without a case or a control."""
        counts = running_counts(weights.take(self.controls, axis=1))
        first = own[:, : self.cases]
        earned = folded_sums(first * (counts[:, self.below] + counts[:, self.not_above]))
        return ratio(earned, 2 * folded_sums(first.copy()) * counts[:, -1])


@dataclass(frozen=True, kw_only=True)
class DynamicArea:
    """The cumulative/dynamic AUC of one prediction, over its `contrasts`, one for each time.

    `at` has the place of each time in the grid of the timeline, `place` that of each case.
    """

    follow_up: FollowUp
    cases: NDArray[np.intp]
    line: Timeline
    place: NDArray[np.intp]
    at: NDArray[np.intp]
    contrasts: tuple[Contrast, ...]

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
        if not self.events:
            return Undefined(Reason.NO_EVENTS)
        value = float(self._area(np.ones((1, self.units), dtype=np.int32))[0])
        return Undefined(Reason.BEYOND_FOLLOW_UP) if np.isnan(value) else value

    def under(self, weights: Weights, /) -> Vector:
        """Return the AUC under each row of `weights`, with G and S of the same resample."""
        return in_chunks(self._area, weights, rows=self.follow_up.rows)

    def _area(self, weights: Weights) -> Vector:
        still = self.line.still(weights)
        own = inverse_weights(weights[:, self.cases], self.line.uncensored(still)[:, self.place])
        if len(self.contrasts) == 1:
            return self.contrasts[0].area(own, weights)
        event_free = self.line.event_free(still)[:, self.at]
        earlier = np.ones(len(weights))
        total = np.zeros(len(weights))
        for contrast, later in zip(self.contrasts, event_free.T, strict=True):
            # Without an event since the time before, this time has no part in the mean.
            part = (earlier - later) * contrast.area(own, weights)
            total += np.where(later < earlier, part, 0)
            earlier = later
        return ratio(total, 1 - earlier)


def cumulative_dynamic_auc(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    event: str,
    time: str,
    risk: str,
    times: list[float],
    censoring: Table | None = None,
    where: str | None = None,
    tolerance: float = 1e-8,
) -> DynamicArea:
    """Measure how well `risk` tells who has the event by a time from who is watched beyond it.

    At each of `times` (increasing) the AUC compares the cases, who had the event by then, each
    weighted by 1 / G(its time), with the controls, who were watched for longer; risks within
    `tolerance` are tied and earn 1/2. Of several times the value is the mean of the AUC, weighted
    by how much the Kaplan-Meier estimate of the truth falls from one to the next (Lambert and
    Chevret, Stat Methods Med Res 2016;25:2088-2102). To see the AUC of each time, make it a metric
    with that time alone.

    `event`, `time`, `risk`, `censoring` and `where` are those of `uno_c`. Raises InvalidColumns and
    ParamsError as `uno_c` does, and ParamsError if `times` do not increase.

    At 2, two people had the event. The third and the fourth are the controls: of the four pairs
    three are in the right order.

    >>> truth = {"event": [1, 1, 1, 0], "time": [1, 2, 3, 4]}
    >>> risk = {"risk": [9, 5, 6, 1]}
    >>> names = {"event": "event", "time": "time", "risk": "risk"}
    >>> cumulative_dynamic_auc(truth, risk, times=[2], **names).value
    0.75
    """
    people = read_follow_up(
        truth, prediction, event=event, time=time, where=where, predicted=[risk]
    )
    moments = increasing(times)
    risks = numbers(prediction, risk, rows=people.rows)
    cases = people.cases(until=moments[-1])
    grid = np.unique(np.r_[people.time[cases], moments])
    return DynamicArea(
        follow_up=people,
        cases=cases,
        line=timeline(people, grid=grid, censoring=censoring),
        place=np.searchsorted(grid, people.time[cases]),
        at=np.searchsorted(grid, moments),
        contrasts=tuple(
            _contrast(people, risks, cases=people.cases(until=moment), moment=moment, tie=tolerance)
            for moment in moments
        ),
    )


def increasing(times: list[float], /) -> Vector:
    """Return the param `times`; raise ParamsError unless they are some increasing numbers."""
    try:
        moments = np.array(times, dtype=np.float64)
    except (TypeError, ValueError):
        raise ParamsError("params: times must be a list of numbers") from None
    if moments.ndim != 1 or not len(moments) or not np.isfinite(moments).all():
        raise ParamsError("params: times must be a list of one number or more")
    if (np.diff(moments) <= 0).any():
        raise ParamsError("params: times must increase")
    return moments


def _contrast(
    people: FollowUp, risks: Vector, *, cases: NDArray[np.intp], moment: float, tie: float
) -> Contrast:
    beyond = np.flatnonzero(people.time > moment)
    controls = beyond[np.argsort(risks[beyond], kind="stable")]
    return Contrast(
        cases=len(cases),
        controls=controls,
        below=np.searchsorted(risks[controls], risks[cases] - tie, side="left"),
        not_above=np.searchsorted(risks[controls], risks[cases] + tie, side="right"),
    )


CUMULATIVE_DYNAMIC_AUC = Metric(
    key="cumulative_dynamic_auc",
    needs=Needs.RISKS,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no unit, no event by the last time, or nobody watched beyond a time; "
    "such resamples are skipped",
    reference="sksurv.metrics.cumulative_dynamic_auc",
    source="Lambert and Chevret, Stat Methods Med Res 2016;25:2088-2102; "
    "Uno et al., J Am Stat Assoc 2007;102:527-537",
    exact=True,
    truth_columns=("event", "time", "where"),
    prediction_columns=("risk",),
    pictures=(PictureKind.KAPLAN_MEIER,),
    measure=cumulative_dynamic_auc,
)
