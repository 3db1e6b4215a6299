"""Scoring one predictions file against the truth: every metric, every split, with intervals."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from scorers.definition import MetricDefinition, Task
from scorers.document import Environment, Evaluation, Score, Scorer, SplitScores, Timings, pack
from scorers.metric import Columns, Combination, Measure, Reason, Undefined, Vector, Weights
from scorers.resampling import LEVEL, draw_weights, percentile_interval
from scorers.table import InvalidTable, Predictions, Truth, read_predictions, read_truth

__all__ = ["Evaluation", "evaluate"]

STREAMS = {"public": 0, "private": 1, "all": 2}
"""The splits, each with its own stream of random numbers."""


@dataclass(frozen=True, kw_only=True)
class Split:
    """The rows of one split; `unit_of_row` numbers the unit that each row belongs to."""

    name: str
    truth: Columns
    prediction: Columns
    unit_of_row: NDArray[np.intp]
    units: int

    def weights_of_rows(self, weights: Weights, /) -> Weights:
        """Give every row the weight of its unit."""
        one_row_each = self.units == len(self.unit_of_row)
        return weights if one_row_each else weights[:, self.unit_of_row]


def evaluate(task: Task, /, *, truth: bytes, predictions: bytes, seed: int) -> Evaluation:
    """Score a predictions file on every split of the truth.

    Equal arguments give equal scores, whatever the order of the rows of the predictions. `seed` is
    that of the phase: all teams then share their resamples.

    Raises InvalidPredictions if the file cannot be scored, and ValueError (InvalidTable among
    them) if the truth cannot be read or does not fit the task, which is the organizer's to repair.
    """
    started = perf_counter()
    told = [task.unit] if task.split is None else [task.unit, task.split]
    answers = read_truth(truth, id_column=task.submission.id, text=told)
    given = read_predictions(predictions, submission=task.submission, ids=answers.ids)
    splits = _splits(task, truth=answers, predictions=given)
    seconds = {"read": perf_counter() - started, "score": 0.0, "resample": 0.0}
    scores = {split.name: _score(task, split, seed=seed, seconds=seconds) for split in splits}
    exact = all(metric.installed.exact for metric in task.scoring.metrics)
    return Evaluation(
        scorer=Scorer(name="scorers", version=_version()),
        splits=scores,
        environment=_environment(),
        reproducibility="same-bytes" if exact else "1e-12",
        timings=Timings(**{name: round(spent, 6) for name, spent in seconds.items()}),
    )


def _splits(task: Task, *, truth: Truth, predictions: Predictions) -> list[Split]:
    if task.split is None:
        names = np.full(len(truth.ids), "all")
    else:
        names = truth.columns[task.split]
        if not np.isin(names, ("public", "private")).all():
            raise InvalidTable(f"column {task.split} says something else than public or private")
    return [
        _split(name, np.flatnonzero(names == name), task=task, truth=truth, predictions=predictions)
        for name in STREAMS
        if name in names
    ]


def _split(
    name: str, rows: NDArray[np.intp], *, task: Task, truth: Truth, predictions: Predictions
) -> Split:
    units = truth.columns[task.unit][rows].tolist()
    # Numbered by their first row: the truth alone decides what is resampled.
    number = {unit: index for index, unit in enumerate(dict.fromkeys(units))}
    return Split(
        name=name,
        truth={key: column[rows] for key, column in truth.columns.items()},
        prediction={key: column[rows] for key, column in predictions.columns.items()},
        unit_of_row=np.array([number[unit] for unit in units], dtype=np.intp),
        units=len(number),
    )


def _score(task: Task, split: Split, *, seed: int, seconds: dict[str, float]) -> SplitScores:
    """Compute all metrics of one split, adding the time it takes to `seconds`."""
    scoring = task.scoring
    started = perf_counter()
    measures = _measures(scoring.metrics, split)
    values = _values(scoring.metrics, measures)
    valued = perf_counter()
    drawn = [
        _resample(scoring.metrics, measures, split.weights_of_rows(weights))
        for weights in draw_weights(
            split.units, resamples=scoring.resamples, seed=seed, stream=STREAMS[split.name]
        )
    ]
    vectors = {key: np.concatenate([chunk[key] for chunk in drawn]) for key in values}
    seconds["score"] += valued - started
    seconds["resample"] += perf_counter() - valued
    return SplitScores(
        units=split.units,
        seed_resamples=scoring.resamples,
        metrics={
            key: _told(value, vectors[key], measure=measures.get(key))
            for key, value in values.items()
        },
        resamples={scoring.primary.key: pack(vectors[scoring.primary.key])},
    )


def _measures(metrics: tuple[MetricDefinition, ...], split: Split) -> dict[str, Measure]:
    return {
        metric.key: installed.measure(split.truth, split.prediction, **metric.params)
        for metric in metrics
        if not isinstance(installed := metric.installed, Combination)
    }


def _values(
    metrics: tuple[MetricDefinition, ...], measures: Mapping[str, Measure]
) -> dict[str, float | Undefined]:
    values: dict[str, float | Undefined] = {}
    for metric in metrics:
        installed = metric.installed
        if isinstance(installed, Combination):
            values[metric.key] = installed({}, values, **metric.params)
        else:
            values[metric.key] = measures[metric.key].value
    return values


def _resample(
    metrics: tuple[MetricDefinition, ...], measures: Mapping[str, Measure], weights: Weights
) -> dict[str, Vector]:
    vectors: dict[str, Vector] = {}
    for metric in metrics:
        installed = metric.installed
        if isinstance(installed, Combination):
            vectors[metric.key] = installed.combine(vectors, **metric.params)
        else:
            vectors[metric.key] = measures[metric.key].under(weights)
    return vectors


def _told(value: float | Undefined, resampled: Vector, *, measure: Measure | None) -> Score:
    reason: Reason | None = value.reason if isinstance(value, Undefined) else None
    return Score(
        value=None if isinstance(value, Undefined) else value,
        interval=None if reason else percentile_interval(resampled),
        level=LEVEL,
        undefined=reason,
        resamples=int(np.count_nonzero(~np.isnan(resampled))),
        events=measure.events if measure else None,
        units=measure.units if measure else None,
    )


def _environment() -> Environment:
    found = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
    return Environment(
        python=platform.python_version(),
        numpy=np.__version__,
        cpu=" ".join([platform.machine(), *found[-1:]]),
        threads=_threads(),
    )


def _threads() -> int:
    """Count the threads of this process, those of the BLAS among them; 0 if it cannot be told."""
    tasks = Path("/proc/self/task")
    return sum(1 for _ in tasks.iterdir()) if tasks.is_dir() else 0


def _version() -> str:
    try:
        return version("challenge-platform")
    except PackageNotFoundError:
        return "unknown"
