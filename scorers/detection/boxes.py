"""Boxes around objects, and how much two of them overlap."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from scorers.columns import Codes
from scorers.detection.objects import Classes, Images, Places, pairs, rank_within
from scorers.metric import InvalidColumns, ParamsError, Vector

FORMATS = ("xyxy", "xywh")


@dataclass(frozen=True, kw_only=True)
class Boxes:
    """Boxes of some images, one after another: `image` has the place of each box's image.

    `corners` is of shape (boxes, 4), as x1, y1, x2, y2 with x1 < x2 and y1 < y2. `areas` are
    computed from what was given, so that they round as in other libraries.
    """

    image: Places
    corners: Vector
    areas: Vector

    @classmethod
    def read(cls, images: Images, name: str, /, *, box_format: str) -> Self:
        """Read a column of boxes, `box_format` xyxy (two corners) or xywh (corner, width, height).

        Raises InvalidColumns if a box is not finite or has no area, ParamsError for another format.
        """
        if box_format not in FORMATS:
            raise ParamsError(f"box_format must be one of {', '.join(FORMATS)}")
        image, given = images.coordinates(name, widths=(4,))
        corner, size = given[:, :2], given[:, 2:]
        if box_format == "xyxy":
            size = size - corner
        flat = (size <= 0).any(axis=1)
        if flat.any():
            raise InvalidColumns(
                f"column {name} holds {int(flat.sum())} boxes without an area, the first in row "
                f"{images.rows[image[flat][0]]}; boxes must be given as {box_format}"
            )
        corners = given if box_format == "xyxy" else np.hstack([corner, corner + size])
        return cls(image=image, corners=corners, areas=size[:, 0] * size[:, 1])

    def take(self, places: Places, /) -> Self:
        """Return some of the boxes, in this order."""
        return type(self)(
            image=self.image[places], corners=self.corners[places], areas=self.areas[places]
        )


@dataclass(frozen=True, kw_only=True)
class LabelledBoxes:
    """Boxes with the codes of their labels and with scores, which are 0 in the truth.

    `groups` numbers what can match: the boxes of one image and class.
    """

    boxes: Boxes
    labels: Codes
    scores: Vector
    groups: Places

    @classmethod
    def read(
        cls,
        images: Images,
        /,
        *,
        boxes: str,
        labels: str,
        scores: str | None = None,
        classes: Classes,
        box_format: str,
    ) -> Self:
        """Read the columns of these names, in the order given."""
        found = Boxes.read(images, boxes, box_format=box_format)
        codes = images.labels(labels, images=found.image, classes=classes)
        told = np.zeros(len(codes)) if scores is None else images.scores(scores, images=found.image)
        groups = found.image * len(classes) + codes
        return cls(boxes=found, labels=codes, scores=told, groups=groups)

    def surest(self, count: int, /) -> Self:
        """Return the `count` surest of each group, ordered by class and then the surest first."""
        order = np.lexsort((-self.scores, self.labels))
        order = order[rank_within(self.groups[order]) < count]
        return type(self)(
            boxes=self.boxes.take(order),
            labels=self.labels[order],
            scores=self.scores[order],
            groups=self.groups[order],
        )


def intersection(one: Boxes, of_one: Places, other: Boxes, of_other: Places, /) -> Vector:
    """Return the area that the two boxes of each pair share."""
    left, right = one.corners[of_one], other.corners[of_other]
    low, high = np.maximum(left[:, :2], right[:, :2]), np.minimum(left[:, 2:], right[:, 2:])
    sides = np.maximum(high - low, 0)
    shared: Vector = sides[:, 0] * sides[:, 1]
    return shared


def iou(one: Boxes, of_one: Places, other: Boxes, of_other: Places, /) -> Vector:
    """Return the intersection over union of each pair, from 0 to 1."""
    shared = intersection(one, of_one, other, of_other)
    union: Vector = one.areas[of_one] + other.areas[of_other] - shared
    share: Vector = shared / union
    return share


def giou(one: Boxes, of_one: Places, other: Boxes, of_other: Places, /) -> Vector:
    """Return the generalised intersection over union of each pair, from above -1 to 1.

    I/U - (C - U)/C with C the area of the smallest box around both (Rezatofighi et al., CVPR 2019,
    algorithm 1).
    """
    left, right = one.corners[of_one], other.corners[of_other]
    low, high = np.minimum(left[:, :2], right[:, :2]), np.maximum(left[:, 2:], right[:, 2:])
    around = (high[:, 0] - low[:, 0]) * (high[:, 1] - low[:, 1])
    shared = intersection(one, of_one, other, of_other)
    union = one.areas[of_one] + other.areas[of_other] - shared
    value: Vector = shared / union - (around - union) / around
    return value


def overlaps(
    detected: Boxes,
    true: Boxes,
    /,
    *,
    groups: tuple[Places, Places],
    least: float,
    crowds: NDArray[np.bool_] | None = None,
) -> tuple[Places, Places, Vector]:
    """Return the pairs of a detected and a true box of one group with an IoU of `least` or more.

    `groups` has the groups of the detected and of the true boxes. With a true box that is one of
    `crowds` the intersection is divided by the detected box alone, as in COCO. Returns detected,
    true and IoU.
    """
    kept = [(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp), np.empty(0))]
    for found, sought in pairs(*groups):
        overlap = iou(detected, found, true, sought)
        if crowds is not None and crowds.any():
            within = intersection(detected, found, true, sought) / detected.areas[found]
            overlap = np.where(crowds[sought], within, overlap)
        enough = overlap >= least
        kept.append((found[enough], sought[enough], overlap[enough]))
    detections, truths, ious = zip(*kept, strict=True)
    return np.concatenate(detections), np.concatenate(truths), np.concatenate(ious)
