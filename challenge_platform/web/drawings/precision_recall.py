"""The precision-recall curve: how much of what is called positive is right."""

from challenge_platform.web.drawings.plot import Curve, draw_plot
from challenge_platform.web.drawings.shown import SUBMISSION, Shown, of_100, percent
from challenge_platform.web.language import format_decimal, gettext
from scorers.pictures.document import PrecisionRecall

READ_AT = 0.5
"""The recall at which the curve is read aloud."""


def shown(drawn: PrecisionRecall, /) -> Shown:
    """Draw the curve in hundredths, with the share of events that chance would give."""
    among_all = drawn.events / drawn.units if drawn.units else 0.0
    curve = [(100 * point.recall, 100 * point.precision) for point in drawn.points]
    return Shown(
        kind=drawn.kind,
        metrics=drawn.metrics,
        title=str(gettext("Precision-recall curve")),
        text=str(
            gettext(
                "A curve from left to right: how much of what is called positive is right, against "
                "the share found of those with the event. A dotted line is what chance would give. "
                "The numbers are listed below the picture."
            )
        ),
        reading=_reading(drawn, among_all=among_all),
        remark=str(
            gettext(
                "It depends on how frequent the event is: where it is rarer, fewer of those called "
                "positive have it."
            )
        ),
        drawing=draw_plot(
            [
                Curve(name=str(gettext("submission")), points=curve, style=SUBMISSION),
                Curve(
                    name=str(gettext("chance")),
                    points=[(0, 100 * among_all), (100, 100 * among_all)],
                ),
            ],
            x=(0, 100),
            y=(0, 100),
            x_title=str(gettext("Found: recall (%)")),
            y_title=str(gettext("Right: precision (%)")),
        ),
        headings=(
            str(gettext("Called positive")),
            str(gettext("Recall (%)")),
            str(gettext("Precision (%)")),
        ),
        rows=tuple(
            (str(format_decimal(point.called)), percent(point.recall), percent(point.precision))
            for point in drawn.points
        ),
    )


def _reading(drawn: PrecisionRecall, *, among_all: float) -> str:
    enough = [point for point in drawn.points if point.recall >= READ_AT]
    if not enough:
        return ""
    point = min(enough, key=lambda point: point.called)
    return str(
        gettext(
            "Where %(found)s of 100 with the event are found, %(right)s of 100 called positive "
            "have it; among all, %(all)s of 100 do.",
            found=of_100(point.recall),
            right=of_100(point.precision),
            all=of_100(among_all),
        )
    )
