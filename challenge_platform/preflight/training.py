"""Leak probes of the training tables: the form of the data against each column to be predicted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from challenge_platform.preflight.chance import moments
from challenge_platform.preflight.feature import Feature, Kind
from challenge_platform.preflight.finding import Finding, Severity
from challenge_platform.preflight.tables import TIME_LIKE, Table, times
from challenge_platform.preflight.target import Target, association
from challenge_platform.preflight.trials import Trial, split_weights
from scorers.metric import Vector

PLAIN_P = 0.05
"""From this probability by chance on a mark or a detail is nothing that would be told."""

FEWEST = 10
"""Rows that a probe needs."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Rows of one table: what their form is like, and what is to be predicted of them."""

    features: Sequence[Feature]
    targets: Sequence[Target]


def try_training(name: str, train: Part, /, *, test: Part) -> list[Trial]:
    """Correlate each feature of the training table `name` with each of its targets.

    Of a target that is yes or no the score is the AUROC of the feature, in its better direction,
    else Spearman's correlation; `p` is that of the sum of products of ranks, dealt anew. What the
    truth says of the same feature and column is taken as a second part of the same file, unless it
    has more rows.
    """
    trials: list[Trial] = []
    columns: dict[str, list[Target]] = {}
    for target in train.targets:
        columns.setdefault(target.column, []).append(target)
    weights = split_weights(int(each[0].known.sum()) for each in columns.values())
    beside = {(each.name, each.words): each for each in test.features}
    asked = {(each.column, each.label): each for each in test.targets}
    for feature in train.features:
        other = beside.get((feature.name, feature.words))
        for (column, targets), weight in zip(columns.items(), weights, strict=True):
            pairs = [
                (target, _p(feature, target, other=other, told=asked.get((column, target.label))))
                for target in targets
                if target.known.sum() >= FEWEST
            ]
            if pairs:
                target, p = min(pairs, key=lambda pair: pair[1])
                trials.append(
                    _trial(feature, target, p=min(1.0, p * len(targets)), weight=weight, file=name)
                )
    return trials


def _p(feature: Feature, target: Target, *, other: Feature | None, told: Target | None) -> float:
    found = moments(feature.ranks, target.ranks, within=feature.within)
    if other is not None and told is not None and told.known.sum() <= target.known.sum():
        found += moments(other.ranks, told.ranks, within=other.within)
    return found.p


def _trial(feature: Feature, target: Target, *, p: float, weight: float, file: str) -> Trial:
    """Say how well a feature tells a target; of what is plainly nothing only that it was tried."""
    if p > PLAIN_P and feature.kind in {Kind.MARK, Kind.DETAIL}:
        return Trial(feature=feature, about=target.column, p=p, weight=weight, file=file)
    gain, words = association(feature.residual[target.known], target.outcome[target.known])
    return Trial(
        feature=feature,
        about=target.column,
        p=p,
        weight=weight,
        score=gain,
        gain=gain,
        expected="about 0, of 1",
        words=f"{words} {target.column}",
        file=file,
    )


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
        for stem, visits in families.items():
            known = np.isfinite(target.outcome)
            last = np.nanmax(np.where(np.isfinite(visits), visits, -np.inf), axis=0)
            late = known & (last > target.outcome)
            if not late.any() or not _same_scale(visits, target.outcome):
                continue
            count = int((visits > target.outcome)[:, known].sum())
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


def _same_scale(visits: Vector, outcome: Vector) -> bool:
    low, high = np.nanmin(visits), np.nanmax(visits)
    known = outcome[np.isfinite(outcome)]
    return bool(len(known) and ((known >= low) & (known <= high)).mean() > 0.5)  # noqa: PLR2004 -- most
