"""How surely a challenge's scores tell teams apart, as its pre-flight found and its page says."""

from pydantic import BaseModel, ConfigDict


class Level(BaseModel):
    """A score and the half width of its 95 % interval, both rounded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    score: float
    half_width: float


class Power(BaseModel):
    """What the final scores of a challenge can tell, from the hidden truth alone.

    `units` and `events`, these in tens, are those of the rows that the final scores are of.
    `levels` go from a weak submission to a strong one. Two teams of middling scores that are closer
    than `difference` cannot be told apart, which makes room for `teams` between chance and perfect.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: str
    units: int
    events: int | None
    levels: tuple[Level, ...]
    difference: float
    teams: int
    resamples: int

    @property
    def middle(self) -> Level:
        """The level in the middle."""
        return self.levels[len(self.levels) // 2]
