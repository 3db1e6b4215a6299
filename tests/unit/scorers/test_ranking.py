"""Ranks are those of a competition, 1, 1, 3, and intervals come from shared resamples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorers.metric import Direction
from scorers.ranking import UNRANKED, rank_intervals, ranks

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
