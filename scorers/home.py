"""`python -m scorers evaluate`: the platform's score, computed on one's own machine."""

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml

from scorers.definition import Task
from scorers.document import Evaluation, Score
from scorers.evaluation import evaluate
from scorers.predictions.problems import InvalidPredictions
from scorers.predictions.table import InvalidTable, read_ids, read_names, read_truth

OK, WRONG_USE, INVALID = 0, 1, 2
"""Exit codes, those of the platform's command line."""


def add_arguments(parser: argparse.ArgumentParser, /) -> None:
    """Declare the options of the command."""
    parser.add_argument(
        "challenge", type=Path, metavar="CHALLENGE", help="its challenge.yaml or .json"
    )
    parser.add_argument(
        "predictions", type=Path, metavar="PREDICTIONS", help="the predictions file"
    )
    parser.add_argument("--truth", type=Path, required=True, help="a CSV file with the answers")
    parser.add_argument("--ids", type=Path, help="the table whose ids the truth must have")
    parser.add_argument("--seed", type=int, default=0, help="seed of the resamples (0)")
    parser.add_argument("--format", choices=["table", "json"], default="table")


def evaluate_at_home(options: argparse.Namespace, /) -> int:
    """Score the files named in `options`, print the scores, and return the exit code."""
    try:
        evaluation = _evaluate(options)
    except InvalidPredictions as refused:
        sys.stderr.write(f"{options.predictions} cannot be scored:\n{refused}\n")
        return INVALID
    except (OSError, ValueError, yaml.YAMLError) as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_USE
    told = evaluation.to_json() if options.format == "json" else _table(evaluation)
    sys.stdout.write(f"{told}\n")
    return OK


def _evaluate(options: argparse.Namespace) -> Evaluation:
    truth = options.truth.read_bytes()
    task = fitted(Task.from_challenge(read_challenge(options.challenge)), truth)
    if options.ids is not None:
        _compare_ids(task, truth=truth, ids=options.ids.read_bytes())
    predictions = options.predictions.read_bytes()
    return evaluate(task, truth=truth, predictions=predictions, seed=options.seed)


def read_challenge(path: Path, /) -> dict[str, Any]:
    """Read a challenge.yaml, or the challenge.json that is downloaded with a challenge's data.

    Raises InvalidTable if it has no sections.
    """
    challenge = yaml.safe_load(path.read_text(encoding="utf-8"))  # JSON is YAML too
    if not isinstance(challenge, dict):
        raise InvalidTable(f"{path} is no challenge.yaml: it has no sections")
    downloaded = challenge.get("definition")
    return downloaded if isinstance(downloaded, dict) else challenge


def fitted(task: Task, truth: bytes, /) -> Task:
    """Leave out of the task what a truth of one's own need not have, and say so."""
    known = read_names(truth)
    if task.split not in known:
        sys.stderr.write(f"the truth has no column {task.split}: its rows are scored together\n")
        task = task.model_copy(update={"split": None})
    if absent := [name for name in task.subgroups if name not in known]:
        sys.stderr.write(f"the truth has no column {', '.join(absent)}: no scores by it\n")
        kept = tuple(name for name in task.subgroups if name in known)
        task = task.model_copy(update={"subgroups": kept})
    stratum = task.scoring.stratify
    if stratum is not None and stratum not in known:
        sys.stderr.write(f"the truth has no column {stratum}: units are drawn from all together\n")
        scoring = task.scoring.model_copy(update={"stratify": None})
        task = task.model_copy(update={"scoring": scoring})
    return task


def _compare_ids(task: Task, *, truth: bytes, ids: bytes) -> None:
    answered = set(read_truth(truth, table=task.truth_table).ids)
    wanted = set(read_ids(ids, id_column=task.submission.id))
    if answered != wanted:
        raise InvalidTable(
            f"the ids of the truth are not those asked for: {len(wanted - answered)} are missing, "
            f"{len(answered - wanted)} are unknown"
        )


def _table(evaluation: Evaluation) -> str:
    head = f"{'metric':<20}{'split':<10}{'value':>10}   95 % interval       units"
    lines = [head]
    for name, split in evaluation.splits.items():
        lines += [
            _line(key, score, of=name, units=split.units) for key, score in split.metrics.items()
        ]
    if any(split.subgroups for split in evaluation.splits.values()):
        lines += ["", f"{head}   subgroup"]
    for name, split in evaluation.splits.items():
        for column, subgroups in split.subgroups.items():
            lines += [
                f"{_line(key, score, of=name, units=subgroup.units)}   {column}={value}"
                for value, subgroup in subgroups.items()
                for key, score in subgroup.metrics.items()
            ]
    return "\n".join(lines)


def _line(key: str, score: Score, *, of: str, units: int) -> str:
    counted = units if score.units is None else score.units
    return f"{key:<20}{of:<10}{_told(score)}   {counted:>9,}"


def _told(score: Score) -> str:
    if score.value is None:
        return f"{'undefined':>10}   {score.undefined:<17}"
    if score.interval is None:
        why = score.no_interval.replace("_", " ") if score.no_interval else "none"
        return f"{score.value:>10.6f}   {why:<17}"
    low, high = score.interval
    return f"{score.value:>10.6f}   {low:.4f} to {high:.4f} "
