"""Counting of points, such as cells, in the parts of an image as well as in the whole."""

import numpy as np
from numpy.typing import NDArray

from scorers.columns import numbers
from scorers.detection.objects import both
from scorers.detection.points import Points
from scorers.metric import (
    Columns,
    Direction,
    InvalidColumns,
    Metric,
    Needs,
    ParamsError,
    Vector,
)
from scorers.weighted.per_row import MeanOfRows

MAX_LEVELS = 8
"""Halvings of an image: 65,536 parts."""

PLANE = 2


def grid_mean_error(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    true_points: str,
    points: str,
    width: str,
    height: str,
    levels: int,
    where: str | None = None,
) -> MeanOfRows:
    """Measure by how much counts are off in the parts of an image (GAME, grid average mean error).

    A row is an image, a cell lists its points as (x, y): `true_points` in the truth, `points` in
    the prediction. `width` and `height` are truth columns with the image's size, in the unit of
    the points. `where`, a truth column of 0 and 1, leaves images out.

    Each image is cut into 4^`levels` equal parts, 2^`levels` along each axis. An image's error is
    the sum over the parts of |predicted - true points|; the value is the mean over images
    (Guerrero-Gómez-Olmedo et al., IbPRIA 2015, equation 2). With `levels` 0 that is the mean
    absolute error of the counts; the more there are, the more it costs to count at a wrong place.
    A point on the line between two parts is of the one with the larger coordinates; predicted
    points outside the image are of the part at the border next to them. Raises InvalidColumns if a
    column cannot be read, a size is not above 0 or a true point is outside its image, ParamsError
    if `levels` is not from 0 to 8.

    Both cells are counted, but one of them in the wrong quarter: one is missing there, and one is
    too many where it was put.

    >>> truth = {"cells": [[[1, 1], [9, 9]]], "w": [10], "h": [10]}
    >>> found = {"cells": [[[1, 2], [9, 1]]]}
    >>> names = {"true_points": "cells", "points": "cells", "width": "w", "height": "h"}
    >>> [grid_mean_error(truth, found, **names, levels=levels).value for levels in (0, 1)]
    [0.0, 2.0]
    """
    if isinstance(levels, bool) or not 0 <= levels <= MAX_LEVELS:
        raise ParamsError(f"levels must be from 0 to {MAX_LEVELS}")
    answers, given = both(truth, prediction, first=true_points, where=where)
    size = np.stack([_sizes(truth, name, rows=answers.rows) for name in (width, height)], axis=1)
    true, found = Points.read(answers, true_points), Points.read(given, points)
    for name, told in ((true_points, true), (points, found)):
        if told.coordinates.shape[1] != PLANE:
            raise InvalidColumns(f"column {name} holds points in space; give x and y of each")
    if (np.abs(2 * true.coordinates - size[true.image]) > size[true.image]).any():
        raise InvalidColumns(f"column {true_points} holds a point outside its image")
    parts = 4**levels
    surplus = np.zeros(len(answers.rows) * parts, dtype=np.int64)
    for told, sign in ((true, -1), (found, 1)):
        place = told.image * parts + _part(told, size, along=2**levels)
        surplus += sign * np.bincount(place, minlength=len(surplus))
    errors = np.abs(surplus).reshape(len(answers.rows), parts).sum(axis=1)
    return MeanOfRows(
        rows=answers.rows, values=errors.astype(np.float64), events=len(np.unique(true.image))
    )


def _sizes(truth: Columns, name: str, *, rows: NDArray[np.intp]) -> Vector:
    size = numbers(truth, name, rows=rows)
    if (size <= 0).any():
        raise InvalidColumns(f"column {name} holds a size that is not above 0")
    return size


def _part(points: Points, size: Vector, *, along: int) -> NDArray[np.intp]:
    """Return the number of the part that each point lies in, `along` parts to a side."""
    within = np.clip(points.coordinates / size[points.image], 0, 1)
    place = np.minimum((within * along).astype(np.intp), along - 1)
    part: NDArray[np.intp] = place[:, 1] * along + place[:, 0]
    return part


GRID_MEAN_ERROR = Metric(
    key="grid_mean_error",
    needs=Needs.POINTS,
    direction=Direction.MINIMIZE,
    lowest=0.0,
    highest=np.inf,
    undefined="no image; such resamples are skipped",
    reference="numpy.histogram2d, image by image",
    source="Guerrero-Gómez-Olmedo et al., IbPRIA 2015, equation 2",
    exact=True,
    unit="image",
    truth_columns=("true_points", "width", "height", "where"),
    prediction_columns=("points",),
    measure=grid_mean_error,
)
