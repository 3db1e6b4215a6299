"""All pairs of teams at once: the tests of single pairs, their p, and Holm's correction."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import stats

from scorers.metric import Direction
from scorers.ranking.pairs import PairedGains, holm, paired_p, pairwise_p
from scorers.uncertainty.intervals import difference_interval, enough_defined
from scorers.uncertainty.student import standard_error

resampled = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=8),
    elements=st.sampled_from([0.0, 0.25, 0.5, 0.625, 0.75, 1.0, np.nan]),
)
counts = st.sampled_from([None, 2, 5, 30, 1000])


@given(resampled, counts)
def test_each_pair_is_compared_as_if_it_were_alone(table: np.ndarray, count: int | None) -> None:
    gains = PairedGains.of(table)
    found = gains.statistics(count=count)
    low, high = gains.intervals(count=count)

    for first, own in enumerate(table.astype(np.float64)):
        for second, other in enumerate(table.astype(np.float64)):
            apart = enough_defined(own - other)
            if apart is None:
                assert math.isnan(found[first, second])
                continue
            mean, error = float(apart.mean()), standard_error(apart, count=count)
            expected = mean / error if error else math.inf * mean if mean else 0.0
            assert found[first, second] == pytest.approx(expected, rel=1e-6, abs=1e-7)
            ends = difference_interval(own - other, count=count)
            assert (low[first, second], high[first, second]) == pytest.approx(ends, abs=1e-7)


@given(resampled, counts)
def test_where_less_is_better_gains_turn_round(table: np.ndarray, count: int | None) -> None:
    more, less = (PairedGains.of(table, direction=each) for each in Direction)

    np.testing.assert_array_equal(more.statistics(count=count), -less.statistics(count=count))


@given(st.lists(st.floats(-1, 1, width=32), min_size=4, max_size=30, unique=True), counts)
def test_a_p_is_below_5_percent_where_the_interval_does_not_hold_0(
    gains: list[float], count: int | None
) -> None:
    table = np.array([gains, np.zeros(len(gains))])
    p = float(paired_p(PairedGains.of(table).statistics(count=count), count=count)[0, 1])
    interval = difference_interval(table[0], count=count)

    assert interval is not None
    low, high = interval
    if abs(p - 0.05) > 1e-4:
        assert (p < 0.05) == (low > 0 or high < 0)


@pytest.mark.parametrize("count", [5, 20, 1000, None])
@pytest.mark.parametrize("statistic", [0.0, 0.5, 2.0, -3.5])
def test_a_p_is_that_of_students_t(statistic: float, count: int | None) -> None:
    freedom = math.inf if count is None else count - 1
    expected = 2 * stats.t.sf(abs(statistic), freedom)

    assert float(paired_p(statistic, count=count)) == pytest.approx(expected, rel=5e-3)


def test_a_difference_that_never_changes_has_the_least_p_and_an_unknown_none() -> None:
    found = paired_p([math.inf, -math.inf, math.nan])

    assert found[0] == found[1] < 1e-8
    assert math.isnan(found[2])


def test_holms_p_are_those_of_his_paper_worked_by_hand() -> None:
    np.testing.assert_allclose(
        holm([0.01, 0.04, 0.03, 0.005, np.nan]), [0.03, 0.06, 0.06, 0.02, np.nan]
    )


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_makes_no_p_smaller_and_keeps_their_order(given_p: list[float]) -> None:
    found = holm(given_p)

    assert np.all(found >= given_p)
    assert np.all(found <= 1)
    assert np.all(np.diff(found[np.argsort(given_p)]) >= 0)


def test_the_map_of_all_pairs_is_corrected_for_their_number() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal([[0.8], [0.77], [0.76], [0.5]], 0.01, (4, 400))
    gains = PairedGains.of(table)
    p = pairwise_p(gains, count=50)

    np.testing.assert_array_equal(p, p.T)
    assert np.isnan(np.diag(p)).all()
    alone = paired_p(gains.statistics(count=50), count=50)
    assert p[0, 2] == pytest.approx(alone[0, 2] * 3)  # the fourth smallest of six
    assert p[0, 3] < 1e-6


def test_who_surely_beats_whom_is_a_test_of_one_side() -> None:
    rng = np.random.default_rng(1)
    table = rng.normal([[0.8], [0.795], [0.7]], 0.01, (3, 400))

    assert PairedGains.of(table).beats(count=50).tolist() == [
        [False, False, True],
        [False, False, True],
        [False, False, False],
    ]
