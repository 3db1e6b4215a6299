"""Harrell's C counts pairs as scikit-survival does, under any integer weights."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sksurv.exceptions import NoComparablePairException
from sksurv.metrics import concordance_index_censored

from scorers.metric import Reason, Undefined
from scorers.registry import get_metric
from scorers.survival import harrell
from scorers.survival.harrell import Concordance, harrell_c

TIME = [5, 3, 9, 2, 8, 7, 2, 6, 4, 10]
EVENT = [1, 0, 1, 1, 0, 1, 0, 1, 1, 0]
RISK = [0.6, 0.4, 0.2, 0.9, 0.3, 0.3, 0.5, 0.55, 0.9, 0.1]
OTHER_RISK = [0.1, 0.8, 0.2, 0.3, 0.6, 0.2, 0.9, 0.4, 0.5, 0.05]
DEATH = [0, 1, 0, 0, 1, 0, 0, 0, 1, 0]
NAMES = {"event": "event", "time": "time", "risk": "risk"}


def columns(*, event: Any, time: Any) -> dict[str, NDArray[Any]]:
    return {"event": np.asarray(event), "time": np.asarray(time)}


def concordance(*, event: Any, time: Any, risk: Any) -> float | Undefined:
    truth = columns(event=event, time=time)
    return get_metric("harrell_c")(truth, {"risk": np.asarray(risk)}, **NAMES)


@pytest.mark.parametrize(
    ("event", "time", "risk", "value"),
    [
        pytest.param(EVENT, TIME, RISK, 0.9642857142857143, id="26 of 28, 2 tied"),
        pytest.param(EVENT, TIME, OTHER_RISK, 0.5535714285714286, id="15, 12 discordant, 1 tied"),
        pytest.param(DEATH, TIME, OTHER_RISK, 0.9333333333333333, id="another endpoint"),
        pytest.param([1, 1, 0, 1, 0], [1, 1, 2, 2, 3], [5, 1, 3, 3, 2], 0.5625, id="tied times"),
    ],
)
def test_the_golden_vectors_are_reproduced(
    event: list[int], time: list[int], risk: list[float], value: float
) -> None:
    assert concordance(event=event, time=time, risk=risk) == value


@pytest.mark.parametrize(
    ("event", "time", "risk", "value"),
    [
        pytest.param([1, 0], [1, 2], [2, 1], 1.0, id="the earlier event has the larger risk"),
        pytest.param([1, 0], [1, 2], [1, 2], 0.0, id="the earlier event has the smaller risk"),
        pytest.param([1, 0], [1, 2], [1, 1], 0.5, id="tied risks"),
        pytest.param([1, 0], [1, 1], [2, 1], 1.0, id="censored at the time of the event"),
        pytest.param([1, 1, 0], [1, 1, 2], [1, 9, 0], 1.0, id="events at one time do not compare"),
        pytest.param([1, 0], [1, 2], [1e-8, 0], 0.5, id="tied at the very tolerance"),
        pytest.param([1, 0], [1, 2], [0, 1e-8], 0.5, id="tied at the very tolerance, from below"),
        pytest.param([1, 0], [1, 2], [1 + 2e-8, 1], 1.0, id="apart by more than the tolerance"),
        pytest.param([1, 0], [1, 2], [1e308, -1e308], 1.0, id="further apart than a float holds"),
        pytest.param([True, False], [-1.5, 0], [2, 1], 1.0, id="bool events, negative times"),
    ],
)
def test_pairs_count_by_the_definition(
    event: list[int], time: list[float], risk: list[float], value: float
) -> None:
    assert concordance(event=event, time=time, risk=risk) == value


def test_ties_within_the_tolerance_are_not_transitive() -> None:
    near = [1 + 2e-9, 1 + 1e-9, 1]

    assert concordance(event=[1, 1, 1], time=[1, 2, 3], risk=near) == 0.5


@pytest.mark.parametrize(
    ("event", "time", "reason"),
    [
        pytest.param([], [], Reason.NO_UNITS, id="no unit"),
        pytest.param([0, 0, 0], [1, 2, 3], Reason.NO_EVENTS, id="all censored"),
        pytest.param([1, 1, 1], [2, 2, 2], Reason.NO_COMPARABLE_PAIRS, id="all times equal"),
        pytest.param([0, 0, 1], [1, 2, 3], Reason.NO_COMPARABLE_PAIRS, id="the last has the event"),
    ],
)
def test_without_a_comparable_pair_the_answer_is_undefined_and_says_why(
    event: list[int], time: list[int], reason: Reason
) -> None:
    assert concordance(event=event, time=time, risk=time) == Undefined(reason)


@st.composite
def cohorts(draw: st.DrawFn) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Draw events, times and risks of up to 40 people, tied and censored in all ways."""
    size = draw(st.integers(2, 40))
    distinct = draw(st.integers(1, 12))

    def vector(strategy: st.SearchStrategy[Any]) -> NDArray[Any]:
        return np.array(draw(st.lists(strategy, min_size=size, max_size=size)))

    event = vector(st.booleans())
    time = vector(st.integers(0, distinct)).astype(float)
    risk = vector(
        st.sampled_from([0.0, 0.5, 1.0, 1 + 5e-9, 1 + 1.5e-8]) | st.floats(-3, 3, width=16)
    )
    return event, time, risk


@given(cohorts())
@settings(max_examples=300)
def test_the_value_equals_scikit_survival(
    cohort: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
) -> None:
    event, time, risk = cohort
    assume(event.any())
    ours = concordance(event=event, time=time, risk=risk)
    try:
        # When all times are equal, scikit-survival divides by 0 and answers NaN.
        with np.errstate(invalid="ignore"):
            theirs = concordance_index_censored(event, time, risk)[0]
    except NoComparablePairException:
        theirs = np.nan

    if np.isnan(theirs):
        assert ours == Undefined(Reason.NO_COMPARABLE_PAIRS)
    else:
        assert ours == pytest.approx(theirs, rel=0, abs=1e-12)


def test_a_cohort_of_thousands_equals_scikit_survival() -> None:
    rng = np.random.default_rng(3)
    event = rng.random(3000) < 0.1
    time = rng.integers(1, 4000, 3000).astype(float)
    risk = (rng.normal(size=3000) - time / 4000).round(3)

    theirs = concordance_index_censored(event, time, risk)[0]
    assert concordance(event=event, time=time, risk=risk) == pytest.approx(theirs, rel=0, abs=1e-12)


def measured(
    cohort: tuple[NDArray[Any], NDArray[Any], NDArray[Any]], /, *, where: NDArray[Any] | None = None
) -> Concordance:
    event, time, risk = cohort
    truth = columns(event=event, time=time)
    if where is None:
        return harrell_c(truth, {"risk": risk}, event="event", time="time", risk="risk")
    truth["where"] = where
    return harrell_c(truth, {"risk": risk}, event="event", time="time", risk="risk", where="where")


def value_of(measure: Concordance, /) -> float:
    return np.nan if isinstance(measure.value, Undefined) else measure.value


@given(cohorts(), st.randoms(use_true_random=False))
def test_integer_weights_equal_literal_resampling_by_repetition(
    cohort: tuple[NDArray[Any], NDArray[Any], NDArray[Any]], random: Any
) -> None:
    size = len(cohort[0])
    weights = np.array([[random.choice([0, 1, 1, 2, 5]) for _ in range(size)] for _ in range(6)])

    weighted = measured(cohort).under(weights)

    event, time, risk = cohort
    repeated = [
        value_of(measured((event.repeat(row), time.repeat(row), risk.repeat(row))))
        for row in weights
    ]
    np.testing.assert_array_equal(weighted, repeated)  # exactly: not one bit apart


def example(size: int, /) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    rng = np.random.default_rng(size)
    return (
        (rng.random(size) < 0.4).astype(float),
        rng.integers(1, 30, size).astype(float),
        rng.integers(0, 20, size) / 10,
    )


def test_weights_of_one_give_the_value_itself() -> None:
    measure = measured(example(200))

    assert measure.under(np.ones((3, 200), dtype=np.int64)).tolist() == [measure.value] * 3


def test_weights_past_the_integers_of_float32_are_still_exact() -> None:
    event, time, risk = example(60)
    weights = np.random.default_rng(0).integers(0, 1_000_000, size=(4, 60))

    exact = []
    for row in weights.tolist():
        earned = possible = 0
        for i in range(60):
            for j in range(60):
                later = time[j] > time[i] or (time[j] == time[i] and not event[j])
                if event[i] and later:
                    possible += 2 * row[i] * row[j]
                    tied = abs(risk[i] - risk[j]) <= 1e-8
                    earned += (1 if tied else 2 * int(risk[i] > risk[j])) * row[i] * row[j]
        exact.append(earned / possible)

    assert measured((event, time, risk)).under(weights).tolist() == exact


def test_pairs_in_many_chunks_count_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = np.random.default_rng(0).integers(0, 4, size=(20, 150))
    whole = measured(example(150)).under(weights)
    monkeypatch.setattr(harrell, "MAX_PAIRS", 1000)

    np.testing.assert_array_equal(measured(example(150)).under(weights), whole)


def test_rows_that_are_not_at_risk_do_not_count_and_may_be_empty() -> None:
    event, time, risk = example(80)
    at_risk = np.arange(80) % 4 != 0
    full = (event[at_risk], time[at_risk], risk[at_risk])
    event[~at_risk], time[~at_risk] = np.nan, np.nan
    weights = np.random.default_rng(0).integers(0, 3, size=(10, 80))

    restricted = measured((event, time, risk), where=at_risk.astype(float))

    assert restricted.value == measured(full).value
    assert restricted.units == 60
    assert restricted.events == full[0].sum()
    np.testing.assert_array_equal(
        restricted.under(weights), measured(full).under(weights[:, at_risk])
    )


@pytest.mark.parametrize(
    ("event", "time", "risk", "says"),
    [
        ([1, 2], [1, 2], [1, 2], "event holds something else than 0 and 1"),
        ([1, np.nan], [1, 2], [1, 2], "event is empty or not finite"),
        ([1, 0], [1, np.nan], [1, 2], "time is empty or not finite"),
        ([1, 0], [1, 2], [1, np.inf], "risk is empty or not finite"),
        ([1, 0], [1, 2, 3], [1, 2], "time has 3 rows"),
        ([1, 0], [1, 2], [1, 2, 3], "risk has 3 rows"),
        (["yes", "no"], [1, 2], [1, 2], "event is not a column of numbers"),
        ([1, 0], [1, 2], [[1, 2]], "risk is not a column of numbers"),
    ],
)
def test_columns_that_cannot_be_measured_are_named(
    event: list[Any], time: list[Any], risk: list[Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        concordance(event=event, time=time, risk=risk)


def test_a_column_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="no column time"):
        get_metric("harrell_c")({"event": np.ones(2)}, {"risk": np.ones(2)}, **NAMES)


def test_weights_too_heavy_for_single_precision_are_summed_exactly() -> None:
    """The pairs of the event earn 2 x 2^23 + 1, an odd number beyond 2^24."""
    measure = measured((np.array([True, False, False]), np.array([1, 2, 3]), np.array([2, 1, 2])))

    [value] = measure.under(np.array([[1, 2**23, 1]]))

    assert value == (2**24 + 1) / (2**24 + 2)
