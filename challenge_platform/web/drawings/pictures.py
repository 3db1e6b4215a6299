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
from challenge_platform.web.report_words import REASONS
from scorers.metric import PictureKind
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


def shown_of(pictures: Sequence[Picture], /) -> list[Shown]:
    """Give the pictures as a report shows them, in their order."""
    return [_shown(picture) for picture in pictures]


def _shown(picture: Picture) -> Shown:
    if isinstance(picture, NoPicture):
        return Shown(
            kind=picture.wanted,
            metrics=picture.metrics,
            title=str(TITLES[picture.wanted]),
            empty=str(REASONS[picture.reason]),
        )
    return KINDS[picture.kind](picture)
