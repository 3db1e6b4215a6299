"""Kaplan-Meier curves are scikit-survival's at their times, and tell nobody's time."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sksurv.nonparametric import kaplan_meier_estimator

from scorers.metric import Reason, Undefined
from scorers.pictures.bins import FEWEST_UNITS
from scorers.pictures.document import KaplanMeier
from scorers.pictures.survival import FEWEST_EVENTS, kaplan_meier, kaplan_meier_at, round_times
from scorers.split import Split
from tests.unit.scorers.pictures.conftest import split_of

NAMES = {"event": "event", "time": "time", "predicted": "risk"}


def drawn(split: Split, /) -> Any:
    return kaplan_meier(split, ("c",), **NAMES)


def test_the_steps_are_those_of_scikit_survival(censored: Split) -> None:
    event, time = censored.truth["event"] == 1, censored.truth["time"]
    moments, survival, (low, high) = kaplan_meier_estimator(event, time, conf_type="log-log")
    wanted = [100.0, 250.0, 700.0]
    place = np.searchsorted(moments, wanted, side="right") - 1

    steps = kaplan_meier_at(event, time, times=wanted)

    assert [step.survival for step in steps] == pytest.approx(survival[place], rel=1e-5)
    assert [step.low for step in steps] == pytest.approx(low[place], rel=1e-5)
    assert [step.high for step in steps] == pytest.approx(high[place], rel=1e-5)
    assert [step.at_risk for step in steps] == [(time >= until).sum() for until in wanted]


def test_the_thirds_are_those_of_the_risk_the_lowest_first(censored: Split) -> None:
    picture = drawn(censored)
    assert isinstance(picture, KaplanMeier)
    order = np.argsort(censored.prediction["risk"])

    assert [group.risk for group in picture.groups] == ["low", "middle", "high"]
    assert [group.units for group in picture.groups] == [100, 100, 100]
    event, time = censored.truth["event"] == 1, censored.truth["time"]
    for group, third in zip(picture.groups, np.split(order, 3), strict=True):
        times = [step.time for step in group.steps[1:]]
        assert group.steps[1:] == kaplan_meier_at(event[third], time[third], times=times)


@given(st.integers(0, 2**32 - 1), st.integers(30, 200), st.floats(0.1, 1))
def test_no_step_tells_of_few_and_none_ends_at_the_time_of_anybody(
    seed: int, size: int, share: float
) -> None:
    rng = np.random.default_rng(seed)
    truth = {
        "event": (rng.random(size) < share).astype(float),
        "time": rng.uniform(1, 3000, size),
    }
    split = split_of(truth, {"risk": rng.integers(0, 30, size).astype(float)})
    picture = drawn(split)
    if isinstance(picture, Undefined):
        return
    allowed = {0.0, *round_times(truth["time"].max()).tolist()}
    assert sum(group.units for group in picture.groups) == size
    for group in picture.groups:
        assert {step.time for step in group.steps} <= allowed
        assert min(step.at_risk for step in group.steps) >= FEWEST_UNITS
        gone = -np.diff([step.at_risk for step in group.steps])
        assert len(gone) == 1 or (gone >= FEWEST_EVENTS - 1).all()
        assert (np.diff([step.survival for step in group.steps]) <= 0).all()


def test_a_group_of_few_events_has_one_step() -> None:
    # Four events among the lowest third, on days 10 to 40; all are watched to day 100.
    event, time = np.zeros(90), np.full(90, 100.0)
    event[:4], time[:4] = 1, [10, 20, 30, 40]
    event[30:50], time[30:50] = 1, np.arange(1, 21)
    split = split_of({"event": event, "time": time}, {"risk": np.arange(90)})

    low, middle, _ = drawn(split).groups

    assert [(step.time, step.survival) for step in low.steps] == [
        (0.0, 1.0),
        (100.0, pytest.approx(26 / 30, abs=1e-6)),
    ]
    assert [(step.time, step.survival, step.at_risk) for step in middle.steps] == [
        (0.0, 1.0, 30),
        (5.0, 0.833333, 26),  # the event of day 5 has happened, and was watched until then
        (10.0, 0.666667, 21),
        (15.0, 0.5, 16),
        (100.0, 0.333333, 10),
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"event": np.zeros(60)}, Reason.NO_EVENTS),
        ({"risk": np.zeros(60)}, Reason.CONSTANT),
        ({"units": np.arange(60) % 29}, Reason.TOO_FEW),
        ({"time": np.zeros(60)}, Reason.TOO_FEW),
    ],
)
def test_without_curves_there_is_a_reason(changes: dict[str, Any], reason: Reason) -> None:
    columns: dict[str, Any] = {
        "event": np.ones(60),
        "time": np.arange(1.0, 61.0),
        "risk": np.arange(60),
        **changes,
    }
    units, risk = columns.pop("units", None), columns.pop("risk")
    assert drawn(split_of(columns, {"risk": risk}, units=units)) == Undefined(reason)


def test_two_risks_make_two_groups() -> None:
    truth = {"event": np.ones(60), "time": np.tile(np.arange(1.0, 31.0), 2)}
    picture = drawn(split_of(truth, {"risk": np.repeat([0.0, 1.0], 30)}))
    assert [(group.risk, group.units) for group in picture.groups] == [("low", 30), ("high", 30)]


@pytest.mark.parametrize(
    ("last", "width", "count"),
    [(0.0, None, 0), (19.0, 1.0, 19), (7500.0, 500.0, 15), (1, 0.05, 20)],
)
def test_times_are_round(last: float, width: float | None, count: int) -> None:
    times = round_times(last)
    assert len(times) == count
    assert width is None or times[0] == pytest.approx(width)
