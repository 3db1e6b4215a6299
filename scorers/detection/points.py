"""Detection of points, such as cells or mitoses, each at most once within a radius."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from scorers.detection.objects import ByImage, Images, Places, both, pairs, tally
from scorers.metric import (
    Columns,
    Direction,
    InvalidColumns,
    Metric,
    Needs,
    ParamsError,
    Reason,
    Vector,
)
from scorers.weighted.counts import ratio


@dataclass(frozen=True, kw_only=True)
class Points:
    """Points of some images, one after another: `image` has the place of each point's image.

    `coordinates` is of shape (points, 2) or (points, 3), in any one unit.
    """

    image: Places
    coordinates: Vector

    @classmethod
    def read(cls, images: Images, name: str, /) -> Self:
        """Read a column of points; raise InvalidColumns if it is something else."""
        image, coordinates = images.coordinates(name, widths=(2, 3))
        return cls(image=image, coordinates=coordinates)

    def take(self, places: Places, /) -> Self:
        """Return some of the points, in this order."""
        return type(self)(image=self.image[places], coordinates=self.coordinates[places])


def near(
    detected: Points, true: Points, /, *, radius: float | Vector
) -> tuple[Places, Places, Vector]:
    """Return the pairs of a detected and a true point of one image no further than the radius.

    `radius` is one for all or has one for each true point. Returns the places of both points, and
    the squared distance with a minus: the larger the closer. Raises InvalidColumns if the one
    lie in a plane and the others in space, ParamsError if a radius is not above 0.
    """
    reach = np.broadcast_to(np.asarray(radius, dtype=np.float64), (len(true.image),))
    if not (np.isfinite(reach) & (reach > 0)).all():
        raise ParamsError("the radius must be above 0 and finite")
    kept = [(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp), np.empty(0))]
    if len(true.image) and len(detected.image) and _width(detected) != _width(true):
        raise InvalidColumns(
            f"detected points have {_width(detected)} coordinates, true ones {_width(true)}"
        )
    for found, sought in pairs(detected.image, true.image):
        squared = np.zeros(len(found))
        for axis in range(_width(true) if len(found) else 0):
            apart = detected.coordinates[found, axis] - true.coordinates[sought, axis]
            squared += apart * apart
        close = squared <= reach[sought] * reach[sought]
        kept.append((found[close], sought[close], -squared[close]))
    detections, truths, closeness = zip(*kept, strict=True)
    return np.concatenate(detections), np.concatenate(truths), np.concatenate(closeness)


def _width(points: Points) -> int:
    return int(points.coordinates.shape[1])


Share = Callable[[Vector, Vector, Vector], Vector]
"""A share made of the matched, true and detected points under each resample."""


def _f1(matched: Vector, true: Vector, detected: Vector) -> Vector:
    return ratio(2 * matched, true + detected)


def _sensitivity(matched: Vector, true: Vector, _detected: Vector) -> Vector:
    return ratio(matched, true)


def _precision(matched: Vector, _true: Vector, detected: Vector) -> Vector:
    return ratio(matched, detected)


def point_f1(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    true_points: str,
    points: str,
    radius: float,
    where: str | None = None,
) -> ByImage:
    """Measure the F1 of points that are found within a radius, over all images together.

    A row is an image, a cell lists its points as (x, y) or (x, y, z), in the unit of `radius`:
    `true_points` in the truth, `points` in the prediction. `where`, a truth column of 0 and 1,
    leaves images out.

    Points match one to one, at a distance of `radius` or less, and as many as can: a maximum
    matching of each image (Hopcroft & Karp, SIAM J Comput 1973;2:225-231), so that no order of
    the points matters. F1 = 2 matched / (true + detected) points. Raises InvalidColumns if a
    column cannot be read, ParamsError if the radius is not above 0.

    Both detections are within 2 of the first cell, and the first of them within 2 of the second
    cell too: two of two match, although the nearest of both is the first cell. A third detection
    is far away: 2 * 2 / (2 + 3).

    >>> truth = {"cells": [[[0, 0], [0, 3]]]}
    >>> found = {"cells": [[[0, 1], [0, -1], [9, 9]]]}
    >>> point_f1(truth, found, true_points="cells", points="cells", radius=2).value
    0.8
    """
    answers, given = both(truth, prediction, first=true_points, where=where)
    return _measure(_f1, answers, given, true_points=true_points, points=points, radius=radius)


def point_sensitivity(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    true_points: str,
    points: str,
    radius: float,
    where: str | None = None,
) -> ByImage:
    """Measure the share of true points that are found: matched / true, as `point_f1` matches them.

    One of two cells has a detection within 2.

    >>> truth = {"cells": [[[0, 0], [0, 30]]]}
    >>> found = {"cells": [[[0, 1], [0, -1], [9, 9]]]}
    >>> point_sensitivity(truth, found, true_points="cells", points="cells", radius=2).value
    0.5
    """
    answers, given = both(truth, prediction, first=true_points, where=where)
    names = {"true_points": true_points, "points": points}
    return _measure(_sensitivity, answers, given, **names, radius=radius)


def point_precision(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    true_points: str,
    points: str,
    radius: float,
    where: str | None = None,
) -> ByImage:
    """Measure the share of detected points that are true: matched / detected, as in `point_f1`.

    Of four detections one can match the first cell and none the second.

    >>> truth = {"cells": [[[0, 0], [0, 30]]]}
    >>> found = {"cells": [[[0, 1], [0, -1], [9, 9], [5, 5]]]}
    >>> point_precision(truth, found, true_points="cells", points="cells", radius=2).value
    0.25
    """
    answers, given = both(truth, prediction, first=true_points, where=where)
    names = {"true_points": true_points, "points": points}
    measure = _measure(_precision, answers, given, **names, radius=radius)
    return replace(measure, undefined=Reason.NO_DETECTIONS)


def _measure(
    share: Share, answers: Images, given: Images, /, *, true_points: str, points: str, radius: float
) -> ByImage:
    true, detected = Points.read(answers, true_points), Points.read(given, points)
    matched = true.image[_matched(detected, true, radius=radius)]
    counted = (matched, true.image, detected.image)
    counts = tally(
        np.repeat(np.arange(3), [len(image) for image in counted]),
        np.concatenate(counted),
        shape=(3, len(answers.rows)),
    )
    return ByImage(
        counted=partial(_counted, share, counts),
        images=answers,
        longest=0,
        events=len(np.unique(true.image)),
    )


def _counted(share: Share, counts: sparse.csr_array, weights: Vector) -> Vector:
    matched, true, detected = counts @ weights
    return share(matched, true, detected)


def _matched(detected: Points, true: Points, /, *, radius: float) -> Places:
    """Return the true points of a largest matching."""
    found, sought, _ = near(detected, true, radius=radius)
    shape = (len(true.image), len(detected.image))
    graph = sparse.csr_array((np.ones(len(found), dtype=np.int8), (sought, found)), shape=shape)
    partner = csgraph.maximum_bipartite_matching(graph, perm_type="column")
    return np.flatnonzero(partner >= 0)


POINT_F1 = Metric(
    key="point_f1",
    needs=Needs.POINTS,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no image, or neither a true nor a detected point; such resamples are skipped",
    reference="scipy.optimize.linear_sum_assignment, image by image",
    source="van Rijsbergen 1979, of a maximum matching (Hopcroft & Karp 1973)",
    exact=True,
    unit="image",
    truth_columns=("true_points", "where"),
    prediction_columns=("points",),
    measure=point_f1,
)

POINT_SENSITIVITY = replace(
    POINT_F1,
    key="point_sensitivity",
    undefined="no image, or no true point; such resamples are skipped",
    source="matched / true points, of a maximum matching (Hopcroft & Karp 1973)",
    measure=point_sensitivity,
)

POINT_PRECISION = replace(
    POINT_F1,
    key="point_precision",
    undefined="no image, or no detected point; such resamples are skipped",
    source="matched / detected points, of a maximum matching (Hopcroft & Karp 1973)",
    measure=point_precision,
)
