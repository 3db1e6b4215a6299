"""Metrics of one score a label in each row, where any number of labels may be true."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from scorers.metric import Columns, Direction, Metric, Needs, Reason, Vector, Weights
from scorers.multilabel.cells import LabelCells, check_pairs, numbers_of
from scorers.weighted.confusion import mean_of_defined
from scorers.weighted.counts import in_chunks
from scorers.weighted.measured import Measured
from scorers.weighted.order import ScoreOrder
from scorers.weighted.per_row import MeanOfRows


def mean_average_precision(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    labels: Sequence[str],
    scores: Sequence[str],
    masked: int | None = None,
    where: str | None = None,
) -> Measured:
    """Measure the mean of the average precision of the labels that are true somewhere.

    `labels` lists truth columns of 0 and 1, `scores` the column of the prediction for each of
    them: any numbers, larger = more likely, compared within a column only. Truth cells that hold
    `masked`, such as 9 for unknown, are left out, each for its label alone; `where`, a truth
    column of 0 and 1, leaves rows out. The average precision of a label is the sum over thresholds
    of precision times the recall gained, without interpolation (Manning et al., Introduction to
    Information Retrieval, 2008, section 8.4). Raises ParamsError if the lists do not fit,
    InvalidColumns if a column is missing, not finite, or not as long as the others.

    Label a: the row with the largest score is true, then precision is 2/3 when the other one is
    found: (1 + 2/3) / 2. Nobody has label b.

    >>> truth = {"a": [1, 0, 1], "b": [0, 0, 0]}
    >>> prediction = {"sa": [0.9, 0.5, 0.2], "sb": [0.3, 0.2, 0.1]}
    >>> names = {"labels": ["a", "b"], "scores": ["sa", "sb"]}
    >>> round(mean_average_precision(truth, prediction, **names).value, 12)
    0.833333333333
    """
    check_pairs(truth, prediction, labels=labels, predicted=scores)
    cells = LabelCells.read(truth, labels=labels, where=where, masked=masked)
    given = numbers_of(prediction, scores, rows=cells.rows)
    orders = [
        ScoreOrder.of(score=score[known], positive=true[known], rows=cells.rows[known])
        for score, true, known in zip(given.T, cells.true.T, cells.known.T, strict=True)
    ]

    def statistic(weights: Weights) -> Vector:
        precisions = [order.average_precision(weights) for order in orders]
        return mean_of_defined(np.stack(precisions, axis=1))

    return Measured(
        statistic=partial(in_chunks, statistic),
        rows=cells.total,
        units=len(cells.rows),
        undefined=Reason.NO_POSITIVES,
        events=cells.events,
    )


def ranking_average_precision(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    labels: Sequence[str],
    scores: Sequence[str],
    masked: int | None = None,
    where: str | None = None,
) -> MeanOfRows:
    """Measure how far the true labels of a row stand before its others (LRAP).

    Params and errors are those of `mean_average_precision`, but scores are compared within a row.
    For each true label, the share of true ones among the known labels whose score is at least its
    own, ties before it; the mean of these over the true labels, then over the rows that have any
    (average precision of Schapire and Singer, Mach Learn 2000;39:135-168). Rows without a true
    label have nothing to rank and are left out.

    First row: the true label b is second of three, so 1/2. Second: a is first, 1, and c, tied with
    b, is the second true one of three: (1 + 2/3) / 2. The third has no true label.

    >>> truth = {"a": [0, 1, 0], "b": [1, 0, 0], "c": [0, 1, 0]}
    >>> prediction = {"sa": [0.9, 0.9, 0.1], "sb": [0.8, 0.2, 0.1], "sc": [0.1, 0.2, 0.1]}
    >>> names = {"labels": ["a", "b", "c"], "scores": ["sa", "sb", "sc"]}
    >>> round(ranking_average_precision(truth, prediction, **names).value, 12)
    0.666666666667
    """
    check_pairs(truth, prediction, labels=labels, predicted=scores)
    cells = LabelCells.read(truth, labels=labels, where=where, masked=masked)
    given = numbers_of(prediction, scores, rows=cells.rows)
    count = cells.true.sum(axis=1)
    earned = np.zeros(len(count))
    for true, own in zip(cells.true.T, given.T, strict=True):
        before = cells.known & (given >= own[:, None])
        rank = np.maximum(before.sum(axis=1), 1)  # 0 only where the label is not known
        earned += np.where(true, (before & cells.true).sum(axis=1) / rank, 0.0)
    some = count > 0
    return MeanOfRows(
        rows=cells.rows[some],
        values=earned[some] / count[some],
        events=cells.events,
        reason=Reason.NO_POSITIVES if len(cells.rows) else Reason.NO_UNITS,
    )


_metric: Callable[..., Metric] = partial(
    Metric,
    needs=Needs.SCORES,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no known cell, or none that is true; such resamples are skipped",
    exact=True,
    truth_columns=("labels", "where"),
    prediction_columns=("scores",),
)

MEAN_AVERAGE_PRECISION = _metric(
    key="mean_average_precision",
    reference='sklearn.metrics.average_precision_score, average="macro", of labels with positives',
    source="Manning et al., Introduction to Information Retrieval, 2008, section 8.4",
    measure=mean_average_precision,
)
RANKING_AVERAGE_PRECISION = _metric(
    key="ranking_average_precision",
    reference="sklearn.metrics.label_ranking_average_precision_score, of rows with positives",
    source="Schapire and Singer, Mach Learn 2000;39:135-168",
    measure=ranking_average_precision,
)
