"""Scoring one predictions file against the truth: every metric, every split, with intervals."""

import codecs
import platform
from pathlib import Path
from time import perf_counter

import numpy as np

from scorers.definition import Task
from scorers.document import (
    Environment,
    Evaluation,
    Scorer,
    SplitScores,
    Subgroup,
    Timings,
    pack,
)
from scorers.installed import installed, load
from scorers.measures import Measures
from scorers.pictures.document import Picture
from scorers.pictures.drawing import MAKERS, SURVIVAL_CALIBRATION, draw_pictures
from scorers.predictions.table import read_predictions, read_truth
from scorers.scoring import Scored, score, score_subgroup
from scorers.split import Split, splits_of

__all__ = ["Evaluation", "evaluate"]

NUMPY_ONLY = tuple(
    f"scorers.{family}."
    for family in ("binary", "composite", "multiclass", "multilabel", "regression", "survival")
)
"""The families of metrics that load nothing beyond NumPy; SciPy takes longer than the rest."""

HELD = 600_000
"""Numbers of 8 bytes for which a process that waits has memory; most scores need a little more."""


def evaluate(task: Task, /, *, truth: bytes, predictions: bytes, seed: int) -> Evaluation:
    """Score a predictions file on every split of the truth, and on every subgroup of a split.

    Each split comes with the pictures that its metrics ask for.

    Equal arguments give equal scores, whatever the order of the rows of the predictions. `seed` is
    that of the phase: all teams then share their resamples.

    Raises InvalidPredictions if the file cannot be scored, and ValueError (InvalidTable among
    them) if the truth cannot be read or does not fit the task, which is the organizer's to repair.
    """
    started = perf_counter()
    answers = read_truth(truth, table=task.truth_table)
    given = read_predictions(
        predictions, submission=task.submission, ids=answers.ids, scoring=task.scoring
    )
    splits = splits_of(task, truth=answers, predictions=given)
    read = perf_counter() - started
    scored = {split.name: score(task.scoring, split, seed=seed) for split in splits}
    parted = perf_counter()
    subgroups = {
        split.name: _subgroups(task, split, whole=scored[split.name].measures, seed=seed)
        for split in splits
    }
    drawing = perf_counter()
    pictures = {split.name: draw_pictures(task.scoring, split) for split in splits}
    drawn = perf_counter()
    exact = all(metric.installed.exact for metric in task.scoring.metrics)
    return Evaluation(
        scorer=Scorer(name="scorers", version=installed().version),
        splits={
            split.name: _told(
                task,
                split,
                scored[split.name],
                subgroups=subgroups[split.name],
                pictures=pictures[split.name],
            )
            for split in splits
        },
        environment=_environment(),
        reproducibility="same-bytes" if exact else "1e-12",
        timings=_timings(
            read=read, scored=scored, subgroups=drawing - parted, pictures=drawn - drawing
        ),
    )


def preload() -> None:
    """Load what the first evaluation of a process would load, but for the metrics themselves."""
    installed()
    codecs.lookup("utf-8-sig")


def preload_metrics() -> None:
    """Load the metrics of NUMPY_ONLY and what draws pictures, and take the memory of a score.

    It takes some 30 ms and 6 MB, which the first score of the process then need not.
    """
    for maker in (*MAKERS.values(), SURVIVAL_CALIBRATION):
        load(maker.place)
    for place in installed().metrics.values():
        if place.startswith(NUMPY_ONLY):
            load(place)
    np.ones(HELD)  # as what is freed is kept, its pages are there when they are needed


def _subgroups(
    task: Task, split: Split, *, whole: Measures, seed: int
) -> dict[str, dict[str, Subgroup]]:
    return {
        column: {
            value: Subgroup(
                units=part.units,
                metrics=dict(score_subgroup(task.scoring, part, whole=whole, seed=seed).scores),
            )
            for value, part in split.subgroups(column)
        }
        for column in task.subgroups
    }


def _told(
    task: Task,
    split: Split,
    scored: Scored,
    *,
    subgroups: dict[str, dict[str, Subgroup]],
    pictures: tuple[Picture, ...],
) -> SplitScores:
    primary = task.scoring.primary.key
    return SplitScores(
        units=split.units,
        seed_resamples=task.scoring.resamples,
        metrics=dict(scored.scores),
        resamples={primary: pack(scored.vectors[primary])},
        subgroups=subgroups,
        pictures=pictures,
    )


def _timings(
    *, read: float, scored: dict[str, Scored], subgroups: float, pictures: float
) -> Timings:
    valued, resampled = (
        sum(part) for part in zip(*(s.seconds for s in scored.values()), strict=True)
    )
    return Timings(
        read=round(read, 6),
        score=round(valued, 6),
        resample=round(resampled, 6),
        subgroups=round(subgroups, 6),
        pictures=round(pictures, 6),
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
