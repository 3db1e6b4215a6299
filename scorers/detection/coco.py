"""Average precision of detected boxes, as COCO defines it."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from scorers.detection.boxes import LabelledBoxes, overlaps
from scorers.detection.curve import MeanPrecision, Ranked, rank_by_class
from scorers.detection.matching import greedy_hits
from scorers.detection.objects import ByImage, Classes, both, class_list, tally
from scorers.detection.sought import Sought
from scorers.metric import Columns, Direction, Metric, Needs, ParamsError, Vector
from scorers.rules import HaveAnArea, OneOf

IOUS = tuple(np.linspace(0.5, 0.95, 10).tolist())
"""The thresholds of COCO, to the last bit: the ninth is one bit below 0.9."""

ALMOST_ONE = 1 - 1e-10
"""What an overlap must reach where the threshold is 1, as in pycocotools."""

TIES = ("given", "worst")


def detection_map(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    true_boxes: str,
    true_labels: str,
    boxes: str,
    labels: str,
    scores: str,
    classes: list[str | int],
    box_format: str,
    iou: list[float] | None = None,
    max_detections: int = 100,
    ties: str = "given",
    of: list[str | int] | None = None,
    area: list[float] | None = None,
    true_areas: str | None = None,
    crowds: str | None = None,
    where: str | None = None,
) -> ByImage:
    """Measure the mean average precision of COCO over classes and thresholds of overlap.

    A row is an image, a cell lists its objects: `true_boxes`, `true_labels` in the truth, `boxes`,
    `labels`, `scores` in the prediction. `box_format` is xyxy (two corners) or xywh (corner, width
    and height, as COCO has it); `classes` are all labels there are; `of` chooses the classes that
    are averaged, all by default. Only the `max_detections` surest of an image and class count.
    `where`, a truth column of 0 and 1, leaves images out.

    For each class and each threshold of `iou` (0.50, 0.55 … 0.95 by default): the detections of an
    image, the surest first, take the true box not yet taken that overlaps them most, if by the
    threshold or more, else they are false. Precision is that among the surest detections of all
    images, made to fall with recall, and read at the recalls 0, 0.01 … 1. Classes without a true
    box are left out, whatever was detected of them (Lin et al., ECCV 2014;
    `pycocotools.cocoeval.COCOeval`).

    With `area`, the smallest and the largest, only true boxes of such an area are sought: COCO has
    [0, 1024] as small, [1024, 9216] as medium and [9216, 1e10] as large. The area is that of the
    box, or what the truth column `true_areas` lists, such as that of a mask. Detections that take
    another true box, or take none and have another area, do not count. `crowds` lists 1 for the
    true boxes around many objects: they are not sought either, any number of detections may take
    them, and these are overlapped by the share of the detection that lies within.

    Equal scores are in the order of the images, then in that of the cell, where an image drawn
    twice has each of its objects twice in place; with `ties` "worst" the false ones come first.
    Raises InvalidColumns if a column cannot be read, ParamsError for params that mean nothing.

    Of two boxes the surest detection finds the one, the second is false, the third finds the
    other: the precision is 1 up to recall 1/2, then 2/3, so (51 * 1 + 50 * 2/3) / 101.

    >>> truth = {"where": [[[0, 0, 9, 9], [20, 0, 9, 9]]], "what": [["cell", "cell"]]}
    >>> found = {"where": [[[0, 0, 9, 9], [50, 50, 9, 9], [20, 0, 9, 9]]]}
    >>> found |= {"what": [["cell", "cell", "cell"]], "score": [[0.9, 0.8, 0.7]]}
    >>> names = {"true_boxes": "where", "true_labels": "what", "boxes": "where", "labels": "what"}
    >>> params = names | {"scores": "score", "classes": ["cell"], "box_format": "xywh"}
    >>> round(detection_map(truth, found, **params).value, 6)
    0.834983
    """
    thresholds = _thresholds(IOUS if iou is None else iou)
    told = class_list(classes)
    averaged = told if of is None else class_list(of)
    _check(told, averaged=averaged, max_detections=max_detections, ties=ties)
    answers, given = both(truth, prediction, first=true_boxes, where=where)
    read = partial(LabelledBoxes.read, classes=told, box_format=box_format)
    true = read(answers, boxes=true_boxes, labels=true_labels)
    found = read(given, boxes=boxes, labels=labels, scores=scores).surest(max_detections)
    sought = Sought.read(answers, true, found, area=area, true_areas=true_areas, crowds=crowds)
    rank = _ranked if area is None and crowds is None else sought.ranked
    ranks = rank(
        found,
        true,
        thresholds=thresholds,
        total=len(answers.rows),
        classes=len(told),
        worst=ties == "worst",
    )
    kept = ~sought.ignored
    image = true.boxes.image[kept]
    mean = MeanPrecision(
        truths=tally(true.labels[kept], image, shape=(len(told), len(answers.rows))),
        ranked=tuple(line[told.index(label)] for label in averaged for line in ranks),
    )
    return ByImage(
        counted=mean,
        images=answers,
        longest=int(np.bincount(found.labels, minlength=1).max()),
        events=len(np.unique(image)),
    )


def detection_ap(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    true_boxes: str,
    true_labels: str,
    boxes: str,
    labels: str,
    scores: str,
    classes: list[str | int],
    box_format: str,
    iou: float = 0.5,
    max_detections: int = 100,
    ties: str = "given",
    of: list[str | int] | None = None,
    area: list[float] | None = None,
    true_areas: str | None = None,
    crowds: str | None = None,
    where: str | None = None,
) -> ByImage:
    """Measure the average precision of COCO at one overlap, averaged over classes.

    That is `detection_map` with the one threshold `iou`: 0.5 by habit, 0.1 for small lesions.

    A detection that covers 8 of the 10 columns of the one true box finds it at 0.5, not at 0.9.

    >>> truth = {"where": [[[0, 0, 10, 10]]], "what": [["cell"]]}
    >>> found = {"where": [[[0, 0, 8, 10]]], "what": [["cell"]], "score": [[0.9]]}
    >>> names = {"true_boxes": "where", "true_labels": "what", "boxes": "where", "labels": "what"}
    >>> params = names | {"scores": "score", "classes": ["cell"], "box_format": "xyxy"}
    >>> [detection_ap(truth, found, **params, iou=iou).value for iou in (0.5, 0.9)]
    [1.0, 0.0]
    """
    return detection_map(
        truth,
        prediction,
        true_boxes=true_boxes,
        true_labels=true_labels,
        boxes=boxes,
        labels=labels,
        scores=scores,
        classes=classes,
        box_format=box_format,
        iou=[iou],
        max_detections=max_detections,
        ties=ties,
        of=of,
        area=area,
        true_areas=true_areas,
        crowds=crowds,
        where=where,
    )


def _thresholds(iou: Sequence[float]) -> Vector:
    thresholds = np.asarray(iou, dtype=np.float64)
    if thresholds.ndim != 1 or not len(thresholds):
        raise ParamsError("iou: there must be at least one threshold")
    if not ((thresholds > 0) & (thresholds <= 1)).all():
        raise ParamsError("iou: thresholds must be above 0 and at most 1")
    return np.minimum(thresholds, ALMOST_ONE)


def _check(classes: Classes, /, *, averaged: Classes, max_detections: int, ties: str) -> None:
    if not set(averaged) <= set(classes):
        raise ParamsError("of: all of them must be among the classes")
    if max_detections < 1:
        raise ParamsError("max_detections must be at least 1")
    if ties not in TIES:
        raise ParamsError(f"ties must be one of {', '.join(TIES)}")


def _ranked(
    found: LabelledBoxes,
    true: LabelledBoxes,
    /,
    *,
    thresholds: Vector,
    total: int,
    classes: int,
    worst: bool,
) -> tuple[tuple[Ranked, ...], ...]:
    """Return all detections, by class, where every true box is sought."""
    groups = (found.groups, true.groups)
    close = overlaps(found.boxes, true.boxes, groups=groups, least=float(thresholds.min()))
    sizes = (len(found.labels), len(true.labels))
    ranked = rank_by_class(
        found.boxes.image,
        found.labels,
        found.scores,
        hits=greedy_hits(*close, groups=found.groups, sizes=sizes, thresholds=thresholds),
        total=total,
        classes=classes,
        worst=worst,
    )
    return (ranked,)


DETECTION_MAP = Metric(
    key="detection_map",
    needs=Needs.BOXES,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no image, or no true box of a class that is averaged; such resamples are skipped",
    reference="pycocotools.cocoeval.COCOeval",
    source="Lin et al., ECCV 2014; COCOeval.accumulate",
    exact=True,
    unit="image",
    truth_columns=("true_boxes", "true_labels", "true_areas", "crowds", "where"),
    prediction_columns=("boxes", "labels", "scores"),
    rules=(HaveAnArea(), OneOf(param="labels")),
    measure=detection_map,
)

DETECTION_AP = replace(DETECTION_MAP, key="detection_ap", measure=detection_ap)
