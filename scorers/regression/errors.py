"""Metrics of how far predicted numbers are from the true ones."""

import numpy as np

from scorers.metric import (
    Columns,
    Direction,
    InvalidColumns,
    Metric,
    Needs,
    ParamsError,
    PictureKind,
    Vector,
    Weights,
)
from scorers.regression.paired import LARGEST, MEASURABLE, Agreement, read_pairs
from scorers.rules import Within
from scorers.weighted.counts import ratio
from scorers.weighted.per_row import MeanOfRows
from scorers.weighted.spread import centred, spread
from scorers.weighted.sums import weighted_sums

SMALLEST_COUNT = 1e-100
"""Predicted counts below are as good as 0, whose logarithm is infinite."""


def mae(
    truth: Columns, prediction: Columns, /, *, value: str, predicted: str, where: str | None = None
) -> MeanOfRows:
    """Measure the mean absolute error of the column `predicted` against the truth's `value`.

    The mean of |value - predicted| (as `sklearn.metrics.mean_absolute_error`). `where`, a truth
    column of 0 and 1, leaves the rows with 0 out. Raises InvalidColumns if a column is missing,
    not as long as the others, not numeric or not finite.

    The errors are 1, 0 and 2.

    >>> truth = {"value": [3, 5, 2]}
    >>> mae(truth, {"predicted": [4, 5, 0]}, value="value", predicted="predicted").value
    1.0
    """
    pairs = read_pairs(truth, prediction, value=value, predicted=predicted, where=where)
    return MeanOfRows(rows=pairs.rows, values=np.abs(pairs.true - pairs.predicted))


MAE = Metric(
    key="mae",
    needs=Needs.VALUES,
    direction=Direction.MINIMIZE,
    lowest=0.0,
    highest=np.inf,
    undefined="no unit; such resamples are skipped",
    reference="sklearn.metrics.mean_absolute_error",
    source="Willmott and Matsuura, Clim Res 2005;30:79-82",
    exact=True,
    truth_columns=("value", "where"),
    prediction_columns=("predicted",),
    rules=(MEASURABLE,),
    pictures=(PictureKind.AGREEMENT,),
    measure=mae,
)


def rmse(
    truth: Columns, prediction: Columns, /, *, value: str, predicted: str, where: str | None = None
) -> Agreement:
    """Measure the root of the mean squared error of the column `predicted`.

    The root of the mean of (value - predicted)^2 (as `sklearn.metrics.root_mean_squared_error`).
    Params and errors are those of `mae`.

    The errors are 1, 1 and 4, so the root of 18 / 3.

    >>> truth = {"value": [3, 5, 2]}
    >>> measure = rmse(truth, {"predicted": [4, 6, 6]}, value="value", predicted="predicted")
    >>> round(measure.value, 12)
    2.449489742783
    """
    pairs = read_pairs(truth, prediction, value=value, predicted=predicted, where=where)
    squares = (pairs.true - pairs.predicted) ** 2

    def statistic(weights: Weights) -> Vector:
        return np.sqrt(ratio(weighted_sums(weights, squares), weights.sum(axis=1)))

    return Agreement(rows=pairs.rows, statistic=statistic)


RMSE = Metric(
    key="rmse",
    needs=Needs.VALUES,
    direction=Direction.MINIMIZE,
    lowest=0.0,
    highest=np.inf,
    undefined="no unit; such resamples are skipped",
    reference="sklearn.metrics.root_mean_squared_error",
    source="Willmott and Matsuura, Clim Res 2005;30:79-82",
    exact=True,
    fewest=500,
    truth_columns=("value", "where"),
    prediction_columns=("predicted",),
    rules=(MEASURABLE,),
    pictures=(PictureKind.AGREEMENT,),
    measure=rmse,
)


def r2(
    truth: Columns, prediction: Columns, /, *, value: str, predicted: str, where: str | None = None
) -> Agreement:
    """Measure which share of the variance of `value` the column `predicted` explains.

    R2 = 1 - sum (value - predicted)^2 / sum (value - mean of value)^2 (as
    `sklearn.metrics.r2_score`, which however answers 0 or 1 where the truth does not vary: there is
    no value then). It is 0 for the mean of the truth and below 0 for worse. Params and errors are
    those of `mae`.

    The squared errors sum to 1 + 0 + 1 and the truth lies 1, 0 and 1 from its mean.

    >>> truth = {"value": [1, 2, 3]}
    >>> r2(truth, {"predicted": [2, 2, 2]}, value="value", predicted="predicted").value
    0.0
    """
    pairs = read_pairs(truth, prediction, value=value, predicted=predicted, where=where)
    squares = (pairs.true - pairs.predicted) ** 2
    true = centred(pairs.true)

    def statistic(weights: Weights) -> Vector:
        unexplained: Vector = ratio(weighted_sums(weights, squares), spread(weights, true))
        return 1 - unexplained

    return Agreement(rows=pairs.rows, statistic=statistic)


R2 = Metric(
    key="r2",
    needs=Needs.VALUES,
    direction=Direction.MAXIMIZE,
    lowest=-np.inf,
    highest=1.0,
    undefined="no unit, or the truth does not vary; such resamples are skipped",
    reference="sklearn.metrics.r2_score",
    source="Kvalseth, Am Stat 1985;39:279-285, equation 1",
    exact=True,
    truth_columns=("value", "where"),
    prediction_columns=("predicted",),
    rules=(MEASURABLE,),
    pictures=(PictureKind.AGREEMENT,),
    measure=r2,
)


def smape(
    truth: Columns, prediction: Columns, /, *, value: str, predicted: str, where: str | None = None
) -> MeanOfRows:
    """Measure the symmetric mean absolute percentage error, as a share: 0 is right, 2 the worst.

    The mean of 2 |value - predicted| / (|value| + |predicted|), 0 where both are 0 (Makridakis,
    Int J Forecast 1993;9:527-529). A true 0, for which the usual percentage error is infinite,
    costs 2 however near the prediction is. Params and errors are those of `mae`.

    The first is off by 2 of 1 + 3, so 2 x 2 / 4; in the second both are 0.

    >>> truth = {"value": [1, 0]}
    >>> smape(truth, {"predicted": [3, 0]}, value="value", predicted="predicted").value
    0.5
    """
    pairs = read_pairs(truth, prediction, value=value, predicted=predicted, where=where)
    sizes = np.abs(pairs.true) + np.abs(pairs.predicted)
    errors = 2 * np.abs(pairs.true - pairs.predicted)
    shares = np.divide(errors, sizes, out=np.zeros_like(errors), where=sizes > 0)
    return MeanOfRows(rows=pairs.rows, values=shares)


SMAPE = Metric(
    key="smape",
    needs=Needs.VALUES,
    direction=Direction.MINIMIZE,
    lowest=0.0,
    highest=2.0,
    undefined="no unit; such resamples are skipped",
    reference="the formula, in fractions",
    source="Makridakis, Int J Forecast 1993;9:527-529",
    exact=True,
    truth_columns=("value", "where"),
    prediction_columns=("predicted",),
    rules=(MEASURABLE,),
    pictures=(PictureKind.AGREEMENT,),
    measure=smape,
)


def pinball(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    value: str,
    predicted: str,
    quantile: float,
    where: str | None = None,
) -> MeanOfRows:
    """Measure the pinball loss of the column `predicted`, a predicted `quantile` (0 to 1).

    The mean of quantile x (value - predicted) where the truth is larger, else of
    (1 - quantile) x (predicted - value) (Koenker and Bassett, Econometrica 1978;46:33-50; as
    `sklearn.metrics.mean_pinball_loss`). The other params and the errors are those of `mae`, and
    ParamsError if the quantile is not between 0 and 1.

    The first truth is 1 above the ninth decile, the second 1 below: (0.9 + 0.1) / 2.

    >>> truth, given = {"value": [3, 1]}, {"predicted": [2, 2]}
    >>> pinball(truth, given, value="value", predicted="predicted", quantile=0.9).value
    0.5
    """
    if not 0 < quantile < 1:
        raise ParamsError("params: quantile must be between 0 and 1")
    pairs = read_pairs(truth, prediction, value=value, predicted=predicted, where=where)
    above = pairs.true - pairs.predicted
    losses = np.where(above > 0, quantile * above, (quantile - 1) * above)
    return MeanOfRows(rows=pairs.rows, values=losses)


PINBALL = Metric(
    key="pinball",
    needs=Needs.VALUES,
    direction=Direction.MINIMIZE,
    lowest=0.0,
    highest=np.inf,
    undefined="no unit; such resamples are skipped",
    reference="sklearn.metrics.mean_pinball_loss",
    source="Koenker and Bassett, Econometrica 1978;46:33-50",
    exact=True,
    truth_columns=("value", "where"),
    prediction_columns=("predicted",),
    rules=(MEASURABLE,),
    measure=pinball,
)


def poisson_deviance(
    truth: Columns, prediction: Columns, /, *, value: str, predicted: str, where: str | None = None
) -> MeanOfRows:
    """Measure the mean Poisson deviance of predicted counts.

    The mean of 2 (y log(y / m) - y + m), with y log y = 0 at 0 (McCullagh and Nelder, Generalized
    Linear Models, 1989, section 2.3; as `sklearn.metrics.mean_poisson_deviance`). Params and errors
    are those of `mae`; InvalidColumns also if a true count is below 0, or a predicted one is not
    above 0.

    The first count is predicted rightly; the second is 0, for which 1/2 costs 2 x 1/2.

    >>> truth, given = {"value": [2, 0]}, {"predicted": [2, 0.5]}
    >>> poisson_deviance(truth, given, value="value", predicted="predicted").value
    0.5
    """
    pairs = read_pairs(truth, prediction, value=value, predicted=predicted, where=where)
    if (pairs.true < 0).any():
        raise InvalidColumns(f"column {value} holds a count below 0")
    if (pairs.predicted < SMALLEST_COUNT).any():
        raise InvalidColumns(f"column {predicted} holds a predicted count that is not above 0")
    ratio = np.where(pairs.true > 0, pairs.true / pairs.predicted, 1)
    losses = 2 * (pairs.true * np.log(ratio) - pairs.true + pairs.predicted)
    return MeanOfRows(rows=pairs.rows, values=losses)


POISSON_DEVIANCE = Metric(
    key="poisson_deviance",
    needs=Needs.VALUES,
    direction=Direction.MINIMIZE,
    lowest=0.0,
    highest=np.inf,
    undefined="no unit; such resamples are skipped",
    reference="sklearn.metrics.mean_poisson_deviance",
    source="McCullagh and Nelder, Generalized Linear Models, 1989, section 2.3",
    exact=False,
    truth_columns=("value", "where"),
    prediction_columns=("predicted",),
    rules=(Within(param="predicted", low=SMALLEST_COUNT, high=LARGEST),),
    pictures=(PictureKind.AGREEMENT,),
    measure=poisson_deviance,
)
