"""The ROC curve: what is found of those with the event, against false alarms among the others."""

from challenge_platform.web.drawings.plot import Curve, draw_plot
from challenge_platform.web.drawings.shown import SUBMISSION, Shown, of_100, percent
from challenge_platform.web.language import format_decimal, gettext
from scorers.pictures.document import Roc, RocPoint

SPARED = 0.9
"""The specificity at which the curve is read aloud."""


def shown(roc: Roc, /) -> Shown:
    """Draw the curve in hundredths, with the diagonal that chance would give."""
    curve = [(100 * (1 - point.specificity), 100 * point.sensitivity) for point in roc.points]
    return Shown(
        kind=roc.kind,
        metrics=roc.metrics,
        title=str(gettext("ROC curve")),
        text=str(
            gettext(
                "A curve from the lower left to the upper right: the share found of those with the "
                "event, against the share of false alarms among the others. A dotted diagonal is "
                "what chance would give. The numbers are listed below the picture."
            )
        ),
        reading=_reading(roc),
        remark=str(
            gettext(
                "It shows how well the order of the predictions tells the two apart, and not "
                "whether the predicted probabilities are right."
            )
        ),
        drawing=draw_plot(
            [
                Curve(name=str(gettext("submission")), points=curve, style=SUBMISSION),
                Curve(name=str(gettext("chance")), points=[(0, 0), (100, 100)]),
            ],
            x=(0, 100),
            y=(0, 100),
            x_title=str(gettext("False alarms (%)")),
            y_title=str(gettext("Found: sensitivity (%)")),
        ),
        headings=(
            str(gettext("Called positive")),
            str(gettext("Sensitivity (%)")),
            str(gettext("Specificity (%)")),
        ),
        rows=tuple(
            (
                str(format_decimal(point.called)),
                percent(point.sensitivity),
                percent(point.specificity),
            )
            for point in roc.points
        ),
    )


def _reading(roc: Roc) -> str:
    spared = [point for point in roc.points if point.specificity >= SPARED]
    best: RocPoint | None = max(spared, key=lambda point: point.sensitivity, default=None)
    if best is None:
        return ""
    return str(
        gettext(
            "Where %(spared)s of 100 without the event are spared a false alarm, %(found)s of 100 "
            "with it are found.",
            spared=of_100(best.specificity),
            found=of_100(best.sensitivity),
        )
    )
