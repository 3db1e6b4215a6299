"""The Ladder shows surely better scores alone, so that probing a board teaches next to nothing."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from scorers.ranking.ladder import ERRORS, climbs, rungs

CASES = 1_000
SUBMISSIONS = 500
RESAMPLES = 200

Board = Callable[[NDArray[np.bool_]], float]
"""Takes which cases a submission has right, and answers what it shows."""


def test_a_score_within_some_standard_errors_of_the_best_is_not_shown() -> None:
    best = np.array([0.70, 0.72, 0.68, 0.70])
    gains = np.array([0.0, 0.02, 0.0, 0.02])  # standard deviation 0.01

    for errors, least in ((1, 0.71), (2, 0.72)):
        told = {"resamples": best + gains, "best_resamples": best, "errors": errors}
        assert climbs(least + 1e-4, 0.70, **told)
        assert not climbs(least - 1e-4, 0.70, **told)
    assert not climbs(0.69, 0.70, resamples=best - gains, best_resamples=best)


def test_where_less_is_better_a_smaller_score_climbs() -> None:
    best = np.full(4, 0.5)

    assert climbs(0.4, 0.5, resamples=best, best_resamples=best, direction="minimize")
    assert not climbs(0.6, 0.5, resamples=best, best_resamples=best, direction="minimize")


def test_the_same_predictions_again_climb_nowhere() -> None:
    best = np.full(4, 0.5)

    assert not climbs(0.5, 0.5, resamples=best, best_resamples=best)


def test_what_can_hardly_be_compared_climbs_nowhere() -> None:
    nan = float("nan")

    assert not climbs(0.9, 0.5, resamples=[0.9, nan, nan], best_resamples=[0.5, 0.5, 0.5])
    assert climbs(0.9, 0.5, resamples=[0.9, 0.9, nan], best_resamples=[0.5, 0.5, 0.5])
    assert not climbs(0.9, 0.5, resamples=[], best_resamples=[])


def test_for_a_mean_of_cases_the_threshold_is_the_papers() -> None:
    rng = np.random.default_rng(1)
    better = rng.random(CASES) < 0.5
    gains = (rng.random(CASES) < 0.6).astype(float) - better
    weights = rng.multinomial(CASES, np.full(CASES, 1 / CASES), size=20_000)
    resampled = weights @ gains / CASES

    assert resampled.std() == pytest.approx(gains.std(ddof=1) / CASES**0.5, rel=0.02)


def test_a_fixed_step_shows_multiples_of_it() -> None:
    assert rungs([0.512, 0.519, 0.535, 0.4], step=0.01) == pytest.approx([0.51, 0.51, 0.54, 0.54])
    assert rungs([0.5, 0.45], step=0.1, direction="minimize") == pytest.approx([0.5, 0.5])
    assert rungs([], step=0.1) == []


@pytest.mark.parametrize("step", [0, -0.1, float("nan")])
def test_a_step_that_is_none_is_refused(step: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        rungs([0.5], step=step)


def plain(right: NDArray[np.bool_]) -> float:
    return float(right.mean())


def rounded(right: NDArray[np.bool_]) -> float:
    return round(float(right.mean()), 2)


def ladder(errors: float = ERRORS) -> Board:
    weights = np.random.default_rng(2).multinomial(CASES, np.full(CASES, 1 / CASES), size=RESAMPLES)
    best: tuple[float, NDArray[np.float64]] | None = None

    def answer(right: NDArray[np.bool_]) -> float:
        nonlocal best
        score, resamples = plain(right), weights @ right / CASES
        if best is None or climbs(
            score, best[0], resamples=resamples, best_resamples=best[1], errors=errors
        ):
            best = score, resamples
        return best[0]

    return answer


def fixed_step() -> Board:
    scores: list[float] = []

    def answer(right: NDArray[np.bool_]) -> float:
        scores.append(plain(right))
        return rungs(scores, step=CASES ** (-1 / 3))[-1]

    return answer


@pytest.mark.parametrize("wants_news", [False, True], ids=["keeps what looks good", "what is new"])
@pytest.mark.parametrize(
    ("make", "low", "high"),
    [
        pytest.param(lambda: plain, 0.63, 0.68, id="every digit"),
        pytest.param(lambda: rounded, 0.63, 0.68, id="rounded to 0.01"),
        pytest.param(ladder, 0.47, 0.55, id="Ladder without parameter"),
        pytest.param(fixed_step, 0.45, 0.55, id="Ladder of a fixed step"),
    ],
)
def test_rounding_does_not_protect_and_the_ladder_does(
    make: Callable[[], Board], low: float, high: float, wants_news: bool
) -> None:
    rng = np.random.default_rng(3)
    board, truth = make(), rng.random(CASES) < 0.5
    votes, before = np.zeros(CASES), 0.5
    for _ in range(SUBMISSIONS):
        guess = rng.random(CASES) < 0.5
        shown = board(guess == truth)
        if shown > 0.5 and (not wants_news or shown != before):
            votes += np.where(guess, 1, -1)
        before = shown

    assert low < plain((votes > 0) == truth) < high


@pytest.mark.parametrize(("errors", "low", "high"), [(0.9, 0.9, 1.0), (ERRORS, 0.45, 0.55)])
def test_cases_cannot_be_read_off_one_by_one(errors: float, low: float, high: float) -> None:
    rng = np.random.default_rng(5)
    board, truth = ladder(errors), rng.random(CASES) < 0.5
    best = np.zeros(CASES, dtype=bool)
    shown = board(best == truth)
    for case in range(CASES):
        other = best.copy()
        other[case] ^= True
        if (now := board(other == truth)) != shown:
            best, shown = other, now

    assert low < plain(best == truth) <= high
