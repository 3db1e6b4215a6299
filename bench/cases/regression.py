"""Cases of numbers and counts, against scikit-learn, SciPy and NumPy."""

import numpy as np
from numpy.random import Generator
from scipy.stats import spearmanr
from sklearn import metrics

from bench.cases.case import Case, Drawn, Reference, Table, Untyped

NAMES = {"value": "y", "predicted": "p"}
QUANTILE = 0.3


def draw(rng: Generator, rows: int, /) -> Drawn:
    """Draw counts, many of them equal, and predictions of which some are equal too."""
    mean = rng.gamma(2, 4, size=rows)
    true = rng.poisson(mean).astype(np.float64)
    return Drawn(truth={"y": true}, prediction={"p": np.round(mean, 1) + 0.1})


def numbers(function: Untyped, /, *, fewest: int = 1, **more: Untyped) -> Reference:
    """Make a reference of true and predicted numbers; with fewer rows ours has no value."""

    def reference(truth: Table, prediction: Table, /, *, value: str, predicted: str) -> float:
        true, told = truth[value], prediction[predicted]
        return float(function(true, told, **more)) if len(true) >= fewest else np.nan

    return reference


def varying(function: Untyped, /) -> Reference:
    """Make a reference of numbers, of which ours has no value if the truth does not vary."""

    def of_varying(true: Untyped, told: Untyped) -> float:
        return float(function(true, told)) if np.ptp(true) > 0 else np.nan

    return numbers(of_varying)


def ccc(true: Untyped, told: Untyped, /) -> float:
    """Give the formula of Lin."""
    covariance = np.cov(true, told, bias=True)
    apart = (true.mean() - told.mean()) ** 2
    return float(2 * covariance[0, 1] / (covariance[0, 0] + covariance[1, 1] + apart))


def spearman(true: Untyped, told: Untyped, /) -> float:
    """Give the rank correlation."""
    return float(spearmanr(true, told).statistic) if len(true) > 1 else np.nan


def absolute_bias(true: Untyped, told: Untyped, /) -> float:
    """Give the mean difference without its sign."""
    return float(abs(np.mean(told - true)))


def limits(true: Untyped, told: Untyped, /) -> float:
    """Give 1.96 standard deviations of the differences."""
    return float(1.96 * np.std(told - true, ddof=1))


def symmetric_error(true: Untyped, told: Untyped, /) -> float:
    """Give the mean of the errors, each over half the sum of both numbers; one is above 0."""
    return float(np.mean(2 * np.abs(true - told) / (np.abs(true) + np.abs(told))))


def pinball(
    truth: Table, prediction: Table, /, *, value: str, predicted: str, quantile: float
) -> float:
    """Give the loss of a quantile."""
    told = prediction[predicted]
    return float(metrics.mean_pinball_loss(truth[value], told, alpha=quantile))


def _case(key: str, reference: Reference, /, **more: Untyped) -> Case:
    return Case(key=key, draw=draw, params=NAMES | more, reference=reference)


CASES = (
    _case("mae", numbers(metrics.mean_absolute_error)),
    _case("rmse", numbers(metrics.root_mean_squared_error)),
    _case("r2", varying(metrics.r2_score)),
    _case("smape", numbers(symmetric_error)),
    _case("pinball", pinball, quantile=QUANTILE),
    _case("poisson_deviance", numbers(metrics.mean_poisson_deviance)),
    _case("ccc", varying(ccc)),
    _case("spearman", numbers(spearman)),
    _case("absolute_bias", numbers(absolute_bias)),
    _case("limits_of_agreement", numbers(limits, fewest=2)),
)
