"""How teams compare, as a board tells it: with one another, and by other schemes of ranking."""

from dataclasses import dataclass
from enum import StrEnum

LEAST_P = 0.001
"""A smaller p is told as this, and all as multiples of it, rounded up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """A team beside `other`, the next team or a baseline: above 0, the team is better.

    `low` and `high` are the ends of the 95 % interval of the difference over the resamples that
    both share, and `p` is the two-sided p of the test that belongs to it, of this one comparison
    alone. They are None where they cannot be told or are not disclosed.
    """

    team: str
    other: str
    difference: float
    low: float | None
    high: float | None
    p: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Significance:
    """Which of the first teams differ: `p[i][j]` is of teams i and j, in the order of ranks.

    The tests are two-sided and paired, and Holm's correction for the number of all pairs is in p
    already: two teams differ at 5 % if it is below 0.05. It is None on the diagonal and where two
    teams cannot be compared.
    """

    teams: tuple[str, ...]
    p: tuple[tuple[float | None, ...], ...]


class Scheme(StrEnum):
    """A way to make a ranking of scores and resamples."""

    AGGREGATE_THEN_RANK = "aggregate_then_rank"
    MEDIAN_THEN_RANK = "median_then_rank"
    RANK_THEN_AGGREGATE = "rank_then_aggregate"
    TEST_THEN_RANK = "test_then_rank"
    MEAN_RANK = "mean_rank"


@dataclass(frozen=True, kw_only=True, slots=True)
class Alternative:
    """The ranking that another scheme, or another `metric`, would give the same teams.

    `tau` is how far it agrees with the board's, from -1 to 1 (Kendall's tau-b), None where one of
    the two tells no teams apart. `first` is who would be first, the board's order deciding between
    `firsts` teams that would share it; `keeps_first` says whether whoever is first on the board
    still would be.
    """

    scheme: Scheme
    metric: str | None
    tau: float | None
    first: str
    firsts: int
    keeps_first: bool
