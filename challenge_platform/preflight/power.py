"""How surely the final scores will tell teams apart, as far as the hidden truth alone tells."""

from math import isfinite

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from challenge_platform.core.power import Level, Power
from challenge_platform.preflight.bench import Bench, reordered
from challenge_platform.preflight.families.family import Answer
from challenge_platform.preflight.scores import SEED
from scorers.document import Score
from scorers.metric import Vector
from scorers.predictions.table import Predictions
from scorers.scoring import Scored, score
from scorers.split import Split, splits_of

RIGHT = (0.25, 0.5, 0.75)
"""The parts of rows that the submissions tell rightly: a weak one, a middling and a strong one."""

MIDDLE = 1
"""The place of the middling one."""

RESAMPLES = 400

NORMAL = 1.959964
"""The 97.5 % quantile of the normal distribution."""

FINAL = "private"


def measure_power(bench: Bench, /) -> Power | None:
    """Score submissions that are partly right, on the split that decides, with their intervals.

    Of each submission a part of the rows is as the truth says, and the others have each other's
    answers. Two teams can be told apart if the interval of their difference, of two middling
    submissions with other rows right, leaves out 0. None if a score is undefined.
    """
    perfect = bench.answer(lambda family: family.perfect())
    if perfect is None or bench.unknown:
        return None
    rng, units = default_rng(SEED), _final(bench, perfect).units
    parts = (*RIGHT, RIGHT[MIDDLE])
    scored = [_scored(bench, _partly(perfect, right=right, rng=rng)) for right in parts]
    told = [each.scores[bench.primary] for each in scored]
    vectors = [each.vectors[bench.primary] for each in scored]
    values = [score.value for score in told if score.value is not None]
    difference = NORMAL * float(np.nanstd(vectors[MIDDLE] - vectors[-1], ddof=1))
    reach = _reach(bench, perfect, rng=rng)
    if len(values) < len(parts) or not difference > 0 or not isfinite(reach):
        return None
    return Power(
        metric=bench.primary,
        units=units,
        events=_events(scored[0], most=units),
        levels=tuple(
            Level(score=_rounded(value, digits=3), half_width=_rounded(_half_width(score, vector)))
            for value, score, vector in zip(values[:-1], told[:-1], vectors[:-1], strict=True)
        ),
        difference=_rounded(difference),
        teams=1 + int(reach / difference),
        resamples=RESAMPLES,
    )


def _partly(perfect: Answer, *, right: float, rng: Generator) -> Answer:
    """Give a part of the rows their own answers, and the others each other's."""
    rows = len(next(iter(perfect.values())))
    order: NDArray[np.intp] = np.arange(rows)
    wrong = np.flatnonzero(rng.random(rows) >= right)
    order[wrong] = rng.permutation(wrong)
    return reordered(perfect, order)


def _scored(bench: Bench, answer: Answer, *, resamples: int = RESAMPLES) -> Scored:
    scoring = bench.scoring.model_copy(update={"resamples": resamples})
    return score(scoring, _final(bench, answer), seed=SEED)


def _final(bench: Bench, answer: Answer) -> Split:
    """Give the rows that decide: those of the private board, all where there is no other."""
    predictions = Predictions(ids=bench.truth.ids, columns=answer)
    splits = splits_of(bench.task, truth=bench.truth, predictions=predictions)
    return next((split for split in splits if split.name == FINAL), splits[0])


def _events(scored: Scored, *, most: int) -> int | None:
    """Give the fewest events of a metric, in tens; None if none has events that are units.

    Their exact number is hidden until the private scores are revealed.
    """
    events = [score.events for score in scored.scores.values() if score.events is not None]
    fewest = min((count for count in events if count < most), default=None)
    return None if fewest is None else round(fewest, -1)


def _half_width(told: Score, vector: Vector) -> float:
    """Give half the interval that boards show or, where they show none, that of the resamples."""
    low, high = told.interval or np.nanquantile(vector, (0.025, 0.975)).tolist()
    return float(high - low) / 2


def _reach(bench: Bench, perfect: Answer, *, rng: Generator) -> float:
    """Give how far perfect is from chance."""
    answers = (_partly(perfect, right=right, rng=rng) for right in (0.0, 1.0))
    scored = [_scored(bench, answer, resamples=1) for answer in answers]
    worst, best = (each.scores[bench.primary].value for each in scored)
    return float("nan") if worst is None or best is None else abs(best - worst)


def _rounded(value: float, *, digits: int = 2) -> float:
    return float(f"{value:.{digits}g}")
