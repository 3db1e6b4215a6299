"""What a challenge asks for and how it is scored: two sections of challenge.yaml, validated."""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Annotated, Any, Literal, Self

from scorers.column_types import require_different
from scorers.composite.ranges import range_of
from scorers.metric import (
    Broken,
    Columns,
    Combination,
    Direction,
    Method,
    Metric,
    Needs,
    Range,
)
from scorers.models import Field, JsonValue, StringConstraints, model_validator
from scorers.program import WRITTEN, ScoringProgram
from scorers.registry import get_metric
from scorers.tables import (
    Column,
    ColumnName,
    MaskColumn,
    Objects,
    Section,
    SubmissionDefinition,
    TruthTable,
    masks_of,
    sizes_of,
)
from scorers.uncertainty.intervals import usual_method

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class MetricDefinition(Section):
    """One metric of a challenge: `metric` is the key of an installed one, `key` its name here."""

    key: Annotated[Key, Field(description="Its name in this challenge.")]
    metric: Annotated[str, Field(description="Key of an installed metric.")]
    params: Annotated[
        dict[str, JsonValue], Field(description="Columns and options, as the metric asks.")
    ] = {}  # noqa: RUF012 -- the default of a model, which pydantic copies
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
        return WRITTEN if self.is_written else get_metric(self.metric)

    @property
    def is_written(self) -> bool:
        """Whether the organizers' program writes it."""
        return self.metric == WRITTEN.key

    @property
    def written_as(self) -> str:
        """The key under which the organizers' program writes it."""
        return str(self.params.get("name") or self.key)

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
    program: Annotated[
        ScoringProgram | None,
        Field(
            description="The organizers' own program, in the place of the platform's metrics: each "
            "metric is then `program`, or made of these."
        ),
    ] = None
    resamples: Annotated[
        int, Field(ge=1, le=100_000, description="How many resamples give the intervals.")
    ] = 1000
    interval: Annotated[
        Literal["auto", "percentile", "bca", "transformed"],
        Field(
            description="How intervals are made of the resamples; `auto` is what holds the "
            "true score most nearly as often as it should, as was measured: mostly `transformed`."
        ),
    ] = "auto"
    stratify: Annotated[
        ColumnName | None,
        Field(
            description="Truth column; as many units of each of its values are drawn as there are. "
            "Only for a test set that was itself drawn so: else intervals are too narrow."
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
            if self.interval == "transformed" and not (isfinite(lowest) or isfinite(highest)):
                raise ValueError(
                    f"{key} has no end, but interval: transformed needs a lowest or a highest "
                    "value of every metric; auto is for all"
                )
        return self

    @model_validator(mode="after")
    def _is_scored_by_one(self) -> Self:
        for metric in self.metrics:
            if metric.is_written and self.program is None:
                raise ValueError(
                    f"{metric.key} is to be written by the organizers' program; say which in "
                    "scoring.program"
                )
            if self.program and not (
                metric.is_written or isinstance(metric.installed, Combination)
            ):
                raise ValueError(
                    f"{metric.key} is a metric of the platform, and scoring.program scores: give "
                    "it metric: program, or take scoring.program out"
                )
        names = (metric.written_as for metric in self.metrics if metric.is_written)
        require_different(tuple(names), what="name")
        if self.program and self.stratify is not None:
            raise ValueError(
                "scoring.stratify is about resamples, of which a program's scores have none; "
                "take it out"
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
            metric.key: metric.installed.interval or usual_method(self.ranges[metric.key])
            for metric in self.metrics
        }

    def broken(self, prediction: Columns, /) -> Iterator[Broken]:
        """Tell the rules of metrics that rows of a prediction break, each rule once."""
        told: set[tuple[tuple[str, ...], str]] = set()
        for metric in self.metrics:
            for rule in metric.installed.rules:
                for broken in rule.broken(prediction, metric.params):
                    key = broken.columns, str(broken.expected)
                    if key not in told and broken.rows.any():
                        told.add(key)
                        yield broken

    @property
    def primary(self) -> MetricDefinition:
        """The metric that ranks."""
        return next(metric for metric in self.metrics if metric.primary)


def _check_masks_of(metric: MetricDefinition, masks: list[MaskColumn], *, needed: bool) -> None:
    """Raise ValueError unless a metric that needs masks gets some, of labels that it scores."""
    if not needed and masks:
        raise ValueError(f"{metric.key}: {metric.metric} does not score masks")
    if needed and not masks:
        raise ValueError(
            f"{metric.key}: {metric.metric} scores masks; give its columns type: mask, both in "
            "data.columns and in submission.columns"
        )
    told: Any = metric.params.get("labels")
    if told is None:
        return
    groups = [each if isinstance(each, list) else [each] for each in told]
    scored = {label for group in groups for label in group}
    for mask in masks:
        if mask.labels is None or not scored.issuperset(mask.labels):
            raise ValueError(
                f"{metric.key} scores the labels {sorted(scored)}; the masks that it scores must "
                "list labels, all of them among these"
            )


class Task(Section):
    """All that is needed to score a submission.

    `unit` is the truth column with what is resampled. `split` is the truth column that says public
    or private; None scores all rows together, which participants do at home. `subgroups` are truth
    columns: the rows of each of their values are scored by themselves too. `columns` and `objects`
    say how truth columns are read, as in TruthTable.
    """

    submission: SubmissionDefinition
    scoring: ScoringDefinition
    unit: ColumnName
    split: ColumnName | None
    subgroups: tuple[ColumnName, ...] = ()
    columns: dict[ColumnName, Column] = {}  # noqa: RUF012 -- as above
    objects: Objects | None = None

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
            "columns": inside.get("columns"),
            "objects": inside.get("objects"),
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
                    if column is not None and column not in self.submission.names:
                        raise ValueError(f"{metric.key} scores {column}, which is not submitted")
        return self

    @model_validator(mode="after")
    def _scores_masks_as_masks(self) -> Self:
        for metric in self.scoring.metrics:
            if isinstance(metric.installed, Combination):
                continue
            for columns, params in (
                (self.submission.columns, metric.installed.prediction_columns),
                (self.columns, metric.installed.truth_columns),
            ):
                masks, named = masks_of(columns), [metric.params.get(param) for param in params]
                _check_masks_of(
                    metric,
                    [mask for name, mask in masks.items() if name in named],
                    needed=metric.installed.needs is Needs.MASKS,
                )
        return self

    @model_validator(mode="after")
    def _knows_the_sizes_of_images(self) -> Self:
        told = sizes_of(masks_of(self.columns))
        for name in self.submission.sizes:
            if name not in told:
                raise ValueError(
                    f"a mask of submission.columns has the shape {name}, a column that no mask of "
                    "data.columns names in its shape; name it there too"
                )
        return self

    @model_validator(mode="after")
    def _has_a_readable_truth(self) -> Self:
        _ = self.truth_table
        return self

    @property
    def truth_table(self) -> TruthTable:
        """How the truth is read."""
        return TruthTable(
            id=self.submission.id,
            text=(self.unit,) if self.split is None else (self.unit, self.split),
            columns=self.columns,
            objects=self.objects,
        )
