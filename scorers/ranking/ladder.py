"""The Ladder: a board that shows a team's score anew only when it has surely improved.

Whoever may ask a board for the score of anything, and again, fits the hidden cases that judge it,
without learning anything about others. The Ladder answers with the team's best score so far unless
the new one is better by more than chance (Blum and Hardt, ICML 2015, arXiv 1502.04585).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from scorers.metric import Direction

__all__ = ["ERRORS", "climbs", "climbs_a_step", "rung", "rungs"]

ERRORS = 2.0
"""How many standard errors a score must gain."""


def climbs(
    score: float,
    best: float,
    /,
    *,
    resamples: ArrayLike,
    best_resamples: ArrayLike,
    errors: float = ERRORS,
    direction: Direction | str = Direction.MAXIMIZE,
) -> bool:
    """Return whether a score is better than the team's best by more than some standard errors.

    With 1 this is the parameter-free Ladder (figure 3 of the paper), whose standard error
    s / sqrt(n) is that of the mean difference of n losses. A set-level score, such as a C index,
    has no losses of cases, so ours is the standard deviation of the difference over `resamples`
    that both share: for a mean of cases the two agree. Where the difference is undefined in more
    than half of the resamples nothing climbs.

    One error is too few: a file that differs in a single case gains just that, so that n
    submissions read n cases off. To gain `errors` of them, the square of so many cases must be
    guessed at once.
    """
    way = Direction(direction)
    gains = way.gain(
        np.asarray(resamples, dtype=np.float64), np.asarray(best_resamples, dtype=np.float64)
    )
    known = gains[~np.isnan(gains)]
    if 2 * len(known) < len(gains) or not len(known):
        return False
    return bool(way.gain(score, best) > errors * known.std())


def rungs(
    scores: Sequence[float],
    /,
    *,
    step: float,
    direction: Direction | str = Direction.MAXIMIZE,
) -> list[float]:
    """Return what the Ladder of a fixed step shows after each score of a team, in their order.

    A score that is better than what is shown by more than `step` is shown, rounded to the nearest
    multiple of it; else what was shown stays (figure 1 of the paper). Raises ValueError unless the
    step is above 0.
    """
    shown: list[float] = []
    for score in scores:
        climbed = not shown or climbs_a_step(score, shown[-1], step=step, direction=direction)
        shown.append(rung(score, step=step) if climbed else shown[-1])
    return shown


def climbs_a_step(
    score: float, shown: float, /, *, step: float, direction: Direction | str = Direction.MAXIMIZE
) -> bool:
    """Return whether a score is better than what is shown by more than a step."""
    return Direction(direction).gain(score, shown) > step


def rung(score: float, /, *, step: float) -> float:
    """Return the multiple of the step that is nearest to a score.

    Raises ValueError unless the step is above 0.
    """
    if not step > 0:
        raise ValueError(f"the step of a Ladder must be above 0, not {step}")
    return round(score / step) * step
