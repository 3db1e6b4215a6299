"""No metric answers a silent 0, 1 or NaN: what has no value says why, no data are refused."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pytest

from bench.cases.case import Case, Drawn
from bench.cases.every import CASES
from scorers.metric import InvalidColumns, Metric, Reason, Undefined
from scorers.registry import get_metric, metric_keys

every_metric = pytest.mark.parametrize("key", metric_keys())
MEASURED = [key for key in metric_keys() if isinstance(get_metric(key), Metric)]
ROWS = 80


def drawn(key: str, /, *, rows: int = ROWS) -> Drawn:
    case = CASES[key]
    return case.draw(np.random.default_rng(7), max(rows, case.fewest))


def rows_of(given: Drawn, /) -> int:
    return len(next(iter(given.truth.values())))


def honest(key: str, given: Drawn, /) -> float | Undefined:
    """Return the value, which is a number of the metric's range or has a reason, under ones too."""
    metric, measure = get_metric(key), CASES[key].measure(given)
    value = measure.value
    ones = np.ones((2, rows_of(given)), dtype=np.int64)
    if isinstance(value, Undefined):
        assert isinstance(value.reason, Reason)
        assert np.isnan(measure.under(ones)).all()
    else:
        assert type(value) is float
        assert metric.lowest <= value <= metric.highest
        assert measure.under(ones).tolist() == [value, value]
    return value


def undefined(given: Mapping[str, Drawn], /) -> set[str]:
    return {key for key, one in given.items() if isinstance(honest(key, one), Undefined)}


@every_metric
def test_without_a_row_there_is_no_value(key: str) -> None:
    nobody = drawn(key).taken(np.empty(0, dtype=np.intp))

    assert isinstance(honest(key, nobody), Undefined)
    assert CASES[key].measure(nobody).units == 0


@every_metric
def test_under_weights_that_sum_to_zero_there_is_no_value(key: str) -> None:
    given = drawn(key)
    weights = np.zeros((3, rows_of(given)), dtype=np.int64)
    weights[1] = 1

    under = CASES[key].measure(given).under(weights)

    assert np.isnan(under).tolist() == [True, False, True]


@every_metric
def test_a_value_on_random_rows_is_a_number_of_the_range_or_says_why(key: str) -> None:
    given = drawn(key)
    for start in range(8):
        for size in (1, 2, 5):
            honest(key, given.taken(np.arange(start, start + size)))


VARYING = {
    # one class in the truth, or numbers that do not vary
    "auroc", "average_precision", "sensitivity_at_specificity", "specificity_at_sensitivity",
    "binary_mcc", "binary_balanced_accuracy", "sensitivity", "specificity", "f_beta",
    "calibration_slope", "calibration_intercept", "mcc", "weighted_kappa", "kendall_tau",
    "macro_auroc", "r2", "ccc", "spearman",
    # all times equal: no pair can be compared, nobody is watched for longer
    "harrell_c", "wolbers_c", "uno_c", "cumulative_dynamic_auc",
}  # fmt: skip
"""Metrics that have no value for a row that is repeated; those of SOMETIMES for some only."""

SOMETIMES = {"average_precision", "sensitivity", "specificity", "f_beta"}


@pytest.mark.parametrize("key", sorted(VARYING - SOMETIMES))
def test_of_one_row_that_is_repeated_nothing_can_be_told_apart(key: str) -> None:
    given = drawn(key)
    for row in range(20):
        same = given.taken(np.full(15, row))
        assert isinstance(honest(key, same), Undefined), row


@pytest.mark.parametrize("key", sorted(SOMETIMES))
def test_without_a_positive_or_a_negative_that_a_metric_is_about_it_has_no_value(key: str) -> None:
    given = drawn(key)
    told = [honest(key, given.taken(np.full(15, row))) for row in range(60)]

    assert {isinstance(value, Undefined) for value in told} == {True, False}


OBJECTS = {"detection_map", "detection_ap", "froc_boxes", "froc_points", "point_sensitivity",
           "cytologia_giou_f1", "cytologia_strict"}  # fmt: skip
"""Metrics without a value where the truth has no object, whatever is found."""

NOTHING_AT_ALL = OBJECTS | {
    "point_f1", "point_precision", "panoptic_quality", "recognition_quality",
    "segmentation_quality", "strict_entity_f1", "overlap_entity_f1", "deidentification_recall",
    "micro_code_f1", "macro_code_f1", "hierarchical_code_f1", "mean_average_precision_of_codes",
    "precision_at_k", "recall_at_k",
}  # fmt: skip
"""Metrics without a value where neither the truth nor the prediction has an object."""


def is_listed(column: Any, /) -> bool:
    return isinstance(column, list) and not isinstance(column[0], str)


def emptied(columns: Mapping[str, Any], /) -> dict[str, Any]:
    """Return the columns without any object: no box, code or span, and masks of background."""
    return {
        name: [_without(cell) for cell in column] if is_listed(column) else column
        for name, column in columns.items()
    }


def _without(cell: Any) -> Any:
    is_mask = isinstance(cell, np.ndarray) and cell.dtype.kind in "bui" and cell.ndim > 1
    return np.zeros_like(cell) if is_mask else cell[:0]


HOLDING = [key for key in MEASURED if any(map(is_listed, drawn(key, rows=2).truth.values()))]


def test_images_and_documents_without_an_object_have_no_value_where_there_is_nothing_to_find() -> (
    None
):
    cases = {key: drawn(key) for key in HOLDING}
    truth = {
        key: Drawn(truth=emptied(one.truth), prediction=one.prediction)
        for key, one in cases.items()
    }
    both = {
        key: Drawn(truth=emptied(one.truth), prediction=emptied(one.prediction))
        for key, one in cases.items()
    }

    assert undefined(truth) - undefined(both) == set()
    assert undefined(truth) >= OBJECTS
    assert undefined(both) == NOTHING_AT_ALL


def columns_read(case: Case, /) -> Iterable[tuple[str, str]]:
    """Yield the side and the name of each column that a metric reads."""
    metric = get_metric(case.key)
    for side, params in (
        ("truth", metric.truth_columns),
        ("prediction", metric.prediction_columns),
    ):
        for param in params:
            named = case.params.get(param)
            for name in named if isinstance(named, list) else [named]:
                if name is not None:
                    yield side, name


def poisoned(column: Any, bad: float, /) -> Any:
    """Return the column with one number, label, code or text of it replaced."""
    if isinstance(column, np.ndarray):
        numbers = column.dtype.kind in "buif"
        changed = column.astype(np.float64 if numbers else np.object_)
        changed[0] = bad
        return changed
    row = next(number for number, cell in enumerate(column) if len(cell))
    return [*column[:row], _poisoned_cell(column[row], bad), *column[row + 1 :]]


def _poisoned_cell(cell: Any, bad: float) -> Any:
    if isinstance(cell, str):
        return bad
    if isinstance(cell, np.ndarray):
        changed = cell.astype(np.float64)
        changed.flat[0] = bad
        return changed
    if isinstance(cell[0], tuple):
        return [(bad, *cell[0][1:]), *cell[1:]]
    return [bad, *cell[1:]]


UNREAD = {("hierarchy_consistency", "truth")}
"""A column of which only the length is read."""


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf], ids=["NaN", "inf", "-inf"])
@pytest.mark.parametrize("key", MEASURED)
def test_a_number_that_is_none_is_refused_in_every_column_that_is_read(
    key: str, bad: float
) -> None:
    case, given = CASES[key], drawn(key)
    read = [(side, name) for side, name in columns_read(case) if (key, side) not in UNREAD]
    assert read or key == "hierarchy_consistency"
    for side, name in read:
        sides: dict[str, Any] = {"truth": given.truth, "prediction": given.prediction}
        sides[side] = {**sides[side], name: poisoned(sides[side][name], bad)}

        with pytest.raises(InvalidColumns) as refused:
            case.measure(Drawn(**sides))

        assert name in str(refused.value), "the message names the column"


@pytest.mark.parametrize("key", MEASURED)
def test_a_column_that_is_missing_or_short_is_refused(key: str) -> None:
    case, given = CASES[key], drawn(key)
    for side, name in columns_read(case):
        sides: dict[str, Any] = {"truth": given.truth, "prediction": given.prediction}
        without = {other: column for other, column in sides[side].items() if other != name}
        for changed in (without, {**without, name: sides[side][name][:-1]}):
            with pytest.raises(InvalidColumns):
                case.measure(Drawn(**(sides | {side: changed})))


def test_a_combination_of_what_has_no_value_has_none() -> None:
    for key in set(metric_keys()) - set(MEASURED):
        params: dict[str, Any] = {"part": {"weight": 1.0}} if key == "rescaled_sum" else {"part": 1}
        told = get_metric(key)({}, {"part": Undefined(Reason.ONE_CLASS)}, **params)
        assert told == Undefined(Reason.UNDEFINED_PART)
