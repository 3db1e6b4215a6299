"""What is to be predicted, as columns of numbers: of training tables, and of the truth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from challenge_platform.preflight.tables import Table, times
from scorers.metric import Columns, Vector
from scorers.predictions.masks import PackedMask

MOST_CLASSES = 40
"""Different texts that a column may hold to be a class of each row."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A column to be predicted: each row's number, NaN where it is empty.

    `label` is the class whose rows have 1, of a column of texts. `answers` is whether it alone is
    what is asked: a time is not, nor which rows are measured.
    """

    column: str
    outcome: Vector = field(repr=False)
    label: str | None = None
    answers: bool = True

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Which rows have a value."""
        return np.isfinite(self.outcome)

    @cached_property
    def ranks(self) -> Vector:
        """The ranks of the rows that have a value, each a part of their number; NaN elsewhere."""
        ranks = np.full(len(self.outcome), np.nan)
        ranks[self.known] = rankdata(self.outcome[self.known]) / (self.known.sum() + 1)
        return ranks

    @property
    def varies(self) -> bool:
        """Whether there is anything to predict."""
        return len(np.unique(self.outcome[self.known])) > 1


def targets_of(train: Table, /, *, test: Sequence[Table], skip: Sequence[str]) -> list[Target]:
    """Give the columns of a training table that no table of the test has, ids left out.

    A column of texts is a target for each of its classes: 1 for the rows that have it.
    """
    asked = {name for table in test for name in table.columns} | set(skip)
    return [
        target
        for name, cells in train.columns.items()
        if name not in asked
        for target in _of_cells(name, cells)
        if target.varies
    ]


def truth_targets(truth: Columns, /, *, answers: set[str], beside: set[str]) -> list[Target]:
    """Give the columns of the truth that metrics read; of lists and masks how much they hold.

    `beside` are those that are not by themselves what is asked.
    """
    return [
        replace(target, answers=name not in beside)
        for name in sorted(answers & truth.keys())
        for target in _of_array(name, truth[name])
        if target.varies
    ]


def _of_cells(name: str, cells: Sequence[str]) -> Iterator[Target]:
    if (told := times(cells)) is not None:
        yield Target(column=name, outcome=np.array(told, dtype=np.float64))
        return
    classes = sorted(set(cells) - {""})
    if len(classes) <= MOST_CLASSES:
        for one in classes:
            yield Target(
                column=name, outcome=np.array([float(cell == one) for cell in cells]), label=one
            )


def _of_array(name: str, values: NDArray[np.generic]) -> Iterator[Target]:
    if values.dtype != np.object_ and values.dtype.kind in "biuf":
        yield Target(column=name, outcome=values.astype(np.float64))
    elif len(values) and all(isinstance(value, str | None) for value in values.tolist()):
        yield from _of_cells(name, [value or "" for value in values.tolist()])
    else:
        sizes = [_size(value) for value in values]
        yield Target(column=name, outcome=np.array(sizes))


def _size(value: Sequence[str] | NDArray[np.generic] | PackedMask) -> float:
    """Count the codes or objects of a row, and of a mask its pixels that are not background."""
    if isinstance(value, PackedMask):
        return float(np.count_nonzero(np.asarray(value)))
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf" and value.ndim > 1:
        return float(np.count_nonzero(value))
    return float(len(value))


def association(feature: Vector, outcome: Vector) -> tuple[float, str]:
    """Give how far from chance to perfect a feature is, and what to say of it."""
    classes = np.unique(outcome)
    ranks, places = rankdata(feature), rankdata(outcome)
    if len(classes) > 2 or len(np.unique(feature)) < 2:  # noqa: PLR2004 -- yes and no
        varies = np.ptp(ranks) > 0 and np.ptp(places) > 0
        correlation = float(np.corrcoef(ranks, places)[0, 1]) if varies else 0.0
        return abs(correlation), f"has the rank correlation {correlation:.3f} with"
    yes = outcome == classes[-1]
    share = float(ranks[yes].mean() - (yes.sum() + 1) / 2) / float(max(1, (~yes).sum()))
    area = max(share, 1 - share)
    return 2 * area - 1, f"has the AUROC {area:.3f} for"
