"""Survival by third of predicted risk, with the numbers still watched."""

from challenge_platform.web.drawings.axis import Axis, Tick
from challenge_platform.web.drawings.plot import SQUARE, Curve, Ends, draw_plot, with_counts
from challenge_platform.web.drawings.shown import Shown, interval, moment, of_100, percent
from challenge_platform.web.language import format_decimal, gettext
from scorers.pictures.document import KaplanMeier, RiskGroup, SurvivalStep

APART = 34.0
"""The room of a number below the plot, in units of the drawing."""


def shown(drawn: KaplanMeier, /) -> Shown:
    """Draw the steps of each group in hundredths, and below them who is still watched."""
    times = [step.time for group in drawn.groups for step in group.steps]
    x = (0.0, max([*times, 0.0]) or 1.0)
    names = {group.risk: _name(group) for group in drawn.groups}
    plot = draw_plot(
        [
            Curve(
                name=names[group.risk],
                points=[(step.time, 100 * step.survival) for step in group.steps],
                style=style,
                steps=True,
            )
            for style, group in enumerate(drawn.groups, 1)
        ],
        x=x,
        y=(0, 100),
        x_title=str(gettext("Time (in the unit of the challenge)")),
        y_title=str(gettext("Without the event (%)")),
    )
    rows = [(names[group.risk], _apart(group, x=x)) for group in drawn.groups]
    return Shown(
        kind=drawn.kind,
        metrics=drawn.metrics,
        title=str(gettext("Survival by predicted risk")),
        text=str(
            gettext(
                "Falling steps of the share without the event over time, one line for each third "
                "of predicted risk: %(names)s. The numbers are listed below the picture.",
                names=", ".join(names.values()),
            )
        ),
        reading=_reading(drawn),
        remark=str(
            gettext(
                "Curves far apart say that the order of the risks tells who has the event sooner. "
                "They end where few are still watched, and do not say why anybody has it."
            )
        ),
        drawing=with_counts(plot, rows, x=x, title=str(gettext("Still watched"))),
        headings=(
            str(gettext("Risk")),
            str(gettext("Time")),
            str(gettext("Without the event (%)")),
            str(gettext("95 % limits (%)")),
            str(gettext("Still watched")),
        ),
        rows=tuple(_row(names[group.risk], step) for group in drawn.groups for step in group.steps),
    )


def _name(group: RiskGroup) -> str:
    return {
        "low": str(gettext("low risk")),
        "middle": str(gettext("middle risk")),
        "high": str(gettext("high risk")),
    }[group.risk]


def _row(name: str, step: SurvivalStep) -> tuple[str, ...]:
    return (
        name,
        moment(step.time),
        percent(step.survival),
        interval(percent(step.low), percent(step.high)),
        str(format_decimal(step.at_risk)),
    )


def _apart(group: RiskGroup, *, x: Ends) -> list[Tick]:
    """Choose steps whose numbers have room beside each other; the table has all."""
    across = Axis(low=x[0], high=x[1], start=SQUARE.left, end=SQUARE.plot_right)
    found: list[Tick] = []
    for step in group.steps:
        if not found or across.at(step.time) - across.at(found[-1].at) >= APART:
            found.append(Tick(at=step.time, text=str(format_decimal(step.at_risk))))
    return found


def _at(group: RiskGroup, time: float) -> SurvivalStep:
    return max((step for step in group.steps if step.time <= time), key=lambda step: step.time)


def _reading(drawn: KaplanMeier) -> str:
    """Compare the ends of the lowest and the highest risk, when both are still watched."""
    if len(drawn.groups) <= 1:
        return ""
    lowest, highest = drawn.groups[0], drawn.groups[-1]
    time = min(max(step.time for step in group.steps) for group in (lowest, highest))
    if time <= 0:
        return ""
    return str(
        gettext(
            "By time %(time)s, %(high)s of 100 at the highest predicted risk had the event, and "
            "%(low)s of 100 at the lowest.",
            time=moment(time),
            high=of_100(1 - _at(highest, time).survival),
            low=of_100(1 - _at(lowest, time).survival),
        )
    )
