"""Cases of times and events, some at one time, against scikit-survival."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.random import Generator
from sksurv import metrics
from sksurv.util import Surv

from bench.cases.case import Case, Drawn, Table, Untyped, tied

FOLLOW_UP = {"event": "event", "time": "time"}
TIMES = [4.0, 8.0]
OTHERS = 0.5
"""Share of those without the event to whom another came first."""

ROWS = 2_000
"""People on whom the speed is told: the pairs of 20,000 are too many for the reference."""


def draw(rng: Generator, rows: int, /) -> Drawn:
    """Draw times to an event or to censoring, and risks of which some are tied."""
    risk = tied(rng.random(rows))
    event_at = rng.exponential(12 * np.exp(-2 * risk))
    censored_at = rng.uniform(1, 15, rows)
    time = np.ceil(np.minimum(event_at, censored_at) * rows) / rows
    return Drawn(
        truth={"event": (event_at <= censored_at).astype(np.int64), "time": time},
        prediction={"risk": risk, "early": 1 - risk / 2, "late": 1 - risk},
    )


def draw_competing(rng: Generator, rows: int, /) -> Drawn:
    """Draw the same, where another event came first to some of those without the event."""
    drawn = draw(rng, rows)
    other = (rng.random(rows) < OTHERS) & (drawn.truth["event"] == 0)
    return Drawn(
        truth={**drawn.truth, "other": other.astype(np.int64)}, prediction=drawn.prediction
    )


def _of_events(function: Callable[[], float], /) -> float:
    """Give NaN where scikit-survival raises: no event, no comparable pair, nobody watched."""
    try:
        return float(function())
    except ValueError:  # NoComparablePairException is one
        return np.nan


def harrell(truth: Table, prediction: Table, /, *, event: str, time: str, risk: str) -> float:
    """Give Harrell's C."""
    return _of_events(
        lambda: metrics.concordance_index_censored(
            truth[event].astype(bool), truth[time], prediction[risk]
        )[0]
    )


def wolbers(
    truth: Table, prediction: Table, /, *, event: str, competing: str, time: str, risk: str
) -> float:
    """Give Harrell's C where who had the competing event is censored after everybody else."""
    never = np.where(truth[competing] == 1, truth[time].max() + 1, truth[time])
    return harrell(
        {event: truth[event], time: never}, prediction, event=event, time=time, risk=risk
    )


def uno(
    truth: Table, prediction: Table, /, *, event: str, time: str, risk: str, tau: float
) -> float:
    """Give Uno's C, the truth being the training data."""
    people = _people(truth, event, time)
    return _of_events(
        lambda: metrics.concordance_index_ipcw(people, people, prediction[risk], tau=tau)[0]
    )


def dynamic_auc(
    truth: Table, prediction: Table, /, *, event: str, time: str, risk: str, times: list[float]
) -> float:
    """Give the mean of the areas, the truth being the training data."""
    people = _people(truth, event, time)
    return _of_events(
        lambda: metrics.cumulative_dynamic_auc(people, people, prediction[risk], times)[1]
    )


def brier_at(
    truth: Table, prediction: Table, /, *, event: str, time: str, survival: str, at: float
) -> float:
    """Give the Brier score at one time, the truth being the training data."""
    people = _people(truth, event, time)
    return _of_events(lambda: metrics.brier_score(people, people, prediction[survival], at)[1][0])


def integrated_brier(
    truth: Table,
    prediction: Table,
    /,
    *,
    event: str,
    time: str,
    survival: list[str],
    times: list[float],
) -> float:
    """Give the integrated Brier score, the truth being the training data."""
    people = _people(truth, event, time)
    curves = np.column_stack([prediction[column] for column in survival])
    return _of_events(lambda: metrics.integrated_brier_score(people, people, curves, times))


def _people(truth: Table, event: str, time: str, /) -> Untyped:
    return Surv.from_arrays(truth[event].astype(bool), truth[time])


def _case(key: str, reference: Callable[..., float], /, *, fewest: int, **params: Untyped) -> Case:
    return Case(
        key=key,
        draw=draw,
        params=FOLLOW_UP | params,
        reference=reference,
        rows=ROWS,
        fewest=fewest,
    )


# With few people scikit-survival raises where the formula has a value: declared disagreements.
CASES = (
    _case("harrell_c", harrell, risk="risk", fewest=1),
    replace(
        _case("wolbers_c", wolbers, risk="risk", competing="other", fewest=1), draw=draw_competing
    ),
    _case("uno_c", uno, risk="risk", tau=8.0, fewest=60),
    _case("cumulative_dynamic_auc", dynamic_auc, risk="risk", times=TIMES, fewest=60),
    _case("brier_at", brier_at, survival="early", at=4.0, fewest=60),
    _case("integrated_brier", integrated_brier, survival=["early", "late"], times=TIMES, fewest=60),
)
