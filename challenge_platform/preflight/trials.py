"""Trials of leaks, judged together: what the best of so many would reach by chance."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from challenge_platform.preflight.feature import Feature, Kind
from challenge_platform.preflight.finding import Finding, Probe, Severity
from scorers.metric import Vector

BLOCK_P, WARN_P = 0.01, 0.05
"""The probability that a challenge without any leak is blocked, and that it is warned of one."""

SHARES = {Kind.ORDER: 0.5, Kind.SHAPE: 0.3, Kind.MARK: 0.1, Kind.DETAIL: 0.1}
"""The part of that probability for all features of a kind.

Half is for the order of rows, by which real challenges leaked and where little is to be found; the
many that ids, names and decimals give have little, as what they give away is seldom small.
"""

TOLD, TOO_MUCH = 0.1, 0.5
"""Of the way from chance to perfect: from the first on a form warns, from the second it blocks."""

MEANINGLESS = {Kind.ORDER, Kind.MARK}
"""What may tell nothing at all, however little."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A feature tried on a metric or a column: how well it does, and how likely by chance.

    `gain` is the part of the way from chance to perfect. `weight` is the part of the feature's
    share that is this trial's. One without `words` counts, and showed nothing that could be told.
    """

    feature: Feature
    about: str
    p: float
    weight: float = 1.0
    score: float = 0.0
    gain: float = 0.0
    expected: str = ""
    words: str = ""
    file: str | None = None


def judge(trials: Sequence[Trial], /) -> tuple[list[Finding], list[Probe]]:
    """Tell which trials say more than chance would, all being looked at together.

    Of marks and details, of which there are many, only the likeliest of each name is a probe.
    """
    corrected = corrected_p(trials)
    findings, probes = [], []
    least: dict[tuple[str, str | None], float] = {}
    for trial, p in zip(trials, corrected, strict=True):
        key = (trial.feature.name, trial.file)
        least[key] = min(least.get(key, 1.0), p)
    for trial, p in zip(trials, corrected, strict=True):
        severity = verdict(trial.feature.kind, gain=trial.gain, p=p)
        if severity is not None:
            findings.append(_leak(trial, p=p, severity=severity))
        many = trial.feature.kind in {Kind.MARK, Kind.DETAIL}
        key = (trial.feature.name, trial.file)
        if severity or (trial.words and (not many or least.get(key) == p)):
            probes.append(_probe(trial, p=p, holds=severity is None))
            least.pop(key, None)
    return findings, probes


def corrected_p(trials: Sequence[Trial], /) -> list[float]:
    """Correct probabilities for the number of trials, by the method of Holm with weights.

    S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of
    Statistics 6, 1979, section 4: whatever the trials have to do with each other, one without a
    leak is at or below a limit with no more than that probability.
    """
    if not trials:
        return []
    weights = _weights(trials)
    p = np.array([trial.p for trial in trials])
    order = np.argsort(p / weights, kind="stable")
    left = np.cumsum(weights[order][::-1])[::-1]
    raised = np.maximum.accumulate(np.minimum(1.0, p[order] / weights[order] * left))
    corrected = np.empty(len(p))
    corrected[order] = raised
    told: list[float] = corrected.tolist()
    return told


def _weights(trials: Sequence[Trial]) -> Vector:
    """Give each trial its part of the share of its kind; all of them are 1."""
    total: dict[Kind, float] = {}
    for trial in trials:
        total[trial.feature.kind] = total.get(trial.feature.kind, 0.0) + trial.weight
    given = sum(SHARES[kind] for kind in total)
    shares = [SHARES[one.feature.kind] * one.weight / total[one.feature.kind] for one in trials]
    weights: Vector = np.array(shares) / given
    return weights


def verdict(kind: Kind, /, *, gain: float, p: float) -> Severity | None:
    """Say how bad it is that a feature does so well, None if it is nothing."""
    if p > WARN_P or (kind not in MEANINGLESS and gain < TOLD):
        return None
    blocks = p <= BLOCK_P and (kind in MEANINGLESS or gain >= TOO_MUCH)
    return Severity.BLOCK if blocks else Severity.WARN


def split_weights(known: Iterable[int], /) -> list[float]:
    """Divide a feature's share among targets by the rows in which each is known."""
    counts = list(known)
    return [count / max(1, sum(counts)) for count in counts]


def _probe(trial: Trial, *, p: float, holds: bool) -> Probe:
    where = f" ({trial.file})" if trial.file else ""
    return Probe(
        name=f"{trial.feature.name}{where}",
        metric=trial.about,
        score=trial.score,
        expected=trial.expected,
        p=p,
        holds=holds,
    )


def _leak(trial: Trial, *, p: float, severity: Severity) -> Finding:
    return Finding(
        code=f"leak_{trial.feature.name}",
        severity=severity,
        about=trial.about,
        message=f"{trial.feature.shown} alone {trial.words} (p = {max(p, 1e-6):.2g})",
        repair=REPAIRS[trial.feature.kind],
        file=trial.file,
        column=trial.about if trial.file else None,
    )


REPAIRS = {
    Kind.ORDER: "write the rows in the order of a keyed hash of the id, and make ids that mean "
    "nothing",
    Kind.MARK: "make ids and names of files from a keyed hash, and write files without tags",
    Kind.SHAPE: "give only what is known on the day of the prediction (a landmark), or as many "
    "measurements of everybody; if it is medicine and known on that day, accept it with the reason",
    Kind.DETAIL: "write every value of the column in the same way: as many decimals, and times to "
    "the same unit",
}
