"""The pictures that a result keeps, each as its kind is drawn; or why there is none."""

from collections.abc import Callable, Sequence
from typing import Any

from challenge_platform.web.drawings import (
    agreement,
    calibration,
    confusion,
    decision_curve,
    free_response,
    kaplan_meier,
    precision_recall,
    roc,
)
from challenge_platform.web.drawings.shown import Shown
from challenge_platform.web.language import lazy_gettext as _
from scorers.metric import PictureKind, Reason
from scorers.pictures.document import NoPicture, Picture

KINDS: dict[str, Callable[[Any], Shown]] = {
    PictureKind.ROC: roc.shown,
    PictureKind.PRECISION_RECALL: precision_recall.shown,
    PictureKind.CALIBRATION: calibration.shown,
    PictureKind.DECISION_CURVE: decision_curve.shown,
    PictureKind.KAPLAN_MEIER: kaplan_meier.shown,
    PictureKind.CONFUSION: confusion.shown,
    PictureKind.AGREEMENT: agreement.shown,
    PictureKind.FREE_RESPONSE: free_response.shown,
}
"""Who draws each kind, by the `kind` of its document."""

TITLES = {
    PictureKind.ROC: _("ROC curve"),
    PictureKind.PRECISION_RECALL: _("Precision-recall curve"),
    PictureKind.CALIBRATION: _("Calibration"),
    PictureKind.DECISION_CURVE: _("Decision curve"),
    PictureKind.KAPLAN_MEIER: _("Survival by predicted risk"),
    PictureKind.CONFUSION: _("Confusion matrix"),
    PictureKind.AGREEMENT: _("Agreement of numbers"),
    PictureKind.FREE_RESPONSE: _("FROC curve"),
}

REASONS = {
    Reason.NO_UNITS: _("There is nothing that it could be drawn of."),
    Reason.NO_EVENTS: _("Nobody had the event."),
    Reason.NO_COMPARABLE_PAIRS: _("No two can be compared."),
    Reason.NO_POSITIVES: _("The truth has nothing that could be found."),
    Reason.NO_DETECTIONS: _("The submission has no detection."),
    Reason.ONE_CLASS: _("All are of one class in the truth."),
    Reason.CONSTANT: _("The submission predicts the same for all."),
    Reason.BEYOND_FOLLOW_UP: _("Nobody was watched for so long."),
    Reason.NOT_CONVERGED: _("It could not be computed."),
    Reason.UNDEFINED_PART: _("A part of it is undefined."),
    Reason.TOO_FEW: _("It would rest on too few to be told without telling of single ones."),
    Reason.TOO_MANY: _("The submission has more pictures than a report has room for."),
}
"""Why there is no picture, in a sentence."""


def shown_of(pictures: Sequence[Picture], /) -> list[Shown]:
    """Give the pictures as a report shows them, in their order."""
    return [_shown(picture) for picture in pictures]


def _shown(picture: Picture) -> Shown:
    if isinstance(picture, NoPicture):
        return Shown(
            kind=picture.wanted,
            title=str(TITLES[picture.wanted]),
            empty=str(REASONS[picture.reason]),
        )
    return KINDS[picture.kind](picture)
