"""The FROC curve: which objects are found, against the false detections in each image."""

from challenge_platform.web.amounts import plain
from challenge_platform.web.drawings.plot import Curve, draw_plot
from challenge_platform.web.drawings.shown import SUBMISSION, Shown, number, of_100, percent
from challenge_platform.web.language import format_decimal, gettext
from scorers.pictures.document import FreeResponse

READ_AT = 1.0
"""The false detections in each image at which the curve is read aloud."""


def shown(drawn: FreeResponse, /) -> Shown:
    """Draw the share of objects found, in hundredths."""
    most = max((point.false_per_image for point in drawn.points), default=0.0) or 1.0
    return Shown(
        kind=drawn.kind,
        metrics=drawn.metrics,
        title=str(gettext("FROC curve")),
        text=str(
            gettext(
                "A rising curve: the share of true objects that are found, against the mean number "
                "of false detections in an image. The numbers are listed below the picture."
            )
        ),
        reading=_reading(drawn),
        remark=str(
            gettext(
                "It counts what was found, and not how well its outline fits, nor how grave what "
                "was missed is."
            )
        ),
        drawing=draw_plot(
            [
                Curve(
                    name=str(gettext("submission")),
                    points=[
                        (point.false_per_image, 100 * point.sensitivity) for point in drawn.points
                    ],
                    style=SUBMISSION,
                )
            ],
            x=(0, most),
            y=(0, 100),
            x_title=str(gettext("False detections for each image")),
            y_title=str(gettext("Objects found (%)")),
        ),
        headings=(
            str(gettext("Detections")),
            str(gettext("False for each image")),
            str(gettext("Objects found (%)")),
        ),
        rows=tuple(
            (
                str(format_decimal(point.called)),
                number(point.false_per_image),
                percent(point.sensitivity),
            )
            for point in drawn.points
        ),
    )


def _reading(drawn: FreeResponse) -> str:
    sparing = [point for point in drawn.points if point.false_per_image <= READ_AT]
    if not sparing:
        return ""
    point = max(sparing, key=lambda point: point.sensitivity)
    return str(
        gettext(
            "With %(false)s false detections for each image, %(found)s of 100 of the %(sought)s "
            "objects are found.",
            false=plain(point.false_per_image),
            found=of_100(point.sensitivity),
            sought=format_decimal(drawn.sought),
        )
    )
