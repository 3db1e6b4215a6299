"""Which submission of a team counts, chosen anew in each resample."""

import numpy as np
from numpy.typing import NDArray

from scorers.metric import Direction, Vector


def reselected(vectors: Vector, /, *, counted: int, direction: Direction) -> Vector:
    """Return a team's score under each resample, without the luck of its best of many tries.

    `vectors` has shape (submissions, resamples), NaN where a submission is undefined, and row
    `counted` is the submission that counts. The answer has shape (resamples,), NaN where all are;
    for one submission it is that one's own vector.

    The best of many tries is partly the luckiest on these units. Each resample shows how much: the
    submission that is best in it does better there than over all resamples, by its optimism
    (Efron, J Am Stat Assoc 1983;78:316-331). So the best of each resample is judged in the next
    one, and these scores are moved so that their mean is that of the counted submission less the
    mean optimism.

    Judged where it was chosen, the best would show its luck twice, and vary less than any file
    does. How often a team of random files is told apart from its equal, with this and without, is
    in tests/unit/scorers/ranking/test_selection.py.
    """
    if len(vectors) == 1:
        only: Vector = vectors[0]
        return only
    usual = _mean(vectors)
    worst = -np.inf if direction is Direction.MAXIMIZE else np.inf
    known = np.where(np.isnan(vectors), worst, vectors)
    best = known.argmax(axis=0) if direction is Direction.MAXIMIZE else known.argmin(axis=0)
    luck = _at(vectors, best) - usual[best]
    judged = _at(vectors, np.roll(best, 1))
    optimism, centre = _mean(np.stack([luck, judged]))
    moved: Vector = judged - centre + (usual[counted] - optimism)
    return moved


def _at(vectors: Vector, rows: NDArray[np.intp]) -> Vector:
    """Return the score of another submission in each resample."""
    told: Vector = np.take_along_axis(vectors, rows[np.newaxis], axis=0)[0]
    return told


def _mean(vectors: Vector) -> Vector:
    """Return the mean of each row over the resamples in which it is defined, NaN without any."""
    defined = ~np.isnan(vectors)
    counts = defined.sum(axis=1)
    sums = np.where(defined, vectors, 0).sum(axis=1)
    means: Vector = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return means
