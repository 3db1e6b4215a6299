"""Leak probes: each feature of the data's form scored by the challenge's own metric."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.random import default_rng
from scipy.stats import norm

from challenge_platform.preflight.bench import Bench, Values
from challenge_platform.preflight.features import Feature, Kind
from challenge_platform.preflight.finding import Finding, Probe, Severity
from challenge_platform.preflight.scores import SEED
from scorers.metric import Vector

SHUFFLES = 200
"""Times that a feature is dealt to other rows, which tells what it scores by chance."""

FEWEST_SHUFFLES = 25
"""The same where one score takes long, and where so many show that it is nothing."""

PLAIN_P = 0.1
"""From this probability by chance on it is nothing."""

SECONDS = 20.0
"""What the shuffles of one feature may take, about."""

ORDER_P = 0.01
"""The order of rows and ids blocks if it scores so well with at most this probability by chance."""

SHAPE_P = 0.005
"""The form of a record is told if it scores so well with at most this probability by chance."""

TOLD, TOO_MUCH = 0.1, 0.5
"""Of the way from chance to perfect: from the first on a form warns, from the second it blocks."""


@dataclass(frozen=True, kw_only=True)
class Strength:
    """How well a feature scores by one metric.

    `gain` is the part of the way from chance to perfect, `p` the probability of such a score by
    chance, times the number of metrics that were looked at.
    """

    metric: str
    score: float
    chance: float
    gain: float
    p: float


def probe_leaks(bench: Bench, features: Sequence[Feature], /) -> tuple[list[Finding], list[Probe]]:
    """Score each feature as a submission, in each direction, against the same dealt anew."""
    perfect = bench.answer(lambda family: family.perfect())
    if bench.unknown or perfect is None:
        return [], []
    best = bench.values(perfect)
    findings, probes = [], []
    for feature in features:
        strengths = strengths_of(bench, feature, best=best)
        for strength in strengths:
            probes.append(_probe(feature, strength))
            if (severity := verdict(feature.kind, gain=strength.gain, p=strength.p)) is not None:
                findings.append(_leak(feature, strength, severity=severity))
    return findings, probes


def verdict(kind: Kind, /, *, gain: float, p: float) -> Severity | None:
    """Say how bad it is that a feature scores so well, None if it is nothing."""
    if kind is Kind.ORDER:
        return Severity.BLOCK if p <= ORDER_P else None
    if p > SHAPE_P or gain < TOLD:
        return None
    return Severity.BLOCK if gain >= TOO_MUCH else Severity.WARN


def strengths_of(bench: Bench, feature: Feature, /, *, best: Values) -> list[Strength]:
    """Measure a feature by every metric that ranks, in its better direction.

    The chance is that of the same feature dealt to the rows at random, in its better direction too;
    `p` is that of the normal distribution of its mean and standard deviation.
    """
    started = perf_counter()
    found = _best_values(bench, feature.values)
    took = perf_counter() - started
    times = int(min(SHUFFLES, max(FEWEST_SHUFFLES, SECONDS / max(took, 1e-9))))
    rng = default_rng(SEED)
    dealt: list[Values] = []
    strengths: list[Strength] = []
    for count in (FEWEST_SHUFFLES, times):
        more = range(len(dealt), count)
        dealt += [_best_values(bench, rng.permutation(feature.values)) for _ in more]
        strengths = _compared(bench, found, best=best, dealt=dealt)
        if all(strength.p > PLAIN_P for strength in strengths):
            break
    return strengths


def _compared(
    bench: Bench, found: Values, *, best: Values, dealt: Sequence[Values]
) -> list[Strength]:
    """Compare what a feature scores with what it scores when it is dealt to other rows."""
    strengths = []
    for key in bench.keys:
        better = bench.direction(key)
        null = np.array([each[key] for each in dealt])
        null = null[np.isfinite(null)]
        if len(null) < len(dealt) // 2 or not np.isfinite([found[key], best[key]]).all():
            continue
        chance, spread = float(null.mean()), float(null.std(ddof=1))
        ahead = better.gain(found[key], chance)
        z = ahead / spread if spread else 0.0
        strengths.append(
            Strength(
                metric=key,
                score=found[key],
                chance=chance,
                gain=ahead / (better.gain(best[key], chance) or 1.0),
                p=min(1.0, float(norm.sf(z)) * len(bench.parts)),
            )
        )
    return strengths


def _best_values(bench: Bench, values: Vector) -> Values:
    """Give the best value of each metric, over the directions that its family has."""
    best: dict[str, float] = {}
    for answer in bench.guesses(values):
        for key, value in bench.values(answer).items():
            known = best.get(key, float("nan"))
            if np.isnan(known) or bench.direction(key).gain(value, known) > 0:
                best[key] = value
    return best


def _probe(feature: Feature, strength: Strength) -> Probe:
    bad = verdict(feature.kind, gain=strength.gain, p=strength.p)
    return Probe(
        name=feature.name,
        metric=strength.metric,
        score=strength.score,
        expected=f"about {strength.chance:.4g}",
        p=strength.p,
        holds=bad is None,
    )


def _leak(feature: Feature, strength: Strength, *, severity: Severity) -> Finding:
    return Finding(
        code=f"leak_{feature.name}",
        severity=severity,
        about=strength.metric,
        message=f"{feature.words} alone scores {strength.score:.4g} by {strength.metric}; chance "
        f"is {strength.chance:.4g} (p = {max(strength.p, 1e-6):.2g})",
        repair=REPAIRS[feature.kind],
    )


REPAIRS = {
    Kind.ORDER: "write the rows in the order of a keyed hash of the id, and make ids that mean "
    "nothing",
    Kind.SHAPE: "give only what is known on the day of the prediction (a landmark), or as many "
    "measurements of everybody; if it is medicine and known on that day, accept it with the reason",
}
