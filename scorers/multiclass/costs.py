"""Metrics by a matrix of costs: what it costs to tell each class for each true class."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from scorers.metric import (
    Columns,
    Direction,
    Metric,
    Needs,
    ParamsError,
    PictureKind,
    Reason,
    Vector,
)
from scorers.rules import OneClass
from scorers.weighted.confusion import Counts, confusion, number_of, running_total
from scorers.weighted.counts import ratio
from scorers.weighted.measured import Measured

Labels = Sequence[str | int | float]
Costs = Sequence[Sequence[float]]


def mean_cost(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    predicted: str | Sequence[str],
    classes: Labels,
    costs: Costs,
    where: str | None = None,
) -> Measured:
    """Measure the mean of what the rows cost: `costs[i][j]` for telling class j where i is true.

    `label` is the truth column, `predicted` that of the prediction, `classes` lists what both may
    hold, in the order of the rows and columns of `costs` (numbers from 0 on). `predicted` may list
    a column for each class too, of which one holds 1 and the others 0. `where`, a truth column of
    0 and 1, leaves the rows with 0 out. The expected cost of Hastie et al., The Elements
    of Statistical Learning, 2009, section 2.4. Compare it with what each constant answer costs.
    Raises ParamsError if the classes or the matrix are wrong, InvalidColumns if a column is
    missing, holds what is no class, or has another length.

    One of four rows, of class 0, is told as 1, which costs 0.1: 0.1 / 4.

    >>> truth, prediction = {"y": [0, 0, 1, 1]}, {"p": [0, 1, 1, 1]}
    >>> names = {"label": "y", "predicted": "p", "classes": [0, 1]}
    >>> mean_cost(truth, prediction, **names, costs=[[0, 0.1], [0.7, 0]]).value
    0.025
    """
    matrix = _matrix(costs, size=number_of(classes))
    return confusion(
        truth,
        prediction,
        label=label,
        predicted=predicted,
        classes=classes,
        where=where,
        formula=lambda counts: _mean(counts, matrix),
    )


def cost_score(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    predicted: str | Sequence[str],
    classes: Labels,
    costs: Costs,
    where: str | None = None,
) -> Measured:
    """Measure 1 minus the mean cost of the rows, so that larger is better.

    Params and errors are those of `mean_cost`. The score of the TissueNet challenge (DrivenData,
    2020), whose costs are from 0 to 1; with larger ones it may be below 0.

    One of four rows, of class 0, is told as 1, which costs 0.1: 1 - 0.1 / 4.

    >>> truth, prediction = {"y": [0, 0, 1, 1]}, {"p": [0, 1, 1, 1]}
    >>> names = {"label": "y", "predicted": "p", "classes": [0, 1]}
    >>> cost_score(truth, prediction, **names, costs=[[0, 0.1], [0.7, 0]]).value
    0.975
    """
    matrix = _matrix(costs, size=number_of(classes))
    return confusion(
        truth,
        prediction,
        label=label,
        predicted=predicted,
        classes=classes,
        where=where,
        formula=lambda counts: 1 - _mean(counts, matrix),
    )


def normalised_expected_cost(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    predicted: str | Sequence[str],
    classes: Labels,
    costs: Costs,
    where: str | None = None,
) -> Measured:
    """Measure the mean cost as a multiple of what the best constant answer costs.

    Params and errors are those of `mean_cost`. The best constant answer is the one class that
    costs least where it is told for all rows, found anew in each resample; 1 is no better than it
    (Ferrer, arXiv:2209.05355, normalised expected cost). If it costs nothing there is no value:
    the truth then has one class only, or some class costs nothing wherever it is told.

    The mean cost is 0.1 / 4. To tell 0 always costs (0.7 + 0.7) / 4, to tell 1 always costs
    (0.1 + 0.1) / 4: half of the better one.

    >>> truth, prediction = {"y": [0, 0, 1, 1]}, {"p": [0, 1, 1, 1]}
    >>> names = {"label": "y", "predicted": "p", "classes": [0, 1]}
    >>> normalised_expected_cost(truth, prediction, **names, costs=[[0, 0.1], [0.7, 0]]).value
    0.5
    """
    matrix = _matrix(costs, size=number_of(classes))

    def formula(counts: Counts) -> Vector:
        true = counts.sum(axis=2)
        constant = np.stack([running_total(true * column) for column in matrix.T], axis=1)
        return ratio(_total(counts, matrix), constant.min(axis=1))

    return confusion(
        truth,
        prediction,
        label=label,
        predicted=predicted,
        classes=classes,
        where=where,
        formula=formula,
        undefined=Reason.ONE_CLASS,
    )


def _matrix(costs: Costs, /, *, size: int) -> Vector:
    """Return the matrix; raise ParamsError unless it has a finite cost for each pair of classes."""
    try:
        matrix = np.array(costs, dtype=np.float64)
    except (TypeError, ValueError):
        raise ParamsError("costs must be rows of numbers, one row for each true class") from None
    if matrix.shape != (size, size):
        raise ParamsError(f"costs must be {size} rows of {size} numbers, as there are classes")
    if not (np.isfinite(matrix) & (matrix >= 0)).all():
        raise ParamsError("costs must be finite and not below 0")
    return matrix


def _total(counts: Counts, matrix: Vector) -> Vector:
    return running_total((counts * matrix).reshape(len(counts), -1))


def _mean(counts: Counts, matrix: Vector) -> Vector:
    return ratio(_total(counts, matrix), counts.sum(axis=(1, 2)))


_metric: Callable[..., Metric] = partial(
    Metric,
    needs=Needs.LABELS,
    direction=Direction.MINIMIZE,
    lowest=0.0,
    highest=np.inf,
    undefined="no row; such resamples are skipped",
    reference="the cells of sklearn.metrics.confusion_matrix times their costs",
    exact=True,
    truth_columns=("label", "where"),
    prediction_columns=("predicted",),
    rules=(OneClass(param="predicted"),),
    pictures=(PictureKind.CONFUSION,),
)

MEAN_COST = _metric(
    key="mean_cost",
    source="Hastie et al., The Elements of Statistical Learning, 2009, section 2.4",
    measure=mean_cost,
)
COST_SCORE = _metric(
    key="cost_score",
    direction=Direction.MAXIMIZE,
    lowest=-np.inf,
    highest=1.0,
    source="TissueNet: Detect Lesions in Cervical Biopsies, DrivenData, 2020",
    measure=cost_score,
)
NORMALISED_EXPECTED_COST = _metric(
    key="normalised_expected_cost",
    undefined="no row, or the best constant answer costs nothing; such resamples are skipped",
    source="Ferrer, arXiv:2209.05355",
    measure=normalised_expected_cost,
)
