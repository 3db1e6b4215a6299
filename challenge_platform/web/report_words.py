"""The words of reports that stand for a value: ways to rank."""

from challenge_platform.core.comparison import Scheme
from challenge_platform.web.language import lazy_gettext as _

SCHEMES = {
    Scheme.AGGREGATE_THEN_RANK: _("By the score of all units"),
    Scheme.MEDIAN_THEN_RANK: _("By the median of the resampled scores"),
    Scheme.RANK_THEN_AGGREGATE: _("By the mean rank over resamples"),
    Scheme.TEST_THEN_RANK: _("By how many others a team is told apart from"),
    Scheme.MEAN_RANK: _("By the mean rank over all metrics"),
}
"""What each way to rank does, in a few words."""
