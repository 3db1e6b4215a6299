"""The average precision of detections that are matched already, under any weights of images."""

from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

import numpy as np
from scipy import sparse

from scorers.columns import Codes
from scorers.detection.matching import Hits
from scorers.detection.objects import Places
from scorers.metric import Vector
from scorers.weighted.counts import ratio

LEVELS = 100
"""The precision is read at the recalls 0, 1/100 … 1, of which each is the float number * 0.01."""

MANY_RESAMPLES = 100
"""From here on it is faster to add rows of resamples than to let NumPy add along columns."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The hits of one class at one threshold: their places in the order of detection.

    The precision at a hit counts the detections up to place `ends`.
    """

    hits: Places
    ends: Places


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """The detections of the class `label`, the surest first: their images, a curve a threshold."""

    label: int
    images: Places
    curves: tuple[Curve, ...]

    def precision(self, weights: Vector, positives: Vector, /) -> Vector:
        """Return the average precision, averaged over the thresholds.

        `weights` is of shape (images, resamples), `positives` the weight of the true objects, at
        least 1.
        """
        detected = weights[self.images]
        seen = np.maximum(running(np.add, detected.copy()), 1)
        averages = (
            _average(
                running(np.add, detected[curve.hits]),
                seen=seen[curve.ends],
                positives=positives,
            )
            for curve in self.curves
            if len(curve.hits)
        )
        return reduce(np.add, averages, np.zeros(len(positives))) / len(self.curves)


def _average(found: Vector, /, *, seen: Vector, positives: Vector) -> Vector:
    """Return the mean of the precision at the recalls 0, 0.01 … 1; overwrite the arrays.

    `found` is the weight of the hits so far, `seen` that of the detections (at least 1). The
    precision at a recall is the best that is had at this recall or a larger one, 0 if there is
    none. A detection that a resample leaves out adds nothing: its precision is at most that of
    the hit before it.
    """
    best = np.divide(found, seen, out=seen)
    running(np.maximum, best[::-1])
    recall = np.divide(found, positives, out=found)
    passed = np.rint(recall * LEVELS)
    passed += passed * 0.01 <= recall  # how many of the recalls are reached
    best[1:] *= np.diff(passed, axis=0)
    best[0] *= passed[0]
    return _summed(best) / (LEVELS + 1)


def running(operation: np.ufunc, rows: Vector, /) -> Vector:
    """Accumulate along the first axis, in place and in the same order whatever the shape."""
    if rows.shape[1] < MANY_RESAMPLES:
        operation.accumulate(rows, axis=0, out=rows)
    else:
        for before, row in pairwise(rows):
            operation(before, row, out=row)
    return rows


def _summed(rows: Vector, /) -> Vector:
    """Return the sum of the rows, which are overwritten; its order depends on their number only."""
    count = len(rows)
    while count > 1:
        half = (count + 1) // 2
        rows[: count - half] += rows[half:count]
        count = half
    total: Vector = rows[0]
    return total


@dataclass(frozen=True, kw_only=True)
class MeanPrecision:
    """The average precision, averaged over the classes that have an object in the truth.

    `truths` counts the true objects of the classes, shape (classes, images).
    """

    truths: sparse.csr_array
    ranked: tuple[Ranked, ...]

    def __call__(self, weights: Vector, /) -> Vector:
        """Return the mean under weights of shape (images, resamples), NaN without any object."""
        positives: Vector = self.truths @ weights
        total = np.zeros(weights.shape[1])
        there = np.zeros(weights.shape[1])
        for ranked in self.ranked:
            own = positives[ranked.label]
            total += ranked.precision(weights, np.maximum(own, 1))
            there += own > 0
        return ratio(total, there)


def rank_by_class(
    images: Places, labels: Codes, scores: Vector, /, *, hits: Hits, classes: int, worst: bool
) -> tuple[Ranked, ...]:
    """Cut detections, ordered by class and then by score, into classes.

    With `worst`, the precision at a hit counts all detections of its score. At the last hit of the
    score that is the precision when the false ones come first; at the others it is less, and a
    larger recall has more.
    """
    edges = np.searchsorted(labels, np.arange(classes + 1)).tolist()
    ranked = []
    for label, (start, stop) in enumerate(pairwise(edges)):
        falling = -scores[start:stop]
        last = np.arange(stop - start)
        if worst:
            last = np.searchsorted(falling, falling, side="right") - 1
        places = [np.flatnonzero(line) for line in hits[:, start:stop]]
        curves = tuple(Curve(hits=place, ends=last[place]) for place in places)
        ranked.append(Ranked(label=label, images=images[start:stop], curves=curves))
    return tuple(ranked)
