"""Ranking schemes agree with SciPy and with ranks worked out by hand."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from scorers.ranking.ranks import UNRANKED, first_shares
from scorers.ranking.schemes import (
    average_ranks,
    kendall_tau,
    mean_rank,
    rank_by_tests,
    rank_then_aggregate,
    wilcoxon_beats,
)

NAN = float("nan")
tables = st.tuples(st.integers(1, 6), st.integers(1, 8)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.integers(-4, 4).map(float))
)


@given(tables)
def test_ranks_are_shared_as_scipy_shares_them(table: np.ndarray) -> None:
    ours = average_ranks(table, direction="minimize")

    assert ours.tolist() == stats.rankdata(table, axis=0).tolist()


def test_a_missing_value_gets_the_worst_rank() -> None:
    assert average_ranks([[0.9], [0.9], [0.5], [NAN]])[:, 0].tolist() == [1.5, 1.5, 3, 4]
    assert average_ranks([[NAN], [0.1], [NAN]])[:, 0].tolist() == [2.5, 1, 2.5]


def test_ranking_before_aggregating_can_turn_the_order_round() -> None:
    values = [[0.9, 0.9, 0.1], [0.8, 0.8, 0.8]]  # better in two cases of three, worse on the whole

    assert rank_then_aggregate(values).tolist() == [1, 2]
    assert np.mean(values, axis=1).argmax() == 1


def test_who_has_no_value_has_no_rank() -> None:
    assert rank_then_aggregate([[NAN, NAN], [0.1, NAN]]).tolist() == [UNRANKED, 1]


def test_the_mean_rank_takes_each_metric_in_its_direction() -> None:
    scores = [[0.9, 10.0], [0.8, 1.0], [0.7, 2.0]]

    assert mean_rank(scores, directions=["maximize", "minimize"]).tolist() == [2, 1, 3]
    assert scores[0][1] == 10.0


def test_teams_are_ranked_by_how_many_they_beat() -> None:
    beats = np.array([[False, False, True], [False, False, True], [False, False, False]])

    assert rank_by_tests(beats).tolist() == [1, 1, 3]
    missing = np.array([True, False, False])
    assert rank_by_tests(beats, missing=missing).tolist() == [UNRANKED, 1, 2]


@settings(deadline=None)
@given(arrays(np.float64, (2, 12), elements=st.integers(-6, 6).map(float)))
def test_wilcoxons_test_is_scipys(values: np.ndarray) -> None:
    one, other = values
    if (one == other).all():
        assert not wilcoxon_beats(values, level=1).any()
        return
    with warnings.catch_warnings(action="ignore"):  # that the sample is small
        p = stats.wilcoxon(
            one, other, zero_method="wilcox", method="asymptotic", alternative="greater"
        ).pvalue

    assert wilcoxon_beats(values, level=p + 1e-12)[0, 1]
    assert not wilcoxon_beats(values, level=p - 1e-12)[0, 1]


def test_where_less_is_better_the_smaller_values_beat() -> None:
    values = np.array([np.arange(20.0), np.arange(20.0) + 1])

    assert wilcoxon_beats(values).tolist() == [[False, False], [True, False]]
    assert wilcoxon_beats(values, direction="minimize").tolist() == [[False, True], [False, False]]


def test_a_case_that_one_lacks_decides_nothing() -> None:
    values = np.array([[1.0] * 20, [0.0] * 20])
    values[1, :18] = NAN

    assert not wilcoxon_beats(values).any()


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=20))
def test_the_agreement_of_orders_is_scipys(pairs: list[tuple[int, int]]) -> None:
    mine, theirs = zip(*pairs, strict=True)
    expected = stats.kendalltau(mine, theirs).statistic

    if np.isnan(expected):
        assert kendall_tau(mine, theirs) is None
    else:
        assert kendall_tau(mine, theirs) == pytest.approx(expected, abs=1e-12)


def test_who_is_unranked_in_one_order_is_left_out() -> None:
    assert kendall_tau([1, 2, UNRANKED], [1, 2, 3]) == 1
    assert kendall_tau([1, UNRANKED], [UNRANKED, 1]) is None


def test_the_probability_of_being_first_is_shared_by_those_who_tie() -> None:
    resamples = [[0.9, 0.5, 0.5, NAN], [0.9, 0.4, 0.6, NAN], [0.1, 0.1, NAN, NAN]]

    assert first_shares(resamples).tolist() == [0.375, 0.375, 0]
    assert first_shares(resamples, direction="minimize").tolist() == [0.25, 0, 0.5]
