"""Leak probes of what is to be predicted: each feature scored by the challenge's own metric."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from scipy.stats import skew

from challenge_platform.preflight.bench import Bench, Values
from challenge_platform.preflight.chance import Outcomes, upper_tail
from challenge_platform.preflight.feature import Feature, Kind
from challenge_platform.preflight.part import Part
from challenge_platform.preflight.scores import SEED
from challenge_platform.preflight.trials import Trial
from scorers.metric import Direction, Vector

SHUFFLES = 200
"""Times that a feature is dealt to other rows, which tells what it scores by chance."""

FEWEST_SHUFFLES = 25
"""The same where one score takes long, and where so many show that it is nothing."""

PLAIN_P = 0.1
"""From this probability by chance on it is nothing."""

PROMISING_P = 0.01
"""Of marks and details, which are many, only those are scored that go with an answer as much."""

SECONDS = 20.0
"""What the shuffles of one feature may take, about."""


@dataclass(frozen=True, kw_only=True)
class Strength:
    """How well a feature scores by one metric.

    `gain` is the part of the way from chance to perfect, `p` the probability of such a score by
    chance, in the better of its directions.
    """

    metric: str
    score: float
    chance: float
    gain: float
    p: float


def try_leaks(bench: Bench, features: Sequence[Feature], /, *, ranked: Part) -> list[Trial]:
    """Score each feature as a submission, in each direction, against the same dealt anew.

    `ranked` has the same features, in their order, and the answers, of one row for each unit.
    """
    perfect = bench.answer(lambda family: family.perfect())
    if bench.unknown or perfect is None or not ranked.targets:
        return []
    best = bench.values(perfect)
    outcomes = Outcomes([target.ranks for target in ranked.targets])
    exact = bench.lists and len(bench.truth.ids) == len(ranked.targets[0].outcome)
    trials: list[Trial] = []
    for feature, of_units in zip(features, ranked.features, strict=True):
        p = _by_ranks(of_units, outcomes)
        if feature.kind in {Kind.MARK, Kind.DETAIL} and p > PROMISING_P:
            trials.append(Trial(feature=feature, about=bench.primary, p=1.0))
            continue
        least = 0.0 if exact else p
        strengths = strengths_of(bench, feature, best=best, least=least)
        trials += [_trial(feature, one, weight=1 / len(strengths)) for one in strengths]
    return trials


def _by_ranks(feature: Feature, outcomes: Outcomes) -> float:
    """Give how likely by chance a feature goes with any of the answers as it does, by ranks."""
    found = [one.p for one in outcomes.moments(feature.ranks, within=feature.within)]
    return min(1.0, len(found) * min(found, default=1.0))


def strengths_of(
    bench: Bench, feature: Feature, /, *, best: Values, least: float
) -> list[Strength]:
    """Measure a feature by every metric that ranks, in its better direction.

    The chance is that of the same feature dealt to the rows at random, in its better direction too.
    No probability is below `least`, that by ranks: a few large errors may make a metric's tail
    longer than so few shuffles show.
    """
    started = perf_counter()
    found = _turns(bench, feature.residual)
    took = perf_counter() - started
    times = int(min(SHUFFLES, max(FEWEST_SHUFFLES, SECONDS / max(took, 1e-9))))
    rng = default_rng(SEED)
    dealt: list[list[Values]] = []
    strengths: list[Strength] = []
    for count in (FEWEST_SHUFFLES, times):
        dealt += [_turns(bench, _dealt(feature, rng)) for _ in range(len(dealt), count)]
        strengths = [
            one
            for key in bench.keys
            if (one := _compared(bench, key, found=found, dealt=dealt, best=best[key])) is not None
        ]
        if least > PLAIN_P or all(strength.p > PLAIN_P for strength in strengths):
            break
    return [replace(strength, p=max(least, strength.p)) for strength in strengths]


def _dealt(feature: Feature, rng: Generator) -> Vector:
    """Deal a feature to other rows, those of each group among themselves."""
    values = feature.residual
    if feature.within is None:
        dealt: Vector = rng.permutation(values)
        return dealt
    dealt = values.copy()
    for group in np.unique(feature.within):
        rows = np.flatnonzero(feature.within == group)
        dealt[rows] = values[rng.permutation(rows)]
    return dealt


def _turns(bench: Bench, values: Vector) -> list[Values]:
    """Score a feature in each of the directions that its families have."""
    return [bench.values(answer) for answer in bench.guesses(values)]


def _compared(
    bench: Bench,
    key: str,
    /,
    *,
    found: Sequence[Values],
    dealt: Sequence[Sequence[Values]],
    best: float,
) -> Strength | None:
    """Compare what a feature scores with what it scores when it is dealt to other rows.

    `p` is that of the better direction, by the first three moments of what was dealt, times the
    number of directions.
    """
    better = bench.direction(key)
    null = np.array([[turn[key] for turn in turns] for turns in dealt])
    null = null[np.isfinite(null).all(axis=1)]
    scores = np.array([turn[key] for turn in found])
    if len(null) < max(2, len(dealt) // 2) or not np.isfinite([*scores, best]).all():
        return None
    sign = 1.0 if better == "maximize" else -1.0
    turn = int((sign * scores).argmax())
    chance = float(sign * (sign * null).max(axis=1).mean())
    return Strength(
        metric=key,
        score=float(scores[turn]),
        chance=chance,
        gain=_gain(better, float(scores[turn]), chance=chance, best=best),
        p=min(1.0, len(scores) * min(map(_tail, sign * scores, (sign * null).T))),
    )


def _gain(better: Direction, score: float, *, chance: float, best: float) -> float:
    return better.gain(score, chance) / (better.gain(best, chance) or 1.0)


def _tail(score: float, null: NDArray[np.float64]) -> float:
    """Give the probability of a score as high as this among those that were dealt."""
    spread = float(null.std(ddof=1))
    if not spread > 0:
        return 1.0
    return upper_tail((score - float(null.mean())) / spread, skew=float(skew(null)))


def _trial(feature: Feature, strength: Strength, *, weight: float) -> Trial:
    return Trial(
        feature=feature,
        about=strength.metric,
        p=strength.p,
        weight=weight,
        score=strength.score,
        gain=strength.gain,
        expected=f"about {strength.chance:.4g}",
        words=f"scores {strength.score:.4g} by {strength.metric}; chance is {strength.chance:.4g}",
    )
