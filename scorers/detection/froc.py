"""FROC: the share of lesions found at some numbers of false detections per image."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from scorers.detection.boxes import Boxes, overlaps
from scorers.detection.curve import running
from scorers.detection.matching import greedy_hits
from scorers.detection.objects import ByImage, Images, Places, both, tally
from scorers.detection.points import Points, near
from scorers.metric import Columns, Direction, Metric, Needs, ParamsError, PictureKind, Vector
from scorers.rules import HaveAnArea
from scorers.weighted.counts import ratio

CPM = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""The false detections per image of LUNA16's competition performance metric."""

REPEATED = ("ignored", "false")


@dataclass(frozen=True, kw_only=True)
class Froc:
    """Found lesions and false detections, the surest first, by the place of their image.

    `before[k]` is how many found lesions have a larger score than false detection number k, and
    after the last one how many there are. `lesions` counts those of each image.
    """

    found: Places
    false: Places
    before: Places
    lesions: sparse.csr_array
    at: Vector

    def __call__(self, weights: Vector, /) -> Vector:
        """Return the mean sensitivity under weights of shape (images, resamples)."""
        images = np.maximum(weights.sum(axis=0), 1)
        false = running(np.add, weights[self.false])
        found = np.zeros((len(self.found) + 1, weights.shape[1]))
        found[1:] = running(np.add, weights[self.found])
        resamples = np.arange(weights.shape[1])
        hits = np.zeros(weights.shape[1])
        for rate in self.at:
            hits += found[self.before[_tolerated(false, images, rate=rate)], resamples]
        return ratio(hits, (self.lesions @ weights)[0] * len(self.at))


def _tolerated(false: Vector, images: Vector, /, *, rate: float) -> Places:
    """Return how many false detections, the surest first, are `rate` per image or fewer.

    `false` counts them up to each, shape (detections, resamples): the search halves all columns at
    once.
    """
    resamples = np.arange(len(images))
    low, high = np.zeros(len(images), dtype=np.intp), np.full(len(images), len(false))
    while (low < high).any():
        middle = (low + high) // 2
        fits = false[np.minimum(middle, len(false) - 1), resamples] / images <= rate
        fits &= low < high
        low, high = np.where(fits, middle + 1, low), np.where(fits, high, middle)
    return low


def froc_boxes(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    true_boxes: str,
    boxes: str,
    scores: str,
    box_format: str,
    iou: float = 0.1,
    at: list[float] | None = None,
    repeated: str = "ignored",
    where: str | None = None,
) -> ByImage:
    """Measure the mean sensitivity at some numbers of false detections per image (FROC), of boxes.

    A row is an image, a cell lists its objects: `true_boxes` in the truth, `boxes` and `scores` in
    the prediction; `box_format` is xyxy (two corners) or xywh (corner, width and height). `where`,
    a truth column of 0 and 1, leaves images out; images without a lesion count.

    A box hits a lesion that it overlaps by `iou` (intersection over union) or more. A lesion is
    found with the largest score that hits it, a box that hits none is false; the others that hit
    a lesion are no error. With `repeated` "false", boxes take one lesion each, the surest first,
    and those that take none are false. For each number of `at` (1/8, 1/4 … 8 by default, the CPM
    of LUNA16): the largest sensitivity, over all thresholds of the score, with so many false boxes
    per image or fewer. The mean of these (Setio et al., Med Image Anal 2017;42:1-13;
    read as a step, where they interpolate). Raises InvalidColumns if a column cannot be read,
    ParamsError for params that mean nothing.

    In two images one lesion is found at 0.9, the other at 0.7, and a box is false at 0.8. At 0
    false boxes per image half is found, at 1/2 and more all: (1/2 + 1) / 2.

    >>> truth = {"lesions": [[[0, 0, 9, 9]], [[0, 0, 9, 9]]]}
    >>> found = {"boxes": [[[0, 0, 9, 9]], [[50, 50, 59, 59], [1, 1, 9, 9]]]}
    >>> found |= {"score": [[0.9], [0.8, 0.7]]}
    >>> names = {"true_boxes": "lesions", "boxes": "boxes", "scores": "score"}
    >>> froc_boxes(truth, found, **names, box_format="xyxy", at=[0, 0.5]).value
    0.75
    """
    if not 0 < iou <= 1:
        raise ParamsError("iou must be above 0 and at most 1")
    answers, given = both(truth, prediction, first=true_boxes, where=where)
    lesions = Boxes.read(answers, true_boxes, box_format=box_format)
    found = Boxes.read(given, boxes, box_format=box_format)
    told = given.scores(scores, images=found.image)
    order = np.argsort(-told, kind="stable")
    found = found.take(order)
    hits = overlaps(found, lesions, groups=(found.image, lesions.image), least=iou)
    detected = Detected(images=found.image, scores=told[order], lesions=lesions.image, hits=hits)
    return _measure(answers, detected, at=at, repeated=repeated)


def froc_points(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    true_points: str,
    points: str,
    scores: str,
    radius: float = 0.0,
    radii: str | None = None,
    at: list[float] | None = None,
    repeated: str = "ignored",
    where: str | None = None,
) -> ByImage:
    """Measure the mean sensitivity at some numbers of false detections per image, of points.

    That is `froc_boxes` with points, (x, y) or (x, y, z), instead of boxes: a point hits a lesion
    whose centre is at a distance of `radius` or less, or of the lesion's own radius, if `radii`
    names a truth column that lists one for each lesion.

    In two images one lesion is found at 0.9, the other at 0.7, and a point is false at 0.8. At 0
    false points per image half is found, at 1/2 and more all: (1/2 + 1) / 2.

    >>> truth = {"lesions": [[[0, 0]], [[0, 0]]]}
    >>> found = {"points": [[[0, 1]], [[50, 50], [1, 0]]], "score": [[0.9], [0.8, 0.7]]}
    >>> names = {"true_points": "lesions", "points": "points", "scores": "score"}
    >>> froc_points(truth, found, **names, radius=2, at=[0, 0.5]).value
    0.75
    """
    answers, given = both(truth, prediction, first=true_points, where=where)
    lesions, found = Points.read(answers, true_points), Points.read(given, points)
    told = given.scores(scores, images=found.image)
    order = np.argsort(-told, kind="stable")
    found = found.take(order)
    reach = radius if radii is None else answers.scores(radii, images=lesions.image)
    hits = near(found, lesions, radius=reach)
    detected = Detected(images=found.image, scores=told[order], lesions=lesions.image, hits=hits)
    return _measure(answers, detected, at=at, repeated=repeated)


@dataclass(frozen=True, kw_only=True)
class Detected:
    """Detections, the surest first, with their scores and images, and the images of the lesions.

    `hits` are the pairs of a detection and a lesion that it hits, and how well, the larger the
    better.
    """

    images: Places
    scores: Vector
    lesions: Places
    hits: tuple[Places, Places, Vector]

    def found_by_any(self) -> tuple[Places, Vector, NDArray[np.bool_]]:
        """Return images and scores of the lesions that are hit, and which detections hit none."""
        detections, lesions, _ = self.hits
        best = np.full(len(self.lesions), -np.inf)
        np.maximum.at(best, lesions, self.scores[detections])
        hit = best > -np.inf
        false = np.ones(len(self.images), dtype=np.bool_)
        false[detections] = False
        order = np.argsort(-best[hit], kind="stable")
        return self.lesions[hit][order], best[hit][order], false

    def found_once(self) -> tuple[Places, Vector, NDArray[np.bool_]]:
        """Return the same where each detection takes at most one lesion, the surest first."""
        sizes = (len(self.images), len(self.lesions))
        anything = np.array([-np.inf])
        hit = greedy_hits(*self.hits, groups=self.images, sizes=sizes, thresholds=anything)[0]
        return self.images[hit], self.scores[hit], ~hit


def _measure(
    images: Images, detected: Detected, /, *, at: list[float] | None, repeated: str
) -> ByImage:
    rates = np.asarray(CPM if at is None else at, dtype=np.float64)
    if rates.ndim != 1 or not len(rates) or not (np.isfinite(rates) & (rates >= 0)).all():
        raise ParamsError("at: there must be at least one number, none below 0")
    if repeated not in REPEATED:
        raise ParamsError(f"repeated must be one of {', '.join(REPEATED)}")
    ignored = repeated == "ignored"
    found, scores, false = detected.found_by_any() if ignored else detected.found_once()
    before = np.searchsorted(-scores, -detected.scores[false], side="left")
    one_kind = np.zeros_like(detected.lesions)
    return ByImage(
        counted=Froc(
            found=found,
            false=detected.images[false],
            before=np.append(before, len(found)),
            lesions=tally(one_kind, detected.lesions, shape=(1, len(images.rows))),
            at=rates,
        ),
        images=images,
        longest=len(detected.images) + len(detected.lesions),
        events=len(np.unique(detected.lesions)),
    )


FROC_BOXES = Metric(
    key="froc_boxes",
    needs=Needs.BOXES,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no image, or no lesion; such resamples are skipped",
    reference="the definition, threshold by threshold",
    source="Setio et al., Med Image Anal 2017;42:1-13",
    exact=True,
    unit="image",
    truth_columns=("true_boxes", "where"),
    prediction_columns=("boxes", "scores"),
    rules=(HaveAnArea(),),
    pictures=(PictureKind.FREE_RESPONSE,),
    measure=froc_boxes,
)

FROC_POINTS = replace(
    FROC_BOXES,
    key="froc_points",
    needs=Needs.POINTS,
    truth_columns=("true_points", "radii", "where"),
    prediction_columns=("points", "scores"),
    rules=(),
    measure=froc_points,
)
