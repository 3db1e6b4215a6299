"""One attempt at a submission: what it works on, and the ways in which it may end early."""

from dataclasses import dataclass

from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.submission import Claim, Reason, State, Submission
from challenge_platform.core.team import Team


@dataclass(frozen=True, kw_only=True)
class Work:
    """What one attempt works on."""

    claim: Claim
    submission: Submission
    challenge: PublishedChallenge
    team: Team


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a submission ended without a score, through its team's doing."""

    state: State
    reason: Reason
    charged: bool


class NotScored(Exception):
    """The attempt ended without a score, through no fault of the participant."""

    def __init__(self, reason: Reason, *, why: str = "") -> None:
        super().__init__(why)
        self.reason = reason
