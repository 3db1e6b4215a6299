"""Metrics of how well predicted numbers agree with the true ones, or rise with them."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from scorers.metric import Columns, Direction, Metric, Needs, PictureKind, Vector, Weights
from scorers.regression.paired import MEASURABLE, Agreement, read_pairs
from scorers.weighted.counts import ratio, running_counts
from scorers.weighted.spread import centred, spread
from scorers.weighted.sums import folded_sums, weighted_sums

LIMIT = 1.96
"""Standard deviations within which 95 % of differences lie, as Bland and Altman have it."""


def ccc(
    truth: Columns, prediction: Columns, /, *, value: str, predicted: str, where: str | None = None
) -> Agreement:
    """Measure the concordance correlation of `value` and `predicted`: agreement, not just trend.

    2 s_xy / (s_x^2 + s_y^2 + (mean_x - mean_y)^2), with variances and covariance divided by n (Lin,
    Biometrics 1989;45:255-268). There is no value if
    the truth does not vary; a constant prediction has 0. Params and errors are those of `mae`.

    Both have variance 2/3 and covariance 2/3, and the means differ by 1: 4/3 / (4/3 + 1).

    >>> truth = {"value": [1, 2, 3]}
    >>> measure = ccc(truth, {"predicted": [2, 3, 4]}, value="value", predicted="predicted")
    >>> round(measure.value, 12)
    0.571428571429
    """
    pairs = read_pairs(truth, prediction, value=value, predicted=predicted, where=where)
    true, told = centred(pairs.true), centred(pairs.predicted)
    differences = pairs.true - pairs.predicted

    def statistic(weights: Weights) -> Vector:
        total = np.maximum(weights.sum(axis=1), 1)
        of_truth = spread(weights, true)
        shift = weighted_sums(weights, differences)
        product = weighted_sums(weights, true * told)
        product -= weighted_sums(weights, true) * weighted_sums(weights, told) / total
        possible = of_truth + spread(weights, told) + shift * shift / total
        return ratio(2 * product, np.where(of_truth > 0, possible, 0))

    return Agreement(rows=pairs.rows, statistic=statistic)


CCC = Metric(
    key="ccc",
    needs=Needs.VALUES,
    direction=Direction.MAXIMIZE,
    lowest=-1.0,
    highest=1.0,
    undefined="no unit, or the truth does not vary; such resamples are skipped",
    reference="the formula, with numpy.cov",
    source="Lin, Biometrics 1989;45:255-268",
    exact=True,
    fewest=100,
    truth_columns=("value", "where"),
    prediction_columns=("predicted",),
    rules=(MEASURABLE,),
    pictures=(PictureKind.AGREEMENT,),
    measure=ccc,
)


@dataclass(frozen=True, kw_only=True)
class Order:
    """The rows in the order of their values; of these, `first` to `past` are like each row."""

    rows: NDArray[np.intp]
    first: NDArray[np.intp]
    past: NDArray[np.intp]

    @classmethod
    def of(cls, values: Vector, /) -> Self:
        rows = np.argsort(values, kind="stable")
        ordered = values[rows]
        return cls(
            rows=rows,
            first=np.searchsorted(ordered, values, side="left"),
            past=np.searchsorted(ordered, values, side="right"),
        )

    def ranks(self, weights: Weights, /) -> Vector:
        """Return twice the rank of each row less the mean rank, in each resample: integers."""
        counts = running_counts(weights.take(self.rows, axis=1))
        doubled = counts.take(self.first, axis=1)
        doubled += counts.take(self.past, axis=1)
        doubled -= counts[:, -1:]
        return doubled.astype(np.float64)


def spearman(
    truth: Columns, prediction: Columns, /, *, value: str, predicted: str, where: str | None = None
) -> Agreement:
    """Measure whether `predicted` rises with `value`: Spearman's rank correlation.

    Pearson's correlation of the ranks; tied numbers have the mean of their ranks (Spearman, Am J
    Psychol 1904;15:72-101; as `scipy.stats.spearmanr`). There is no value if either column does not
    vary, where the reference answers NaN. Params and errors are those of `mae`.

    The ranks are 1, 2, 3 and 2, 1, 3: the products of their deviations from 2 sum to 0 + 0 + 1, the
    squares to 2 in each.

    >>> truth = {"value": [10, 20, 30]}
    >>> spearman(truth, {"predicted": [5, 4, 9]}, value="value", predicted="predicted").value
    0.5
    """
    pairs = read_pairs(truth, prediction, value=value, predicted=predicted, where=where)
    true, told = Order.of(pairs.true), Order.of(pairs.predicted)

    def statistic(weights: Weights) -> Vector:
        of_truth, of_prediction = true.ranks(weights), told.ranks(weights)
        product = folded_sums(weights * of_truth * of_prediction)
        squares = folded_sums(weights * of_truth**2) * folded_sums(weights * of_prediction**2)
        return ratio(product, np.sqrt(squares))

    return Agreement(rows=pairs.rows, statistic=statistic)


SPEARMAN = Metric(
    key="spearman",
    needs=Needs.VALUES,
    direction=Direction.MAXIMIZE,
    lowest=-1.0,
    highest=1.0,
    undefined="no unit, or either column does not vary; such resamples are skipped",
    reference="scipy.stats.spearmanr",
    source="Spearman, Am J Psychol 1904;15:72-101",
    exact=True,
    truth_columns=("value", "where"),
    prediction_columns=("predicted",),
    rules=(MEASURABLE,),
    pictures=(PictureKind.AGREEMENT,),
    measure=spearman,
)


def absolute_bias(
    truth: Columns, prediction: Columns, /, *, value: str, predicted: str, where: str | None = None
) -> Agreement:
    """Measure by how much `predicted` is too large or too small on average.

    |mean of predicted - value|, the bias of Bland and Altman (Lancet 1986;327:307-310) without its
    sign. Params and errors are those of `mae`.

    The differences are 1, 0 and -4, so their mean is -1.

    >>> truth = {"value": [1, 2, 6]}
    >>> absolute_bias(truth, {"predicted": [2, 2, 2]}, value="value", predicted="predicted").value
    1.0
    """
    pairs = read_pairs(truth, prediction, value=value, predicted=predicted, where=where)
    differences = pairs.predicted - pairs.true

    def statistic(weights: Weights) -> Vector:
        return np.abs(ratio(weighted_sums(weights, differences), weights.sum(axis=1)))

    return Agreement(rows=pairs.rows, statistic=statistic)


ABSOLUTE_BIAS = Metric(
    key="absolute_bias",
    needs=Needs.VALUES,
    direction=Direction.MINIMIZE,
    lowest=0.0,
    highest=np.inf,
    undefined="no unit; such resamples are skipped",
    reference="the formula",
    source="Bland and Altman, Lancet 1986;327:307-310",
    exact=True,
    biased=True,
    truth_columns=("value", "where"),
    prediction_columns=("predicted",),
    rules=(MEASURABLE,),
    pictures=(PictureKind.AGREEMENT,),
    measure=absolute_bias,
)


def limits_of_agreement(
    truth: Columns, prediction: Columns, /, *, value: str, predicted: str, where: str | None = None
) -> Agreement:
    """Measure how far differences stray from their mean: half the width of the limits of agreement.

    1.96 standard deviations (divided by n - 1) of predicted - value; the limits are the bias minus
    and plus this (Bland and Altman, Lancet 1986;327:307-310). There is no value of one row. Params
    and errors are those of `mae`.

    The differences are 1, 2 and 3, whose standard deviation is 1.

    >>> truth, given = {"value": [1, 2, 3]}, {"predicted": [2, 4, 6]}
    >>> limits_of_agreement(truth, given, value="value", predicted="predicted").value
    1.96
    """
    pairs = read_pairs(truth, prediction, value=value, predicted=predicted, where=where)
    differences = centred(pairs.predicted - pairs.true)

    def statistic(weights: Weights) -> Vector:
        variance = ratio(spread(weights, differences), np.maximum(weights.sum(axis=1) - 1, 0))
        return LIMIT * np.sqrt(variance)

    return Agreement(rows=pairs.rows, statistic=statistic)


LIMITS_OF_AGREEMENT = Metric(
    key="limits_of_agreement",
    needs=Needs.VALUES,
    direction=Direction.MINIMIZE,
    lowest=0.0,
    highest=np.inf,
    undefined="fewer than two units; such resamples are skipped",
    reference="the formula, with numpy.std(ddof=1)",
    source="Bland and Altman, Lancet 1986;327:307-310",
    exact=True,
    truth_columns=("value", "where"),
    prediction_columns=("predicted",),
    rules=(MEASURABLE,),
    pictures=(PictureKind.AGREEMENT,),
    measure=limits_of_agreement,
)
