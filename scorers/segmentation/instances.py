"""Instances: the pieces of an image, of the truth and as predicted, and which of them match."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from scorers.columns import objects, rows_of
from scorers.metric import Columns, InvalidColumns, ParamsError, Vector
from scorers.segmentation.masks import read_cases
from scorers.weighted.per_row import RatioOfSums

ONE_CLASS = "instance"


@dataclass(frozen=True, kw_only=True)
class Instances:
    """The instances of one image: `places` holds 0 or an instance plus 1, `classes` their class."""

    places: NDArray[np.intp]
    classes: NDArray[np.intp]
    areas: NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Matches:
    """What is found in each of `rows`, by class: arrays of the shape (rows, classes).

    `overlap` sums the IoU of the matches, `matched` counts them, and `instances` counts the
    instances of the truth and of the prediction. `total` counts all rows of the columns, `events`
    those with an instance in the truth.
    """

    rows: NDArray[np.intp]
    overlap: Vector
    matched: Vector
    instances: Vector
    total: int
    events: int

    @classmethod
    def read(
        cls,
        truth: Columns,
        prediction: Columns,
        /,
        *,
        mask: str,
        predicted: str,
        classes: list[str | int] | None,
        mask_classes: str | None,
        predicted_classes: str | None,
        where: str | None,
    ) -> Self:
        """Match the instances of each image; params and errors are those of panoptic_quality."""
        if not bool(classes) == (mask_classes is not None) == (predicted_classes is not None):
            raise ParamsError(
                "classes, mask_classes and predicted_classes: give all three, or none"
            )
        rows = rows_of(truth, mask, where=where)
        known = classes or [ONE_CLASS]
        number = {name: place for place, name in enumerate(known)}
        overlap, matched, instances = np.zeros((3, len(rows), len(known)))
        events = 0
        images = len(objects(truth, mask))
        told = [
            None if name is None else objects(columns, name, count=images)
            for columns, name in ((truth, mask_classes), (prediction, predicted_classes))
        ]
        cases = read_cases(truth, prediction, mask=mask, predicted=predicted, rows=rows)
        for place, case in enumerate(cases):
            ours = _instances(case.truth, told[0], name=mask, row=case.row, number=number)
            theirs = _instances(
                case.predicted, told[1], name=predicted, row=case.row, number=number
            )
            for each in (ours, theirs):
                instances[place] += np.bincount(each.classes, minlength=len(known))
            overlap[place], matched[place] = _matched(ours, theirs, size=len(known))
            events += bool(len(ours.classes))
        return cls(
            rows=rows,
            overlap=overlap,
            matched=matched,
            instances=instances,
            total=images,
            events=events,
        )

    def shared(self, earned: Vector, /) -> RatioOfSums:
        """Return 2 earned / instances: a match counts once on each side."""
        return RatioOfSums(
            rows=self.rows, earned=2 * earned, possible=self.instances, events=self.events
        )


def _instances(
    mask: NDArray[np.integer],
    told: Sequence[Sequence[str | int]] | None,
    /,
    *,
    name: str,
    row: int,
    number: dict[str | int, int],
) -> Instances:
    found, inverse, areas = np.unique(mask, return_inverse=True, return_counts=True)
    is_instance = found != 0
    places = np.where(is_instance, np.cumsum(is_instance), 0)[inverse.reshape(mask.shape)]
    if told is None:
        classes = [0] * int(is_instance.sum())
    else:
        known = {one: number.get(label, -1) for one, label in enumerate(told[row], start=1)}
        classes = [known.get(one, -1) for one in found[is_instance].tolist()]
    if -1 in classes:
        raise InvalidColumns(
            f"column {name}, row {row}: {classes.count(-1)} instances have no class of this "
            "challenge; list a class for each of the instances 1, 2 and so on"
        )
    return Instances(
        places=places, classes=np.array(classes, dtype=np.intp), areas=areas[is_instance]
    )


def _matched(ours: Instances, theirs: Instances, /, *, size: int) -> tuple[Vector, Vector]:
    """Return the sum of the IoU of the matches of each of `size` classes, and their number."""
    shape = len(ours.classes) + 1, len(theirs.classes) + 1
    pairs = np.ravel_multi_index((ours.places, theirs.places), shape)
    found, shared = np.unique(pairs, return_counts=True)
    one, other = (places - 1 for places in np.unravel_index(found, shape))
    both = (one >= 0) & (other >= 0)
    one, other, shared = one[both], other[both], shared[both]
    either = ours.areas[one] + theirs.areas[other] - shared
    match = (2 * shared > either) & (ours.classes[one] == theirs.classes[other])
    total, matches = np.zeros((2, size))
    np.add.at(total, ours.classes[one[match]], shared[match] / either[match])
    np.add.at(matches, ours.classes[one[match]], 1)
    return total, matches
