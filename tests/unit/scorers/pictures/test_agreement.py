"""Predicted against true numbers: means by bin, and the limits of agreement."""

import numpy as np
import pytest
from scipy.stats import norm

from scorers.metric import Reason, Undefined
from scorers.pictures.agreement import agreement
from scorers.pictures.document import Agreement
from scorers.regression.agreement import limits_of_agreement
from tests.unit.scorers.pictures.conftest import split_of

NAMES = {"value": "y", "predicted": "p"}


def test_bins_have_means_and_their_limits() -> None:
    told, true = np.r_[np.zeros(10), np.ones(10)], np.r_[np.arange(10), np.full(10, 3.0)]

    picture = agreement(split_of({"y": true}, {"p": told}), ("m",), **NAMES)

    assert isinstance(picture, Agreement)
    first, second = picture.bins
    assert (first.units, first.predicted, first.true) == (10, 0.0, 4.5)
    error = np.arange(10).std(ddof=1) / np.sqrt(10)
    limits = norm.interval(0.95, loc=4.5, scale=error)
    assert (first.low, first.high) == pytest.approx(limits, rel=1e-5)
    assert (second.true, second.low, second.high) == (3.0, 3.0, 3.0)


def test_the_limits_of_agreement_are_the_metrics() -> None:
    rng = np.random.default_rng(4)
    true = rng.normal(size=100)
    split = split_of({"y": true}, {"p": true + rng.normal(0.5, 1, 100)})

    picture = agreement(split, ("m",), **NAMES)

    assert isinstance(picture, Agreement)
    half = limits_of_agreement(split.truth, split.prediction, **NAMES).value
    assert picture.upper - picture.bias == pytest.approx(half, rel=1e-5)
    assert picture.bias - picture.lower == pytest.approx(half, rel=1e-5)
    assert picture.bias == pytest.approx((split.prediction["p"] - true).mean(), rel=1e-5)
    assert sum(part.units for part in picture.bins) == 100


@pytest.mark.parametrize(("rows", "reason"), [(0, Reason.NO_UNITS), (19, Reason.TOO_FEW)])
def test_too_few_rows_are_no_picture(rows: int, reason: Reason) -> None:
    split = split_of({"y": np.arange(float(rows))}, {"p": np.arange(float(rows))})
    assert agreement(split, ("m",), **NAMES) == Undefined(reason)
