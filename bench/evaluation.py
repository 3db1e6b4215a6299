"""A case as the platform meets it: a truth and a predictions file, read and scored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from bench.cases.case import Case, Drawn, Table
from scorers import Evaluation, evaluate
from scorers.definition import Task
from scorers.metric import Direction
from scorers.registry import get_metric

UNIT = "unit"


def is_tabular(drawn: Drawn, /) -> bool:
    """Tell whether every cell is one number, so that the columns can be written as a CSV file."""
    columns = [*drawn.truth.values(), *drawn.prediction.values()]
    return all(isinstance(column, np.ndarray) for column in columns)


@dataclass(frozen=True, kw_only=True)
class Files:
    """What the scoring sandbox is given."""

    task: Task
    truth: bytes
    predictions: bytes

    @classmethod
    def of(cls, case: Case, drawn: Drawn, /, *, resamples: int) -> Self:
        """Write the files of a case that is tabular."""
        task = _task(case, columns=list(drawn.prediction), resamples=resamples)
        return cls(task=task, truth=_csv(drawn.truth), predictions=_csv(drawn.prediction))

    def score(self) -> Evaluation:
        """Read both files, and score."""
        return evaluate(self.task, truth=self.truth, predictions=self.predictions, seed=1)


def _task(case: Case, /, *, columns: list[str], resamples: int) -> Task:
    cases = [*case.parts, case]
    metrics = [
        {
            "key": one.key,
            "metric": one.key,
            "params": dict(one.params),
            "primary": one is case,
            "direction": get_metric(one.key).direction or Direction.MAXIMIZE,
        }
        for one in cases
    ]
    submission = {"kinds": ["predictions"], "file": "p.csv", "ids": "ids.csv", "id": UNIT}
    return Task.model_validate(
        {
            "submission": submission
            | {"columns": {name: {"type": "float"} for name in columns}, "max_bytes": "100MB"},
            "scoring": {"metrics": metrics, "resamples": resamples},
            "unit": UNIT,
            "split": None,
        }
    )


def _csv(table: Table, /) -> bytes:
    columns: Mapping[str, Iterable[Any]] = {name: column.tolist() for name, column in table.items()}
    rows = zip(*columns.values(), strict=True)
    lines = [",".join([UNIT, *columns])]
    lines += [",".join([f"u{number:06}", *map(repr, row)]) for number, row in enumerate(rows)]
    return ("\n".join(lines) + "\n").encode()
