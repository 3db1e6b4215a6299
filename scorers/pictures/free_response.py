"""FROC curves: the lesions found against the false detections for each image."""

from typing import TYPE_CHECKING, Any

import numpy as np

from scorers.metric import Reason, Undefined
from scorers.pictures.bins import FEWEST_UNITS, bins, number_of
from scorers.pictures.document import FreePoint, FreeResponse
from scorers.registry import get_metric
from scorers.split import Split

if TYPE_CHECKING:  # it is slow to load, and not every challenge has detections
    from scorers.detection.froc import Froc

MOST_POINTS = 40


def free_response(
    split: Split, metrics: tuple[str, ...], /, **params: object
) -> FreeResponse | Undefined:
    """Draw sensitivity against false detections for each image, as `froc_boxes` matches them.

    `params` are those of `froc_boxes`, or of `froc_points` if they name points. Between two points
    are found or false detections in FEWEST_UNITS units or more (Chakraborty, Med Phys
    1989;16:561-568); ties count as the metric counts them, the false ones first.
    """
    metric: Any = get_metric("froc_points" if "points" in params else "froc_boxes")
    measured = metric.measure(split.truth, split.prediction, **params)
    froc: Froc = measured.counted
    rows = measured.images.rows
    units = split.unit_of_row[rows]
    sought = int(froc.lesions.sum())
    if number_of(units) < 2 * FEWEST_UNITS:
        return Undefined(Reason.TOO_FEW if len(units) else Reason.NO_UNITS)
    if not sought:
        return Undefined(Reason.NO_POSITIVES)
    # A false detection comes after the lesions that are found with a larger score.
    order = np.argsort(np.append(np.arange(len(froc.found)), froc.before[:-1] - 0.5), kind="stable")
    found = np.append(0, np.cumsum(order < len(froc.found)))
    images = np.append(froc.found, froc.false)[order]
    ends = [
        part.stop
        for part in bins(np.arange(len(order), dtype=np.float64), units[images], most=MOST_POINTS)
    ]
    if not ends:
        return Undefined(Reason.TOO_FEW)
    return FreeResponse(
        metrics=metrics,
        units=len(rows),
        sought=sought,
        points=tuple(
            FreePoint(
                called=end,
                false_per_image=(end - found[end]) / len(rows),
                sensitivity=found[end] / sought,
            )
            for end in [0, *ends]
        ),
    )
