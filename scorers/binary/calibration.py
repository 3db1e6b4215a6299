"""Metrics of how near predicted probabilities of two classes are to what happens."""

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
from scorers.weighted.counts import chosen, ratio, total_weight
from scorers.weighted.measured import Measured
from scorers.weighted.sums import weighted_sums

MAX_BINS = 1_000

PROBABILITY_PICTURES = (PictureKind.CALIBRATION, PictureKind.DECISION_CURVE)


def brier(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    probability: str,
    where: str | None = None,
) -> Measured:
    """Measure the mean squared distance of the column `probability` from the truth, 0 or 1.

    mean (p - y)² over the positive class alone, so from 0 to 1, and 0.25 for p = 1/2 everywhere.
    Brier's own score (Monthly Weather Review 1950;78:1-3, equation 2) adds both classes up, which
    is twice as much. `label` (0 or 1) is a truth column; `where`, a truth column of 0 and 1,
    leaves the rows with 0 out. Raises InvalidColumns if a column is missing, not numeric, not
    finite, not as long as the others, or if it holds no probabilities.

    The positive is 1/2 away and the negative 0: (1/4 + 0) / 2.

    >>> brier({"ill": [1, 0]}, {"p": [0.5, 0]}, label="ill", probability="p").value
    0.125
    """
    data = _read(truth, prediction, label=label, probability=probability, where=where)
    away = data.predicted - data.positive
    return _mean(data, away * away)


def log_loss(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    probability: str,
    clip: float = 1e-15,
    where: str | None = None,
) -> Measured:
    """Measure the mean of minus the natural logarithm of the probability given to what happened.

    Probabilities below `clip` or above 1 - `clip` are taken for these (`clip` is above 0 and below
    1/2), so that a row costs at most -log(`clip`): 34.5 by default, where scikit-learn, which clips
    at 2.2e-16, has 36.0. `label` (0 or 1) is a truth column; `where`, a truth column of 0 and 1,
    leaves the rows with 0 out (Good, J R Stat Soc B 1952;14:107-114, section 8). Raises ParamsError
    if `clip` is out of range, and InvalidColumns if a column is missing, not numeric, not finite,
    not as long as the others, or if it holds no probabilities.

    What happened has the probabilities 1/2 and 1 - 3/4: (log 2 + log 4) / 2 = 1.5 log 2.

    >>> loss = log_loss({"ill": [1, 0]}, {"p": [0.5, 0.75]}, label="ill", probability="p")
    >>> round(loss.value, 6)
    1.039721
    """
    data = _read(truth, prediction, label=label, probability=probability, where=where)
    clipped = clipped_at(data.predicted, clip)
    return _mean(data, -np.where(data.positive, np.log(clipped), np.log1p(-clipped)))


def ece(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    probability: str,
    bins: int = 15,
    where: str | None = None,
) -> Measured:
    """Measure the expected calibration error of the column `probability` in bins of equal width.

    The sum over bins of |B|/n · |mean of y - mean of p|, both means in the bin, with `bins` bins
    (0, 1/bins], (1/bins, 2/bins] … of which the first also holds 0 (Naeini et al., AAAI 2015, with
    the bins of Guo et al., ICML 2017, equation 3, for the probability of the positive class). It
    depends on the bins, and the same prevalence for everybody has 0: never rank by it alone.
    `label` (0 or 1) is a truth column; `where`, a truth column of 0 and 1, leaves the rows with 0
    out. Raises ParamsError if `bins` is not from 1 to 1,000, and InvalidColumns if a column is
    missing, not numeric, not finite, not as long as the others, or if it holds no probabilities.

    With two bins 0.25 and 0.5 are in the first, where half is positive, and 0.75 in the second,
    where none is: 2/3 · |1/2 - 3/8| + 1/3 · |0 - 3/4| = 1/12 + 1/4.

    >>> truth, prediction = {"ill": [0, 1, 0]}, {"p": [0.25, 0.5, 0.75]}
    >>> round(ece(truth, prediction, label="ill", probability="p", bins=2).value, 6)
    0.333333
    """
    if not 1 <= bins <= MAX_BINS:
        raise ParamsError(f"bins is {bins}; it must be from 1 to {MAX_BINS}")
    data = _read(truth, prediction, label=label, probability=probability, where=where)
    # An edge is the number nearest to k/bins, so that 0.3 is in the bin that 3/10 closes.
    place = np.searchsorted(np.arange(1, bins) / bins, data.predicted, side="left")
    members = [np.flatnonzero(place == number) for number in np.unique(place)]
    away = data.positive - data.predicted

    def statistic(weights: Weights) -> Vector:
        apart = np.zeros(len(weights))
        for own in members:
            apart += np.abs(weighted_sums(weights.take(data.rows[own], axis=1), away[own]))
        return ratio(apart, total_weight(weights, data.rows))

    return data.measured(statistic, undefined=Reason.NO_UNITS)


def clipped_at(probability: Vector, clip: float, /) -> Vector:
    """Return probabilities from `clip` to 1 - `clip`; raise ParamsError if that is no range."""
    if not 0 < clip < 0.5:  # noqa: PLR2004 -- above one half nothing is left
        raise ParamsError(f"clip is {clip}; it must be above 0 and below 0.5")
    return np.clip(probability, clip, 1 - clip)


def _read(
    truth: Columns, prediction: Columns, /, *, label: str, probability: str, where: str | None
) -> Labelled:
    return Labelled.read(
        truth, prediction, label=label, predicted=probability, where=where, reader=probabilities
    )


def _mean(data: Labelled, losses: Vector) -> Measured:
    def statistic(weights: Weights) -> Vector:
        own = chosen(weights, data.rows)
        return ratio(weighted_sums(own, losses), own.sum(axis=1))

    return data.measured(statistic, undefined=Reason.NO_UNITS)


_declare = partial(
    Metric,
    needs=Needs.PROBABILITIES,
    direction=Direction.MINIMIZE,
    lowest=0.0,
    undefined="no row",
    truth_columns=("label", "where"),
    prediction_columns=("probability",),
    rules=(probability_rule("probability"),),
    pictures=PROBABILITY_PICTURES,
)

BRIER = _declare(
    key="brier",
    highest=1.0,
    reference="sklearn.metrics.brier_score_loss",
    source="Brier, Monthly Weather Review 1950;78:1-3, half of equation 2",
    exact=True,
    measure=brier,
)

LOG_LOSS = _declare(
    key="log_loss",
    highest=np.inf,
    reference="sklearn.metrics.log_loss",
    source="Good, J R Stat Soc B 1952;14:107-114, section 8",
    exact=False,
    measure=log_loss,
)

ECE = _declare(
    key="ece",
    highest=1.0,
    reference="torchmetrics binary_calibration_error, n_bins=15, norm=l1, written out",
    source="Guo et al., ICML 2017, equation 3",
    exact=True,
    biased=True,
    measure=ece,
)
