"""Wolbers' C counts pairs by its definition, and those with nobody else's event as Harrell's C."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sksurv.exceptions import NoComparablePairException
from sksurv.metrics import concordance_index_censored

from scorers.metric import InvalidColumns, Reason, Undefined
from scorers.survival.competing import wolbers_c
from scorers.survival.harrell import Concordance, harrell_c

NAMES: dict[str, Any] = {"event": "event", "time": "time", "risk": "risk"}


def measured(cause: Any, time: Any, risk: Any, **params: Any) -> Concordance:
    cause = np.asarray(cause)
    truth = {"event": cause == 1, "other": cause == 2, "time": np.asarray(time)}
    return wolbers_c(truth, {"risk": np.asarray(risk)}, **NAMES, competing="other", **params)


def value(cause: Any, time: Any, risk: Any) -> float:
    told = measured(cause, time, risk).value
    return np.nan if isinstance(told, Undefined) else told


def by_definition(cause: Any, time: Any, risk: Any) -> float:
    """Look at every pair: who had the event, and who is known to have it later or never."""
    earned = possible = 0.0
    people = list(zip(cause, time, risk, strict=True))
    for one, when, mine in people:
        for other, then, yours in people:
            outlived = then > when or (then == when and other == 0)
            if one == 1 and (other == 2 or outlived):
                possible += 1
                earned += (mine - yours > 1e-8) + 0.5 * (abs(mine - yours) <= 1e-8)
    return earned / possible if possible else np.nan


def censored_after_the_last(cause: Any, time: Any, risk: Any) -> float:
    cause, time = np.asarray(cause), np.asarray(time, dtype=float)
    never = np.where(cause == 2, time.max() + 1, time)
    try:
        with np.errstate(invalid="ignore"):  # it divides by 0 where no pair is comparable
            told = concordance_index_censored(cause == 1, never, np.asarray(risk, dtype=float))[0]
    except (NoComparablePairException, ValueError):
        return np.nan
    return float(told)


people = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 2]),
        st.integers(1, 5),
        st.sampled_from([0.0, 0.5, 1.0, 1.5]) | st.floats(-10, 10, width=16),
    ),
    min_size=2,
    max_size=12,
)


@given(people)
@settings(max_examples=150)
def test_the_value_equals_the_definition_and_scikit_survival(drawn: Any) -> None:
    cause, time, risk = zip(*drawn, strict=True)

    told = value(cause, time, risk)

    assert told == pytest.approx(by_definition(cause, time, risk), rel=1e-12, nan_ok=True)
    assert told == pytest.approx(censored_after_the_last(cause, time, risk), rel=1e-12, nan_ok=True)


@given(people, st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_integer_weights_equal_people_that_are_repeated(drawn: Any, seed: int) -> None:
    columns: list[NDArray[Any]] = [np.array(column) for column in zip(*drawn, strict=True)]
    weights = np.random.default_rng(seed).integers(0, 3, (6, len(drawn)))

    weighted = measured(*columns).under(weights)

    literal = [value(*(column.repeat(row) for column in columns)) if row.any() else np.nan
               for row in weights]  # fmt: skip
    np.testing.assert_allclose(weighted, literal, rtol=1e-12)


def test_without_a_competing_event_it_is_harrells_c() -> None:
    rng = np.random.default_rng(0)
    event, time, risk = rng.integers(0, 2, 200), rng.integers(1, 40, 200), rng.normal(size=200)
    truth: dict[str, Any] = {"event": event, "time": time}

    given_: dict[str, Any] = {"risk": risk}
    assert value(event, time, risk) == harrell_c(truth, given_, **NAMES).value


def test_who_died_first_counts_where_harrells_c_leaves_him_out() -> None:
    cause, time, risk = [2, 1, 0], [1, 2, 3], [9, 5, 1]
    truth: dict[str, Any] = {"event": [0, 1, 0], "time": time}

    given_: dict[str, Any] = {"risk": risk}
    assert value(cause, time, risk) == 0.5
    assert harrell_c(truth, given_, **NAMES).value == 1.0


def test_rows_left_out_do_not_count() -> None:
    cause, time, risk = [2, 1, 0, 1], [1, 2, 3, 1], [9, 5, 1, 0]
    truth: dict[str, Any] = {
        "event": np.array(cause) == 1,
        "other": np.array(cause) == 2,
        "time": time,
        "in": [1, 1, 1, 0],
    }
    given_: dict[str, Any] = {"risk": risk}
    measure = wolbers_c(truth, given_, **NAMES, competing="other", where="in")

    assert (measure.value, measure.units, measure.events) == (0.5, 3, 1)


@pytest.mark.parametrize(
    ("cause", "time", "reason"),
    [([], [], Reason.NO_UNITS), ([0, 2], [1, 2], Reason.NO_EVENTS),
     ([1, 1], [2, 2], Reason.NO_COMPARABLE_PAIRS), ([1], [2], Reason.NO_COMPARABLE_PAIRS)],
)  # fmt: skip
def test_what_has_no_value_says_why(cause: list[int], time: list[int], reason: Reason) -> None:
    measure = measured(np.array(cause), np.array(time), np.zeros(len(cause)))

    assert measure.value == Undefined(reason)
    assert np.isnan(measure.under(np.ones((2, len(cause)), dtype=np.int64))).all()


def test_both_events_in_a_row_and_columns_of_other_lengths_are_refused() -> None:
    truth: dict[str, Any] = {"event": [1, 0], "other": [1, 0], "time": [1, 2]}
    given_: dict[str, Any] = {"risk": [1, 2]}
    with pytest.raises(InvalidColumns, match="event and other are both 1"):
        wolbers_c(truth, given_, **NAMES, competing="other")
    with pytest.raises(InvalidColumns, match="column other has 3 rows"):
        wolbers_c({**truth, "other": np.zeros(3)}, given_, **NAMES, competing="other")
