"""Metrics of how far predicted masks overlap with those of the truth."""

from collections.abc import Callable

import numpy as np

from scorers.metric import Columns, Direction, Metric, Needs
from scorers.segmentation.masks import Mask, Structure, mean_over_structures
from scorers.weighted.per_row import MeanOfRows

UNDEFINED = (
    "never for an image: a structure that both masks lack scores 1, one that only one of them has "
    "scores 0; without images there is no value"
)


def dice(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    mask: str,
    predicted: str,
    labels: list[Structure],
    where: str | None = None,
) -> MeanOfRows:
    """Measure the mean Dice coefficient of the masks in the column `predicted`.

    Each cell of `predicted`, and of the truth column `mask`, is an array of integers of the
    image's shape, in 2 or 3 dimensions, with 0 as background. `labels` lists the structures: each
    a label, or a list of labels that make one region. `where`, a truth column of 0 and 1, leaves
    images out. For each structure of each image Dice is 2 |A and B| / (|A| + |B|) (Dice, Ecology
    1945;26:297-302); the mean is over structures, then over images. Raises InvalidColumns if a
    mask is missing, has another shape than the image or holds another label, and ParamsError if
    `labels` is no list of structures.

    One pixel of the first structure is found, and one is predicted beside it: 2 x 1 / (2 + 1).
    Nothing is predicted of the second, so it has 0, and the image has half of 2/3.

    >>> truth = {"mask": [np.array([[1, 0, 0], [2, 2, 2]])]}
    >>> prediction = {"mask": [np.array([[1, 1, 0], [0, 0, 0]])]}
    >>> dice(truth, prediction, mask="mask", predicted="mask", labels=[1, 2]).value
    0.3333333333333333
    """
    return mean_over_structures(
        truth,
        prediction,
        mask=mask,
        predicted=predicted,
        labels=labels,
        where=where,
        score=_counting(lambda inter, ours, theirs: 2 * inter / (ours + theirs)),
    )


def iou(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    mask: str,
    predicted: str,
    labels: list[Structure],
    where: str | None = None,
) -> MeanOfRows:
    """Measure the mean intersection over union (Jaccard index) of the masks in `predicted`.

    The params and errors are those of `dice`. For each structure of each image it is
    |A and B| / |A or B| (Jaccard, Bull Soc Vaud Sci Nat 1901;37:547-579); the mean is over
    structures, then over images.

    Of the two pixels that either mask has, one is in both.

    >>> truth = {"mask": [np.array([[1, 0, 0]])]}
    >>> prediction = {"mask": [np.array([[1, 1, 0]])]}
    >>> iou(truth, prediction, mask="mask", predicted="mask", labels=[1]).value
    0.5
    """
    return mean_over_structures(
        truth,
        prediction,
        mask=mask,
        predicted=predicted,
        labels=labels,
        where=where,
        score=_counting(lambda inter, ours, theirs: inter / (ours + theirs - inter)),
    )


def volume_similarity(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    mask: str,
    predicted: str,
    labels: list[Structure],
    where: str | None = None,
) -> MeanOfRows:
    """Measure how near the sizes of the masks in `predicted` are, wherever they lie.

    The params and errors are those of `dice`. For each structure of each image it is
    1 - ||A| - |B|| / (|A| + |B|) (Taha and Hanbury, BMC Med Imaging 2015;15:29); the
    mean is over structures, then over images. It does not see where a structure is, so it belongs
    beside another metric.

    One pixel is predicted where there are three, and not even at the right place: 1 - 2/4.

    >>> truth = {"mask": [np.array([[1, 1, 1, 0]])]}
    >>> prediction = {"mask": [np.array([[0, 0, 0, 1]])]}
    >>> volume_similarity(truth, prediction, mask="mask", predicted="mask", labels=[1]).value
    0.5
    """
    return mean_over_structures(
        truth,
        prediction,
        mask=mask,
        predicted=predicted,
        labels=labels,
        where=where,
        score=_counting(lambda _, ours, theirs: 1 - abs(ours - theirs) / (ours + theirs)),
    )


def _counting(formula: Callable[[int, int, int], float]) -> Callable[[Mask, Mask, int], float]:
    """Make a score of the sizes of the intersection, of the truth and of the prediction."""

    def score(truth: Mask, predicted: Mask, _row: int) -> float:
        ours, theirs = int(np.count_nonzero(truth)), int(np.count_nonzero(predicted))
        if not ours and not theirs:
            return 1.0
        return formula(int(np.count_nonzero(truth & predicted)), ours, theirs)

    return score


DICE = Metric(
    key="dice",
    needs=Needs.MASKS,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined=UNDEFINED,
    reference="sklearn.metrics.f1_score of the pixels",
    source="Dice, Ecology 1945;26:297-302",
    exact=True,
    unit="image",
    truth_columns=("mask", "where"),
    prediction_columns=("predicted",),
    measure=dice,
)
IOU = Metric(
    key="iou",
    needs=Needs.MASKS,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined=UNDEFINED,
    reference="sklearn.metrics.jaccard_score of the pixels",
    source="Jaccard, Bull Soc Vaud Sci Nat 1901;37:547-579",
    exact=True,
    unit="image",
    truth_columns=("mask", "where"),
    prediction_columns=("predicted",),
    measure=iou,
)
VOLUME_SIMILARITY = Metric(
    key="volume_similarity",
    needs=Needs.MASKS,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined=UNDEFINED,
    reference="the formula",
    source="Taha and Hanbury, BMC Med Imaging 2015;15:29",
    exact=True,
    unit="image",
    truth_columns=("mask", "where"),
    prediction_columns=("predicted",),
    measure=volume_similarity,
)
