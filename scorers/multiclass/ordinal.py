"""Metrics of one predicted class a row, among classes that have an order."""

from collections.abc import Sequence
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

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
from scorers.weighted.confusion import Counts, confusion, number_of
from scorers.weighted.counts import correlation, ratio
from scorers.weighted.measured import Measured

Labels = Sequence[str | int | float]
POWERS = {"linear": 1, "quadratic": 2}


def weighted_kappa(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    predicted: str | Sequence[str],
    classes: Labels,
    weights: Literal["linear", "quadratic"],
    where: str | None = None,
) -> Measured:
    """Measure Cohen's kappa of the column `predicted`, an error weighted by its distance.

    `label` is the truth column, `classes` lists in their order what both may hold, and `where`, a
    truth column of 0 and 1, leaves the rows with 0 out. `predicted` may list a column for each
    class too, of which one holds 1 and the others 0. `weights` of an error are the distance of
    the two classes in that list (linear) or its square (quadratic). Kappa is 1 - (mean weight) /
    (mean weight if truth and prediction were independent), the divisors of the weights cancel
    (Cohen, Psychol Bull 1968;70:213-220). A prediction that does not vary earns 0; if the truth
    does not vary there is no value. Kappa depends on how frequent the classes are, so values of
    two data sets do not compare. Raises ParamsError if the classes are not two or more or the
    weights something else, InvalidColumns if a column is missing, holds what is no class, or has
    another length.

    Errors: one of distance 1 in four rows, a mean of 1/4. Truth has classes 0, 1, 2 in 2, 1, 1
    rows and prediction in 1, 2, 1: expected (2 * 2 + 2 * 4 + 1 + 1 + 1 * 4 + 1 * 2) / 16 = 5/4.

    >>> truth, prediction = {"y": [0, 0, 1, 2]}, {"p": [0, 1, 1, 2]}
    >>> names = {"label": "y", "predicted": "p", "classes": [0, 1, 2]}
    >>> weighted_kappa(truth, prediction, **names, weights="quadratic").value
    0.8
    """
    if weights not in POWERS:
        raise ParamsError("weights must be linear or quadratic")
    cost = _distances(number_of(classes)) ** POWERS[weights]

    def formula(counts: Counts) -> Vector:
        true, told = counts.sum(axis=2), counts.sum(axis=1)
        seen = (counts * cost).sum(axis=(1, 2))
        expected = (true[:, :, None] * told[:, None, :] * cost).sum(axis=(1, 2))
        kappa = 1 - ratio(true.sum(axis=1) * seen, expected)
        return np.where(_varies(true), kappa, np.nan)

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


def ordinal_mae(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    predicted: str | Sequence[str],
    classes: Labels,
    where: str | None = None,
) -> Measured:
    """Measure by how many classes the column `predicted` is wrong, on average.

    Params and errors are those of `weighted_kappa`. The distance of two classes is that of their
    places in `classes`, whatever numbers they are (Baccianella et al., ISDA 2009,
    doi:10.1109/ISDA.2009.230).

    The second row is told one class too high: 1 of 4 rows, by 1.

    >>> truth, prediction = {"y": [0, 0, 1, 2]}, {"p": [0, 1, 1, 2]}
    >>> ordinal_mae(truth, prediction, label="y", predicted="p", classes=[0, 1, 2]).value
    0.25
    """
    distances = _distances(number_of(classes))
    return confusion(
        truth,
        prediction,
        label=label,
        predicted=predicted,
        classes=classes,
        where=where,
        formula=lambda counts: ratio(
            (counts * distances).sum(axis=(1, 2)), counts.sum(axis=(1, 2))
        ),
    )


def kendall_tau(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    predicted: str | Sequence[str],
    classes: Labels,
    where: str | None = None,
) -> Measured:
    """Measure Kendall's tau-b of true and told classes: how pairs of rows are ordered.

    Params and errors are those of `weighted_kappa`. (C - D) / sqrt((N - T) (N - U)) over all N
    pairs of rows, of which C are ordered alike, D the other way round, T tied in the truth and U
    tied in the prediction (Kendall, Biometrika 1945;33:239-251). If truth or prediction does not
    vary there is no value.

    Of 6 pairs one is tied in the truth and one in the prediction, 4 are ordered alike:
    4 / sqrt((6 - 1) (6 - 1)).

    >>> truth, prediction = {"y": [0, 0, 1, 2]}, {"p": [0, 1, 1, 2]}
    >>> names = {"label": "y", "predicted": "p", "classes": [0, 1, 2]}
    >>> round(kendall_tau(truth, prediction, **names).value, 12)
    0.8
    """
    return confusion(
        truth,
        prediction,
        label=label,
        predicted=predicted,
        classes=classes,
        where=where,
        formula=_tau_b,
        undefined=Reason.CONSTANT,
    )


def _distances(size: int) -> NDArray[np.int64]:
    places = np.arange(size, dtype=np.int64)
    distances: NDArray[np.int64] = np.abs(places[:, None] - places)
    return distances


def _varies(margin: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell for each resample whether more than one class has a weight."""
    several: NDArray[np.bool_] = (margin > 0).sum(axis=1) > 1
    return several


def _tau_b(counts: Counts) -> Vector:
    concordant, discordant = _later_and_higher(counts), _later_and_higher(counts[:, :, ::-1])
    true, told = counts.sum(axis=2), counts.sum(axis=1)
    rows = true.sum(axis=1)
    # Pairs counted twice, in order to stay with integers; the twos cancel.
    apart = rows**2 - (true**2).sum(axis=1), rows**2 - (told**2).sum(axis=1)
    return correlation(2 * (concordant - discordant), apart)


def _later_and_higher(counts: Counts) -> NDArray[np.int64]:
    """Count the pairs of rows of which one is of a later class and told as a later one."""
    later = counts[:, ::-1, ::-1].cumsum(axis=1).cumsum(axis=2)[:, ::-1, ::-1]
    pairs: NDArray[np.int64] = (counts[:, :-1, :-1] * later[:, 1:, 1:]).sum(axis=(1, 2))
    return pairs


_metric = partial(
    Metric,
    needs=Needs.LABELS,
    direction=Direction.MAXIMIZE,
    lowest=-1.0,
    highest=1.0,
    exact=True,
    truth_columns=("label", "where"),
    prediction_columns=("predicted",),
    rules=(OneClass(param="predicted"),),
    pictures=(PictureKind.CONFUSION,),
)

WEIGHTED_KAPPA = _metric(
    key="weighted_kappa",
    undefined="no row, or one class only in the truth; such resamples are skipped",
    reference="sklearn.metrics.cohen_kappa_score with weights and all classes as labels",
    source="Cohen, Psychol Bull 1968;70:213-220",
    measure=weighted_kappa,
)
ORDINAL_MAE = _metric(
    key="ordinal_mae",
    direction=Direction.MINIMIZE,
    lowest=0.0,
    highest=np.inf,
    undefined="no row; such resamples are skipped",
    reference="sklearn.metrics.mean_absolute_error of the places of the classes",
    source="Baccianella et al., ISDA 2009, doi:10.1109/ISDA.2009.230",
    measure=ordinal_mae,
)
KENDALL_TAU = _metric(
    key="kendall_tau",
    undefined="no row, or truth or prediction does not vary; such resamples are skipped",
    reference='scipy.stats.kendalltau, variant="b"',
    source="Kendall, Biometrika 1945;33:239-251",
    measure=kendall_tau,
)
