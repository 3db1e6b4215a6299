"""The metric of the CYTOLOGIA challenge: boxes around leukocytes, and their classes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy import sparse

from scorers.detection.boxes import LabelledBoxes
from scorers.detection.cytologia_matching import Answers, shared_answers, single_answers
from scorers.detection.objects import ByImage, Classes, Images, both, class_list, tally
from scorers.metric import Columns, Direction, Metric, Needs, ParamsError, Vector
from scorers.rules import HaveAnArea, OneOf
from scorers.weighted.counts import ratio

HALF = 2.0**22
"""A GIoU is counted in units of 1 / HALF² as two whole numbers, so that sums are exact."""

BOX_SHARE, CLASS_SHARE = 0.2, 0.8


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What each image adds to the score.

    `hits`, `truths` and `called` count boxes by class: those whose class is told rightly, those of
    the truth, those of the prediction; `called` has one more line for true boxes without an answer.
    `boxes` has three lines: (GIoU + 1) / 2 in two parts, and the number of boxes it is a mean of.
    `averaged` are the classes that enter means.
    """

    hits: sparse.csr_array
    truths: sparse.csr_array
    called: sparse.csr_array
    boxes: sparse.csr_array
    averaged: tuple[int, ...]
    unanswered: bool

    def score(self, weights: Vector, /) -> Vector:
        return BOX_SHARE * self.overlap(weights) + CLASS_SHARE * self.macro_f1(weights)

    def overlap(self, weights: Vector, /) -> Vector:
        """Return the mean of (GIoU + 1) / 2; the sums are exact, being of whole numbers."""
        high, low, count = self.boxes @ weights
        return ratio(high + low / HALF, count) / HALF

    def macro_f1(self, weights: Vector, /) -> Vector:
        """Return the mean of F1 over the classes that occur in the truth or the prediction."""
        hits, truths, called = self.hits @ weights, self.truths @ weights, self.called @ weights
        total, there = np.zeros(weights.shape[1]), np.zeros(weights.shape[1])
        for label in self.averaged:
            both_counts = truths[label] + called[label]
            total += 2 * hits[label] / np.maximum(both_counts, 1)
            there += both_counts > 0
        if self.unanswered:
            there += called[-1] > 0
        return np.where(truths.sum(axis=0) > 0, ratio(total, there), np.nan)

    def balanced_accuracy(self, weights: Vector, /) -> Vector:
        """Return the mean over the classes of the truth of the share told rightly."""
        hits, truths = self.hits @ weights, self.truths @ weights
        total, there = np.zeros(weights.shape[1]), np.zeros(weights.shape[1])
        for label in self.averaged:
            total += hits[label] / np.maximum(truths[label], 1)
            there += truths[label] > 0
        return ratio(total, there)


PARTS: dict[str, Callable[[Counts, Vector], Vector]] = {
    "score": Counts.score,
    "boxes": Counts.overlap,
    "macro_f1": Counts.macro_f1,
    "balanced_accuracy": Counts.balanced_accuracy,
}


def cytologia_giou_f1(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    true_boxes: str,
    true_labels: str,
    boxes: str,
    labels: str,
    classes: list[str | int],
    box_format: str = "xyxy",
    part: str = "score",
    of: list[str | int] | None = None,
    where: str | None = None,
) -> ByImage:
    """Measure the official score of CYTOLOGIA: 0.2 of how boxes fit and 0.8 of macro F1.

    A row is an image, a cell lists its objects: `true_boxes`, `true_labels` in the truth, `boxes`
    and `labels` in the prediction. `box_format` is xyxy (two corners) or xywh. `part` gives the
    "score", or of its parts "boxes" or "macro_f1", or "balanced_accuracy"; `of` chooses the
    classes that are averaged. `where`, a truth column of 0 and 1, leaves images out.

    Each true box is answered by the predicted box of the image with the largest GIoU, the first of
    equals; one may answer for many and one that answers for none costs nothing. In an image
    without a prediction the GIoU is -1 and the class is none. Over the true boxes of all images,
    score = 0.2 * mean((GIoU + 1) / 2) + 0.8 * macro F1, the mean of F1 over the classes that occur
    in the truth or among the answers, with F1 0 for the class none (the challenge's published
    code). Raises InvalidColumns if a column cannot be read, ParamsError for params that mean
    nothing.

    One prediction is the first of two lymphocytes and answers for the second too, with a GIoU of
    -1/3: the boxes give (1 + 1/3) / 2, the class is right, so 0.2 * 2/3 + 0.8.

    >>> truth = {"where": [[[0, 0, 10, 10], [20, 0, 30, 10]]], "what": [["LY", "LY"]]}
    >>> found = {"where": [[[0, 0, 10, 10]]], "what": [["LY"]]}
    >>> names = {"true_boxes": "where", "true_labels": "what", "boxes": "where", "labels": "what"}
    >>> round(cytologia_giou_f1(truth, found, **names, classes=["LY", "MO"]).value, 6)
    0.933333
    """
    told = class_list(classes)
    images, given = both(truth, prediction, first=true_boxes, where=where)
    read = partial(LabelledBoxes.read, classes=told, box_format=box_format)
    true = read(images, boxes=true_boxes, labels=true_labels)
    predicted = read(given, boxes=boxes, labels=labels)
    answers = shared_answers(true, predicted, classes=len(told))
    averaged = _averaged(told, of=of)
    counts = _counts(images, true, answers, averaged=averaged, unanswered=of is None)
    return _measure(counts, images, part=part)


def cytologia_strict(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    true_boxes: str,
    true_labels: str,
    boxes: str,
    labels: str,
    classes: list[str | int],
    box_format: str = "xyxy",
    min_iou: float = 0.5,
    part: str = "score",
    of: list[str | int] | None = None,
    where: str | None = None,
) -> ByImage:
    """Measure the score of CYTOLOGIA with boxes matched one to one, so that false ones count.

    The params are those of `cytologia_giou_f1`. Boxes of an image match if their intersection over
    union is `min_iou` or more, whatever their classes: as many as can, and among such matchings
    that with the largest sum of GIoU (Kuhn, Nav Res Logist 1955;2:83-97). A true box without a
    match is missed, a predicted one without is false: both count in F1, and both have a GIoU of -1
    in the mean, which is over the matches, the missed and the false boxes. Otherwise the score is
    the official one: 0.2 * mean((GIoU + 1) / 2) + 0.8 * macro F1.

    One of two lymphocytes is found, the other missed, and a box is false. The boxes give
    (1 + 0 + 0) / 3; F1 is 2 * 1 / (2 + 2): 0.2 / 3 + 0.8 / 2.

    >>> truth = {"where": [[[0, 0, 10, 10], [20, 0, 30, 10]]], "what": [["LY", "LY"]]}
    >>> found = {"where": [[[0, 0, 10, 10], [50, 0, 60, 10]]], "what": [["LY", "LY"]]}
    >>> names = {"true_boxes": "where", "true_labels": "what", "boxes": "where", "labels": "what"}
    >>> round(cytologia_strict(truth, found, **names, classes=["LY", "MO"]).value, 6)
    0.466667
    """
    if not 0 < min_iou <= 1:
        raise ParamsError("min_iou must be above 0 and at most 1")
    told = class_list(classes)
    images, given = both(truth, prediction, first=true_boxes, where=where)
    read = partial(LabelledBoxes.read, classes=told, box_format=box_format)
    true = read(images, boxes=true_boxes, labels=true_labels)
    predicted = read(given, boxes=boxes, labels=labels)
    answers = single_answers(true, predicted, classes=len(told), min_iou=min_iou)
    averaged = _averaged(told, of=of)
    counts = _counts(images, true, answers, averaged=averaged, unanswered=False)
    return _measure(counts, images, part=part)


@dataclass(frozen=True, kw_only=True)
class Averaged:
    """How many classes there are, and which of them enter means."""

    classes: int
    chosen: tuple[int, ...]


def _averaged(classes: Classes, /, *, of: list[str | int] | None) -> Averaged:
    chosen = classes if of is None else class_list(of)
    if not set(chosen) <= set(classes):
        raise ParamsError("of: all of them must be among the classes")
    return Averaged(classes=len(classes), chosen=tuple(map(classes.index, chosen)))


def _counts(
    images: Images,
    true: LabelledBoxes,
    answers: Answers,
    /,
    *,
    averaged: Averaged,
    unanswered: bool,
) -> Counts:
    size = len(images.rows)
    right = answers.given == true.labels
    scaled = (answers.giou + 1) / 2 * HALF
    high = np.floor(scaled)
    low = np.rint((scaled - high) * HALF)
    image = true.boxes.image
    return Counts(
        hits=tally(true.labels[right], image[right], shape=(averaged.classes, size)),
        truths=tally(true.labels, image, shape=(averaged.classes, size)),
        called=tally(answers.called, answers.called_image, shape=(averaged.classes + 1, size)),
        boxes=sparse.csr_array(
            [
                np.bincount(answers.giou_image, weights=line, minlength=size)
                for line in (high, low, np.ones_like(high))
            ]
        ),
        averaged=averaged.chosen,
        unanswered=unanswered,
    )


def _measure(counts: Counts, images: Images, /, *, part: str) -> ByImage:
    if part not in PARTS:
        raise ParamsError(f"part must be one of {', '.join(PARTS)}")
    return ByImage(
        counted=partial(PARTS[part], counts),
        images=images,
        longest=0,
        events=int((counts.truths.sum(axis=0) > 0).sum()),
    )


CYTOLOGIA_GIOU_F1 = Metric(
    key="cytologia_giou_f1",
    needs=Needs.BOXES,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no image, or no true box; such resamples are skipped",
    reference="the challenge's published code, written again in the tests with scikit-learn's F1",
    source="CYTOLOGIA 2024; GIoU: Rezatofighi et al., CVPR 2019, algorithm 1",
    exact=True,
    unit="image",
    truth_columns=("true_boxes", "true_labels", "where"),
    prediction_columns=("boxes", "labels"),
    rules=(HaveAnArea(usual="xyxy"), OneOf(param="labels")),
    measure=cytologia_giou_f1,
)

CYTOLOGIA_STRICT = replace(
    CYTOLOGIA_GIOU_F1,
    key="cytologia_strict",
    reference="the definition, with scikit-learn's F1",
    source="CYTOLOGIA 2024, with a matching of Kuhn, Nav Res Logist 1955;2:83-97",
    measure=cytologia_strict,
)
