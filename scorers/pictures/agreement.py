"""Predicted against true numbers, in bins, with the limits of agreement."""

import numpy as np

from scorers.metric import Reason, Undefined
from scorers.pictures.bins import FEWEST_UNITS, bins, number_of
from scorers.pictures.document import Agreement, AgreementBin
from scorers.pictures.intervals import mean_limits
from scorers.regression.agreement import LIMIT
from scorers.regression.paired import read_pairs
from scorers.split import Split

MOST_BINS = 20


def agreement(
    split: Split,
    metrics: tuple[str, ...],
    /,
    *,
    value: str,
    predicted: str,
    where: str | None = None,
) -> Agreement | Undefined:
    """Draw the mean of `value` against that of `predicted` in bins of the latter, with limits.

    The limits of agreement are the mean of predicted - true minus and plus 1.96 of its standard
    deviations, divided by n - 1 (Bland and Altman, Lancet 1986;327:307-310).
    """
    pairs = read_pairs(split.truth, split.prediction, value=value, predicted=predicted, where=where)
    order = np.argsort(pairs.predicted, kind="stable")
    true, told = pairs.true[order], pairs.predicted[order]
    units = split.unit_of_row[pairs.rows[order]]
    if number_of(units) < 2 * FEWEST_UNITS:
        return Undefined(Reason.TOO_FEW if len(units) else Reason.NO_UNITS)
    drawn = []
    for part in bins(told, units, most=MOST_BINS):
        low, high = mean_limits(true[part])
        drawn.append(
            AgreementBin(
                units=part.stop - part.start,
                predicted=told[part].mean(),
                true=true[part].mean(),
                low=low,
                high=high,
            )
        )
    away = told - true
    bias, half = float(away.mean()), LIMIT * float(away.std(ddof=1))
    return Agreement(
        metrics=metrics,
        units=len(units),
        bins=tuple(drawn),
        bias=bias,
        lower=bias - half,
        upper=bias + half,
    )
