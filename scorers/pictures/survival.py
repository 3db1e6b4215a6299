"""Kaplan-Meier curves by third of predicted risk, in steps that tell nobody's time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scorers.columns import numbers
from scorers.metric import Reason, Undefined, Vector
from scorers.pictures.bins import FEWEST_UNITS, bins, number_of
from scorers.pictures.document import KaplanMeier, RiskGroup, SurvivalStep
from scorers.pictures.intervals import survival_limits
from scorers.split import Split
from scorers.survival.follow_up import read_follow_up

FEWEST_EVENTS = 5
"""Events that a step of a curve has at least."""

STEPS = 20
"""About so many times are shared by all curves."""

_RISKS = {1: ("low",), 2: ("low", "high"), 3: ("low", "middle", "high")}


def kaplan_meier(
    split: Split,
    metrics: tuple[str, ...],
    /,
    *,
    event: str,
    time: str,
    predicted: str,
    where: str | None = None,
) -> KaplanMeier | Undefined:
    """Draw the survival of the thirds of units by the risk `predicted`, ties in one third.

    The estimate of Kaplan and Meier (J Am Stat Assoc 1958;53:457-481), as that of
    `sksurv.nonparametric.kaplan_meier_estimator` at a few round times: a step ends at the first of
    them by which FEWEST_EVENTS have happened since the step before, and what is left joins the
    last step, so that a group of fewer events has one step. A curve ends while FEWEST_UNITS are
    still watched, where its tail begins to rest on few (Pocock et al., Lancet 2002;359:1686-1689).
    So no time of anybody is told, nor when the last one left.
    """
    people = read_follow_up(
        split.truth, split.prediction, event=event, time=time, where=where, predicted=[predicted]
    )
    risk = numbers(split.prediction, predicted, rows=people.rows)
    order = np.argsort(risk, kind="stable")
    units = split.unit_of_row[people.rows[order]]
    if number_of(units) < len(_RISKS) * FEWEST_UNITS:
        return Undefined(Reason.TOO_FEW if len(units) else Reason.NO_UNITS)
    if not people.event.any():
        return Undefined(Reason.NO_EVENTS)
    thirds = bins(risk[order], units, most=len(_RISKS))
    if len(thirds) == 1:
        return Undefined(Reason.CONSTANT)
    times = round_times(float(people.time.max()))
    groups = [
        RiskGroup(
            risk=name,
            units=third.stop - third.start,
            steps=_steps(people.event[order[third]], people.time[order[third]], times=times),
        )
        for name, third in zip(_RISKS[len(thirds)], thirds, strict=True)
    ]
    if min(len(group.steps) for group in groups) == 1:  # nothing may be told but the start
        return Undefined(Reason.TOO_FEW)
    return KaplanMeier(metrics=metrics, units=len(units), groups=tuple(groups))


def round_times(last: float, /) -> Vector:
    """Return about STEPS multiples of 1, 2 or 5 times a power of ten, up to `last`.

    >>> round_times(96.0).tolist()[:3]
    [5.0, 10.0, 15.0]
    """
    if last <= 0:
        return np.array([])
    power = 10.0 ** np.floor(np.log10(last / STEPS))
    width = power * next(size for size in (1, 2, 5, 10) if power * size >= last / STEPS)
    times: Vector = np.arange(1, int(last / width) + 1) * width
    return times


def _steps(event: NDArray[np.bool_], time: Vector, *, times: Vector) -> tuple[SurvivalStep, ...]:
    """Return the steps of one group, the first of them at 0, where nothing has happened yet."""
    start = SurvivalStep(time=0, survival=1, low=1, high=1, at_risk=len(time))
    watched = [moment for moment in times.tolist() if (time >= moment).sum() >= FEWEST_UNITS]
    told: list[float] = []
    seen = 0
    for moment in watched:
        happened = int((event & (time <= moment)).sum())
        if happened - seen >= FEWEST_EVENTS:
            told.append(moment)
            seen = happened
    if watched and told[-1:] != watched[-1:]:
        told[-1:] = watched[-1:]
    return start, *kaplan_meier_at(event, time, times=told)


def kaplan_meier_at(
    event: NDArray[np.bool_], time: Vector, /, *, times: Sequence[float]
) -> tuple[SurvivalStep, ...]:
    """Return the Kaplan-Meier estimate at `times`, with its limits and who is watched until then.

    S is the product, over the times of events so far, of 1 - d / n with the d events of this time
    and the n who are watched until it.

    Of four, one is lost before the event of another: 1 - 1/3, and two are watched until 3.

    >>> event, time = np.array([False, True, False, False]), np.array([1.0, 2.0, 3.0, 4.0])
    >>> [step] = kaplan_meier_at(event, time, times=[3])
    >>> step.survival, step.at_risk
    (0.666667, 2)
    """
    moments, events = np.unique(time[event], return_counts=True)
    watched = len(time) - np.searchsorted(np.sort(time), moments, side="left")
    survival = np.append(1.0, np.cumprod(1 - events / watched))
    left = np.maximum(watched - events, 1)  # with nobody left S is 0 and has no limits
    spread = np.append(0.0, np.cumsum(events / (watched * left)))
    steps = []
    for until in times:
        place = int(np.searchsorted(moments, until, side="right"))
        low, high = survival_limits(float(survival[place]), float(spread[place]))
        steps.append(
            SurvivalStep(
                time=until,
                survival=survival[place],
                low=low,
                high=high,
                at_risk=int((time >= until).sum()),
            )
        )
    return tuple(steps)
