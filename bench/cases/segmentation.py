"""Cases of masks, against scikit-learn on their pixels."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator
from sklearn import metrics

from bench.cases.case import Case, Drawn, Reference, Table, Untyped, happens

NAMES: dict[str, Any] = {"mask": "mask", "predicted": "mask"}
STRUCTURES = NAMES | {"labels": [1, [2, 3], 3]}
SPACED = STRUCTURES | {"spacing_mm": [1.0, 0.5]}
SIDE = 24
SPEED = 200
"""Images on which the speed is told."""


def draw(rng: Generator, rows: int, /) -> Drawn:
    """Draw images with up to three structures, each of which may be missed or moved."""
    truth, found = [], []
    for _ in range(rows):
        true, told = np.zeros((2, SIDE, SIDE), dtype=np.uint8)
        for label in (1, 2, 3):
            row, column, size = rng.integers(0, SIDE - 6), rng.integers(0, SIDE - 6), 5
            if happens(rng, share=0.8):
                true[row : row + size, column : column + size] = label
            row, column = row + rng.integers(0, 2), column + rng.integers(0, 2)
            if happens(rng, share=0.8):
                told[row : row + size, column : column + size] = label
        truth.append(true)
        found.append(told)
    return Drawn(truth={"mask": truth}, prediction={"mask": found})


def overlap(function: Callable[..., Any], /) -> Reference:
    """Make a reference that takes each structure of each image as pixels of two classes."""

    def reference(
        truth: Table, prediction: Table, /, *, mask: str, predicted: str, labels: list[Any]
    ) -> float:
        def pixels(image: Untyped) -> Untyped:
            return np.stack([np.isin(image, which).ravel() for which in labels], axis=1)

        return float(
            np.mean(
                [
                    function(pixels(true), pixels(told), average=None, zero_division=1.0)
                    for true, told in zip(truth[mask], prediction[predicted], strict=True)
                ]
            )
        )

    return reference


def volume_similarity(
    truth: Table, prediction: Table, /, *, mask: str, predicted: str, labels: list[Any]
) -> float:
    """Give 1 - |a - b| / (a + b) of each structure, 1 where there is none."""
    found = []
    for true, told in zip(truth[mask], prediction[predicted], strict=True):
        for which in labels:
            one, other = int(np.isin(true, which).sum()), int(np.isin(told, which).sum())
            found.append(1 - abs(one - other) / (one + other) if one + other else 1.0)
    return float(np.mean(found))


def _case(key: str, params: dict[str, Any], reference: Reference | None = None, /) -> Case:
    return Case(key=key, draw=draw, params=params, reference=reference, rows=SPEED, looped=False)


CASES = (
    _case("dice", STRUCTURES, overlap(metrics.f1_score)),
    _case("iou", STRUCTURES, overlap(metrics.jaccard_score)),
    _case("volume_similarity", STRUCTURES, volume_similarity),
    _case("nsd", SPACED | {"tolerance_mm": 1.0}),
    _case("hd95", SPACED),
    _case("assd", SPACED),
    _case("centreline_dice", STRUCTURES),
    _case("panoptic_quality", NAMES),
    _case("recognition_quality", NAMES),
    _case("segmentation_quality", NAMES),
)
