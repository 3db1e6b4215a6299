"""Which predicted leukocyte answers for which true one, in the metric of CYTOLOGIA."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import optimize

from scorers.columns import Codes
from scorers.detection.boxes import LabelledBoxes, giou, overlaps
from scorers.detection.objects import Places, pairs
from scorers.metric import Vector

NOBODY = -1
"""The partner of a true box that has none; its class is the number of classes, one past the last"""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What each box of the truth was answered, and what else counts.

    `given` is the class that each true box was given. `called` are the classes that count as
    predictions, with the images they are of. `giou` are the values that are averaged, with theirs.
    """

    given: Codes
    called: Codes
    called_image: Places
    giou: Vector
    giou_image: Places


def shared_answers(true: LabelledBoxes, predicted: LabelledBoxes, /, *, classes: int) -> Answers:
    """Let each true box be answered by the predicted box of largest GIoU, the first of equals.

    A predicted box may answer for several true ones, or for none.
    """
    partners = np.full(len(true.labels), NOBODY, dtype=np.intp)
    best = np.full(len(true.labels), -1.0)
    for own, other in pairs(true.boxes.image, predicted.boxes.image):
        value = giou(true.boxes, own, predicted.boxes, other)
        begins = np.flatnonzero(np.diff(own, prepend=-1))
        best[own[begins]] = np.maximum.reduceat(value, begins) if len(begins) else value
        places = np.where(value == best[own], np.arange(len(own)), len(own))
        first = np.minimum.reduceat(places, begins) if len(begins) else places
        partners[own[begins]] = other[first]
    given = np.append(predicted.labels, classes)[partners]
    image = true.boxes.image
    return Answers(given=given, called=given, called_image=image, giou=best, giou_image=image)


def single_answers(
    true: LabelledBoxes, predicted: LabelledBoxes, /, *, classes: int, min_iou: float
) -> Answers:
    """Match one to one the boxes of an image that overlap by `min_iou` or more.

    As many as can match, and of such matchings that with the largest sum of GIoU. What is missed
    or false has a GIoU of -1.
    """
    groups = (true.boxes.image, predicted.boxes.image)
    own, other, _ = overlaps(true.boxes, predicted.boxes, groups=groups, least=min_iou)
    value = giou(true.boxes, own, predicted.boxes, other)
    pair = _matching(own, other, value, images=true.boxes.image[own])
    partners = np.full(len(true.labels), NOBODY, dtype=np.intp)
    partners[own[pair]] = other[pair]
    best = np.full(len(true.labels), -1.0)
    best[own[pair]] = value[pair]
    false = np.ones(len(predicted.labels), dtype=np.bool_)
    false[other[pair]] = False
    return Answers(
        given=np.append(predicted.labels, classes)[partners],
        called=predicted.labels,
        called_image=predicted.boxes.image,
        giou=np.append(best, np.full(false.sum(), -1.0)),
        giou_image=np.append(true.boxes.image, predicted.boxes.image[false]),
    )


def _matching(own: Places, other: Places, value: Vector, /, *, images: Places) -> Places:
    """Return which pairs are chosen; those of two boxes with no other choice are at once."""
    alone = (np.bincount(own)[own] == 1) & (np.bincount(other)[other] == 1)
    crowded = np.flatnonzero(~alone)
    edges = np.flatnonzero(np.diff(images[crowded], prepend=-1, append=-1))
    chosen = [np.flatnonzero(alone)]
    for start, stop in pairwise(edges.tolist()):
        among = crowded[start:stop]
        chosen.append(among[_assigned(own[among], other[among], value[among])])
    return np.concatenate(chosen)


def _assigned(own: Places, other: Places, value: Vector, /) -> Places:
    """Return which pairs of one image are chosen (the Hungarian method)."""
    rows, row = np.unique(own, return_inverse=True)
    columns, column = np.unique(other, return_inverse=True)
    pair = np.full((len(rows), len(columns)), NOBODY, dtype=np.intp)
    pair[row, column] = np.arange(len(own))
    gain = np.zeros(pair.shape)
    gain[row, column] = len(rows) + (value + 1) / 2  # one more pair outweighs all that GIoU adds
    found = pair[optimize.linear_sum_assignment(gain, maximize=True)]
    chosen: Places = found[found != NOBODY]
    return chosen
