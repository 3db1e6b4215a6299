"""Metrics of calls: everything whose label or score reaches a threshold is called positive."""

from collections.abc import Callable
from functools import partial

import numpy as np

from scorers.binary.labelled import Labelled
from scorers.columns import probabilities
from scorers.metric import (
    Columns,
    Direction,
    Metric,
    Needs,
    ParamsError,
    PictureKind,
    Reason,
    Vector,
    Weights,
)
from scorers.rules import probability as probability_rule
from scorers.weighted.calls import Calls
from scorers.weighted.counts import total_weight
from scorers.weighted.measured import Measured


def f_beta(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    predicted: str,
    threshold: float = 0.5,
    beta: float = 1,
    where: str | None = None,
) -> Measured:
    """Measure the F-measure of calling positive what has `threshold` or more in `predicted`.

    `predicted` is a column of labels 0 and 1, for which the threshold stays as it is, or of
    scores. `label` (0 or 1) is a truth column; `where`, a truth column of 0 and 1, leaves the rows
    with 0 out. F = (1 + beta²) TP / ((1 + beta²) TP + beta² FN + FP), the harmonic mean of
    precision and recall, of which recall counts `beta` times (van Rijsbergen, Information
    Retrieval, 2nd ed. 1979, chapter 7). It is 0 if nothing called is positive, and undefined if
    moreover nothing is positive and nothing is called, where scikit-learn gives 0. Raises
    ParamsError if `beta` is not above 0, and InvalidColumns if a column is missing, not numeric,
    not finite, or not as long as the others.

    Both positives and one negative are called: TP = 2, FP = 1, FN = 0. So F1 is 4/(4 + 1), and F2,
    where 1 + beta² = 5, is 10/(10 + 1).

    >>> truth, prediction = {"ill": [1, 1, 0, 0]}, {"p": [0.9, 0.7, 0.5, 0.1]}
    >>> f_beta(truth, prediction, label="ill", predicted="p").value
    0.8
    >>> round(f_beta(truth, prediction, label="ill", predicted="p", beta=2).value, 6)
    0.909091
    """
    if not (beta > 0 and 0 < beta * beta < np.inf):
        raise ParamsError(f"beta is {beta}; it must be a number above 0")
    data = Labelled.read(truth, prediction, label=label, predicted=predicted, where=where)
    return _measure(data, threshold, lambda counts: counts.f_beta(beta), Reason.NO_POSITIVES)


def binary_mcc(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    predicted: str,
    threshold: float = 0.5,
    where: str | None = None,
) -> Measured:
    """Measure Matthews' correlation of the truth and of what has `threshold` or more.

    `predicted` is a column of labels 0 and 1, for which the threshold stays as it is, or of
    scores. `label` (0 or 1) is a truth column; `where`, a truth column of 0 and 1, leaves the rows
    with 0 out. MCC = (TP TN - FP FN) / sqrt((TP + FP) (TP + FN) (TN + FP) (TN + FN)) (Matthews,
    Biochim Biophys Acta 1975;405:442-451). If all rows or none are called it is 0, as in
    scikit-learn and as in the limit (Chicco and Jurman, BMC Genomics 2020;21:6), so that no
    prediction escapes a bad score. With one class only in the truth it is undefined, where
    scikit-learn gives 0. Raises InvalidColumns if a column is missing, not numeric, not finite, or
    not as long as the others.

    Two of two positives and one of two negatives are called: (2·1 - 1·0) / sqrt(3·2·2·1).

    >>> truth, prediction = {"ill": [1, 1, 0, 0]}, {"p": [0.9, 0.7, 0.5, 0.1]}
    >>> round(binary_mcc(truth, prediction, label="ill", predicted="p").value, 6)
    0.57735
    """
    data = Labelled.read(truth, prediction, label=label, predicted=predicted, where=where)
    return _measure(data, threshold, Calls.mcc, Reason.ONE_CLASS, both_calls=True)


def binary_balanced_accuracy(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    predicted: str,
    threshold: float = 0.5,
    where: str | None = None,
) -> Measured:
    """Measure the mean of sensitivity and specificity of calling what has `threshold` or more.

    `predicted` is a column of labels 0 and 1, for which the threshold stays as it is, or of
    scores. `label` (0 or 1) is a truth column; `where`, a truth column of 0 and 1, leaves the rows
    with 0 out (Brodersen et al., ICPR 2010, pages
    3121-3124). With one class only in the truth it is
    undefined, where scikit-learn gives the accuracy on that class. Raises InvalidColumns if a
    column is missing, not numeric, not finite, or not as long as the others.

    Two of two positives are called, one of two negatives is not: (1 + 1/2) / 2.

    >>> truth, prediction = {"ill": [1, 1, 0, 0]}, {"p": [0.9, 0.7, 0.5, 0.1]}
    >>> binary_balanced_accuracy(truth, prediction, label="ill", predicted="p").value
    0.75
    """
    data = Labelled.read(truth, prediction, label=label, predicted=predicted, where=where)
    statistic = Calls.balanced_accuracy
    return _measure(data, threshold, statistic, Reason.ONE_CLASS, both_calls=True)


def sensitivity(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    predicted: str,
    threshold: float = 0.5,
    where: str | None = None,
) -> Measured:
    """Measure the share of positives that have `threshold` or more in the column `predicted`.

    TP / (TP + FN) (Yerushalmy, Public Health Reports 1947;62:1432-1449). `predicted` is a column
    of labels 0 and 1, for which the threshold stays as it is, or of scores. `label` (0 or 1) is a
    truth column; `where`, a truth column of 0 and 1, leaves the rows with 0 out. Without positives
    it is undefined, where scikit-learn gives 0. Raises InvalidColumns if a column is missing, not
    numeric, not finite, or not as long as the others.

    Of two positives one has 0.5 or more.

    >>> truth, prediction = {"ill": [1, 1, 0, 0]}, {"p": [0.5, 0.4, 0.6, 0.1]}
    >>> sensitivity(truth, prediction, label="ill", predicted="p").value
    0.5
    """
    data = Labelled.read(truth, prediction, label=label, predicted=predicted, where=where)
    return _measure(data, threshold, Calls.sensitivity, Reason.NO_POSITIVES)


def specificity(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    predicted: str,
    threshold: float = 0.5,
    where: str | None = None,
) -> Measured:
    """Measure the share of negatives that have less than `threshold` in the column `predicted`.

    TN / (TN + FP) (Yerushalmy, Public Health Reports 1947;62:1432-1449). `predicted` is a column
    of labels 0 and 1, for which the threshold stays as it is, or of scores. `label` (0 or 1) is a
    truth column; `where`, a truth column of 0 and 1, leaves the rows with 0 out. Without negatives
    it is undefined, where scikit-learn gives 0. Raises InvalidColumns if a column is missing, not
    numeric, not finite, or not as long as the others.

    Of two negatives one has less than 0.5.

    >>> truth, prediction = {"ill": [1, 1, 0, 0]}, {"p": [0.9, 0.4, 0.5, 0.1]}
    >>> specificity(truth, prediction, label="ill", predicted="p").value
    0.5
    """
    data = Labelled.read(truth, prediction, label=label, predicted=predicted, where=where)
    return _measure(data, threshold, Calls.specificity, Reason.ONE_CLASS)


def net_benefit(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    probability: str,
    threshold: float,
    where: str | None = None,
) -> Measured:
    """Measure the net benefit of treating whom the column `probability` gives `threshold` or more.

    TP/n - FP/n · threshold / (1 - threshold): true positives per row, less the false positives
    that the threshold says are worth one (Vickers and Elkin, Med Decis Making 2006;26:565-574).
    `threshold` is between 0 and 1. Treating nobody has 0; compare also with treating all. `label`
    (0 or 1) is a truth column; `where`, a truth column of 0 and 1, leaves the rows with 0 out.
    Raises ParamsError if `threshold` is out of range, and InvalidColumns if a column is missing,
    not numeric, not finite, not as long as the others, or if it holds no probabilities.

    At 0.2 a false positive costs 0.2/0.8 = 1/4 of what a true positive gains. Two positives and
    one negative of four are treated: 2/4 - 1/4 · 1/4.

    >>> truth, prediction = {"ill": [1, 1, 0, 0]}, {"p": [0.9, 0.2, 0.5, 0.1]}
    >>> net_benefit(truth, prediction, label="ill", probability="p", threshold=0.2).value
    0.4375
    """
    if not 0 < threshold < 1:
        raise ParamsError(f"threshold is {threshold}; it must be a probability between 0 and 1")
    data = Labelled.read(
        truth, prediction, label=label, predicted=probability, where=where, reader=probabilities
    )
    return _measure(data, threshold, lambda counts: counts.net_benefit(threshold), Reason.NO_UNITS)


def _measure(
    data: Labelled,
    threshold: float,
    statistic: Callable[[Calls], Vector],
    undefined: Reason,
    *,
    both_calls: bool = False,
) -> Measured:
    """Measure a statistic of calls; with `both_calls` it is as little known as the rarer call."""
    if not np.isfinite(threshold):
        raise ParamsError(f"threshold is {threshold}; it must be a finite number")
    called = data.predicted >= threshold
    outcomes = {
        "tp": data.rows[data.positive & called],
        "fp": data.rows[~data.positive & called],
        "fn": data.rows[data.positive & ~called],
        "tn": data.rows[~data.positive & ~called],
    }

    def weighted(weights: Weights) -> Vector:
        counts = {name: total_weight(weights, rows) for name, rows in outcomes.items()}
        return statistic(Calls(**counts))

    return data.measured(weighted, undefined=undefined, called=called if both_calls else None)


_declare = partial(
    Metric,
    direction=Direction.MAXIMIZE,
    highest=1.0,
    exact=True,
    truth_columns=("label", "where"),
)

_declare_calls = partial(
    _declare,
    needs=Needs.LABELS,
    prediction_columns=("predicted",),
    pictures=(PictureKind.CONFUSION,),
)

F_BETA = _declare_calls(
    key="f_beta",
    lowest=0.0,
    undefined="no row, or nothing positive and nothing called; such resamples are skipped",
    reference="sklearn.metrics.fbeta_score",
    source="van Rijsbergen, Information Retrieval, 1979, chapter 7",
    measure=f_beta,
)

BINARY_MCC = _declare_calls(
    key="binary_mcc",
    lowest=-1.0,
    undefined="no row, or rows of one class only; such resamples are skipped; 0 if all or none "
    "are called",
    reference="sklearn.metrics.matthews_corrcoef",
    source="Matthews, Biochim Biophys Acta 1975;405:442-451",
    measure=binary_mcc,
)

BINARY_BALANCED_ACCURACY = _declare_calls(
    key="binary_balanced_accuracy",
    lowest=0.0,
    undefined="no row, or rows of one class only; such resamples are skipped",
    reference="sklearn.metrics.balanced_accuracy_score",
    source="Brodersen et al., ICPR 2010, pages 3121-3124",
    measure=binary_balanced_accuracy,
)

SENSITIVITY = _declare_calls(
    key="sensitivity",
    lowest=0.0,
    undefined="no row, or no positive; such resamples are skipped",
    reference="sklearn.metrics.recall_score",
    source="Yerushalmy, Public Health Reports 1947;62:1432-1449",
    measure=sensitivity,
)

SPECIFICITY = _declare_calls(
    key="specificity",
    lowest=0.0,
    undefined="no row, or no negative; such resamples are skipped",
    reference="sklearn.metrics.recall_score, pos_label=0",
    source="Yerushalmy, Public Health Reports 1947;62:1432-1449",
    measure=specificity,
)

NET_BENEFIT = _declare(
    key="net_benefit",
    needs=Needs.PROBABILITIES,
    lowest=-np.inf,
    undefined="no row",
    reference="the formula",
    source="Vickers and Elkin, Med Decis Making 2006;26:565-574",
    prediction_columns=("probability",),
    rules=(probability_rule("probability"),),
    pictures=(PictureKind.DECISION_CURVE, PictureKind.CALIBRATION),
    measure=net_benefit,
)
