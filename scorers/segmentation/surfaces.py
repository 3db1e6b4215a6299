"""Metrics of how far the surfaces of predicted masks lie from those of the truth."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from scorers.columns import objects
from scorers.metric import Columns, Direction, InvalidColumns, Metric, Needs, ParamsError, Vector
from scorers.segmentation.isosurface import surface_codes, surface_sizes
from scorers.segmentation.masks import Mask, Structure, mean_over_structures
from scorers.weighted.per_row import MeanOfRows

Spacing = tuple[float, ...]
"""The distance of neighbouring voxels in mm, along each axis."""

Score = Callable[[Mask, Mask, Spacing], float]

SLACK = 1e-9
"""Relative: three voxels of 0.1 mm are within 0.3 mm, whatever the last bit of their product."""

MAX_SHARE = 95
"""The percentile of HD95."""


def nsd(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    mask: str,
    predicted: str,
    labels: list[Structure],
    tolerance_mm: float,
    spacing: str | None = None,
    spacing_mm: list[float] | None = None,
    where: str | None = None,
) -> MeanOfRows:
    """Measure the mean normalised surface Dice (NSD) of the masks in `predicted`.

    Each cell of `predicted`, and of the truth column `mask`, is an array of integers of the
    image's shape, in 2 or 3 dimensions, with 0 as background. `labels` lists the structures: each
    a label, or a list of labels that make one region. The distance of neighbouring voxels along
    each axis is in the truth column `spacing`, or `spacing_mm` for all images. `where`, a truth
    column of 0 and 1, leaves images out.

    NSD is the share of both surfaces that lies within `tolerance_mm` of the other one:
    (|S_A within of S_B| + |S_B within of S_A|) / (|S_A| + |S_B|), where || is area (length in
    2-D) in mm (Nikolov et al., J Med Internet Res 2021;23:e26151, section "surface DSC"). The mean
    is over structures, then over images. Raises InvalidColumns if a mask is missing, has another
    shape than the image or holds another label, or a spacing is not positive; ParamsError if
    `labels` is no list of structures or the spacing is not given once.

    The outlines of two pixels at a diagonal meet in one corner. Each has four corners, each with
    an equal piece of the outline: within 0.5 mm is the one where they meet, 2 pieces of 8.

    >>> truth = {"mask": [np.array([[1, 0], [0, 0]])]}
    >>> prediction = {"mask": [np.array([[0, 0], [0, 1]])]}
    >>> names = {"mask": "mask", "predicted": "mask", "labels": [1], "spacing_mm": [1, 1]}
    >>> nsd(truth, prediction, tolerance_mm=0.5, **names).value
    0.25
    """
    if not tolerance_mm >= 0:
        raise ParamsError("tolerance_mm must be 0 or more, in mm")
    return mean_over_structures(
        truth,
        prediction,
        mask=mask,
        predicted=predicted,
        labels=labels,
        where=where,
        score=_with_spacing(
            partial(_surface_dice, tolerance=tolerance_mm), truth, mask, spacing, spacing_mm
        ),
    )


def hd95(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    mask: str,
    predicted: str,
    labels: list[Structure],
    spacing: str | None = None,
    spacing_mm: list[float] | None = None,
    where: str | None = None,
) -> MeanOfRows:
    """Measure the mean 95 % Hausdorff distance, in mm, of the masks in `predicted`.

    The params and errors are those of `nsd`, without a tolerance. A voxel of a mask is on its
    border if a neighbour along an axis is not in it. HD95 is the larger one of two 95th
    percentiles, interpolated linearly: of the distances of each mask's border to the other's
    (Huttenlocher et al., IEEE TPAMI 1993;15:850-863, equation 6 with 95 % for K). The mean is over
    structures, then over images.

    All three voxels of the truth are predicted, and one 4 mm away. From the truth to the
    prediction all distances are 0; back they are 0, 0, 0, 4, whose 95th percentile lies 0.85 of
    the way from the third to the fourth.

    >>> truth = {"mask": [np.array([[1, 1, 1, 0, 0, 0, 0]])]}
    >>> prediction = {"mask": [np.array([[1, 1, 1, 0, 0, 0, 1]])]}
    >>> names = {"mask": "mask", "predicted": "mask", "labels": [1], "spacing_mm": [1, 1]}
    >>> round(hd95(truth, prediction, **names).value, 12)
    3.4
    """
    return mean_over_structures(
        truth,
        prediction,
        mask=mask,
        predicted=predicted,
        labels=labels,
        where=where,
        score=_with_spacing(_hausdorff_95, truth, mask, spacing, spacing_mm),
    )


def assd(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    mask: str,
    predicted: str,
    labels: list[Structure],
    spacing: str | None = None,
    spacing_mm: list[float] | None = None,
    where: str | None = None,
) -> MeanOfRows:
    """Measure the mean average symmetric surface distance, in mm, of the masks in `predicted`.

    The params and errors are those of `nsd`, without a tolerance; the border is that of `hd95`.
    ASSD is the mean of the distances of all border voxels of either mask to the border of the
    other (Heimann et al., IEEE TMI 2009;28:1251-1265, section II.C). The mean is over structures,
    then over images.

    Three voxels of the truth are predicted, and one 4 mm away: 4 mm over seven border voxels.

    >>> truth = {"mask": [np.array([[1, 1, 1, 0, 0, 0, 0]])]}
    >>> prediction = {"mask": [np.array([[1, 1, 1, 0, 0, 0, 1]])]}
    >>> names = {"mask": "mask", "predicted": "mask", "labels": [1], "spacing_mm": [1, 1]}
    >>> round(assd(truth, prediction, **names).value, 12) == round(4 / 7, 12)
    True
    """
    return mean_over_structures(
        truth,
        prediction,
        mask=mask,
        predicted=predicted,
        labels=labels,
        where=where,
        score=_with_spacing(_average_distance, truth, mask, spacing, spacing_mm),
    )


def _surface_dice(truth: Mask, predicted: Mask, spacing: Spacing, *, tolerance: float) -> float:
    if not truth.any() and not predicted.any():
        return 1.0
    if not truth.any() or not predicted.any():
        return 0.0
    codes = [surface_codes(mask) for mask in _cropped(truth, predicted)]
    sizes = surface_sizes(spacing)
    surfaces = [sizes[code] > 0 for code in codes]
    near = surface = 0.0
    for code, here, other in zip(codes, surfaces, surfaces[::-1], strict=True):
        within = _distances(here, other, spacing) <= tolerance * (1 + SLACK)
        near += _total(sizes, code[here][within])
        surface += _total(sizes, code[here])
    return near / surface


def _total(sizes: Vector, codes: NDArray[np.uint8]) -> float:
    """Add the sizes of `codes`, counted first: each size is multiplied and added once."""
    total = 0.0
    for size, count in zip(
        sizes.tolist(), np.bincount(codes, minlength=len(sizes)).tolist(), strict=True
    ):
        total += size * count
    return total


def _hausdorff_95(truth: Mask, predicted: Mask, spacing: Spacing) -> float:
    return max(
        float(np.percentile(d, MAX_SHARE)) for d in _border_distances(truth, predicted, spacing)
    )


def _average_distance(truth: Mask, predicted: Mask, spacing: Spacing) -> float:
    return float(np.concatenate(_border_distances(truth, predicted, spacing)).mean())


def _border_distances(truth: Mask, predicted: Mask, spacing: Spacing) -> tuple[Vector, Vector]:
    """Return the distances from the border of each mask to that of the other.

    They are 0 if both masks are empty, and the diagonal of the image if one of them is.
    """
    if not truth.any() and not predicted.any():
        return np.zeros(1), np.zeros(1)
    if not truth.any() or not predicted.any():
        sides = (size * step for size, step in zip(truth.shape, spacing, strict=True))
        diagonal = np.array([math.hypot(*sides)])
        return diagonal, diagonal
    ours, theirs = (_border(mask) for mask in _cropped(truth, predicted))
    return _distances(ours, theirs, spacing), _distances(theirs, ours, spacing)


def _distances(here: Mask, other: Mask, spacing: Spacing) -> Vector:
    """Return the distance from each voxel in `here` to the nearest in `other`, in mm.

    A tree of points is faster on smooth shapes, but took a minute for noise of 8 million voxels,
    which somebody may send in; this takes a second for any mask.
    """
    nearest = distance_transform_edt(
        ~other, sampling=spacing, return_distances=False, return_indices=True
    )
    steps = (np.argwhere(here) - nearest[:, here].T) * np.array(spacing)
    distances: Vector = np.sqrt((steps**2).sum(axis=1))
    return distances


def _border(mask: Mask) -> Mask:
    """Return the voxels of a mask of which a neighbour along an axis is not in it."""
    padded = np.pad(mask, 1)
    inner = mask.copy()
    for axis in range(mask.ndim):
        for step in (-1, 1):
            inner &= np.roll(padded, step, axis=axis)[(slice(1, -1),) * mask.ndim]
    return mask & ~inner


def _cropped(truth: Mask, predicted: Mask) -> tuple[Mask, Mask]:
    """Return both masks inside the smallest box that holds both; one of them is not empty."""
    either = truth | predicted
    box = []
    for axis in range(either.ndim):
        others = tuple(other for other in range(either.ndim) if other != axis)
        there = np.flatnonzero(either.any(axis=others))
        box.append(slice(there[0], there[-1] + 1))
    return truth[tuple(box)], predicted[tuple(box)]


def _with_spacing(
    score: Score, truth: Columns, mask: str, column: str | None, for_all: list[float] | None, /
) -> Callable[[Mask, Mask, int], float]:
    """Let `score` know the spacing of each image, from a truth column or one for all."""
    if (column is None) == (for_all is None):
        raise ParamsError(
            "give the spacing once: spacing, a truth column with the mm along each axis of each "
            "image, or spacing_mm for all images"
        )
    images = len(objects(truth, mask))
    cells = None if column is None else objects(truth, column, count=images)

    def scored(ours: Mask, theirs: Mask, row: int) -> float:
        told = np.asarray(for_all if cells is None else cells[row], dtype=np.float64)
        if told.shape != (ours.ndim,) or not (np.isfinite(told) & (told > 0)).all():
            raise InvalidColumns(
                f"{column or 'spacing_mm'}, row {row}: expected {ours.ndim} positive numbers of mm,"
                " one for each axis of the mask"
            )
        return score(ours, theirs, tuple(told.tolist()))

    return scored


NSD = Metric(
    key="nsd",
    needs=Needs.MASKS,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="never for an image: 1 if both masks are empty, 0 if one is",
    reference="surface_distance.compute_surface_dice_at_tolerance, and every pair of pieces",
    source="Nikolov et al., J Med Internet Res 2021;23:e26151",
    exact=False,
    unit="image",
    truth_columns=("mask", "spacing", "where"),
    prediction_columns=("predicted",),
    measure=nsd,
)
HD95 = Metric(
    key="hd95",
    needs=Needs.MASKS,
    direction=Direction.MINIMIZE,
    lowest=0.0,
    highest=float("inf"),
    undefined="never for an image: 0 if both masks are empty, the image's diagonal if one is",
    reference="a look at every pair of voxels; MONAI on the golden vectors",
    source="Huttenlocher et al., IEEE TPAMI 1993;15:850-863, equation 6",
    exact=False,
    unit="image",
    truth_columns=("mask", "spacing", "where"),
    prediction_columns=("predicted",),
    measure=hd95,
)
ASSD = Metric(
    key="assd",
    needs=Needs.MASKS,
    direction=Direction.MINIMIZE,
    lowest=0.0,
    highest=float("inf"),
    undefined="never for an image: 0 if both masks are empty, the image's diagonal if one is",
    reference="a look at every pair of voxels; MONAI on the golden vector",
    source="Heimann et al., IEEE TMI 2009;28:1251-1265",
    exact=False,
    unit="image",
    truth_columns=("mask", "spacing", "where"),
    prediction_columns=("predicted",),
    measure=assd,
)
