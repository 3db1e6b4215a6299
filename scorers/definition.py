"""What a challenge asks for and how it is scored: two sections of challenge.yaml, validated."""

from collections.abc import Mapping
from math import isfinite
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    FiniteFloat,
    JsonValue,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from scorers.composite.ranges import range_of
from scorers.metric import Combination, Direction, Metric, Range
from scorers.registry import get_metric
from scorers.uncertainty.intervals import Method

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Size = Annotated[
    ByteSize, WithJsonSchema({"type": ["integer", "string"], "examples": ["10MB", "4GiB", 1024]})
]
"""A number of bytes, or a text such as `10MB` (millions) or `4GiB` (powers of 1024)."""

FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class Section(BaseModel):
    """A part of challenge.yaml: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(Section):
    """One column of a predictions file; `min` and `max` are themselves allowed."""

    type: Annotated[Literal["float"], Field(description="What its cells hold.")]
    min: Annotated[FiniteFloat | None, Field(description="Least value, itself allowed.")] = None
    max: Annotated[FiniteFloat | None, Field(description="Largest value, itself allowed.")] = None

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is larger than max {self.max}")
        return self


class SubmissionDefinition(Section):
    """What participants send in.

    `ids` names the public file with the ids to predict and `id` its id column, which the
    predictions file `file` must have too, beside `columns`.
    """

    kinds: Annotated[
        tuple[Literal["predictions", "code", "container"], ...],
        Field(min_length=1, description="What may be sent in."),
    ]
    file: Annotated[FileName, Field(description="Usual name of the predictions file.")]
    ids: Annotated[FileName, Field(description="Public file that lists the ids to predict.")]
    id: Annotated[ColumnName, Field(description="Its id column, and that of the predictions.")]
    columns: Annotated[
        dict[ColumnName, Column], Field(min_length=1, description="The columns to predict.")
    ]
    max_bytes: Annotated[
        Size, Field(gt=0, description="Largest predictions file, such as `10MB`.")
    ] = ByteSize(10_000_000)
    source: Annotated[
        Literal["none", "optional", "required"],
        Field(description="Whether a notebook or archive is sent along; kept, never executed."),
    ] = "none"

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if len(set(self.kinds)) != len(self.kinds):
            raise ValueError("a kind is named twice")
        if self.id in self.columns:
            raise ValueError(f"{self.id} is the id column and cannot be predicted")
        return self


class MetricDefinition(Section):
    """One metric of a challenge: `metric` is the key of an installed one, `key` its name here."""

    key: Annotated[Key, Field(description="Its name in this challenge.")]
    metric: Annotated[str, Field(description="Key of an installed metric.")]
    params: Annotated[
        dict[str, JsonValue], Field(description="Columns and options, as the metric asks.")
    ] = {}
    primary: Annotated[bool, Field(description="Whether it ranks; exactly one does.")] = False
    direction: Annotated[
        Direction | None, Field(description="Where better is; the metric's own when unset.")
    ] = None

    @model_validator(mode="after")
    def _fits_the_metric(self) -> Self:
        metric = self.installed
        metric.check(self.params)
        if self.direction is None and metric.direction is None:
            raise ValueError(f"{self.key}: {self.metric} needs a direction: maximize or minimize")
        if self.direction is not None and metric.direction not in (None, self.direction):
            raise ValueError(f"{self.key}: {self.metric} is to {metric.direction}")
        return self

    @property
    def installed(self) -> Metric | Combination:
        return get_metric(self.metric)

    @property
    def better(self) -> Direction:
        """The direction: the one given here, else the metric's own."""
        direction = self.direction or self.installed.direction
        if direction is None:  # pragma: no cover - refused by the validator
            raise ValueError(f"{self.key} has no direction")
        return direction


class ScoringDefinition(Section):
    """The metrics, in the order in which they are computed, and how many resamples are drawn."""

    metrics: Annotated[
        tuple[MetricDefinition, ...],
        Field(min_length=1, description="In the order in which they are computed."),
    ]
    resamples: Annotated[
        int, Field(ge=1, le=100_000, description="How many resamples give the intervals.")
    ] = 1000
    interval: Annotated[
        Literal["auto", "percentile", "bca", "transformed"],
        Field(
            description="How intervals are made of the resamples; `auto` is `transformed` for a "
            "metric with a lowest and a highest value, else `bca`, as coverage was measured."
        ),
    ] = "auto"
    stratify: Annotated[
        ColumnName | None,
        Field(
            description="Truth column; as many units of each of its values are drawn as there are."
        ),
    ] = None
    smallest_subgroup: Annotated[
        int, Field(ge=2, description="Units of which a subgroup must have as many to be scored.")
    ] = 10

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        earlier: set[str] = set()
        for metric in self.metrics:
            if metric.key in earlier:
                raise ValueError(f"two metrics have the key {metric.key}")
            if isinstance(metric.installed, Combination):
                for part in metric.params:
                    if part not in earlier:
                        raise ValueError(f"{metric.key} refers to {part}, no earlier metric")
            earlier.add(metric.key)
        if sum(metric.primary for metric in self.metrics) != 1:
            raise ValueError("exactly one metric must have primary: true")
        for key, (lowest, highest) in self.ranges.items():
            if self.interval == "transformed" and not isfinite(highest - lowest):
                raise ValueError(
                    f"{key} can be of any size, but interval: transformed needs a lowest and a "
                    "highest value of every metric; auto is for all"
                )
        return self

    @property
    def ranges(self) -> dict[str, Range]:
        """The lowest and the highest value of each metric, by its key."""
        ranges: dict[str, Range] = {}
        for metric in self.metrics:
            installed = metric.installed
            if isinstance(installed, Combination):
                ranges[metric.key] = range_of(installed, ranges, params=metric.params)
            else:
                ranges[metric.key] = installed.lowest, installed.highest
        return ranges

    @property
    def methods(self) -> dict[str, Method]:
        """How the interval of each metric is made, by its key."""
        if self.interval != "auto":
            return dict.fromkeys(self.ranges, Method(self.interval))
        return {
            key: Method.TRANSFORMED if isfinite(highest - lowest) else Method.BCA
            for key, (lowest, highest) in self.ranges.items()
        }

    @property
    def primary(self) -> MetricDefinition:
        """The metric that ranks."""
        return next(metric for metric in self.metrics if metric.primary)


class Task(Section):
    """All that is needed to score a submission.

    `unit` is the truth column with what is resampled. `split` is the truth column that says public
    or private; None scores all rows together, which participants do at home. `subgroups` are truth
    columns: the rows of each of their values are scored by themselves too.
    """

    submission: SubmissionDefinition
    scoring: ScoringDefinition
    unit: ColumnName
    split: ColumnName | None
    subgroups: tuple[ColumnName, ...] = ()

    @classmethod
    def from_challenge(cls, challenge: Mapping[str, Any], /) -> Self:
        """Take the task out of a parsed challenge.yaml.

        Raises pydantic's ValidationError, a ValueError, if a section is missing or wrong.
        """
        data = challenge.get("data")
        inside = data if isinstance(data, Mapping) else {}
        sections = {
            "submission": challenge.get("submission"),
            "scoring": challenge.get("scoring"),
            "unit": inside.get("unit"),
            "split": inside.get("split"),
            "subgroups": inside.get("subgroups"),
        }
        # A null is as good as missing: only participants at home may leave the split out.
        given = {name: section for name, section in sections.items() if section is not None}
        return cls.model_validate(given)

    @model_validator(mode="after")
    def _predicts_what_it_scores(self) -> Self:
        for metric in self.scoring.metrics:
            for param in metric.installed.prediction_columns:
                given = metric.params.get(param)
                for column in given if isinstance(given, list) else [given]:
                    if column is not None and column not in self.submission.columns:
                        raise ValueError(f"{metric.key} scores {column}, which is not submitted")
        return self
