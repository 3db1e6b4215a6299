"""Panoptic quality: how well predicted instances, each a piece of the image, match the truth's."""

from dataclasses import replace
from functools import partial

import numpy as np

from scorers.metric import Columns, Direction, Metric, Needs, Reason, Vector, Weights
from scorers.segmentation.instances import Matches
from scorers.weighted.counts import in_chunks, ratio
from scorers.weighted.measured import Measured
from scorers.weighted.per_row import RatioOfSums
from scorers.weighted.sums import weighted_sums


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
    found = Matches.read(
        truth,
        prediction,
        mask=mask,
        predicted=predicted,
        classes=classes,
        mask_classes=mask_classes,
        predicted_classes=predicted_classes,
        where=where,
    )
    return found.shared(found.overlap)


def recognition_quality(
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
    """Measure the recognition quality (RQ) of the instances in `predicted`: the F1 of the matches.

    Params, matches, classes and errors are those of `panoptic_quality`, of which this is a part:
    RQ = TP / (TP + FP/2 + FN/2), over all images (Kirillov et al., CVPR 2019, equation 2).

    One of two instances is found: 1 over 1 match and half of 1 instance.

    >>> truth = {"mask": [np.array([[1, 1, 1, 0, 2]])]}
    >>> prediction = {"mask": [np.array([[7, 7, 7, 7, 0]])]}
    >>> round(recognition_quality(truth, prediction, mask="mask", predicted="mask").value, 12)
    0.666666666667
    """
    found = Matches.read(
        truth,
        prediction,
        mask=mask,
        predicted=predicted,
        classes=classes,
        mask_classes=mask_classes,
        predicted_classes=predicted_classes,
        where=where,
    )
    return found.shared(found.matched)


def segmentation_quality(
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
) -> Measured:
    """Measure the segmentation quality (SQ) of the instances in `predicted`: how well they match.

    Params, matches, classes and errors are those of `panoptic_quality`, of which this is a part:
    SQ = sum IoU / TP, the mean IoU of the matches, over all images (Kirillov et al., CVPR 2019,
    equation 2). A class that has instances but no match counts 0, as in the authors' program; of
    one class PQ = SQ x RQ.

    The one match has an IoU of 3/4; that another instance is missed does not matter here.

    >>> truth = {"mask": [np.array([[1, 1, 1, 0, 2]])]}
    >>> prediction = {"mask": [np.array([[7, 7, 7, 7, 0]])]}
    >>> segmentation_quality(truth, prediction, mask="mask", predicted="mask").value
    0.75
    """
    found = Matches.read(
        truth,
        prediction,
        mask=mask,
        predicted=predicted,
        classes=classes,
        mask_classes=mask_classes,
        predicted_classes=predicted_classes,
        where=where,
    )
    return Measured(
        statistic=partial(in_chunks, partial(_mean_overlap, found)),
        rows=found.total,
        units=len(found.rows),
        events=found.events,
        undefined=Reason.NO_POSITIVES,
    )


def _mean_overlap(found: Matches, weights: Weights) -> Vector:
    """Return the mean IoU of the matches, averaged over the classes that have an instance."""
    own = weights.take(found.rows, axis=1)
    total, classes = np.zeros(len(weights)), np.zeros(len(weights), dtype=np.int64)
    for overlap, matched, instances in zip(
        found.overlap.T, found.matched.T, found.instances.T, strict=True
    ):
        quality = ratio(weighted_sums(own, overlap), weighted_sums(own, matched))
        total += np.nan_to_num(quality)  # without a match it is 0
        classes += weighted_sums(own, instances) > 0
    return ratio(total, classes)


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
RECOGNITION_QUALITY = replace(
    PANOPTIC_QUALITY,
    key="recognition_quality",
    source="Kirillov et al., CVPR 2019, equation 2",
    measure=recognition_quality,
)
SEGMENTATION_QUALITY = replace(
    PANOPTIC_QUALITY,
    key="segmentation_quality",
    source="Kirillov et al., CVPR 2019, equation 2",
    measure=segmentation_quality,
)
