"""Leak probes of `nafld-progression`: nothing but the covariates tells the endpoints."""

import re
import statistics
from collections.abc import Callable, Sequence
from operator import itemgetter
from types import ModuleType
from typing import Any

import pytest

Rows = list[dict[str, str]]
Tables = dict[str, list[Any]]
Concordances = Callable[[Rows, Sequence[float], Sequence[float]], tuple[float, float]]

# An order that says nothing has C = 0.5 with a standard deviation of about 0.02 on the 269 events
# and 360 deaths: 0.05 is two and a half of them. How many cells of a row are empty follows age,
# because older people are measured more often, so that it may say a little more than nothing.
ORDER_SAYS_NOTHING = pytest.approx(0.5, abs=0.05)
MISSING_SAYS_LITTLE = pytest.approx(0.5, abs=0.10)
# The mean of 703 uniform places has a standard deviation of 0.011.
SPLIT_SHOWS_NOTHING = pytest.approx(0.5, abs=0.03)
ENDPOINTS = {"at_risk", "event", "event_time", "death", "death_time"}


def test_ids_are_unlike_the_numbers_of_the_source_and_in_another_order(
    recipe: ModuleType, people: Rows, source: Tables
) -> None:
    ids = {recipe.patient_id(who): who for who, *_ in source["nafld1"]}
    numbers = [ids[id_] for id_ in sorted(row["patient_id"] for row in people)]

    assert all(re.fullmatch(r"p[0-9a-f]{10}", id_) for id_ in ids)
    assert len(ids) == len(source["nafld1"])
    assert statistics.correlation(range(len(numbers)), numbers) == pytest.approx(0, abs=0.06)


def test_the_order_of_ids_does_not_tell_the_split(people: Rows) -> None:
    usages = [row["usage"] for row in sorted(people, key=itemgetter("patient_id"))]

    for usage in ("train", "public", "private"):
        assert _mean_place(usages, usage) == SPLIT_SHOWS_NOTHING


def test_the_order_of_rows_does_not_tell_public_from_private(people: Rows) -> None:
    usages = [row["usage"] for row in people if row["usage"] != "train"]

    assert _mean_place(usages, "public") == SPLIT_SHOWS_NOTHING


def _mean_place(usages: Sequence[str], usage: str) -> float:
    """Give the mean place of a usage, 0 for the first row and 1 for the last."""
    places = [place for place, found in enumerate(usages) if found == usage]
    return statistics.fmean(places) / (len(usages) - 1)


def test_the_order_of_rows_tells_nothing(people: Rows, concordances: Concordances) -> None:
    train = sum(row["usage"] == "train" for row in people)
    place = [*range(train), *range(len(people) - train)]

    assert all(c == ORDER_SAYS_NOTHING for c in concordances(people, place, place))


def test_the_order_of_ids_tells_nothing(people: Rows, concordances: Concordances) -> None:
    order = [int(row["patient_id"][1:], 16) for row in people]

    assert all(c == ORDER_SAYS_NOTHING for c in concordances(people, order, order))


def test_the_number_of_empty_cells_tells_little(people: Rows, concordances: Concordances) -> None:
    """Without fib4, whose presence is a finding (above 2.67), as the data page says."""
    columns = ("bmi", "sbp", "hdl", "smoke")
    empty = [sum(row[column] == "" for column in columns) for row in people]
    no_fib4 = [int(row["fib4"] == "") for row in people]

    assert all(c == MISSING_SAYS_LITTLE for c in concordances(people, empty, empty))
    assert concordances(people, no_fib4, no_fib4)[1] == pytest.approx(0.29, abs=5e-3)


def test_no_covariate_alone_beats_age(people: Rows, concordances: Concordances) -> None:
    """The length of follow-up, the leak of the challenge that this one follows, reached 0.97."""
    age = [float(row["age"]) for row in people]
    best = concordances(people, age, age)
    others = {"patient_id", "sex", "usage", "age", "age_band", *ENDPOINTS}
    for column in set(people[-1]) - others:
        value = [float(row[column] or "-1") for row in people]
        for c, of_age in zip(concordances(people, value, value), best, strict=True):
            assert max(c, 1 - c) < of_age


def test_nothing_after_day_0_reaches_a_covariate(recipe: ModuleType, source: Tables) -> None:
    baseline, labs, events = source.values()
    past_labs = [lab for lab in labs if lab[1] <= 0]
    past_events = [event for event in events if event[1] <= 0]
    other_future = [
        (*known, follow_up + 1000, 1 - status) for *known, follow_up, status in baseline
    ]

    as_is = recipe.cohort(*source.values())
    otherwise = recipe.cohort(other_future, past_labs, past_events)
    for row, other in zip(as_is, otherwise, strict=True):
        different = {column for column in row if row[column] != other[column]}

        assert {"death", "death_time"} <= different <= ENDPOINTS - {"at_risk"}


def test_the_order_of_the_source_decides_nothing(recipe: ModuleType, source: Tables) -> None:
    reversed_rows = recipe.cohort(*(rows[::-1] for rows in source.values()))

    assert reversed_rows[::-1] == recipe.cohort(*source.values())
    assert recipe.split(reversed_rows) == recipe.split(reversed_rows[::-1])
