"""Metrics of many labels a row, each told to be true or not.

Labels are taken as they are told: a label does not bring the labels above it in a hierarchy with
it. `hierarchy_consistency` measures whether it should have.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from scorers.metric import Columns, Direction, Metric, Needs, Reason, Vector, Weights
from scorers.multilabel.cells import LabelCells, check_pairs, sums_under
from scorers.rules import ZeroOrOne
from scorers.weighted.confusion import mean_of_defined
from scorers.weighted.counts import ratio
from scorers.weighted.measured import Measured
from scorers.weighted.per_row import MeanOfRows


def multilabel_macro_f1(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    labels: Sequence[str],
    predicted: Sequence[str],
    masked: int | None = None,
    where: str | None = None,
) -> Measured:
    """Measure the mean over labels of F1, each label in a column of its own.

    `labels` lists truth columns of 0 and 1, `predicted` the column of the prediction for each of
    them. Truth cells that hold `masked`, such as 9 for unknown, are left out, each for its label
    alone; `where`, a truth column of 0 and 1, leaves rows out. F1 of a label is
    2 TP / (2 TP + FP + FN) (Opitz and Burst, arXiv:1911.03347, equation 2). A label that is
    nowhere true or told is left out of the mean; one that is told but nowhere true counts 0.
    Raises ParamsError if the lists do not fit, InvalidColumns if a column is missing, holds
    something else, or is not as long as the others.

    Of label a, one of two is found: 2 * 1 / (2 + 1). Of b, the third row is not known; the one
    that is true is found: 1. Nobody has or is told c, which is left out: (2/3 + 1) / 2.

    >>> truth = {"a": [1, 1, 0], "b": [1, 0, 9], "c": [0, 0, 0]}
    >>> prediction = {"pa": [1, 0, 0], "pb": [1, 0, 1], "pc": [0, 0, 0]}
    >>> names = {"labels": ["a", "b", "c"], "predicted": ["pa", "pb", "pc"]}
    >>> round(multilabel_macro_f1(truth, prediction, **names, masked=9).value, 12)
    0.833333333333
    """
    cells = _read(truth, prediction, labels=labels, predicted=predicted, masked=masked, where=where)
    told = cells.told(prediction, predicted=predicted)
    counts = np.hstack([cells.true & told, cells.true, told]).astype(np.int8)

    def statistic(weights: Weights) -> Vector:
        both, true, alarms = np.split(sums_under(weights, counts, rows=cells.rows), 3, axis=1)
        shares = ratio(2 * both.ravel(), (true + alarms).ravel())
        return mean_of_defined(shares.reshape(both.shape))

    return _f1(cells, statistic)


def multilabel_micro_f1(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    labels: Sequence[str],
    predicted: Sequence[str],
    masked: int | None = None,
    where: str | None = None,
) -> Measured:
    """Measure F1 of all known cells of all labels together.

    Params and errors are those of `multilabel_macro_f1`. 2 TP / (2 TP + FP + FN) (Lewis, SIGIR
    1995, doi:10.1145/215206.215366). Frequent labels decide it. Without any true or told cell
    there is no value.

    Two of three true cells are found and there is no false alarm among the known cells:
    2 * 2 / (2 * 2 + 1).

    >>> truth = {"a": [1, 1, 0], "b": [1, 0, 9], "c": [0, 0, 0]}
    >>> prediction = {"pa": [1, 0, 0], "pb": [1, 0, 1], "pc": [0, 0, 0]}
    >>> names = {"labels": ["a", "b", "c"], "predicted": ["pa", "pb", "pc"]}
    >>> multilabel_micro_f1(truth, prediction, **names, masked=9).value
    0.8
    """
    cells = _read(truth, prediction, labels=labels, predicted=predicted, masked=masked, where=where)
    told = cells.told(prediction, predicted=predicted)
    both = (cells.true & told).sum(axis=1)
    counts = np.stack([2 * both, cells.true.sum(axis=1) + told.sum(axis=1)], axis=1)
    return _f1(cells, lambda weights: ratio(*sums_under(weights, counts, rows=cells.rows).T))


def multilabel_sample_f1(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    labels: Sequence[str],
    predicted: Sequence[str],
    masked: int | None = None,
    where: str | None = None,
) -> MeanOfRows:
    """Measure the mean over rows of F1 of a row's labels.

    Params and errors are those of `multilabel_macro_f1`. 2 |true and told| / (|true| + |told|) of
    the known cells of a row (Godbole and Sarawagi, PAKDD 2004, doi:10.1007/978-3-540-24775-3_5).
    A row with nothing true and nothing told is left out; one with something told but nothing true
    counts 0.

    First row: both are found, 1. Second: none of one, 0. Third: nothing known is true or told, so
    it is left out: (1 + 0) / 2.

    >>> truth = {"a": [1, 1, 0], "b": [1, 0, 9], "c": [0, 0, 0]}
    >>> prediction = {"pa": [1, 0, 0], "pb": [1, 0, 1], "pc": [0, 0, 0]}
    >>> names = {"labels": ["a", "b", "c"], "predicted": ["pa", "pb", "pc"]}
    >>> multilabel_sample_f1(truth, prediction, **names, masked=9).value
    0.5
    """
    cells = _read(truth, prediction, labels=labels, predicted=predicted, masked=masked, where=where)
    told = cells.told(prediction, predicted=predicted)
    possible = cells.true.sum(axis=1) + told.sum(axis=1)
    some = possible > 0
    return MeanOfRows(
        rows=cells.rows[some],
        values=2 * (cells.true & told).sum(axis=1)[some] / possible[some],
        events=cells.events,
        reason=Reason.NO_POSITIVES if len(cells.rows) else Reason.NO_UNITS,
    )


def hamming_loss(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    labels: Sequence[str],
    predicted: Sequence[str],
    masked: int | None = None,
    where: str | None = None,
) -> Measured:
    """Measure the share of known cells that are told wrongly.

    Params and errors are those of `multilabel_macro_f1` (Schapire and Singer, Mach Learn
    2000;39:135-168). With rare labels it is small for a prediction of nothing.

    Of six cells one is not known, and one of the others is wrong.

    >>> truth, prediction = {"a": [1, 1, 0], "b": [1, 0, 9]}, {"pa": [1, 0, 0], "pb": [1, 0, 1]}
    >>> names = {"labels": ["a", "b"], "predicted": ["pa", "pb"]}
    >>> hamming_loss(truth, prediction, **names, masked=9).value
    0.2
    """
    cells = _read(truth, prediction, labels=labels, predicted=predicted, masked=masked, where=where)
    wrong = cells.true ^ cells.told(prediction, predicted=predicted)
    counts = np.stack([wrong.sum(axis=1), cells.known.sum(axis=1)], axis=1)
    return Measured(
        statistic=lambda weights: ratio(*sums_under(weights, counts, rows=cells.rows).T),
        rows=cells.total,
        units=len(cells.rows),
        events=cells.events,
    )


def subset_accuracy(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    labels: Sequence[str],
    predicted: Sequence[str],
    masked: int | None = None,
    where: str | None = None,
) -> MeanOfRows:
    """Measure the share of rows in which every known label is told rightly.

    Params and errors are those of `multilabel_macro_f1` (Zhu et al., SIGIR 2005,
    doi:10.1145/1076034.1076082, exact match). Rows of which no label is known are left out.

    The first and the third row are right in all that is known.

    >>> truth, prediction = {"a": [1, 1, 0], "b": [1, 0, 9]}, {"pa": [1, 0, 0], "pb": [1, 0, 1]}
    >>> names = {"labels": ["a", "b"], "predicted": ["pa", "pb"]}
    >>> subset_accuracy(truth, prediction, **names, masked=9).value
    0.6666666666666666
    """
    cells = _read(truth, prediction, labels=labels, predicted=predicted, masked=masked, where=where)
    right = (cells.true == cells.told(prediction, predicted=predicted)).all(axis=1)
    return MeanOfRows(rows=cells.rows, values=right.astype(np.float64), events=cells.events)


def _read(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    labels: Sequence[str],
    predicted: Sequence[str],
    masked: int | None,
    where: str | None,
) -> LabelCells:
    check_pairs(truth, prediction, labels=labels, predicted=predicted)
    return LabelCells.read(truth, labels=labels, where=where, masked=masked)


def _f1(cells: LabelCells, statistic: Callable[[Weights], Vector], /) -> Measured:
    return Measured(
        statistic=statistic,
        rows=cells.total,
        units=len(cells.rows),
        undefined=Reason.NO_POSITIVES,
        events=cells.events,
    )


_metric: Callable[..., Metric] = partial(
    Metric,
    needs=Needs.LABELS,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no known cell, or none that is true or told; such resamples are skipped",
    exact=True,
    truth_columns=("labels", "where"),
    prediction_columns=("predicted",),
    rules=(ZeroOrOne(param="predicted"),),
)

MULTILABEL_MACRO_F1 = _metric(
    key="multilabel_macro_f1",
    reference='sklearn.metrics.f1_score, average="macro", zero_division=nan',
    source="Opitz and Burst, arXiv:1911.03347, equation 2",
    measure=multilabel_macro_f1,
)
MULTILABEL_MICRO_F1 = _metric(
    key="multilabel_micro_f1",
    reference='sklearn.metrics.f1_score, average="micro"',
    source="Lewis, SIGIR 1995, doi:10.1145/215206.215366",
    measure=multilabel_micro_f1,
)
MULTILABEL_SAMPLE_F1 = _metric(
    key="multilabel_sample_f1",
    reference='sklearn.metrics.f1_score, average="samples", zero_division=nan',
    source="Godbole and Sarawagi, PAKDD 2004, doi:10.1007/978-3-540-24775-3_5",
    measure=multilabel_sample_f1,
)
HAMMING_LOSS = _metric(
    key="hamming_loss",
    direction=Direction.MINIMIZE,
    undefined="no known cell; such resamples are skipped",
    reference="sklearn.metrics.hamming_loss",
    source="Schapire and Singer, Mach Learn 2000;39:135-168",
    measure=hamming_loss,
)
SUBSET_ACCURACY = _metric(
    key="subset_accuracy",
    undefined="no known cell; such resamples are skipped",
    reference="sklearn.metrics.accuracy_score of an indicator matrix",
    source="Zhu et al., SIGIR 2005, doi:10.1145/1076034.1076082",
    measure=subset_accuracy,
)
