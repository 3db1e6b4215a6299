"""What an audit found, as a JSON document: the report is written from it alone."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, NonNegativeInt, PositiveInt

from scorers.document import Document, Score, Scorer
from scorers.metric import Direction
from scorers.ranking.entry_state import EntryState


class Judged(Document):
    """What judged the submissions: the rows of one split of the truth.

    `unit` is the truth column with what is resampled, `events` has the events of each metric that
    has events. `chosen_by` names the split by which the submission of a team was chosen.
    """

    split: str
    unit: str
    units: NonNegativeInt
    rows: NonNegativeInt
    events: dict[str, NonNegativeInt]
    chosen_by: str

    @property
    def count(self) -> int:
        """The fewest events of a metric or, if none has events, the units."""
        return min(self.events.values(), default=self.units)


class MetricInfo(Document):
    """One metric, and which direction is better."""

    key: str
    metric: str
    direction: Direction
    primary: bool


class TeamResult(Document):
    """A team and its counted submission: rank, rank interval, group, and every metric.

    Ranks and group are None if the primary metric is undefined or the team's state is another than
    `ranked`; then `reason` may say why. `first_share` is in which share of the resamples a ranked
    team is first; `submissions` counts those that could be scored.
    """

    team: str
    state: EntryState = EntryState.RANKED
    reason: str | None = None
    file: str
    submissions: PositiveInt
    rank: PositiveInt | None
    rank_low: PositiveInt | None
    rank_high: PositiveInt | None
    group: PositiveInt | None
    first_share: FiniteFloat
    scores: dict[str, Score]


class Scheme(Document):
    """Another way to rank the same submissions; `ranks` are in the order of the ranked teams.

    `tau` is how far it agrees with the ranking, None if one of them tells no two teams apart.
    """

    name: Literal["rank_then_aggregate", "test_then_rank", "mean_rank_over_metrics"]
    tau: FiniteFloat | None
    ranks: tuple[PositiveInt | None, ...]


class Unscored(Document):
    """A file that cannot be scored: its first problems, and how many there are."""

    team: str
    file: str
    problems: Annotated[tuple[str, ...], Field(min_length=1)]
    total: PositiveInt


class Likeness(StrEnum):
    """In what way submissions are alike, the strictest first."""

    BYTES = "same_bytes"
    PREDICTIONS = "same_predictions"
    ORDER = "same_order"


class Duplicates(Document):
    """Submissions of at least two teams that are alike; `files` has all of them."""

    kind: Likeness
    files: Annotated[tuple[str, ...], Field(min_length=2)]


class Suspicion(StrEnum):
    """What may be a leak."""

    TRUTH_FOLLOWS = "truth_follows"  # the truth itself can be told from the order of rows or ids
    FOLLOWS = "follows"  # predictions follow that order far more than the truth does
    EQUALS = "equals_truth"
    ORDERS = "orders_as_truth"
    PERFECT = "perfect"


class Leak(Document):
    """One finding, to be looked into: it is no proof.

    `file` is None for a finding about the truth. `column` is the predicted column or the metric,
    `against` what it was compared with, `statistic` and `threshold` are explained in the report.
    """

    kind: Suspicion
    file: str | None
    column: str
    against: str
    statistic: FiniteFloat
    threshold: FiniteFloat


class Audit(Document):
    """A finished competition, judged from its submissions and its truth."""

    schema_: Annotated[Literal["audit/1"], Field(alias="schema")] = "audit/1"
    scorer: Scorer
    title: str
    seed: int
    resamples: PositiveInt
    tolerance: FiniteFloat
    judged: Judged
    metrics: Annotated[tuple[MetricInfo, ...], Field(min_length=1)]
    teams: Annotated[tuple[TeamResult, ...], Field(min_length=1)]
    schemes: tuple[Scheme, ...]
    unscored: tuple[Unscored, ...]
    duplicates: tuple[Duplicates, ...]
    leaks: tuple[Leak, ...]

    @property
    def primary(self) -> MetricInfo:
        """The metric that ranks."""
        return next(metric for metric in self.metrics if metric.primary)

    @property
    def ranked(self) -> tuple[TeamResult, ...]:
        """The teams that take part in the ranking, in its order; those that do not come after."""
        return tuple(team for team in self.teams if team.state is EntryState.RANKED)

    @property
    def unranked(self) -> tuple[TeamResult, ...]:
        """The teams that take no part in the ranking."""
        return self.teams[len(self.ranked) :]

    @property
    def submissions(self) -> int:
        """How many submissions were scored."""
        return sum(team.submissions for team in self.teams)
