"""The influence of units is found from the resamples that drew them more or less often."""

import numpy as np
import pytest
from numpy.typing import NDArray

from scorers.uncertainty.influence import Influence, Moments
from scorers.uncertainty.resampling import draw_weights


def of_mean(data: NDArray[np.float64], /, *, resamples: int = 20_000) -> Influence:
    """Find the influence of some numbers on their mean."""
    moments = Moments.about(float(data.mean()), units=len(data))
    for weights in draw_weights(len(data), resamples=resamples, seed=0, stream=0):
        moments.add(weights @ data / len(data), weights.astype(float))
    found = moments.influence()
    assert found is not None
    return found


def test_the_acceleration_is_that_of_leaving_out_each_unit() -> None:
    data = np.random.default_rng(0).exponential(size=40)
    apart = data - data.mean()
    expected = (apart**3).sum() / (6 * (apart**2).sum() ** 1.5)

    assert of_mean(data).acceleration == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("resamples", [1000, 20_000])
@pytest.mark.parametrize("power", [1, 3])
def test_the_worth_of_units_is_told_by_the_kurtosis_of_their_influence(
    power: int, resamples: int
) -> None:
    data = np.random.default_rng(1).normal(size=300) ** power
    apart = data - data.mean()
    kurtosis = 300 * (apart**4).sum() / (apart**2).sum() ** 2

    found = of_mean(data, resamples=resamples)

    assert found.worth == pytest.approx(1 + 2 * 300 / (kurtosis - 1), rel=0.15)


def test_normal_units_are_worth_their_number_and_one_outlier_next_to_nothing() -> None:
    data = np.random.default_rng(2).normal(size=200)

    assert of_mean(data).worth == pytest.approx(200, rel=0.25)
    data[0] = 1e3
    assert of_mean(data).worth <= 3


def test_the_influence_does_not_depend_on_how_far_the_score_is_from_its_resamples() -> None:
    (weights,) = draw_weights(40, resamples=400, seed=0, stream=0)
    vector = weights @ np.arange(40.0) ** 3 / 40
    found = []
    for value in (vector.mean(), vector.mean() + 1e4):
        moments = Moments.about(value, units=40)
        moments.add(vector, weights.astype(float))
        found.append(moments.influence())

    near, far = found
    assert near is not None
    assert far is not None
    assert near.acceleration == pytest.approx(far.acceleration, rel=1e-6)
    assert near.worth == far.worth


def test_undefined_resamples_have_no_part_in_the_influence() -> None:
    (weights,) = draw_weights(40, resamples=400, seed=0, stream=0)
    vector = weights @ np.arange(40.0) ** 3
    whole, holed = Moments.about(9e5, units=40), Moments.about(9e5, units=40)

    whole.add(vector, weights.astype(float))
    holed.add(np.insert(vector, 7, np.nan), np.insert(weights, 7, 1, axis=0).astype(float))

    assert whole.influence() == holed.influence()


@pytest.mark.parametrize("resampled", [[np.nan, 0.5], [np.nan, np.nan], [0.5, 0.5]])
def test_a_score_that_no_resample_moves_tells_no_influence(resampled: list[float]) -> None:
    moments = Moments.about(0.5, units=3)
    moments.add(np.array(resampled), np.ones((2, 3)))

    assert moments.influence() is None
