"""What a board tells beside ranks: who may be first, differences, the map, and other schemes."""

import dataclasses
import json
from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.comparison import Scheme
from challenge_platform.core.definition import Board, ChallengeDefinition
from challenge_platform.core.leaderboard import Leaderboard
from challenge_platform.core.ranking import rank_board
from tests.core.test_ranking import changed, entry, minimising, ranked

FIVE = {"ann": 0.9, "ben": 0.895, "cem": 0.89, "dan": 0.7, "eve": 0.6}


def ranked_by(
    challenge: PublishedChallenge,
    scores: Mapping[str, float],
    vectors: Mapping[str, NDArray[np.float32]],
) -> Leaderboard:
    """Rank teams with these scores and these resamples."""
    return rank_board(
        challenge,
        [entry(name, score) for name, score in scores.items()],
        phase=challenge.definition.phases[0],
        board=Board.PUBLIC,
        resamples=lambda standing: vectors[standing.resamples],
    )


def with_a_second_metric(challenge: PublishedChallenge) -> PublishedChallenge:
    """Give the challenge with a metric beside the primary one, of which less is better."""
    document = challenge.definition.document()
    other = {**document["scoring"]["metrics"][0], "key": "loss", "primary": False}
    document["scoring"]["metrics"].append(other)
    return dataclasses.replace(challenge, definition=ChallengeDefinition.model_validate(document))


@pytest.mark.parametrize("scores", [[1], [3, 3], [4, 4, 4, 2], [0, 0, 1, 8, 8], list(range(7))])
def test_the_chances_of_being_first_sum_to_1_whoever_ties(
    challenge: PublishedChallenge, scores: list[int]
) -> None:
    board = ranked(challenge, {f"team-{number}": each / 20 for number, each in enumerate(scores)})

    chances = [row.first for row in board.rows]
    assert sum(chance for chance in chances if chance is not None) == pytest.approx(1, abs=0.004)


def test_who_is_far_ahead_is_first_in_all_resamples(challenge: PublishedChallenge) -> None:
    chances = {row.team: row.first for row in ranked(challenge, FIVE).rows}

    assert chances["dan"] == chances["eve"] == 0
    assert chances["ann"] is not None
    assert 0.4 < chances["ann"] < 0.8


def test_baselines_have_no_chance_and_take_none(challenge: PublishedChallenge) -> None:
    board = ranked(challenge, {"ann": 0.8, "oracle": 0.99}, baselines=("oracle",))

    assert {row.team: row.first for row in board.rows} == {"oracle": None, "ann": 1.0}


def test_a_team_is_compared_with_the_next_and_p_agrees_with_the_interval(
    challenge: PublishedChallenge,
) -> None:
    board = ranked(challenge, {**FIVE, "age": 0.5}, baselines=("age",))

    pairs = {(one.team, one.other): one for one in board.comparisons}
    assert list(pairs) == [
        ("ann", "ben"),
        ("ann", "age"),
        ("ben", "cem"),
        ("ben", "age"),
        ("cem", "dan"),
        ("cem", "age"),
        ("dan", "eve"),
        ("dan", "age"),
        ("eve", "age"),
    ]
    close, far = pairs["ann", "ben"], pairs["cem", "dan"]
    assert close.low is not None
    assert close.p is not None
    assert close.low < 0 < close.p
    assert close.p > 0.05
    assert (far.difference, far.p) == (0.19, 0.001)
    assert far.low is not None
    assert far.low > 0


def test_a_difference_that_luck_made_lies_in_its_interval_and_is_not_significant(
    challenge: PublishedChallenge,
) -> None:
    rng = np.random.default_rng(0)
    lucky = rng.normal(0.7, 0.01, 400).astype(np.float32)  # its own score is 0.8
    honest = rng.normal(0.78, 0.01, 400).astype(np.float32)

    board = ranked_by(challenge, {"lucky": 0.8, "honest": 0.78}, {"lucky": lucky, "honest": honest})

    (comparison,) = board.comparisons
    assert comparison.low is not None
    assert (comparison.low < 0, comparison.high, comparison.p) == (True, 0.02, 1.0)
    first, second = board.rows
    assert (first.team, first.rank_low, first.rank_high, first.first) == ("lucky", 1, 2, 0)
    assert (second.rank_low, second.rank_high, second.group) == (1, 2, 1)


def test_the_map_has_the_p_of_all_pairs_of_the_first_twenty(challenge: PublishedChallenge) -> None:
    board = ranked(challenge, {f"team-{number}": 0.9 - number / 100 for number in range(25)})

    found = board.significance
    assert found is not None
    assert found.teams == tuple(row.team for row in board.rows[:20])
    assert found.p[0][0] is None
    assert found.p[0][1] == found.p[1][0] == 1.0
    last = found.p[0][19]
    assert last is not None
    assert last < 0.01


def test_other_schemes_are_told_with_who_would_be_first(challenge: PublishedChallenge) -> None:
    board = ranked(challenge, FIVE)

    found = {one.scheme: one for one in board.robustness}
    assert list(found) == [
        Scheme.RANK_THEN_AGGREGATE,
        Scheme.MEDIAN_THEN_RANK,
        Scheme.TEST_THEN_RANK,
    ]
    assert found[Scheme.RANK_THEN_AGGREGATE].tau == 1
    assert (found[Scheme.TEST_THEN_RANK].first, found[Scheme.TEST_THEN_RANK].firsts) == ("ann", 3)
    assert found[Scheme.TEST_THEN_RANK].keeps_first


def test_another_metric_and_the_mean_rank_are_schemes_where_parts_are_told(
    challenge: PublishedChallenge,
) -> None:
    several = with_a_second_metric(challenge)

    keys = [(one.scheme, one.metric) for one in ranked(several, FIVE).robustness]
    assert keys[3:] == [(Scheme.MEAN_RANK, None), (Scheme.AGGREGATE_THEN_RANK, "loss")]
    hidden = changed(several, disclosure=["score", "interval"])
    assert [one.metric for one in ranked(hidden, FIVE).robustness] == [None] * 3


def test_where_another_metric_turns_the_order_round_the_first_is_not_kept(
    challenge: PublishedChallenge,
) -> None:
    turned = minimising(challenge)  # by `loss`; of `c`, which has the same values, more is better

    (_, _, _, by_c) = ranked(turned, FIVE).robustness

    assert (by_c.metric, by_c.tau, by_c.first, by_c.keeps_first) == ("c", -1, "ann", False)


@pytest.mark.parametrize("disclosure", [[], ["score"], ["parts"]])
def test_what_comes_of_resamples_is_told_where_intervals_are(
    challenge: PublishedChallenge, disclosure: list[str]
) -> None:
    hidden = changed(challenge, disclosure=disclosure)

    board = ranked(hidden, {**FIVE, "age": 0.5}, baselines=("age",))

    assert {row.first for row in board.rows} == {None}
    assert (board.significance, board.robustness) == (None, ())
    assert {(one.low, one.high, one.p) for one in board.comparisons} <= {(None, None, None)}
    assert bool(board.comparisons) == ("score" in disclosure)


def test_a_board_of_nobody_or_of_one_team_is_told(challenge: PublishedChallenge) -> None:
    (row,) = (alone := ranked(challenge, {"ann": 0.8})).rows

    assert (row.rank, row.first, row.group, alone.comparisons) == (1, 1.0, 1, ())
    assert [one.tau for one in alone.robustness] == [None] * 3
    nobody = ranked(challenge, {})
    assert (nobody.rows, nobody.significance, nobody.robustness) == ((), None, ())
    assert json.loads(nobody.content())["significance"] is None
