"""The pictures that a challenge's metrics ask for, each drawn once for all that share it."""

import json
from dataclasses import dataclass, field
from typing import Any

from scorers.definition import MetricDefinition, ScoringDefinition
from scorers.installed import load
from scorers.metric import Metric, Needs, PictureKind, Reason, Undefined
from scorers.pictures.document import DIGITS, NoPicture, Picture
from scorers.split import Split

ROOM = 50_000
"""Characters that the pictures of a split have as JSON, at most."""


@dataclass(frozen=True)
class Maker:
    """What makes a picture of a split for some metrics, of those `params` of theirs.

    It is named as `module:name`, and loaded when a picture is made.
    """

    place: str
    params: tuple[str, ...]


_BY_LABEL = ("label", "predicted", "where")
_BY_TIME = ("event", "time", "predicted", "where")
_BOXES = ("true_boxes", "boxes", "box_format", "iou")
_POINTS = ("true_points", "points", "radius", "radii")

MAKERS = {
    PictureKind.ROC: Maker("scorers.pictures.curves:roc", _BY_LABEL),
    PictureKind.PRECISION_RECALL: Maker("scorers.pictures.curves:precision_recall", _BY_LABEL),
    PictureKind.CALIBRATION: Maker("scorers.pictures.calibration:calibration", _BY_LABEL),
    PictureKind.DECISION_CURVE: Maker("scorers.pictures.curves:decision_curve", _BY_LABEL),
    PictureKind.KAPLAN_MEIER: Maker("scorers.pictures.survival:kaplan_meier", _BY_TIME),
    PictureKind.CONFUSION: Maker(
        "scorers.pictures.confusion:confusion", (*_BY_LABEL, "classes", "threshold")
    ),
    PictureKind.AGREEMENT: Maker(
        "scorers.pictures.agreement:agreement", ("value", "predicted", "where")
    ),
    PictureKind.FREE_RESPONSE: Maker(
        "scorers.pictures.free_response:free_response",
        (*_BOXES, *_POINTS, "scores", "repeated", "where"),
    ),
}

SURVIVAL_CALIBRATION = Maker("scorers.pictures.calibration:survival_calibration", (*_BY_TIME, "at"))

PREDICTED = {"score", "probability", "probabilities", "risk", "survival"}
"""What metrics call the column, or the columns, that the makers call `predicted`."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A picture that the metrics of some keys ask for."""

    kind: PictureKind
    maker: Maker
    params: dict[str, Any]
    metrics: list[str] = field(default_factory=list)

    @classmethod
    def by(cls, metric: MetricDefinition, kind: PictureKind, /, *, needs: Needs) -> "Wanted":
        """Return the picture of this kind of the metric's columns, for no metric yet."""
        survives = kind is PictureKind.CALIBRATION and needs is Needs.SURVIVAL
        maker = SURVIVAL_CALIBRATION if survives else MAKERS[kind]
        named = {
            "predicted" if name in PREDICTED else name: value
            for name, value in metric.params.items()
            if value is not None
        }
        kept = {name: value for name, value in named.items() if name in maker.params}
        return cls(kind=kind, maker=maker, params=kept)

    @property
    def name(self) -> str:
        """What is the same of pictures that are the same."""
        return json.dumps([self.kind, self.params], sort_keys=True)

    def draw(self, split: Split, /) -> Picture:
        """Draw it; raise InvalidColumns if the columns cannot be measured."""
        make: Any = load(self.maker.place)
        drawn = make(split, tuple(self.metrics), **self.params)
        return self.without(drawn.reason) if isinstance(drawn, Undefined) else drawn

    def without(self, reason: Reason, /) -> NoPicture:
        """Say why there is none."""
        return NoPicture(metrics=tuple(self.metrics), wanted=self.kind, reason=reason)


def draw_pictures(scoring: ScoringDefinition, split: Split, /) -> tuple[Picture, ...]:
    """Draw what the metrics ask for, the primary one first; what finds no ROOM is too much."""
    told: list[Picture] = []
    room = ROOM
    for wanted in _wanted(scoring):
        picture = wanted.draw(split).rounded(digits=DIGITS)
        size = len(json.dumps(picture.model_dump(), separators=(",", ":")))
        if size <= room:
            room -= size
        else:
            picture = wanted.without(Reason.TOO_MANY)
        told.append(picture)
    return tuple(told)


def _wanted(scoring: ScoringDefinition) -> list[Wanted]:
    found: dict[str, Wanted] = {}
    for metric in sorted(scoring.metrics, key=lambda metric: not metric.primary):
        installed = metric.installed
        for kind in installed.pictures if isinstance(installed, Metric) else ():
            wanted = Wanted.by(metric, kind, needs=installed.needs)
            found.setdefault(wanted.name, wanted).metrics.append(metric.key)
    return list(found.values())
