"""The decision curve: whether acting on the predictions does more good than harm."""

from challenge_platform.web.amounts import plain
from challenge_platform.web.drawings.plot import Curve, draw_plot
from challenge_platform.web.drawings.shown import SUBMISSION, Shown, number, percent
from challenge_platform.web.language import format_decimal, gettext
from scorers.pictures.document import DecisionCurve

LOWEST = -0.05
"""Treating all falls without end: the picture ends so far below 0."""

TREAT_ALL = 2


def shown(drawn: DecisionCurve, /) -> Shown:
    """Draw the net benefit of the submission, of treating all and of treating none."""
    benefits = [value for point in drawn.points for value in (point.model, point.treat_all, 0.0)]
    low, high = max(min(benefits, default=0.0), LOWEST), max(benefits, default=0.0)
    x = (0.0, 100 * max((point.threshold for point in drawn.points), default=1.0))
    return Shown(
        kind=drawn.kind,
        metrics=drawn.metrics,
        title=str(gettext("Decision curve")),
        text=str(
            gettext(
                "Curves of net benefit against the threshold probability from which on one would "
                "act: of the submission, and of acting for all. A dotted line at 0 is acting for "
                "nobody. The numbers are listed below the picture."
            )
        ),
        reading=_reading(drawn),
        remark=str(
            gettext(
                "A threshold of 20 % means that one would rather act for four without the event "
                "than miss one who has it. Which threshold is right is not for a score to say."
            )
        ),
        drawing=draw_plot(
            _curves(drawn, end=x[1]),
            x=x,
            y=(low, max(high * 1.06, low + 0.01)),
            x_title=str(gettext("Threshold probability (%)")),
            y_title=str(gettext("Net benefit for each unit")),
        ),
        headings=(
            str(gettext("Threshold (%)")),
            str(gettext("Submission")),
            str(gettext("Acting for all")),
        ),
        rows=tuple(
            (percent(point.threshold), number(point.model), number(point.treat_all))
            for point in drawn.points
        ),
    )


def _curves(drawn: DecisionCurve, *, end: float) -> list[Curve]:
    model = [(100 * point.threshold, point.model) for point in drawn.points]
    treat_all = [(100 * point.threshold, point.treat_all) for point in drawn.points]
    return [
        Curve(name=str(gettext("submission")), points=model, style=SUBMISSION),
        Curve(name=str(gettext("for all")), points=treat_all, style=TREAT_ALL),
        Curve(name=str(gettext("for nobody")), points=[(0, 0), (end, 0)]),
    ]


def _reading(drawn: DecisionCurve) -> str:
    better = [point for point in drawn.points if point.model > max(point.treat_all, 0.0)]
    if not better:
        return str(
            gettext("At no threshold does acting on it do more good than acting for all or nobody.")
        )
    return str(
        gettext(
            "At %(better)s of %(all)s thresholds, from %(low)s to %(high)s %%, acting on it does "
            "more good than acting for all or for nobody.",
            better=format_decimal(len(better)),
            all=format_decimal(len(drawn.points)),
            low=plain(100 * better[0].threshold),
            high=plain(100 * better[-1].threshold),
        )
    )
