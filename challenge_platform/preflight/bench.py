"""A challenge's own metric on submissions that are made of its truth."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from challenge_platform.preflight.families.classes import Classes, Labels
from challenge_platform.preflight.families.family import Answer, Family
from challenge_platform.preflight.families.listed import Lists, fitted
from challenge_platform.preflight.families.numbers import Amounts, YesOrNo
from challenge_platform.preflight.families.survival import Risks, Survival
from scorers.composite.ranges import parts_of
from scorers.definition import MetricDefinition, ScoringDefinition, Task
from scorers.measures import Measures
from scorers.metric import Columns, Combination, Direction, Metric, Needs, Undefined, Vector
from scorers.predictions.masks import PackedMask
from scorers.predictions.table import Truth
from scorers.tables import (
    CodesColumn,
    Column,
    FloatColumn,
    IntegerColumn,
    LabelColumn,
    SubmissionDefinition,
)

Values = Mapping[str, float]
"""The value of each metric, NaN where it has none."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """The truth, the metrics that rank, and what each of them is of.

    `families` lacks the metrics of which no answer can be made.
    """

    task: Task
    truth: Truth
    scoring: ScoringDefinition
    families: Mapping[str, Family]

    @classmethod
    def of(cls, task: Task, truth: Truth, /) -> Self:
        """Take the primary metric, and all those that it is made of."""
        scoring = _ranking_part(task.scoring)
        families = {
            metric.key: family
            for metric in scoring.metrics
            if (family := _family(metric, truth=truth, submission=task.submission)) is not None
        }
        return cls(task=task, truth=truth, scoring=scoring, families=families)

    @property
    def primary(self) -> str:
        """The key of the metric that ranks."""
        return self.scoring.primary.key

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all metrics, in their order."""
        return tuple(metric.key for metric in self.scoring.metrics)

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The keys of the metrics that read predictions, in their order."""
        return tuple(
            metric.key
            for metric in self.scoring.metrics
            if not isinstance(metric.installed, Combination)
        )

    @property
    def unknown(self) -> tuple[str, ...]:
        """The metrics that read a prediction, and of which no answer can be made."""
        return tuple(key for key in self.parts if key not in self.families)

    @property
    def lists(self) -> bool:
        """Whether answers are lists or masks, of which no number says all."""
        return any(isinstance(family, Lists) for family in self.families.values())

    def direction(self, key: str, /) -> Direction:
        """Where better is, of a metric."""
        return next(metric.better for metric in self.scoring.metrics if metric.key == key)

    def answer(self, make: Callable[[Family], Answer | None], /) -> Answer | None:
        """Make one submission of what each metric's answer is; the first to name a column wins."""
        made = [make(family) for family in self.families.values()]
        told = [each for each in made if each is not None]
        return self._fitted(_merged(told)) if len(told) == len(made) else None

    def guesses(self, feature: Vector, /) -> list[Answer]:
        """Make the submissions that a feature alone lets one guess, as many as have directions.

        A family with fewer directions than another tells the last of its own again.
        """
        made = [family.guesses(feature) for family in self.families.values()]
        turns = range(max(map(len, made), default=0))
        told = [[each[min(turn, len(each) - 1)] for each in made] for turn in turns]
        return [self._fitted(_merged(each)) for each in told]

    def values(self, answer: Answer, /) -> Values:
        """Score an answer on all rows, without a look at whether its file would be accepted."""
        found = Measures.of(self.scoring, self.truth.columns, answer).values()
        return {
            key: float("nan") if isinstance(value, Undefined) else value
            for key, value in found.items()
        }

    def _fitted(self, answer: Answer) -> Answer:
        """Fill the columns that no ranking metric reads, and keep within what columns allow."""
        rows = len(self.truth.ids)
        told = dict(answer)
        for name in self.task.submission.names:
            column = self.task.submission.columns.get(name)
            if name not in told:
                told[name] = _anything(column, rows=rows)
            if isinstance(column, FloatColumn | IntegerColumn) and told[name].dtype != np.object_:
                low = -np.inf if column.min is None else column.min
                high = np.inf if column.max is None else column.max
                told[name] = np.clip(told[name], low, high)
        return told


def _merged(answers: Sequence[Answer]) -> Answer:
    """Put answers together; the first to name a column wins."""
    told: Answer = {}
    for answer in answers:
        told = answer | told
    return told


def _ranking_part(scoring: ScoringDefinition) -> ScoringDefinition:
    """Leave the metrics out that the primary one is not made of."""
    by_key = {metric.key: metric for metric in scoring.metrics}
    wanted = [scoring.primary.key]
    for key in wanted:
        metric = by_key[key]
        if isinstance(metric.installed, Combination):
            wanted += parts_of(metric.params, among=by_key)
    kept = tuple(metric for metric in scoring.metrics if metric.key in wanted)
    return scoring.model_copy(update={"metrics": kept})


def _family(
    metric: MetricDefinition, *, truth: Truth, submission: SubmissionDefinition
) -> Family | None:
    """Make the answers to a metric, None where there is no rule for it."""
    installed, params, columns = metric.installed, dict(metric.params), truth.columns
    named = [name for name in installed.prediction_columns if name in params]
    family: Family | None = None
    match installed.needs:
        case Needs.LABELS | Needs.SCORES | Needs.PROBABILITIES if named:
            family = _of_labels(installed, params, columns=columns, predicted=named[0])
        case Needs.VALUES:
            family = Amounts.of(columns, params, above_zero=installed.key == "poisson_deviance")
        case Needs.RISKS:
            family = Risks.of(columns, params)
        case Needs.SURVIVAL:
            family = Survival.of(columns, params)
        case Needs.CODES:
            column = submission.columns[str(params["predicted"])]
            most = column.most if isinstance(column, CodesColumn) else 1
            family = Lists.of_codes(columns, params, most=most)
        case Needs.BOXES | Needs.POINTS:
            family = Lists.of_objects(columns, params)
        case Needs.MASKS if installed.prediction_columns[0] == "predicted":
            family = Lists.of_masks(columns, params)
        case Needs.SPANS:
            family = Lists.of_spans(columns, params)
        case _:  # what has no rule is told as not probed
            pass
    return family


def _of_labels(
    installed: Metric | Combination, params: dict[str, Any], *, columns: Columns, predicted: str
) -> Family | None:
    """Make the answers of classes, of several labels, or of yes and no."""
    if "classes" in params:
        return Classes.of(columns, params, predicted=predicted)
    if "labels" in params:
        return Labels.of(columns, params, predicted=predicted)
    if "label" in params:
        return YesOrNo.of(columns, params, predicted=predicted, needs=installed.needs)
    return None


def _anything(column: Column | None, *, rows: int) -> NDArray[Any]:
    """Give a column that is accepted, for what does not rank."""
    if isinstance(column, FloatColumn | IntegerColumn):
        return np.full(rows, float(column.min if column.min is not None else 0))
    if isinstance(column, LabelColumn):
        return np.full(rows, column.classes[0])
    return np.fromiter(([] for _ in range(rows)), dtype=np.object_, count=rows)


def draws(bench: Bench, rng: Generator, /, *, times: int) -> dict[str, NDArray[np.float64]]:
    """Score some random submissions: the values of each metric."""
    scored: list[Values] = []
    for _ in range(times):
        answer = bench.answer(lambda family: family.random(rng))
        if answer is not None:
            scored.append(bench.values(answer))
    return {key: np.array([each[key] for each in scored]) for key in bench.keys}


def reordered(answer: Answer, order: Sequence[int] | NDArray[np.intp], /) -> Answer:
    """Give every row the answer of another, a mask in the shape of the row's own."""
    return {
        name: fitted(column[order], to=column)
        if len(column) and isinstance(column[0], PackedMask)
        else column[order]
        for name, column in answer.items()
    }
