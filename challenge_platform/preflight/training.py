"""Leak probes of the training tables: the form of the data against each column to be predicted."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from challenge_platform.preflight.chance import Moments, Outcomes
from challenge_platform.preflight.feature import Feature, Kind
from challenge_platform.preflight.finding import Finding, Severity
from challenge_platform.preflight.part import Part
from challenge_platform.preflight.tables import TIME_LIKE, Table, times
from challenge_platform.preflight.target import Target, association
from challenge_platform.preflight.trials import Trial, split_weights
from scorers.metric import Vector

PLAIN_P = 0.05
"""From this probability by chance on a mark or a detail is nothing that would be told."""

FEWEST = 10
"""Rows that a probe needs."""


def try_training(name: str, train: Part, /, *, test: Part) -> list[Trial]:
    """Correlate each feature of the training table `name` with each of its targets.

    Of a target that is yes or no the score is the AUROC of the feature, in its better direction,
    else Spearman's correlation; `p` is that of the sum of products of ranks, dealt anew. What the
    truth says of the same feature and column is taken as a second part of the same file, unless it
    has more rows.
    """
    targets = [target for target in train.targets if target.known.sum() >= FEWEST]
    known = {target.column: int(target.known.sum()) for target in targets}
    weights = dict(zip(known, split_weights(known.values()), strict=True))
    outcomes = Outcomes([target.ranks for target in targets])
    beside = _Beside(test)
    classes = Counter(target.column for target in targets)
    trials: list[Trial] = []
    for feature in train.features:
        best: dict[str, tuple[float, Target]] = {}
        found = outcomes.moments(feature.ranks, within=feature.within)
        told = beside.moments(feature)
        for target, one in zip(targets, found, strict=True):
            p = _joined(one, told.get((target.column, target.label)), target=target).p
            if target.column not in best or p < best[target.column][0]:
                best[target.column] = p, target
        trials += [
            _trial(
                feature, target, p=min(1.0, p * classes[column]), weight=weights[column], file=name
            )
            for column, (p, target) in best.items()
        ]
    return trials


Key = tuple[str, str | None]
"""The column of a target, and its class."""


class _Beside:
    """What the truth says of the same features and columns as a training table."""

    def __init__(self, test: Part, /) -> None:
        self._features = {(each.name, each.words): each for each in test.features}
        self._targets = test.targets
        self._outcomes = Outcomes([target.ranks for target in test.targets])

    def moments(self, feature: Feature, /) -> dict[Key, tuple[int, Moments]]:
        """Give of each target how many rows have it, and the moments of the same feature."""
        if (other := self._features.get((feature.name, feature.words))) is None:
            return {}
        found = self._outcomes.moments(other.ranks, within=other.within)
        return {
            (target.column, target.label): (int(target.known.sum()), one)
            for target, one in zip(self._targets, found, strict=True)
        }


def _joined(found: Moments, told: tuple[int, Moments] | None, *, target: Target) -> Moments:
    """Take what the truth says as a second part, unless it has more rows or there is no first."""
    if told is None or not found.variance or told[0] > target.known.sum():
        return found
    return found + told[1]


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
