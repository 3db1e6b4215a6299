"""The one feedback policy: what page, API, CLI and receipt may show of a result, and to whom."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.definition import Disclosure, Phase

DIGITS = 4


@dataclass(frozen=True, kw_only=True)
class Score:
    """A metric as a reader may see it: rounded to 4 significant digits, with its 95 % interval."""

    key: str
    primary: bool
    direction: str
    value: float | None
    low: float | None
    high: float | None
    undefined: str | None

    def document(self) -> dict[str, Any]:
        """Give the score as JSON values."""
        return asdict(self)


def disclosed_scores(
    challenge: PublishedChallenge, /, *, phase: Phase, metrics: Mapping[str, Mapping[str, Any]]
) -> list[Score]:
    """Give what the phase's `disclosure` lets a team see of its scores, the primary one first."""
    allowed = phase.disclosure
    shown = []
    for metric in challenge.definition.scoring.metrics:
        wanted = Disclosure.SCORE if metric.primary else Disclosure.PARTS
        if wanted not in allowed:
            continue
        found = metrics[metric.key]
        low, high = found["interval"] if Disclosure.INTERVAL in allowed else (None, None)
        shown.append(
            Score(
                key=metric.key,
                primary=metric.primary,
                direction=metric.better,
                value=rounded(found["value"]),
                low=rounded(low),
                high=rounded(high),
                undefined=found["undefined"],
            )
        )
    return sorted(shown, key=lambda score: not score.primary)


def rounded(value: float | None, /) -> float | None:
    """Round to the significant digits that may be shown."""
    return None if value is None else float(f"{value:.{DIGITS}g}")
