"""Panoptic quality: how well predicted instances, each a piece of the image, match the truth's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorers.columns import objects, rows_of
from scorers.metric import Columns, Direction, InvalidColumns, Metric, Needs, ParamsError
from scorers.segmentation.masks import read_cases
from scorers.weighted.per_row import RatioOfSums

ONE_CLASS = "instance"


@dataclass(frozen=True, kw_only=True)
class Instances:
    """The instances of one image: `places` holds 0 or an instance plus 1, `classes` their class."""

    places: NDArray[np.intp]
    classes: NDArray[np.intp]
    areas: NDArray[np.intp]


def panoptic_quality(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    mask: str,
    predicted: str,
    classes: list[str | int] | None = None,
    mask_classes: str | None = None,
    predicted_classes: str | None = None,
    where: str | None = None,
) -> RatioOfSums:
    """Measure the panoptic quality (PQ) of the instances in the column `predicted`.

    Each cell of `predicted`, and of the truth column `mask`, is an array of integers of the
    image's shape, in 2 or 3 dimensions: 0 is background, and each other number one instance. With
    `classes` (those of the challenge), the columns `mask_classes` and `predicted_classes` hold for
    each image the class of instance 1, of instance 2, and so on. `where`, a truth column of 0 and
    1, leaves images out.

    A predicted instance matches one of the truth of its class if their intersection over union
    (IoU) is above 1/2; there can be only one. PQ is the sum of the IoU of the matches, over the
    matches and half of all instances without one: sum IoU / (TP + FP/2 + FN/2), over all images
    (Kirillov et al., CVPR 2019, equation 1). With classes it is the mean over those that occur in
    the truth or the prediction. Raises InvalidColumns if a mask is missing, is no array of
    integers or has another shape than the image, or a class is missing or unknown; ParamsError if
    only some of `classes`, `mask_classes` and `predicted_classes` are given.

    The first instance is found whole and one pixel is added to it, so its IoU is 3/4. The second
    is missed, so PQ is 3/4 over 1 match and half of 1 instance.

    >>> truth = {"mask": [np.array([[1, 1, 1, 0, 2]])]}
    >>> prediction = {"mask": [np.array([[7, 7, 7, 7, 0]])]}
    >>> panoptic_quality(truth, prediction, mask="mask", predicted="mask").value
    0.5
    """
    if not bool(classes) == (mask_classes is not None) == (predicted_classes is not None):
        raise ParamsError("classes, mask_classes and predicted_classes: give all three, or none")
    rows = rows_of(truth, mask, where=where)
    known = classes or [ONE_CLASS]
    number = {name: place for place, name in enumerate(known)}
    earned = np.zeros((len(rows), len(known)))
    possible = np.zeros((len(rows), len(known)))
    events = 0
    images = len(objects(truth, mask))
    told = [
        None if name is None else objects(columns, name, count=images)
        for columns, name in ((truth, mask_classes), (prediction, predicted_classes))
    ]
    cases = read_cases(truth, prediction, mask=mask, predicted=predicted, rows=rows)
    for place, case in enumerate(cases):
        ours = _instances(case.truth, told[0], name=mask, row=case.row, number=number)
        theirs = _instances(case.predicted, told[1], name=predicted, row=case.row, number=number)
        for each in (ours, theirs):
            possible[place] += np.bincount(each.classes, minlength=len(known))
        # A match counts once on each side, so 2 sum IoU / (|A| + |B|) is PQ.
        earned[place] = 2 * _matched(ours, theirs, size=len(known))
        events += bool(len(ours.classes))
    return RatioOfSums(rows=rows, earned=earned, possible=possible, events=events)


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


def _matched(ours: Instances, theirs: Instances, /, *, size: int) -> NDArray[np.float64]:
    """Return the sum of the IoU of the matches of each of `size` classes."""
    shape = len(ours.classes) + 1, len(theirs.classes) + 1
    pairs = np.ravel_multi_index((ours.places, theirs.places), shape)
    found, shared = np.unique(pairs, return_counts=True)
    one, other = (places - 1 for places in np.unravel_index(found, shape))
    both = (one >= 0) & (other >= 0)
    one, other, shared = one[both], other[both], shared[both]
    either = ours.areas[one] + theirs.areas[other] - shared
    match = (2 * shared > either) & (ours.classes[one] == theirs.classes[other])
    total = np.zeros(size)
    np.add.at(total, ours.classes[one[match]], shared[match] / either[match])
    return total


PANOPTIC_QUALITY = Metric(
    key="panoptic_quality",
    needs=Needs.MASKS,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no instance in the truth or the prediction; such resamples are skipped",
    reference="a look at every pair of instances",
    source="Kirillov et al., CVPR 2019, equation 1",
    exact=True,
    unit="image",
    truth_columns=("mask", "mask_classes", "where"),
    prediction_columns=("predicted", "predicted_classes"),
    measure=panoptic_quality,
)
