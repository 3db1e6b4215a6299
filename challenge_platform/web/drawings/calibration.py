"""The calibration plot: what happened to those who were given a probability."""

import math

from challenge_platform.web.drawings.plot import Curve, draw_plot
from challenge_platform.web.drawings.shown import SUBMISSION, Shown, interval, moment, percent
from challenge_platform.web.drawings.shown import of_100 as of
from challenge_platform.web.language import format_decimal, gettext
from scorers.pictures.document import Calibration, CalibrationBin

ROOM = 10
"""The axes end at a multiple of this, in hundredths."""


def shown(drawn: Calibration, /) -> Shown:
    """Draw each bin at its mean prediction with its limits, and the diagonal of a perfect one."""
    most = max((max(one.predicted, one.high) for one in drawn.bins), default=1.0)
    end = float(min(100, ROOM * max(1, math.ceil(100 * most / ROOM))))
    return Shown(
        kind=drawn.kind,
        metrics=drawn.metrics,
        title=_title(drawn),
        text=str(
            gettext(
                "A point for each group of near predictions: the share that had the event against "
                "the mean prediction, with 95 % limits. On the dotted diagonal both are equal. "
                "The numbers are listed below the picture."
            )
        ),
        reading=_reading(drawn),
        remark=str(
            gettext(
                "Points below the diagonal were given too much, points above it too little. Good "
                "calibration here does not carry over to a hospital where the event is rarer."
            )
        ),
        drawing=draw_plot(
            [
                Curve(
                    name=str(gettext("submission")),
                    points=[(100 * one.predicted, 100 * one.observed) for one in drawn.bins],
                    style=SUBMISSION,
                    dots=True,
                    limits=[
                        (100 * one.predicted, 100 * one.low, 100 * one.high) for one in drawn.bins
                    ],
                ),
                Curve(name=str(gettext("perfect")), points=[(0, 0), (end, end)]),
            ],
            x=(0, end),
            y=(0, end),
            x_title=str(gettext("Predicted probability (%)")),
            y_title=str(gettext("Had the event (%)")),
        ),
        headings=(
            str(gettext("Predicted (%)")),
            str(gettext("Had the event (%)")),
            str(gettext("95 % limits (%)")),
            str(gettext("Units")),
        ),
        rows=tuple(_row(one) for one in drawn.bins),
    )


def _title(drawn: Calibration) -> str:
    if drawn.at is None:
        return str(gettext("Calibration"))
    return str(gettext("Calibration at time %(time)s", time=moment(drawn.at)))


def _row(one: CalibrationBin) -> tuple[str, ...]:
    return (
        percent(one.predicted),
        percent(one.observed),
        interval(percent(one.low), percent(one.high)),
        str(format_decimal(one.units)),
    )


def _reading(drawn: Calibration) -> str:
    """Read the bin aloud that is furthest from what was predicted, and count those that agree."""
    if not drawn.bins:
        return ""
    furthest = max(drawn.bins, key=lambda one: abs(one.observed - one.predicted))
    return str(
        gettext(
            "Of 100 given about %(predicted)s %%, %(observed)s had the event: here prediction and "
            "outcome differ most. In %(agree)s of %(bins)s groups the limits hold the prediction.",
            predicted=of(furthest.predicted),
            observed=of(furthest.observed),
            agree=format_decimal(sum(one.low <= one.predicted <= one.high for one in drawn.bins)),
            bins=format_decimal(len(drawn.bins)),
        )
    )
