"""How a team takes part in a ranking: the words of the platform and of audits."""

from enum import StrEnum


class EntryState(StrEnum):
    """How a team takes part in the ranking of its challenge."""

    RANKED = "ranked"
    NOT_ELIGIBLE = "not_eligible"  # such as an organizer's own: in order, without a rank
    BASELINE = "baseline"
    DISQUALIFIED = "disqualified"  # below all others, for a reason that everybody may read
    WITHDRAWN = "withdrawn"  # by itself: on earlier states of boards only
