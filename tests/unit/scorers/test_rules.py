"""A prediction breaks a declared rule of a metric exactly where the metric cannot measure it."""

from typing import Any

import numpy as np
import pytest

from bench.cases.case import Case, Drawn
from bench.cases.every import CASES
from scorers.metric import InvalidColumns, Metric, Needs
from scorers.registry import get_metric, metric_keys
from scorers.rules import named

APART = {Needs.MASKS, Needs.SPANS}
"""Masks have no rule beside those of their columns, and the rule of spans a test of its own."""

READ = [
    key
    for key in metric_keys()
    if isinstance(metric := get_metric(key), Metric) and metric.needs not in APART
]
ROWS = 80
NUMBERS = (-0.5, -0.001, 0.5, 1.001, 2.0, 1e-120, 1e101, -1e101, 0.0, 1.0)
WORDS = ("nobody", "")


def columns_of(case: Case, /) -> list[str]:
    """Return the columns of the prediction that a metric reads."""
    metric = get_metric(case.key)
    told = [name for param in metric.prediction_columns for name in named(case.params, param)]
    return (
        told or [*case.params["parents"], "milk"][:1]
        if case.key == "hierarchy_consistency"
        else told
    )


def changes(column: Any, /) -> list[Any]:
    """Return the column with one of its cells, or of its objects' numbers, changed in many ways."""
    if isinstance(column, np.ndarray):
        bad: tuple[Any, ...] = WORDS if column.dtype.kind == "U" else NUMBERS
        kind = column.dtype if column.dtype.kind == "U" else np.float64
        made = []
        for value in bad:
            changed = column.astype("<U20" if kind is not np.float64 else kind)
            changed[3] = value
            made.append(changed)
        return made
    row = next(number for number, cell in enumerate(column) if len(cell))
    return [[*column[:row], cell, *column[row + 1 :]] for cell in _cells(column[row])]


def _cells(cell: Any) -> list[Any]:
    if not isinstance(cell, np.ndarray):
        return [[word, *cell[1:]] for word in WORDS]
    made = []
    for place in range(cell[0].size):
        for value in (-5.0, 0.0, 1e6):
            changed = cell.astype(np.float64)
            changed[0].flat[place] = value
            made.append(changed) if cell.ndim > 1 else None
    return made or [np.append(cell[:-1], 3.0)]


def flat(columns: Any, /) -> dict[str, Any]:
    """Return the columns as a file has them: a row for each object, lists of codes as they are."""
    told = {}
    for name, column in columns.items():
        objects = isinstance(column, list) and name != "codes"
        told[name] = np.concatenate(column) if objects else column
        if name == "codes":
            told[name] = np.fromiter(column, dtype=np.object_, count=len(column))
    return told


def is_broken(case: Case, prediction: Any, /) -> bool:
    rules = get_metric(case.key).rules
    return any(
        broken.rows.any() for rule in rules for broken in rule.broken(flat(prediction), case.params)
    )


def is_refused(case: Case, given: Drawn, /) -> bool:
    try:
        case.measure(given)
    except InvalidColumns:
        return True
    return False


@pytest.mark.parametrize("key", READ)
def test_a_rule_is_broken_exactly_where_the_metric_refuses(key: str) -> None:
    case = CASES[key]
    given = case.draw(np.random.default_rng(3), max(ROWS, case.fewest))
    assert not is_broken(case, given.prediction)
    assert not is_refused(case, given)
    for name in columns_of(case):
        for changed in changes(given.prediction[name]):
            other = Drawn(truth=given.truth, prediction={**given.prediction, name: changed})
            assert is_broken(case, other.prediction) == is_refused(case, other), (name, changed)


def test_some_of_these_changes_break_a_rule_of_each_metric_that_has_one() -> None:
    for key in READ:
        case = CASES[key]
        given = case.draw(np.random.default_rng(3), max(ROWS, case.fewest))
        broken = [
            is_broken(case, {**given.prediction, name: changed})
            for name in columns_of(case)
            for changed in changes(given.prediction[name])
        ]
        assert any(broken) == bool(get_metric(key).rules), key
