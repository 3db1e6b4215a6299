"""The rows of one table: what their form is like, and what is to be predicted of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from challenge_platform.preflight.feature import Feature
from challenge_platform.preflight.target import Target
from scorers.metric import Vector


@dataclass(frozen=True, kw_only=True)
class Part:
    """Features of rows, and targets of the same rows."""

    features: Sequence[Feature]
    targets: Sequence[Target]

    def of_units(self, units: Sequence[str], /) -> "Part":
        """Take the rows of a unit, such as a patient, as one, by their mean; itself if all differ.

        Rows of one patient are alike in what they are called and in what becomes of them, so that
        as many rows say less than as many patients.
        """
        place = np.unique(np.asarray(units, dtype=str), return_inverse=True)[1]
        if not len(place) or place.max() + 1 == len(place):
            return self
        return Part(
            features=[
                replace(
                    feature,
                    values=_means(feature.ranks, place),
                    within=None if feature.within is None else _groups(feature.within, place),
                )
                for feature in self.features
            ],
            targets=[
                replace(target, outcome=_means(target.outcome, place)) for target in self.targets
            ],
        )


def _means(values: Vector, place: NDArray[np.intp]) -> Vector:
    """Give the mean of each unit's values, NaN where it has none."""
    known = np.isfinite(values)
    total = np.bincount(place[known], weights=values[known], minlength=place.max() + 1)
    count = np.bincount(place[known], minlength=place.max() + 1)
    means: Vector = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return means


def _groups(within: Vector, place: NDArray[np.intp]) -> Vector:
    """Give the group of each unit, none if some of its rows have none."""
    groups: Vector = np.rint(_means(within, place))
    least = np.full(len(groups), np.inf)
    np.minimum.at(least, place, within)
    groups[least < 0] = -1
    return groups
