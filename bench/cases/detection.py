"""Cases of boxes and points in images, against pycocotools and SciPy."""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy.optimize import linear_sum_assignment

from bench.cases.case import Case, Drawn, Reference, Table, Untyped

CLASSES = ["EO", "MO", "LY", "PNN"]
SHARES = [0.05, 0.15, 0.3, 0.5]
SIDE = 300
BOXES = {"true_boxes": "boxes", "true_labels": "labels", "boxes": "boxes", "labels": "labels"}
SCORED: dict[str, Any] = BOXES | {"scores": "scores", "classes": CLASSES, "box_format": "xywh"}
CELLS: dict[str, Any] = BOXES | {"classes": CLASSES, "box_format": "xywh"}
LESIONS = {"true_boxes": "boxes", "boxes": "boxes", "scores": "scores", "box_format": "xywh"}
FOUND_POINTS = {"true_points": "points", "points": "points"}
GRID: dict[str, Any] = FOUND_POINTS | {"width": "width", "height": "height", "levels": 2}
RADIUS = 8.0
FOUND, MISTAKEN = 0.85, 0.1
"""Shares of the objects that are found, and told as any class."""

SPEED = 5_000
"""Images on which the speed is told."""

LEUKOCYTES = 20_751
"""Images in the test set of the CYTOLOGIA challenge, of 22,689 leukocytes."""

SEVERAL = (0.934, 0.039, 0.027)
"""Share of its images with one, two and three of them."""


def draw(rng: Generator, rows: int, /) -> Drawn:
    """Draw images of up to five objects, most of which are found near their place.

    Some detections are false, and some have another class.
    """
    return _images(rng, rng.integers(0, 6, size=rows))


def draw_with_sizes(rng: Generator, rows: int, /) -> Drawn:
    """Draw the same, with the size of each image."""
    drawn = draw(rng, rows)
    size = np.full(rows, float(SIDE))
    return Drawn(truth={**drawn.truth, "width": size, "height": size}, prediction=drawn.prediction)


def draw_many(rng: Generator, rows: int, /) -> Drawn:
    """Draw images of up to 14 objects, seven on average, as those of COCO."""
    return _images(rng, rng.integers(0, 15, size=rows))


def draw_leukocytes(rng: Generator, rows: int, /) -> Drawn:
    """Draw images of one to three objects, as those of CYTOLOGIA."""
    return _images(rng, 1 + rng.choice(len(SEVERAL), size=rows, p=SEVERAL))


def _images(rng: Generator, counts: NDArray[np.integer], /) -> Drawn:
    images = [_image(rng, many=many) for many in counts.tolist()]
    truth, found = ([image[side] for image in images] for side in (0, 1))
    return Drawn(truth=_columns(truth), prediction=_columns(found))


def _image(rng: Generator, /, *, many: int) -> tuple[dict[str, Any], dict[str, Any]]:
    corner = rng.uniform(0, SIDE, (many, 2))
    size = rng.uniform(20, 60, (many, 2))
    label = rng.choice(len(CLASSES), size=many, p=SHARES)
    found = rng.random(many) < FOUND
    false = int(rng.integers(0, 3))
    moved = corner[found] + rng.normal(0, 4, (int(found.sum()), 2))
    other = rng.choice(len(CLASSES), size=many)
    told = np.where(rng.random(many) < MISTAKEN, other, label)[found]
    detected = {
        "corner": np.concatenate([moved, rng.uniform(0, SIDE, (false, 2))]),
        "size": np.concatenate([size[found], rng.uniform(20, 60, (false, 2))]),
        "label": np.concatenate([told, rng.choice(len(CLASSES), size=false)]),
        "score": np.concatenate([rng.beta(4, 2, len(moved)), rng.beta(2, 4, false)]),
    }
    return {"corner": corner, "size": size, "label": label, "score": np.ones(many)}, detected


def _columns(images: Sequence[dict[str, Any]], /) -> dict[str, Any]:
    return {
        "boxes": [np.concatenate([one["corner"], one["size"]], axis=1) for one in images],
        "points": [one["corner"] for one in images],
        "labels": [[CLASSES[label] for label in one["label"].tolist()] for one in images],
        "scores": [one["score"] for one in images],
    }


def coco_annotations(table: Table, /) -> list[dict[str, Any]]:
    """Return the objects of all images as COCO lists them."""
    ids = count(1)
    images = zip(table["boxes"], table["labels"], table["scores"], strict=True)
    return [
        {
            "id": next(ids),
            "image_id": number,
            "category_id": CLASSES.index(label),
            "bbox": box,
            "area": box[2] * box[3],
            "iscrowd": 0,
            "score": score,
        }
        for number, (boxes, labels, scores) in enumerate(images)
        for box, label, score in zip(boxes.tolist(), labels, scores.tolist(), strict=True)
    ]


def coco_dataset(truth: Table, /) -> dict[str, Any]:
    """Return the truth as the dataset of a COCO object."""
    return {
        "images": [{"id": number} for number in range(len(truth["boxes"]))],
        "categories": [{"id": number} for number in range(len(CLASSES))],
        "annotations": coco_annotations(truth),
    }


def coco(
    truth: Table, prediction: Table, /, *, iou: float | None = None, **names: Untyped
) -> float:
    """Give the mean average precision of pycocotools, at all its overlaps or at one."""
    del names
    found = coco_annotations(prediction)
    with contextlib.redirect_stdout(io.StringIO()):
        reference = COCO()
        reference.dataset = coco_dataset(truth)
        reference.createIndex()
        evaluation = COCOeval(reference, reference.loadRes(found) if found else COCO(), "bbox")
        evaluation.params.imgIds = list(range(len(truth["boxes"])))
        evaluation.params.maxDets = [100]
        if iou is not None:
            evaluation.params.iouThrs = np.array([iou])
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0]
    return float(precision[precision > -1].mean()) if (precision > -1).any() else np.nan


def points(share: str, /) -> Reference:
    """Make a reference that matches the points of each image by the Hungarian method."""

    def reference(
        truth: Table, prediction: Table, /, *, true_points: str, points: str, radius: float
    ) -> float:
        matched = there = told = 0
        for true, found in zip(truth[true_points], prediction[points], strict=True):
            far = (np.linalg.norm(true[:, None] - found, axis=2) > radius).astype(int)
            matched += int((1 - far[linear_sum_assignment(far)]).sum())
            there, told = there + len(true), told + len(found)
        over, under = {
            "f1": (2 * matched, there + told),
            "sensitivity": (matched, there),
            "precision": (matched, told),
        }[share]
        return over / under if under else np.nan

    return reference


def grid_mean_error(
    truth: Table,
    prediction: Table,
    /,
    *,
    true_points: str,
    points: str,
    width: str,
    height: str,
    levels: int,
) -> float:
    """Give the mean difference of the histograms of each image."""
    errors = []
    columns = (truth[true_points], prediction[points], truth[width], truth[height])
    for true, found, *size in zip(*columns, strict=True):
        edges = [np.linspace(0, side, 2**levels + 1) for side in size]
        inside = [np.clip(some, 0, size) for some in (true, found)]
        counts = [np.histogram2d(some[:, 0], some[:, 1], bins=edges)[0] for some in inside]
        errors.append(np.abs(counts[0] - counts[1]).sum())
    return float(np.mean(errors))


def _case(key: str, params: dict[str, Any], reference: Reference | None = None, /) -> Case:
    return Case(key=key, draw=draw, params=params, reference=reference, rows=SPEED, looped=False)


def _cytologia(key: str, /) -> Case:
    return Case(key=key, draw=draw_leukocytes, params=CELLS, rows=LEUKOCYTES, looped=False)


CASES = (
    _case("detection_map", SCORED, coco),
    _case("detection_ap", SCORED | {"iou": 0.5}, coco),
    _case("froc_boxes", LESIONS),
    _case("froc_points", FOUND_POINTS | {"scores": "scores", "radius": RADIUS}),
    _case("point_f1", FOUND_POINTS | {"radius": RADIUS}, points("f1")),
    _case("point_sensitivity", FOUND_POINTS | {"radius": RADIUS}, points("sensitivity")),
    _case("point_precision", FOUND_POINTS | {"radius": RADIUS}, points("precision")),
    replace(_case("grid_mean_error", GRID, grid_mean_error), draw=draw_with_sizes),
    _cytologia("cytologia_giou_f1"),
    _cytologia("cytologia_strict"),
)
