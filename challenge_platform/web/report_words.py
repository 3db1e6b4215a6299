"""The words of reports that stand for a value: ways to rank, reasons why there is nothing."""

from challenge_platform.core.comparison import Scheme
from challenge_platform.web.language import lazy_gettext as _
from scorers.metric import Reason

SCHEMES = {
    Scheme.AGGREGATE_THEN_RANK: _("By the score of all units"),
    Scheme.MEDIAN_THEN_RANK: _("By the median of the resampled scores"),
    Scheme.RANK_THEN_AGGREGATE: _("By the mean rank over resamples"),
    Scheme.TEST_THEN_RANK: _("By how many others a team is told apart from"),
    Scheme.MEAN_RANK: _("By the mean rank over all metrics"),
}
"""What each way to rank does, in a few words."""

REASONS = {
    Reason.NO_UNITS: _("There is nothing that it could be made of."),
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
"""Why a metric has no value, or a picture cannot be drawn, in a sentence."""


def reason_words(reason: str, /) -> str:
    """Say why there is nothing; a reason of a later release as it is."""
    return str(REASONS[Reason(reason)]) if reason in set(Reason) else reason
