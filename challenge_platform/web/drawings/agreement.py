"""Agreement of numbers: what was true of those who were given a number."""

from challenge_platform.web.amounts import plain
from challenge_platform.web.drawings.axis import padded
from challenge_platform.web.drawings.plot import Curve, draw_plot
from challenge_platform.web.drawings.shown import SUBMISSION, Shown, interval, number
from challenge_platform.web.language import format_decimal, gettext
from scorers.pictures.document import Agreement


def shown(drawn: Agreement, /) -> Shown:
    """Draw each bin at its mean prediction with its limits, and the diagonal of a perfect one."""
    values = [value for one in drawn.bins for value in (one.predicted, one.true, one.low, one.high)]
    low, high = padded(values or [0.0])
    return Shown(
        kind=drawn.kind,
        metrics=drawn.metrics,
        title=str(gettext("Agreement of numbers")),
        text=str(
            gettext(
                "A point for each group of near predictions: the mean true number against the mean "
                "prediction, with 95 % limits. On the dotted diagonal both are equal. The numbers "
                "are listed below the picture."
            )
        ),
        reading=_reading(drawn),
        remark=str(
            gettext(
                "A mean that agrees does not say that each one does: the range says how "
                "far single predictions may be off, if the differences are normal."
            )
        ),
        drawing=draw_plot(
            [
                Curve(
                    name=str(gettext("submission")),
                    points=[(one.predicted, one.true) for one in drawn.bins],
                    style=SUBMISSION,
                    dots=True,
                    limits=[(one.predicted, one.low, one.high) for one in drawn.bins],
                ),
                Curve(name=str(gettext("perfect")), points=[(low, low), (high, high)]),
            ],
            x=(low, high),
            y=(low, high),
            x_title=str(gettext("Predicted (in the unit of the challenge)")),
            y_title=str(gettext("True (in the unit of the challenge)")),
        ),
        headings=(
            str(gettext("Predicted")),
            str(gettext("True")),
            str(gettext("95 % limits")),
            str(gettext("Units")),
        ),
        rows=tuple(
            (
                number(one.predicted),
                number(one.true),
                interval(number(one.low), number(one.high)),
                str(format_decimal(one.units)),
            )
            for one in drawn.bins
        ),
    )


def _reading(drawn: Agreement) -> str:
    limits = {"low": plain(drawn.lower), "high": plain(drawn.upper)}
    if drawn.bias < 0:
        text = gettext(
            "On average it predicts %(bias)s too little; 95 of 100 differences lie between %(low)s "
            "and %(high)s.",
            bias=plain(-drawn.bias),
            **limits,
        )
    else:
        text = gettext(
            "On average it predicts %(bias)s too much; 95 of 100 differences lie between %(low)s "
            "and %(high)s.",
            bias=plain(drawn.bias),
            **limits,
        )
    return str(text)
