"""Whether told labels agree with a hierarchy: a told child has its parents told too."""

from collections.abc import Mapping, Sequence

import numpy as np

from scorers.columns import aligned, flags, rows_of
from scorers.metric import Columns, Direction, Metric, Needs, ParamsError
from scorers.multilabel.cells import flags_of
from scorers.rules import ZeroOrOneInHierarchy
from scorers.weighted.per_row import MeanOfRows

Parents = Mapping[str, str | Sequence[str]]


def hierarchy_consistency(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    parents: Parents,
    where: str | None = None,
) -> MeanOfRows:
    """Measure the share of rows in which every told label has its parents told.

    `parents` names, for columns of the prediction, the column of the parent or a list of them; all
    hold 0 and 1. `label` is any truth column, which is not compared, and `where`, a truth column
    of 0 and 1, leaves the rows with 0 out. A row without told children agrees. No other metric
    expands told labels by their parents, so a row that does not agree is scored as it is.
    Raises ParamsError if `parents` names none or a label as its own parent, InvalidColumns if a
    column is missing, holds something else, or is not as long as the others.

    The first row tells milk with food and food with allergy; the second tells food without
    allergy; the third tells nothing.

    >>> truth = {"allergy": [1, 1, 0]}
    >>> prediction = {"milk": [1, 0, 0], "food": [1, 1, 0], "any": [1, 0, 0]}
    >>> names = {"label": "allergy", "parents": {"milk": "food", "food": ["any"]}}
    >>> hierarchy_consistency(truth, prediction, **names).value
    0.6666666666666666
    """
    above = _lists(parents)
    aligned(truth, [label], prediction=prediction, predicted=sorted(_names(above)))
    rows = rows_of(truth, label, where=where)
    agrees = np.ones(len(rows), dtype=np.bool_)
    for child, names in above.items():
        founded = flags_of(prediction, names, rows=rows).all(axis=1)
        agrees &= founded | ~flags(prediction, child, rows=rows)
    return MeanOfRows(rows=rows, values=agrees.astype(np.float64))


def _lists(parents: Parents, /) -> dict[str, tuple[str, ...]]:
    if not parents:
        raise ParamsError("parents must name the parent of at least one column: {milk: food}")
    above = {
        child: (names,) if isinstance(names, str) else tuple(names)
        for child, names in parents.items()
    }
    for child, names in above.items():
        if not names or child in names:
            raise ParamsError(f"parents of {child} must be one or more columns, not {child} itself")
    return above


def _names(above: Mapping[str, tuple[str, ...]], /) -> set[str]:
    return set(above).union(*above.values())


HIERARCHY_CONSISTENCY = Metric(
    key="hierarchy_consistency",
    needs=Needs.LABELS,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no row; such resamples are skipped",
    reference="the definition",
    source="Silla and Freitas, Data Min Knowl Disc 2011;22:31-72",
    exact=True,
    truth_columns=("label", "where"),
    rules=(ZeroOrOneInHierarchy(),),
    measure=hierarchy_consistency,
)
