"""Calibration is scikit-learn's in bins of equal counts, with Wilson's or Greenwood's limits."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sksurv.nonparametric import kaplan_meier_estimator

from scorers.metric import Reason, Undefined
from scorers.pictures.calibration import calibration, survival_calibration
from scorers.pictures.document import Calibration
from scorers.split import Split
from tests.unit.scorers.pictures.conftest import split_of

BY_TIME: dict[str, Any] = {"event": "event", "time": "time", "predicted": "alive", "at": 500.0}


def drawn(split: Split, /) -> Any:
    return calibration(split, ("a",), label="ill", predicted="p")


def test_bins_without_ties_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    told = rng.permutation(np.linspace(0.01, 0.9, 200))
    label = (rng.random(200) < told).astype(float)
    observed, predicted = calibration_curve(label, told, n_bins=10, strategy="quantile")

    picture = drawn(split_of({"ill": label}, {"p": told}))

    assert isinstance(picture, Calibration)
    assert picture.at is None
    assert [part.units for part in picture.bins] == [20] * 10
    assert [part.observed for part in picture.bins] == pytest.approx(observed, rel=1e-5)
    assert [part.predicted for part in picture.bins] == pytest.approx(predicted, rel=1e-5)
    for part in picture.bins:
        limits = binomtest(round(part.observed * 20), 20).proportion_ci(method="wilson")
        assert (part.low, part.high) == pytest.approx((limits.low, limits.high), rel=1e-5)


def test_tied_probabilities_are_in_one_bin_and_all_rows_in_some(binary: Split) -> None:
    picture = drawn(binary)
    assert sum(part.units for part in picture.bins) == picture.units == 500
    assert min(part.units for part in picture.bins) >= 10


def test_one_probability_for_all_is_one_bin() -> None:
    [only] = drawn(split_of({"ill": [0.0, 1.0] * 20}, {"p": [0.25] * 40})).bins
    assert (only.units, only.predicted, only.observed) == (40, 0.25, 0.5)


@pytest.mark.parametrize(("rows", "reason"), [(0, Reason.NO_UNITS), (19, Reason.TOO_FEW)])
def test_too_few_rows_are_no_picture(rows: int, reason: Reason) -> None:
    split = split_of({"ill": np.zeros(rows)}, {"p": np.linspace(0, 1, rows)})
    assert drawn(split) == Undefined(reason)


def test_of_times_what_is_observed_is_one_less_kaplan_meier(censored: Split) -> None:
    picture = survival_calibration(censored, ("b",), **BY_TIME)
    assert isinstance(picture, Calibration)
    order = np.argsort(-censored.prediction["alive"])
    event, time = censored.truth["event"] == 1, censored.truth["time"]

    assert picture.at == 500
    for part, members in zip(picture.bins, np.split(order, 10), strict=True):
        moments, survival = kaplan_meier_estimator(event[members], time[members])
        last = survival[np.searchsorted(moments, 500, side="right") - 1]
        told = 1 - censored.prediction["alive"][members].mean()
        assert part.observed == pytest.approx(1 - last, abs=1e-6)
        assert part.predicted == pytest.approx(told, rel=1e-5)
        assert part.low <= part.observed <= part.high


def test_a_time_beyond_the_follow_up_of_a_bin_is_no_picture(censored: Split) -> None:
    late = {**BY_TIME, "at": 5000.0}
    found = survival_calibration(censored, ("b",), **late)
    assert found == Undefined(Reason.BEYOND_FOLLOW_UP)
