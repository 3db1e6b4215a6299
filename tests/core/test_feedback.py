"""A reader is told of a result what the phase discloses, and no more."""

import pytest

from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.definition import Disclosure
from challenge_platform.core.feedback import disclosed_scores

FEW = {"value": 0.7, "interval": None, "no_interval": "few_events", "undefined": None}
EARLIER = {"value": 0.7, "interval": None, "undefined": None}
KNOWN = {"value": 0.7, "interval": (0.61234, 0.8), "no_interval": None, "undefined": None}


@pytest.mark.parametrize(
    ("disclosure", "found", "low", "reason"),
    [
        (["score", "interval"], KNOWN, 0.6123, None),
        (["score", "interval"], FEW, None, "few_events"),
        (["score", "interval"], EARLIER, None, None),
        (["score"], KNOWN, None, None),
        (["score"], FEW, None, None),
    ],
)
def test_a_reason_for_no_interval_is_told_where_the_interval_would_be(
    challenge: PublishedChallenge,
    disclosure: list[str],
    found: dict[str, object],
    low: float | None,
    reason: str | None,
) -> None:
    phase = challenge.definition.phases[0].model_copy(
        update={"disclosure": tuple(map(Disclosure, disclosure))}
    )

    (score,) = disclosed_scores(challenge, phase=phase, metrics={"c": found})

    assert (score.low, score.no_interval) == (low, reason)
    assert score.tells_interval is (low is not None or reason is not None)
