"""clDice: how well predicted tubes, such as vessels or root canals, follow those of the truth."""

import numpy as np
from numpy.typing import NDArray

from scorers.metric import Columns, Direction, InvalidColumns, Metric, Needs
from scorers.segmentation.masks import Mask, Structure, mean_over_structures
from scorers.weighted.per_row import MeanOfRows

PLANE = 2
AROUND = ((0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1))
"""The neighbours of a pixel, counter-clockwise from the one to the right."""

FEWEST, MOST = 2, 3
"""Pairs of neighbours that a pixel has which can be taken off; with fewer it is an end."""


def centreline_dice(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    mask: str,
    predicted: str,
    labels: list[Structure],
    where: str | None = None,
) -> MeanOfRows:
    """Measure the mean centreline Dice (clDice) of the masks in the column `predicted`.

    The params and errors are those of `dice`; masks are of 2 dimensions, else InvalidColumns is
    raised. For each structure of each image, both masks are thinned to their centrelines (Guo and
    Hall, Commun ACM 1989;32:359-373). Precision is the share of the predicted centreline that
    lies in the true mask, sensitivity the share of the true centreline that lies in the predicted
    mask, and clDice their harmonic mean 2 P S / (P + S), 0 if both are 0 (Shit et al., CVPR 2021,
    equations 1 and 2); the mean is over structures, then over images.

    The centreline is the line itself. Half of the true one is found, and all that is predicted is
    right: 2 x 1 x 1/2 over 3/2.

    >>> truth = {"mask": [np.array([[1, 1, 1, 1], [0, 0, 0, 0]])]}
    >>> prediction = {"mask": [np.array([[1, 1, 0, 0], [0, 0, 0, 0]])]}
    >>> names = {"mask": "mask", "predicted": "mask", "labels": [1]}
    >>> round(centreline_dice(truth, prediction, **names).value, 12)
    0.666666666667
    """

    def score(ours: Mask, theirs: Mask, row: int) -> float:
        if ours.ndim != PLANE:
            raise InvalidColumns(f"column {mask}, row {row}: centrelines need 2 dimensions")
        return _centreline_dice(ours, theirs)

    return mean_over_structures(
        truth,
        prediction,
        mask=mask,
        predicted=predicted,
        labels=labels,
        where=where,
        score=score,
    )


def _centreline_dice(truth: Mask, predicted: Mask) -> float:
    if not truth.any() and not predicted.any():
        return 1.0
    if not truth.any() or not predicted.any():
        return 0.0
    precision = _share(thinned(predicted), truth)
    sensitivity = _share(thinned(truth), predicted)
    both = precision + sensitivity
    return 2 * precision * sensitivity / both if both else 0.0


def _share(line: Mask, mask: Mask) -> float:
    return int(np.count_nonzero(line & mask)) / int(np.count_nonzero(line))


def thinned(mask: Mask, /) -> Mask:
    """Return the centreline of a mask: pixels are taken off its border until only lines are left.

    Two passes follow each other until neither changes anything. Each takes off at once, on two of
    the four sides, the border pixels that are no end of a line and that nothing hangs on (Guo and
    Hall, Commun ACM 1989;32:359-373, algorithm A1). No part of the mask vanishes or falls apart.
    """
    padded = np.pad(mask, 1)
    while True:
        before = np.count_nonzero(padded)
        for side in (0, 4):
            padded[1:-1, 1:-1] &= ~_removable(padded, side=side)
        if np.count_nonzero(padded) == before:
            line: Mask = padded[1:-1, 1:-1]
            return line


def _removable(padded: Mask, *, side: int) -> Mask:
    """Return which pixels a pass takes off; `padded` has a border of nothing around it.

    `side` is the place in AROUND of the neighbour to the right (0) or to the left (4).
    """
    height, width = padded.shape[0] - 2, padded.shape[1] - 2
    x = [padded[1 + y : 1 + y + height, 1 + z : 1 + z + width] for y, z in AROUND]
    runs = np.zeros((height, width), dtype=np.int8)
    fewer, others = runs.copy(), runs.copy()
    for edge in (0, 2, 4, 6):
        corner, following = x[edge + 1], x[(edge + 2) % len(x)]
        runs += ~x[edge] & (corner | following)
        fewer += x[edge] | corner
        others += corner | following
    neighbours = np.minimum(fewer, others)
    spared = x[side] & (x[side + 1] | x[side + 2] | ~x[(side + 7) % len(x)])
    inside = (neighbours >= FEWEST) & (neighbours <= MOST)
    removable: NDArray[np.bool_] = (runs == 1) & inside & ~spared
    return removable


CENTRELINE_DICE = Metric(
    key="centreline_dice",
    needs=Needs.MASKS,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="never for an image: a structure that both masks lack scores 1, one that only one of "
    "them has scores 0; without images there is no value",
    reference="skimage.morphology.thin, on golden vectors",
    source="Shit et al., CVPR 2021, equations 1 and 2; Guo and Hall, Commun ACM 1989;32:359-373",
    exact=True,
    unit="image",
    truth_columns=("mask", "where"),
    prediction_columns=("predicted",),
    measure=centreline_dice,
)
