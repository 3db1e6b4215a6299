"""Ranks are those of a competition, 1, 1, 3, and intervals come from shared resamples."""

import itertools
import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorers.metric import Direction
from scorers.ranking.ranks import (
    UNRANKED,
    paired_interval,
    rank_intervals,
    ranks,
    significance_groups,
)

NAN = float("nan")


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        # challengeR gives a missing score the worst rank, 4; ours is never ranked.
        pytest.param([0.9, 0.9, 0.5, NAN], [1, 1, 3, UNRANKED], id="golden, a missing score"),
        pytest.param([0.5, 0.7, 0.7, 0.9], [4, 2, 2, 1], id="tie in the middle"),
        pytest.param([0.5], [1], id="one team"),
        pytest.param([], [], id="no team"),
        pytest.param([NAN, NAN], [UNRANKED, UNRANKED], id="nobody has a score"),
        pytest.param([0.1 + 0.2, 0.3], [1, 1], id="equal but for rounding"),
        pytest.param([0.3 + 2e-12, 0.3], [1, 2], id="apart by more than the tolerance"),
        pytest.param([np.inf, 1e300, -np.inf], [1, 1, 3], id="beyond what can be rounded"),
    ],
)
def test_equal_scores_share_a_rank_and_missing_ones_have_none(
    scores: list[float], expected: list[int]
) -> None:
    assert ranks(scores).tolist() == expected


def test_where_less_is_better_the_smallest_score_is_first() -> None:
    assert ranks([0.9, 0.5, NAN], direction=Direction.MINIMIZE).tolist() == [2, 1, UNRANKED]
    assert ranks([0.9, 0.5], direction="minimize").tolist() == [2, 1]


def test_an_unknown_direction_is_refused() -> None:
    with pytest.raises(ValueError, match="upwards"):
        ranks([0.9], direction="upwards")


def test_the_declared_tolerance_decides_what_is_equal() -> None:
    assert ranks([0.901, 0.899, 0.85], tolerance=0.01).tolist() == [1, 1, 3]
    assert ranks([0.901, 0.899, 0.85], tolerance=0).tolist() == [1, 2, 3]
    assert ranks([0.3, 0.1 + 0.2], tolerance=0).tolist() == [2, 1]


@given(st.lists(st.integers(-5, 5) | st.none(), min_size=1, max_size=30))
def test_a_rank_is_one_more_than_the_number_of_better_scores(scores: list[int | None]) -> None:
    found = ranks([NAN if score is None else score / 10 for score in scores])

    for score, rank in zip(scores, found, strict=True):
        if score is None:
            assert rank == UNRANKED
        else:
            assert rank == 1 + sum(other > score for other in scores if other is not None)


@given(
    st.integers(1, 6).flatmap(
        lambda teams: st.lists(
            st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4, NAN]), min_size=teams, max_size=teams),
            min_size=1,
            max_size=60,
        )
    )
)
def test_rank_intervals_are_the_percentiles_of_the_ranks_in_each_resample(
    resamples: list[list[float]],
) -> None:
    low, high = rank_intervals(np.array(resamples).T, level=0.8)

    placed = np.array([ranks(resample) for resample in resamples]).T
    for team, places in enumerate(placed):
        defined = np.sort(places[places != UNRANKED])
        if len(defined) == 0:
            assert (low[team], high[team]) == (UNRANKED, UNRANKED)
        else:
            assert np.mean((defined >= low[team]) & (defined <= high[team])) >= 0.8 - 1e-9
            assert low[team] in defined
            assert high[team] in defined


def test_a_clear_winner_is_first_in_every_resample_and_the_others_overlap() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(scale=0.01, size=(3, 1000)).astype(np.float32)

    low, high = rank_intervals(noise + np.array([[0.9], [0.7], [0.7]], dtype=np.float32))

    assert low.tolist() == [1, 2, 2]
    assert high.tolist() == [1, 3, 3]


def test_rank_intervals_turn_around_with_the_direction() -> None:
    resamples = np.array([[0.1] * 10, [0.2] * 10])

    assert rank_intervals(resamples)[0].tolist() == [2, 1]
    assert rank_intervals(resamples, direction="minimize")[0].tolist() == [1, 2]


RESAMPLED = st.integers(1, 8).flatmap(
    lambda teams: st.lists(
        st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4, NAN]), min_size=teams, max_size=teams),
        min_size=1,
        max_size=40,
    )
)
"""Resamples of some teams, a list of their scores for each."""


def around(*means: float, scale: float = 0.01) -> np.ndarray:
    """Give the resampled scores of teams around their means, each with noise of its own."""
    noise = np.random.default_rng(0).normal(scale=scale, size=(len(means), 1000))
    return (np.array(means)[:, None] + noise).astype(np.float32)


def test_a_paired_interval_has_no_part_in_what_is_hard_for_both() -> None:
    hard = np.random.default_rng(0).normal(scale=0.2, size=1000)

    low, high = paired_interval(0.8 + hard, 0.7 + hard) or (NAN, NAN)

    assert (low, high) == pytest.approx((0.1, 0.1))
    assert paired_interval(0.8 + hard, 0.7 + hard, direction="minimize") == pytest.approx(
        (-0.1, -0.1)
    )


def test_teams_that_share_too_few_resamples_have_no_paired_interval() -> None:
    mine, theirs = [0.5, 0.6, NAN, NAN, 0.7], [0.5, NAN, 0.4, 0.4, 0.7]

    assert paired_interval(mine, theirs) is None
    assert paired_interval(mine, mine) == (0.0, 0.0)


def test_groups_start_anew_at_the_first_team_that_is_surely_worse() -> None:
    resamples = around(0.9, 0.89, 0.7, 0.69, 0.5)

    assert significance_groups(resamples, ranks=[1, 2, 3, 4, 5]).tolist() == [1, 1, 2, 2, 3]


def test_groups_compare_with_their_head_and_not_with_the_neighbour() -> None:
    resamples = around(0.90, 0.88, 0.86, 0.84, 0.82)

    groups = significance_groups(resamples, ranks=[1, 2, 3, 4, 5])

    assert paired_interval(resamples[1], resamples[2])[0] < 0  # type: ignore[index]  # it has one
    assert groups.tolist() == [1, 1, 2, 2, 3]


def test_groups_are_given_in_the_order_of_the_teams() -> None:
    resamples = around(0.5, 0.9, 0.7)

    assert significance_groups(resamples, ranks=[3, 1, 2]).tolist() == [3, 1, 2]


def test_where_less_is_better_the_smallest_score_heads_the_first_group() -> None:
    resamples = around(0.1, 0.11, 0.5)

    assert significance_groups(resamples, ranks=[1, 2, 3], direction="minimize").tolist() == [
        1,
        1,
        2,
    ]


def test_teams_that_share_a_rank_share_a_group() -> None:
    resamples = around(0.9, 0.9, 0.8, 0.7)

    # The resamples of the third would be surely worse, but its score is equal to the others'.
    assert significance_groups(resamples, ranks=[1, 1, 1, 4]).tolist() == [1, 1, 1, 2]


def test_differences_within_the_tolerance_tell_nobody_apart() -> None:
    resamples = around(0.9, 0.5, scale=0)

    assert significance_groups(resamples, ranks=[1, 2], tolerance=0.5).tolist() == [1, 1]
    assert significance_groups(resamples, ranks=[1, 2], tolerance=0.3).tolist() == [1, 2]


def test_who_cannot_be_compared_is_told_apart_from_nobody() -> None:
    resamples = around(0.9, 0.5, 0.4)
    resamples[1] = NAN

    assert significance_groups(resamples, ranks=[1, 2, 3]).tolist() == [1, 1, 2]


def test_who_has_no_rank_has_no_group() -> None:
    resamples = around(0.9, 0.8)

    assert significance_groups(resamples, ranks=[UNRANKED, 1]).tolist() == [UNRANKED, 1]
    assert significance_groups(np.empty((0, 10)), ranks=[]).tolist() == []


@given(st.integers(1, 30), st.sampled_from(list(Direction)))
def test_equal_teams_are_one_group(teams: int, direction: Direction) -> None:
    resamples = np.tile(around(0.8), (teams, 1))

    for places in (np.arange(1, teams + 1), np.ones(teams)):
        assert set(significance_groups(resamples, ranks=places, direction=direction)) == {1}


@given(RESAMPLED, st.sampled_from(list(Direction)), st.randoms())
def test_groups_are_runs_of_ranks_whose_head_is_surely_better_than_the_next_head(
    resamples: list[list[float]], direction: Direction, random: Random
) -> None:
    vectors = np.array(resamples).T
    places = list(range(1, len(vectors) + 1))
    random.shuffle(places)

    groups = significance_groups(vectors, ranks=places, direction=direction)

    in_order = np.argsort(places)
    ordered = groups[in_order]
    assert ordered[0] == 1
    assert set(np.diff(ordered)) <= {0, 1}
    heads = [int(in_order[np.argmax(ordered == group)]) for group in range(1, ordered.max() + 1)]
    strictest = 1 - 0.05 / max(1, math.comb(len(vectors), 2))  # no comparison is asked for more
    for team, group in enumerate(groups):
        head = vectors[heads[group - 1]]
        interval = paired_interval(head, vectors[team], direction=direction, level=strictest)
        assert interval is None or interval[0] <= 1e-9
    for head, following in itertools.pairwise(heads):
        interval = paired_interval(vectors[head], vectors[following], direction=direction)
        assert interval is not None
        assert interval[0] > 0


@given(RESAMPLED)
def test_groups_turn_around_with_the_scores(resamples: list[list[float]]) -> None:
    vectors = np.array(resamples).T
    places = range(1, len(vectors) + 1)

    upwards = significance_groups(vectors, ranks=places)

    assert significance_groups(-vectors, ranks=places, direction="minimize").tolist() == (
        upwards.tolist()
    )


def test_few_events_widen_the_interval_of_a_difference() -> None:
    rng = np.random.default_rng(0)
    mine, theirs = 0.8 + rng.normal(size=(2, 1000)) / 100
    gain = mine - theirs

    many, few = (paired_interval(mine, theirs, count=count) for count in (None, 10))

    # 1.96 standard deviations of the resamples and, with nine degrees of freedom, 2.262 which are
    # widened by the root of 10/9.
    assert many == pytest.approx(
        (gain.mean() - 1.96 * gain.std(), gain.mean() + 1.96 * gain.std()), abs=2e-5
    )
    assert few == pytest.approx(
        (gain.mean() - 2.3845 * gain.std(), gain.mean() + 2.3845 * gain.std()), abs=3e-5
    )


def test_few_events_tell_fewer_teams_apart() -> None:
    rng = np.random.default_rng(0)
    first = 0.8 + rng.normal(size=1000) / 100
    second = first - 0.0202 + rng.normal(size=1000) / 100

    told = [
        significance_groups([first, second], ranks=[1, 2], count=count).tolist()
        for count in (None, 10)
    ]

    assert told == [[1, 2], [1, 1]]


def far(statistic: float) -> np.ndarray:
    """Give resamples whose mean is so many standard deviations below 0."""
    spread = np.tile([-1.0, 1.0], 500)
    return np.asarray(spread / spread.std(ddof=1) - statistic)


def test_the_more_teams_are_compared_the_surer_each_difference_must_be() -> None:
    head, worse, equal = np.zeros(1000), far(2.2), far(0.0)

    assert significance_groups([head, worse], ranks=[1, 2]).tolist() == [1, 2]
    many = [head, *[equal] * 9, worse]
    assert significance_groups(many, ranks=range(1, 12)).tolist() == [1] * 11
    many[-1] = far(3.2)  # beyond the normal quantile for 10 comparisons, 2.81, but not 55 pairs
    assert significance_groups(many, ranks=range(1, 12)).tolist() == [1] * 11
    many[-1] = far(3.4)  # beyond that for 55 pairs, 3.32
    assert significance_groups(many, ranks=range(1, 12)).tolist() == [1] * 10 + [2]


def test_each_difference_that_is_sure_eases_the_test_of_the_next() -> None:
    vectors = [np.zeros(1000), far(2.1), far(2.5), far(9.0)]  # 1.96, 2.39 and 2.64 are asked for

    assert significance_groups(vectors, ranks=[1, 2, 3, 4])[1] == 2
    vectors[3] = far(0.0)
    assert significance_groups(vectors, ranks=[1, 2, 3, 4]).tolist() == [1, 1, 1, 1]


def test_teams_that_share_a_rank_are_not_parted() -> None:
    vectors = [np.zeros(1000), far(0.0), far(9.0), far(9.0)]

    assert significance_groups(vectors, ranks=[1, 2, 2, 4]).tolist() == [1, 1, 1, 2]


def test_the_same_difference_in_every_resample_is_sure() -> None:
    assert significance_groups([np.zeros(9), np.full(9, -0.1)], ranks=[1, 2]).tolist() == [1, 2]
    assert significance_groups([np.zeros(9), np.zeros(9)], ranks=[1, 2]).tolist() == [1, 1]


def test_teams_that_cannot_be_compared_do_not_make_the_others_harder_to_tell_apart() -> None:
    two = [np.zeros(1000), far(2.1)]  # 1.96 is asked for of two teams
    undefined = [np.full(1000, np.nan)] * 10

    assert significance_groups([*two, *undefined], ranks=[1, 2, *[0] * 10])[:2].tolist() == [1, 2]
    shown = significance_groups([*two, *undefined], ranks=range(1, 13))
    assert shown[1] == 2
