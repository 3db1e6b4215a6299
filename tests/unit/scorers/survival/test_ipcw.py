"""Weighted for censoring, scores are scikit-survival's under any integer weights."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sksurv.metrics import (
    brier_score,
    concordance_index_ipcw,
    cumulative_dynamic_auc,
    integrated_brier_score,
)
from sksurv.nonparametric import CensoringDistributionEstimator
from sksurv.util import Surv

from scorers.metric import Measure, Metric, Reason, Undefined
from scorers.registry import get_metric
from scorers.survival.censoring import censoring_table

TIME = [5, 3, 9, 2, 8, 7, 2, 6, 4, 10]
EVENT = [1, 0, 1, 1, 0, 1, 0, 1, 1, 0]
RISK = [0.6, 0.4, 0.2, 0.9, 0.3, 0.3, 0.5, 0.55, 0.9, 0.1]
OTHER_RISK = [0.1, 0.8, 0.2, 0.3, 0.6, 0.2, 0.9, 0.4, 0.5, 0.05]
NAMES = {"event": "event", "time": "time"}
TIMES = [4, 6, 8]
CURVES = {f"at_{time}": np.clip(1 - np.array(RISK) * time / 12, 0, 1) for time in TIMES}
KEYS = ("uno_c", "cumulative_dynamic_auc", "brier_at", "integrated_brier")

Cohort = tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]


def measure(key: str, /, *, event: Any, time: Any, where: Any = None, **given: Any) -> Measure:
    """Apply a metric; `given` has its params, and the columns of the prediction as arrays."""
    truth = {"event": np.asarray(event), "time": np.asarray(time)}
    names = dict(NAMES)
    if where is not None:
        truth["where"], names["where"] = np.asarray(where), "where"
    columns = {name: np.asarray(given.pop(name)) for name in list(given) if name in ALL_COLUMNS}
    metric = get_metric(key)
    assert isinstance(metric, Metric)
    metric.check({**names, **given, **columns_of(key)})
    return metric.measure(truth, columns, **names, **columns_of(key), **given)


ALL_COLUMNS = ("risk", "early", "late")


def columns_of(key: str, /) -> dict[str, Any]:
    if key == "brier_at":
        return {"survival": "early"}
    return {"survival": ["early", "late"]} if key == "integrated_brier" else {"risk": "risk"}


def measured(
    key: str,
    cohort: Cohort,
    /,
    *,
    times: tuple[float, float] = (4, 8),
    where: Any = None,
    **more: Any,
) -> Measure:
    """Apply a metric to a cohort whose survival falls with its risks, from 0 to 1."""
    event, time, risk = cohort
    moments: dict[str, dict[str, Any]] = {
        "uno_c": {"tau": times[1]},
        "cumulative_dynamic_auc": {"times": list(times)},
        "brier_at": {"at": times[0]},
        "integrated_brier": {"times": list(times)},
    }
    predicted = {"early": 1 - risk / 2, "late": 1 - risk} if "brier" in key else {"risk": risk}
    return measure(key, event=event, time=time, where=where, **moments[key], **predicted, **more)


def value_of(measure: Measure, /) -> float:
    return np.nan if isinstance(measure.value, Undefined) else measure.value


def theirs(
    key: str, train: Any, cohort: Cohort, /, *, times: tuple[float, float] = (4, 8)
) -> float:
    """Return what scikit-survival gives for `measured`."""
    event, time, risk = cohort
    test = Surv.from_arrays(event, time)
    if key == "uno_c":
        return float(concordance_index_ipcw(train, test, risk, tau=times[1])[0])
    if key == "cumulative_dynamic_auc":
        return float(cumulative_dynamic_auc(train, test, risk, times)[1])
    if key == "brier_at":
        return float(brier_score(train, test, 1 - risk / 2, times[0])[1][0])
    curves = np.column_stack([1 - risk / 2, 1 - risk])
    return float(integrated_brier_score(train, test, curves, times))


@pytest.mark.parametrize(
    ("risk", "tau", "value"),
    [
        (RISK, None, 0.9674726540011513),
        (RISK, 8, 0.9645323289391086),
        (OTHER_RISK, None, 0.5826137017846863),
        (OTHER_RISK, 8, 0.5448838669177652),
    ],
)
def test_the_golden_values_of_uno_are_reproduced(
    risk: list[float], tau: float | None, value: float
) -> None:
    ours = measure("uno_c", event=EVENT, time=TIME, risk=risk, tau=tau)

    assert ours.value == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("times", "value"),
    [([4], 0.75555556), ([6], 0.62096774), ([8], 0.84615385), (TIMES, 0.7181789037002841)],
)
def test_the_golden_dynamic_areas_are_reproduced(times: list[float], value: float) -> None:
    ours = measure("cumulative_dynamic_auc", event=EVENT, time=TIME, risk=OTHER_RISK, times=times)

    assert ours.value == pytest.approx(value, rel=1e-12 if len(times) > 1 else 1e-8)


@pytest.mark.parametrize(("at", "value"), [(4, 0.130875), (6, 0.21089732), (8, 0.223)])
def test_the_golden_brier_scores_are_reproduced(at: int, value: float) -> None:
    ours = measure("brier_at", event=EVENT, time=TIME, early=CURVES[f"at_{at}"], at=at)

    assert ours.value == pytest.approx(value, rel=1e-7)


def test_the_golden_integrated_brier_score_is_reproduced() -> None:
    truth = {"event": np.array(EVENT), "time": np.array(TIME)}
    ours = get_metric("integrated_brier")(
        truth, CURVES, **NAMES, survival=list(CURVES), times=TIMES
    )

    assert ours == pytest.approx(0.19391741071428575, rel=1e-12)


def test_the_golden_censoring_distribution_is_reproduced() -> None:
    golden = [[2, 0.88888889], [3, 0.77777778], [8, 0.51851852], [10, 0]]
    table = np.array(censoring_table(EVENT, TIME))

    np.testing.assert_allclose(table, np.array(golden), rtol=1e-8)


@st.composite
def cohorts(draw: st.DrawFn) -> Cohort:
    """Draw events, times and risks of up to 16 people, tied and censored in all ways."""
    person = st.tuples(st.booleans(), st.integers(0, 12), st.integers(0, 8))
    people = draw(st.lists(person, min_size=1, max_size=16))
    event, time, risk = map(np.array, zip(*people, strict=True))
    return event, time.astype(float), risk / 8


def joined(cohort: Cohort, /, *, event: list[bool], time: list[float]) -> Cohort:
    """Add people, of middling risk."""
    event_too = np.append(cohort[0], event)
    return event_too, np.append(cohort[1], time), np.append(cohort[2], np.full(len(time), 0.5))


def scored(cohort: Cohort, /) -> Cohort:
    """Add who gives every metric a value: what they raise or answer NaN for is declared below."""
    return joined(cohort, event=[True, False], time=[3.5, 13])


@pytest.mark.parametrize("key", KEYS)
@given(drawn=cohorts())
@settings(max_examples=40)
def test_the_value_equals_scikit_survival_with_the_truth_as_training(
    key: str, drawn: Cohort
) -> None:
    cohort = scored(drawn)

    ours = measured(key, cohort).value

    assert ours == pytest.approx(theirs(key, Surv.from_arrays(*cohort[:2]), cohort), rel=1e-12)


@pytest.mark.parametrize("key", KEYS)
@given(drawn=cohorts(), drawn_training=cohorts())
@settings(max_examples=40)
def test_the_value_equals_scikit_survival_with_a_table_from_other_training_data(
    key: str, drawn: Cohort, drawn_training: Cohort
) -> None:
    cohort = scored(drawn)
    # Their G of training data that end earlier is an error.
    training = joined(drawn_training, event=[True, False], time=[3, 14])
    table = censoring_table(*training[:2])

    ours = measured(key, cohort, censoring=table).value

    assert ours == pytest.approx(theirs(key, Surv.from_arrays(*training[:2]), cohort), rel=1e-12)


@given(cohort=cohorts())
@settings(max_examples=40)
def test_the_table_of_censoring_equals_scikit_survival(cohort: Cohort) -> None:
    event, time, _ = cohort
    assume(event.any())
    table = np.array(censoring_table(event, time))

    steps = np.r_[1.0, table[:, 1]][np.searchsorted(table[:, 0], np.unique(time), side="right")]

    estimator = CensoringDistributionEstimator().fit(Surv.from_arrays(event, time))
    np.testing.assert_allclose(steps, estimator.predict_proba(np.unique(time)), rtol=1e-12)
    assert table[-1, 0] == time.max()


def example(size: int, /) -> Cohort:
    rng = np.random.default_rng(size)
    risk = rng.integers(0, 50, size) / 50
    return rng.random(size) < 0.4, rng.exponential(8, size).round(1), risk


@pytest.mark.parametrize("key", KEYS)
def test_a_cohort_of_thousands_equals_scikit_survival(key: str) -> None:
    cohort = example(3000)

    ours = measured(key, cohort).value

    assert ours == pytest.approx(theirs(key, Surv.from_arrays(*cohort[:2]), cohort), rel=1e-12)


@pytest.mark.parametrize("key", KEYS)
@given(cohort=cohorts(), random=st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_integer_weights_equal_literal_resampling_by_repetition(
    key: str, cohort: Cohort, random: Any
) -> None:
    size = len(cohort[0])
    weights = np.array([[random.choice([0, 1, 1, 2, 5]) for _ in range(size)] for _ in range(6)])
    weights[5] = 0

    weighted = measured(key, cohort).under(weights)

    event, time, risk = cohort
    repeated = [
        value_of(measured(key, (event.repeat(row), time.repeat(row), risk.repeat(row))))
        for row in weights
    ]
    np.testing.assert_allclose(weighted, repeated, rtol=1e-12)
    assert np.isnan(weighted[5])


def test_a_case_that_is_not_drawn_needs_no_weight() -> None:
    cohort = np.array([True, True, False]), np.array([1.0, 3, 3]), np.array([2.0, 1, 0])

    # Without the second, G falls to 0 at the time of its event.
    assert measured("uno_c", cohort).under(np.array([[1, 0, 1]])).tolist() == [1]


@pytest.mark.parametrize("key", KEYS)
def test_weights_of_one_give_the_value_itself(key: str) -> None:
    cohort = measured(key, example(700))

    assert cohort.under(np.ones((600, 700), dtype=np.int64)).tolist() == [cohort.value] * 600


@pytest.mark.parametrize("key", KEYS)
def test_censoring_is_estimated_anew_in_each_resample_unless_a_table_fixes_it(key: str) -> None:
    event, time, risk = example(60)
    table = censoring_table(event, time)
    weights = np.random.default_rng(0).integers(0, 3, size=(4, 60))
    anew = measured(key, (event, time, risk))
    fixed = measured(key, (event, time, risk), censoring=table)

    assert anew.value == pytest.approx(fixed.value, rel=1e-12)
    assert (np.abs(anew.under(weights) / fixed.under(weights) - 1) > 1e-6).all()
    resampled = Surv.from_arrays(event.repeat(weights[0]), time.repeat(weights[0]))
    drawn = (event.repeat(weights[0]), time.repeat(weights[0]), risk.repeat(weights[0]))
    training = Surv.from_arrays(event, time)
    assert anew.under(weights)[0] == pytest.approx(theirs(key, resampled, drawn), rel=1e-12)
    assert fixed.under(weights)[0] == pytest.approx(theirs(key, training, drawn), rel=1e-12)


@pytest.mark.parametrize("key", KEYS)
def test_rows_that_are_not_at_risk_do_not_count_and_may_be_empty(key: str) -> None:
    event, time, risk = example(80)
    at_risk = np.arange(80) % 4 != 0
    full = (event[at_risk], time[at_risk], risk[at_risk])
    told = event.astype(float)
    told[~at_risk], time[~at_risk] = np.nan, np.nan
    weights = np.random.default_rng(0).integers(0, 3, size=(10, 80))

    restricted = measured(key, (told, time, risk), where=at_risk.astype(float))

    assert restricted.value == measured(key, full).value
    assert (restricted.units, restricted.events) == (60, measured(key, full).events)
    np.testing.assert_array_equal(
        restricted.under(weights), measured(key, full).under(weights[:, at_risk])
    )


def test_the_events_that_count_are_those_in_time() -> None:
    counted = {
        key: measured(key, (np.array(EVENT) == 1, np.array(TIME) * 1.0, np.array(RISK)))
        for key in KEYS
    }

    assert {key: measure.events for key, measure in counted.items()} == {
        "uno_c": 5,  # before 8
        "cumulative_dynamic_auc": 5,  # by 8
        "brier_at": 2,  # by 4
        "integrated_brier": 5,
    }


# --- what has no value ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "event", "time", "reason"),
    [
        *((key, [], [], Reason.NO_UNITS) for key in KEYS),
        ("uno_c", [0, 0, 0], [1, 5, 9], Reason.NO_EVENTS),
        ("uno_c", [0, 0, 1], [1, 5, 9], Reason.NO_EVENTS),  # not before tau
        ("uno_c", [1, 1, 1], [2, 2, 2], Reason.NO_COMPARABLE_PAIRS),
        ("uno_c", [0, 0, 1], [1, 2, 3], Reason.NO_COMPARABLE_PAIRS),
        ("uno_c", [1, 0, 0], [3, 3, 1], Reason.BEYOND_FOLLOW_UP),  # G(3) is 0
        ("cumulative_dynamic_auc", [0, 0, 1], [1, 5, 9], Reason.NO_EVENTS),
        ("cumulative_dynamic_auc", [1, 1, 0], [1, 5, 8], Reason.BEYOND_FOLLOW_UP),
        ("brier_at", [1, 1, 0], [1, 2, 4], Reason.BEYOND_FOLLOW_UP),
        ("integrated_brier", [1, 1, 1], [1, 5, 8], Reason.BEYOND_FOLLOW_UP),
    ],
)
def test_what_has_no_value_says_why(
    key: str, event: list[int], time: list[float], reason: Reason
) -> None:
    risk = np.linspace(0, 1, len(event))
    cohort = measured(key, (np.array(event, dtype=bool), np.array(time, dtype=float), risk))

    assert cohort.value == Undefined(reason)
    assert np.isnan(cohort.under(np.ones((2, len(event)), dtype=np.int64))).all()


def test_disagreement_a_time_before_which_nothing_happened_has_no_part_in_the_mean_area() -> None:
    event, time, risk = np.array([False, True, False]), np.array([3, 7.0, 9]), np.array([3, 2, 1])
    truth = Surv.from_arrays(event, time)

    ours = measure("cumulative_dynamic_auc", event=event, time=time, risk=risk, times=[4, 8])

    assert ours.value == 1
    with np.errstate(invalid="ignore"):
        assert np.isnan(cumulative_dynamic_auc(truth, truth, risk, [4, 8])[1])


@pytest.mark.parametrize(
    ("risk", "value"), [(1 + 8e-9, 0.5), (1 - 8e-9, 0.5), (1 - 2e-8, 1), (1 + 2e-8, 0)]
)
def test_a_control_is_tied_within_the_tolerance_on_either_side(risk: float, value: float) -> None:
    ours = measure("cumulative_dynamic_auc", event=[1, 0], time=[1, 3], risk=[1, risk], times=[2])

    assert ours.value == value


def test_disagreement_near_ties_count_pair_by_pair_and_not_as_a_chain() -> None:
    event, time = np.array([True, False, False]), np.array([1.0, 3, 4])
    risk = np.array([1 + 1.6e-8, 1 + 0.8e-8, 1])
    truth = Surv.from_arrays(event, time)

    ours = measure("cumulative_dynamic_auc", event=event, time=time, risk=risk, times=[2])

    assert ours.value == 0.75  # one control is near, the other is further than 1e-8 away
    assert cumulative_dynamic_auc(truth, truth, risk, [2])[1] == 0.5


def test_disagreement_an_event_after_the_last_time_needs_no_weight() -> None:
    event, time = np.array([True, True, False]), np.array([1.0, 9, 9])
    truth, risk = Surv.from_arrays(event, time), np.array([3, 2, 1])

    ours = measure("cumulative_dynamic_auc", event=event, time=time, risk=risk, times=[2])

    assert ours.value == 1
    with pytest.raises(ValueError, match="censoring survival function is zero"):  # at 9
        cumulative_dynamic_auc(truth, truth, risk, [2])


def test_disagreement_a_brier_score_before_any_time_of_the_truth_has_a_value() -> None:
    event, time, early = np.array([True, False]), np.array([5.0, 9]), np.array([0.5, 1])
    truth = Surv.from_arrays(event, time)

    assert measure("brier_at", event=event, time=time, early=early, at=2).value == 0.125
    with pytest.raises(ValueError, match="within follow-up"):
        brier_score(truth, truth, early, 2)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ([], "increasing times"),
        ([[1, 0.5], [1, 0.4]], "increasing times"),
        ([[1, 0.5], [9, 0.6]], "fall from 1"),
        ([[1, 1.5]], "fall from 1"),
        ([[1, -0.5]], "fall from 1"),
        ([[1, float("nan")]], "increasing times"),
        ([[1, 0.5, 2]], "list of"),
        ([1, 2], "list of"),
        (["a"], "list of"),
        ([[1, 0.5], [3, 0], [9, 0]], "reaches 0 or ends before"),
        ([[1, 0.5], [2, 0.4]], "reaches 0 or ends before"),
    ],
)
def test_a_table_of_censoring_that_is_none_is_refused(table: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        measure("uno_c", event=EVENT, time=TIME, risk=RISK, tau=8, censoring=table)


@pytest.mark.parametrize("times", [[], [8, 4], [4, 4], [[4, 8]], ["a"], [float("inf")]])
@pytest.mark.parametrize("key", ["cumulative_dynamic_auc", "integrated_brier"])
def test_times_that_do_not_increase_are_refused(key: str, times: Any) -> None:
    predicted = {"early": RISK, "late": RISK} if "brier" in key else {"risk": RISK}

    with pytest.raises(ValueError, match="params: "):
        measure(key, event=EVENT, time=TIME, times=times, **predicted)


@pytest.mark.parametrize("times", [[4], [4, 6, 8]])
def test_survival_needs_one_column_for_each_time(times: list[float]) -> None:
    with pytest.raises(ValueError, match="a survival column for each"):
        measure("integrated_brier", event=EVENT, time=TIME, times=times, early=RISK, late=RISK)


def test_survival_that_rises_is_refused_but_not_a_rounding() -> None:
    early = np.full(10, 0.5)
    given = {"event": EVENT, "time": TIME, "times": [4, 8], "early": early}

    assert measure("integrated_brier", late=early + 9e-10, **given).value == pytest.approx(
        0.25, rel=0.2
    )
    with pytest.raises(ValueError, match="column late is larger than early"):
        measure("integrated_brier", late=early + 2e-9, **given)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"event": [1, 2, 0]}, "event holds something else than 0 and 1"),
        ({"time": [1, np.nan, 9]}, "time is empty or not finite"),
        ({"time": [1, 2]}, "time has 2 rows"),
        ({"early": [0.5, np.inf, 0.5]}, "early is empty or not finite"),
        ({"early": [0.5, 1.1, 0.5]}, "early holds something that is no probability"),
        ({"early": [0.5, 0.1, 0.5, 0.5]}, "early has 4 rows"),
    ],
)
def test_columns_that_cannot_be_measured_are_named(change: dict[str, Any], says: str) -> None:
    given = {"event": [1, 1, 0], "time": [1, 2, 9], "early": [0.5, 0.5, 0.5], **change}

    with pytest.raises(ValueError, match=says):
        measure("brier_at", at=3, **given)


@pytest.mark.parametrize("key", KEYS)
def test_many_resamples_are_measured_in_chunks_as_in_one(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = np.random.default_rng(0).integers(0, 4, size=(20, 150))
    whole = measured(key, example(150)).under(weights)
    for module in ("weighted.counts", "survival.ipcw"):
        monkeypatch.setattr(f"scorers.{module}.CELLS", 1000)

    np.testing.assert_array_equal(measured(key, example(150)).under(weights), whole)
