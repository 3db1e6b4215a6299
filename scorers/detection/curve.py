"""The average precision of detections that are matched already, under any weights of images."""

from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

import numpy as np
from scipy import sparse

from scorers.columns import Codes
from scorers.detection.matching import Hits
from scorers.detection.objects import Places, tally
from scorers.metric import Vector
from scorers.weighted.counts import ratio

LEVELS = 100
"""The precision is read at the recalls 0, 1/100 … 1, of which each is the float number * 0.01."""

MANY_RESAMPLES = 100
"""From here on it is faster to add rows of resamples than to let NumPy add along columns."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The hits of one class at one threshold, in the order of detection, as runs.

    A run has hits with nothing false between them: however they are weighted, none has a better
    precision than the last, so that only its precision is needed. `runs` counts the hits of each
    run by their images, of shape (runs, images); the precision at the end of a run counts the
    detections up to place `ends`.
    """

    runs: sparse.csr_array
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
        seen = np.maximum(running(np.add, detected), 1, out=detected)
        averages = (
            _average(
                running(np.add, curve.runs @ weights), seen=seen[curve.ends], positives=positives
            )
            for curve in self.curves
            if len(curve.ends)
        )
        return reduce(np.add, averages, np.zeros(len(positives))) / len(self.curves)


def _average(found: Vector, /, *, seen: Vector, positives: Vector) -> Vector:
    """Return the mean of the precision at the recalls 0, 0.01 … 1; overwrite the arrays.

    `found` is the weight of the hits up to the end of each run, `seen` that of the detections (at
    least 1). The precision at a recall is the best that is had at this recall or a larger one, 0
    if there is none. A run that a resample leaves out adds nothing: its precision is at most that
    of the run before it.
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
    images: Places,
    labels: Codes,
    scores: Vector,
    /,
    *,
    hits: Hits,
    total: int,
    classes: int,
    worst: bool,
) -> tuple[Ranked, ...]:
    """Cut detections, ordered by class and then by score, into classes; there are `total` images.

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
        own = images[start:stop]
        curves = tuple(
            _curve(own, np.flatnonzero(line), last=last, total=total)
            for line in hits[:, start:stop]
        )
        ranked.append(Ranked(label=label, images=own, curves=curves))
    return tuple(ranked)


def _curve(images: Places, hits: Places, /, *, last: Places, total: int) -> Curve:
    """Return the runs of `hits`, of which the precision at each counts up to `last`."""
    ends = last[hits]
    begins = np.diff(ends, prepend=-2) > 1
    closes = np.append(begins[1:], True)[: len(hits)]
    runs = tally(np.cumsum(begins) - 1, images[hits], shape=(int(begins.sum()), total))
    return Curve(runs=runs, ends=ends[closes])
