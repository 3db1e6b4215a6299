"""Leak probes of the training tables: the form of the data against each column to be predicted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata

from challenge_platform.preflight.features import Feature, row_features, times
from challenge_platform.preflight.finding import Finding, Probe, Severity
from challenge_platform.preflight.leaks import REPAIRS, verdict
from challenge_platform.preflight.tables import TIME_LIKE, Table
from scorers.metric import Vector

MOST_CLASSES = 40
"""Different texts that a column may hold to be a class of each row."""

FEWEST = 10
"""Rows that a probe needs."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A column that only training tables have: each row's number, NaN where it is empty."""

    column: str
    outcome: Vector


def targets_of(train: Table, /, *, test: Sequence[Table], skip: Sequence[str]) -> list[Target]:
    """Give the columns of a training table that no table of the test has, ids left out.

    A column of texts is a target for each of its classes: 1 for the rows that have it.
    """
    asked = {name for table in test for name in table.columns} | set(skip)
    found: list[Target] = []
    for name, cells in train.columns.items():
        if name in asked:
            continue
        if (told := times(cells)) is not None:
            found.append(Target(column=name, outcome=np.array(told, dtype=np.float64)))
        elif len(classes := sorted(set(cells) - {""})) <= MOST_CLASSES:
            found += [
                Target(column=name, outcome=np.array([float(cell == one) for cell in cells]))
                for one in classes
            ]
    return [target for target in found if len(np.unique(_known(target.outcome))) > 1]


def probe_training(
    train: Table,
    targets: Sequence[Target],
    /,
    *,
    column: str | None,
    others: Sequence[Feature] = (),
) -> tuple[list[Finding], list[Probe]]:
    """Correlate each feature of a training table, and `others` of its rows, with each target.

    Of a target that is yes or no the score is the AUROC of the feature, in its better direction,
    and `p` that of Mann and Whitney's test; else Spearman's correlation, and that of its test. `p`
    is times the number of targets.
    """
    findings, probes = [], []
    known = train.without({target.column for target in targets})
    for feature in (*row_features(known, column=column), *others):
        worst: dict[str, tuple[float, float, str]] = {}
        for target in targets:
            measured = _association(feature.values, target.outcome)
            if measured is None:
                continue
            gain, p, words = measured
            if target.column not in worst or p < worst[target.column][1]:
                worst[target.column] = gain, p, words
        for name, (gain, p, words) in worst.items():
            corrected = min(1.0, p * len(targets))
            severity = verdict(feature.kind, gain=gain, p=corrected)
            probes.append(_probe(train, feature, name, gain=gain, p=corrected, bad=severity))
            if severity is not None:
                findings.append(
                    _leak(train, feature, name, severity=severity, words=words, p=corrected)
                )
    return findings, probes


def _association(feature: Vector, outcome: Vector) -> tuple[float, float, str] | None:
    """Give how far from chance to perfect, the two-sided probability of it, and what to say."""
    known = np.isfinite(outcome)
    feature, outcome = feature[known], outcome[known]
    classes = np.unique(outcome)
    if len(outcome) < FEWEST or len(classes) < 2 or len(np.unique(feature)) < 2:  # noqa: PLR2004 -- what does not vary
        return None
    ranks, places = rankdata(feature), rankdata(outcome)
    correlation = float(np.corrcoef(ranks, places)[0, 1])
    p = float(2 * norm.sf(abs(correlation) * np.sqrt(len(ranks) - 1)))
    if len(classes) > 2:  # noqa: PLR2004 -- yes and no
        return abs(correlation), p, f"has the rank correlation {correlation:.3f} with"
    yes = outcome == classes[1]
    share = float(ranks[yes].mean() - (yes.sum() + 1) / 2) / float((~yes).sum())
    area = max(share, 1 - share)
    return 2 * area - 1, p, f"has the AUROC {area:.3f} for"


def measured_after(train: Table, targets: Sequence[Target], /) -> Iterator[Finding]:
    """Find rows with measurements later than the age or date of an event that is to be predicted.

    Compared are families of columns and targets that both say when, and of which most values lie
    in each other's range.
    """
    families = {
        stem: told
        for stem, names in train.families.items()
        if TIME_LIKE.search(stem) and (told := _read(train, names)) is not None
    }
    for target in targets:
        if not _says_when(target.column):
            continue
        for stem, moments in families.items():
            known = np.isfinite(target.outcome)
            last = np.nanmax(np.where(np.isfinite(moments), moments, -np.inf), axis=0)
            late = known & (last > target.outcome)
            if not late.any() or not _same_scale(moments, target.outcome):
                continue
            count = int((moments > target.outcome)[:, known].sum())
            row = int(np.flatnonzero(late)[0])
            yield Finding(
                code="measured_after_event",
                severity=Severity.BLOCK,
                about=target.column,
                message=f"{int(late.sum())} of {int(known.sum())} rows with {target.column} have "
                f"measurements later than it by {stem}, {count} in all",
                repair="leave out what was measured after the event, in all rows alike: give only "
                "what is known up to a landmark, of people without the event then",
                file=train.name,
                row=row + 2,
                column=target.column,
            )


def _read(train: Table, names: Sequence[str]) -> Vector | None:
    told = [times(train.columns[name]) for name in names]
    return None if any(each is None for each in told) else np.array(told, dtype=np.float64)


def _says_when(column: str) -> bool:
    """Whether a word of the name of a column says when: `death_age_occur`, `event_date`."""
    return any(TIME_LIKE.search(word) for word in column.replace("-", "_").split("_"))


def _same_scale(moments: Vector, outcome: Vector) -> bool:
    low, high = np.nanmin(moments), np.nanmax(moments)
    known = _known(outcome)
    return bool(len(known) and ((known >= low) & (known <= high)).mean() > 0.5)  # noqa: PLR2004 -- most


def _known(values: Vector) -> Vector:
    return values[np.isfinite(values)]


def _probe(
    train: Table, feature: Feature, column: str, *, gain: float, p: float, bad: Severity | None
) -> Probe:
    return Probe(
        name=f"{feature.name} ({train.name})",
        metric=column,
        score=gain,
        expected="about 0, of 1",
        p=p,
        holds=bad is None,
    )


def _leak(
    train: Table, feature: Feature, column: str, *, severity: Severity, words: str, p: float
) -> Finding:
    return Finding(
        code=f"leak_{feature.name}",
        severity=severity,
        about=column,
        message=f"{feature.words} alone {words} {column} (p = {max(p, 1e-6):.2g})",
        repair=REPAIRS[feature.kind],
        file=train.name,
        column=column,
    )
