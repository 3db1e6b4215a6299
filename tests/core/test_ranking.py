"""A board in order: ranks, groups, comparisons and what judged it, in both directions."""

import dataclasses
from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from challenge_platform.core import ranking
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.definition import Board, ChallengeDefinition
from challenge_platform.core.entry import Entry
from challenge_platform.core.leaderboard import Leaderboard
from challenge_platform.core.ranking import rank_board
from challenge_platform.core.standing import Standing
from challenge_platform.core.team import Team
from scorers.ranking.entry_state import EntryState
from tests.fakes import Clock

SPREAD = 0.01


def changed(challenge: PublishedChallenge, **phase: object) -> PublishedChallenge:
    """Give the challenge with other values in its first phase."""
    document = challenge.definition.document()
    document["phases"][0].update(phase)
    return dataclasses.replace(challenge, definition=ChallengeDefinition.model_validate(document))


def minimising(challenge: PublishedChallenge) -> PublishedChallenge:
    """Give the challenge with a primary metric of which less is better."""
    document = challenge.definition.document()
    document["scoring"]["metrics"][0]["primary"] = False
    document["scoring"]["metrics"].append(
        {
            "key": "loss",
            "metric": "weighted_sum",
            "params": {"c": 1.0},
            "primary": True,
            "direction": "minimize",
        }
    )
    return dataclasses.replace(challenge, definition=ChallengeDefinition.model_validate(document))


def entry(name: str, score: float, *, baseline: bool = False) -> Entry:
    """Give a team with a standing; its resamples are found by the team's name."""
    at = Clock()()
    number = sum(ord(letter) * 31**place for place, letter in enumerate(name))
    interval = [score - 2 * SPREAD, score + 2 * SPREAD]
    told = {"value": score, "interval": interval, "undefined": None, "events": 7, "units": 20}
    return Entry(
        standing=Standing(
            challenge_id=1,
            phase="development",
            board=Board.PUBLIC,
            team_id=number,
            submission_id=name,
            score=score,
            scores={"c": told, "loss": {**told, "events": None}},
            resamples=name,
            units=20,
            updated_at=at,
        ),
        team=Team(
            id=number,
            challenge_id=1,
            name=name,
            state=EntryState.BASELINE if baseline else EntryState.RANKED,
            created_at=at,
        ),
        entries=1,
        last_submission=at + timedelta(seconds=len(name)),
    )


def around(scores: Mapping[str, float]) -> Mapping[str, NDArray[np.float32]]:
    """Give each team's resamples: its score with noise of its own."""
    rng = np.random.default_rng(0)
    return {
        name: (score + rng.normal(0, SPREAD, size=500)).astype(np.float32)
        for name, score in scores.items()
    }


def ranked(
    challenge: PublishedChallenge, scores: Mapping[str, float], *, baselines: tuple[str, ...] = ()
) -> Leaderboard:
    """Rank teams with these scores."""
    vectors = around(scores)
    return rank_board(
        challenge,
        [entry(name, score, baseline=name in baselines) for name, score in scores.items()],
        phase=challenge.definition.phases[0],
        board=Board.PUBLIC,
        resamples=lambda standing: vectors[standing.resamples],
    )


def test_where_more_is_better_the_highest_score_is_first(challenge: PublishedChallenge) -> None:
    board = ranked(challenge, {"low": 0.5, "high": 0.9, "close": 0.89})

    assert [(row.team, row.rank, row.group) for row in board.rows] == [
        ("high", 1, 1),
        ("close", 2, 1),
        ("low", 3, 2),
    ]
    assert [(row.rank_low, row.rank_high) for row in board.rows] == [(1, 2), (1, 2), (3, 3)]


def test_where_less_is_better_the_lowest_score_is_first(challenge: PublishedChallenge) -> None:
    board = ranked(
        minimising(challenge),
        {"low": 0.5, "high": 0.9, "close": 0.51, "base": 0.7},
        baselines=("base",),
    )

    assert [(row.team, row.rank, row.group) for row in board.rows] == [
        ("low", 1, 1),
        ("close", 2, 1),
        ("base", None, None),
        ("high", 3, 2),
    ]
    assert [(row.rank_low, row.rank_high) for row in board.rows if not row.baseline] == [
        (1, 2),
        (1, 2),
        (3, 3),
    ]
    comparison = board.comparisons_of("low")[-1]
    assert (comparison.team, comparison.other) == ("low", "base")
    assert comparison.difference == 0.2
    assert comparison.low is not None
    assert comparison.high is not None
    assert 0.15 < comparison.low < 0.2 < comparison.high < 0.25


def test_the_first_team_is_compared_with_each_baseline(challenge: PublishedChallenge) -> None:
    board = ranked(
        challenge,
        {"ann": 0.81, "ben": 0.8, "age": 0.6, "boosting": 0.85},
        baselines=("age", "boosting"),
    )

    found = {one.other: one for one in board.comparisons_of("ann")}
    assert list(found) == ["ben", "boosting", "age"]
    assert [one.other for one in board.comparisons_of("ben")] == ["boosting", "age"]
    assert found["age"].difference == pytest.approx(0.21)
    assert found["boosting"].difference == pytest.approx(-0.04)
    assert found["age"].low is not None
    assert found["age"].low > 0


def test_a_difference_has_no_more_decimals_than_the_scores(challenge: PublishedChallenge) -> None:
    board = ranked(challenge, {"ann": 0.73124999, "age": 0.73120001}, baselines=("age",))

    (comparison,) = board.comparisons
    assert comparison.difference == 0.0
    for end in (comparison.low, comparison.high):
        assert end is not None
        assert end == round(end, 4)


def test_without_a_ranked_team_nothing_is_compared(challenge: PublishedChallenge) -> None:
    board = ranked(challenge, {"age": 0.6}, baselines=("age",))

    assert board.comparisons == ()
    assert board.groups == {}


def test_what_judged_the_board_is_told(challenge: PublishedChallenge) -> None:
    judged = ranked(challenge, {"ann": 0.8}).judged

    assert judged is not None
    assert (judged.unit, judged.units, judged.events) == ("patient_id", 20, {"c": 7})
    assert ranked(challenge, {}).judged is None


def test_a_phase_that_hides_the_score_compares_nothing(challenge: PublishedChallenge) -> None:
    hidden = changed(challenge, disclosure=[])
    board = ranked(hidden, {"ann": 0.8, "age": 0.6}, baselines=("age",))

    assert board.comparisons == ()
    assert [row.scores for row in board.rows] == [(), ()]
    assert b"0.8" not in board.content()


def test_a_phase_that_hides_the_interval_compares_without_it(challenge: PublishedChallenge) -> None:
    hidden = changed(challenge, disclosure=["score"])
    board = ranked(hidden, {"ann": 0.8, "age": 0.6}, baselines=("age",))

    (comparison,) = board.comparisons
    assert (comparison.difference, comparison.low, comparison.high) == (0.2, None, None)


def test_only_the_first_teams_have_a_rank_interval_and_a_group(
    challenge: PublishedChallenge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "RANK_INTERVALS_FOR", 2)

    board = ranked(challenge, {"ann": 0.9, "ben": 0.8, "cem": 0.7})

    assert [(row.rank, row.group, row.rank_high) for row in board.rows] == [
        (1, 1, 1),
        (2, 2, 2),
        (3, None, None),
    ]
    assert {group: [row.team for row in rows] for group, rows in board.groups.items()} == {
        1: ["ann"],
        2: ["ben"],
    }
