"""Which true objects are sought: those of a range of areas, and no crowds, as COCO has it."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from scorers.detection.boxes import LabelledBoxes, overlaps
from scorers.detection.curve import Ranked, rank_by_class
from scorers.detection.matching import Hits, greedy_matches
from scorers.detection.objects import Images
from scorers.metric import InvalidColumns, ParamsError, Vector

Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Sought:
    """Of each true box whether it is `ignored` and whether it is a crowd (which is ignored too).

    `elsewhere` says of each detection whether its area is outside the range.
    """

    ignored: Flags
    crowds: Flags
    elsewhere: Flags

    @classmethod
    def read(
        cls,
        answers: Images,
        true: LabelledBoxes,
        found: LabelledBoxes,
        /,
        *,
        area: list[float] | None,
        true_areas: str | None,
        crowds: str | None,
    ) -> Self:
        """Read the truth columns `true_areas` and `crowds`, in which images list their boxes.

        Raises InvalidColumns if they cannot be read, ParamsError if `area` is no range.
        """
        low, high = (0.0, np.inf) if area is None else _range(area)
        image = true.boxes.image
        areas = true.boxes.areas
        if true_areas is not None:
            areas = answers.scores(true_areas, images=image)
        crowded = np.zeros(len(image))
        if crowds is not None:
            crowded = answers.scores(crowds, images=image)
            if not np.isin(crowded, (0, 1)).all():
                raise InvalidColumns(f"column {crowds} holds something else than 0 and 1")
        crowd: Flags = crowded == 1
        sizes = found.boxes.areas
        return cls(
            ignored=crowd | (areas < low) | (areas > high),
            crowds=crowd,
            elsewhere=(sizes < low) | (sizes > high),
        )

    def ranked(
        self,
        found: LabelledBoxes,
        true: LabelledBoxes,
        /,
        *,
        thresholds: Vector,
        total: int,
        classes: int,
        worst: bool,
    ) -> tuple[tuple[Ranked, ...], ...]:
        """Return the detections that count for each threshold, by class.

        Those do not count that take what is ignored, or that take nothing and are elsewhere.
        """
        hits, left_out = self._matched(found, true, thresholds=thresholds)
        counted = hits | ~(left_out | self.elsewhere)
        return tuple(
            rank_by_class(
                found.boxes.image[kept],
                found.labels[kept],
                found.scores[kept],
                hits=line[None, kept],
                total=total,
                classes=classes,
                worst=worst,
            )
            for line, kept in zip(hits, counted, strict=True)
        )

    def _matched(
        self, found: LabelledBoxes, true: LabelledBoxes, *, thresholds: Vector
    ) -> tuple[Hits, Hits]:
        close = overlaps(
            found.boxes,
            true.boxes,
            groups=(found.groups, true.groups),
            least=float(thresholds.min()),
            crowds=self.crowds,
        )
        return greedy_matches(
            *close,
            groups=found.groups,
            sizes=(len(found.labels), len(true.labels)),
            thresholds=thresholds,
            ignored=self.ignored,
            crowds=self.crowds,
        )


def _range(area: list[float]) -> tuple[float, float]:
    if len(area) != 2 or not all(isinstance(end, int | float) for end in area):  # noqa: PLR2004 -- two ends
        raise ParamsError("area must be two numbers, the smallest and the largest area")
    low, high = area
    if not 0 <= low < high:
        raise ParamsError("area: the first must be 0 or more, and smaller than the second")
    return float(low), float(high)
