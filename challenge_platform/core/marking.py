"""The part of challenge.yaml about a jury: how much its marks count, and what it marks."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from challenge_platform.core.local_text import LocalText
from scorers.composite.jury import Criterion
from scorers.tables import Section

CriterionKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]


class JuryCriterion(Section):
    """What jurors mark a team by."""

    key: Annotated[CriterionKey, Field(description="Its name in commands and files.")]
    title: Annotated[LocalText, Field(description="Its name on the leaderboard.")]
    max: Annotated[
        float, Field(gt=0, le=1_000_000, description="The best mark; 0 is the worst.")
    ] = 5
    weight: Annotated[
        float, Field(gt=0, le=1_000_000, description="How much it counts among the criteria.")
    ] = 1


class Jury(Section):
    """A jury whose marks are a share of the final score.

    final = (1 - share) x score + share x the weighted mean of mark / max, so that the primary
    metric must be a score whose best is 1, such as a `rescaled_sum`.
    """

    share: Annotated[
        float, Field(gt=0, lt=1, description="How much the jury counts; the score has the rest.")
    ]
    criteria: Annotated[
        tuple[JuryCriterion, ...], Field(min_length=1, description="What is marked, in order.")
    ]

    @model_validator(mode="after")
    def _has_different_criteria(self) -> Self:
        keys = [criterion.key for criterion in self.criteria]
        if len(set(keys)) != len(keys):
            raise ValueError("two criteria of ranking.jury have the same key; give each its own")
        return self

    @property
    def measured(self) -> dict[str, Criterion]:
        """The criteria as the formula of the final score takes them, by key."""
        return {
            criterion.key: Criterion(weight=criterion.weight, highest=criterion.max)
            for criterion in self.criteria
        }
