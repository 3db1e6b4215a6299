"""Intervals come from the resamples that are defined, and bend where the score does."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from scorers.metric import Method
from scorers.uncertainty.influence import Influence
from scorers.uncertainty.intervals import (
    FEWEST_EVENTS,
    FEWEST_UNITS,
    Basis,
    NoInterval,
    Support,
    bca_interval,
    percentile_interval,
    transformed_interval,
)
from scorers.uncertainty.student import standard_deviation, student_quantile

UNIT = (0.0, 1.0)

shares = st.integers(1, 99).map(lambda percent: percent / 100)


def test_the_interval_holds_the_central_share_of_the_resamples() -> None:
    resampled = np.arange(1001) / 1000

    assert percentile_interval(resampled) == pytest.approx((0.025, 0.975))
    assert percentile_interval(resampled, level=0.8) == pytest.approx((0.1, 0.9))


@given(
    st.lists(st.floats(-1, 1, width=16), min_size=1, max_size=50), st.sampled_from([0.5, 0.9, 0.95])
)
def test_the_interval_is_made_of_the_quantiles_of_numpy(values: list[float], level: float) -> None:
    expected = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])

    found = percentile_interval(np.array(values), level=level)

    assert found == pytest.approx(tuple(expected), rel=0, abs=1e-12)


def test_undefined_resamples_are_skipped() -> None:
    resampled = np.where(np.arange(2001) % 2 == 0, np.arange(2001) / 2000, np.nan)

    assert percentile_interval(resampled) == pytest.approx((0.025, 0.975))


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("defined", [0, 1, 499])
def test_there_is_no_interval_if_fewer_than_half_of_the_resamples_are_defined(
    method: Method, defined: int
) -> None:
    basis = Basis(method=method, scale=UNIT, count=20)
    resampled = np.full(1000, np.nan)
    resampled[:defined] = 0.5

    assert basis.interval(0.5, resampled) is None
    assert basis.interval(0.5, np.array([0.5, np.nan])) == pytest.approx((0.5, 0.5))


@pytest.fixture(scope="module")
def skewed() -> Any:
    """Give what SciPy finds for the mean of skewed numbers, and the numbers."""
    data = np.random.default_rng(0).exponential(size=40)
    found = stats.bootstrap((data,), np.mean, n_resamples=2000, method="BCa", rng=1)
    return data, found


def skewness(data: NDArray[np.float64], /) -> float:
    """Return the acceleration of a mean, by leaving out each number in turn."""
    apart = data - data.mean()
    return float((apart**3).sum() / (6 * (apart**2).sum() ** 1.5))


def test_the_bca_interval_is_scipys(skewed: Any) -> None:
    data, found = skewed

    low, high = bca_interval(
        found.bootstrap_distribution, value=data.mean(), acceleration=skewness(data)
    ) or (0, 0)

    assert (low, high) == pytest.approx(tuple(found.confidence_interval), abs=1e-3)
    assert percentile_interval(found.bootstrap_distribution) != pytest.approx((low, high), abs=1e-2)


def test_without_bias_and_skewness_the_bca_interval_is_the_percentile_interval() -> None:
    resampled = np.arange(1001) / 1000

    found = bca_interval(resampled, value=0.5, acceleration=0.0)

    assert found == pytest.approx(percentile_interval(resampled), abs=1e-9)


@pytest.mark.parametrize(("value", "acceleration"), [(-1, 0.3), (2, 0.3), (-1, -0.3), (2, -0.3)])
def test_a_score_beyond_all_its_resamples_has_a_bca_interval_among_them(
    value: float, acceleration: float
) -> None:
    low, high = bca_interval(np.arange(100) / 100, value=value, acceleration=acceleration) or (9, 9)

    assert 0 <= low <= high <= 0.99


@given(st.lists(shares, min_size=2, max_size=30), shares, st.integers(6, 200))
def test_a_transformed_interval_is_symmetric_on_its_own_scale(
    resampled: list[float], value: float, count: int
) -> None:
    def root(share: Any) -> Any:
        return (share / (1 - share)) ** 0.125 - (share / (1 - share)) ** -0.125

    nearer = np.clip(resampled, value / 4, 1 - (1 - value) / 4)
    reach = stats.t.ppf(0.975, count - 1) * root(nearer).std(ddof=1)

    found = transformed_interval(np.array(resampled), value=value, scale=UNIT, count=count)

    assert found is not None
    assert found[0] - 1e-9 <= value <= found[1] + 1e-9
    expected = root(value) - reach, root(value) + reach
    assert root(np.array(found)) == pytest.approx(expected, rel=1e-3, abs=1e-3)


@given(st.lists(shares, min_size=5, max_size=30), shares)
def test_a_transformed_interval_moves_with_the_scale(resampled: list[float], value: float) -> None:
    drawn = np.array(resampled)
    low, high = transformed_interval(drawn, value=value, scale=UNIT, count=9) or (0, 0)

    wide = transformed_interval(4 * drawn - 3, value=4 * value - 3, scale=(-3.0, 1.0), count=9)
    turned = transformed_interval(1 - drawn, value=1 - value, scale=UNIT, count=9)

    assert wide == pytest.approx((4 * low - 3, 4 * high - 3), abs=1e-9)
    assert turned == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_a_transformed_interval_never_changes() -> None:
    resampled = np.arange(800, 970) / 1000

    found = transformed_interval(resampled, value=0.9, scale=UNIT, count=20)

    # To the last bit, on every machine: nothing but arithmetic and square roots.
    assert found == (0.7329325517699221, 0.9657695521785609)


@pytest.mark.parametrize(("value", "expected"), [(1.0, (0.66149, 1.0)), (0.0, (0.0, 0.33851))])
def test_a_score_at_an_end_has_the_interval_of_a_share(
    value: float, expected: tuple[float, float]
) -> None:
    # Ten of ten: 10 / (10 + 2.2622**2), with Student's t of nine degrees of freedom.
    found = transformed_interval(np.full(50, value), value=value, scale=UNIT, count=10)

    assert found == pytest.approx(expected, abs=1e-5)


HALF_OPEN = [((0.0, np.inf), 1.0), ((-np.inf, 1.0), -1.0)]


@pytest.mark.parametrize(("scale", "way"), HALF_OPEN)
def test_on_a_scale_with_one_end_an_interval_bends_there(
    scale: tuple[float, float], way: float
) -> None:
    end = 0.0 if way > 0 else 1.0
    resampled = end + way * np.geomspace(1, 9, 101)

    found = transformed_interval(resampled, value=end + way * 3, scale=scale, count=1000)

    assert found is not None
    near, far = sorted(abs(np.array(found) - end))
    # Nearly 3 divided and multiplied by the same, as on the scale of logarithms.
    assert near * far == pytest.approx(9, rel=1e-9)
    spread = np.log(np.geomspace(1, 9, 101)).std()
    assert np.log(far / 3) == pytest.approx(1.96 * spread, rel=0.1)
    tenfold = transformed_interval(
        end + 10 * (resampled - end), value=end + way * 30, scale=scale, count=1000
    )
    assert tenfold is not None
    assert np.array(tenfold) - end == pytest.approx(10 * (np.array(found) - end))


@pytest.mark.parametrize(("scale", "way"), HALF_OPEN)
def test_a_score_at_the_only_end_of_its_scale_is_told_as_it_is(
    scale: tuple[float, float], way: float
) -> None:
    end = 0.0 if way > 0 else 1.0

    found = transformed_interval(np.full(50, end), value=end, scale=scale, count=40)

    assert found == (end, end)


def test_few_events_or_units_give_no_interval_and_say_so() -> None:
    assert Support(units=FEWEST_UNITS, events=FEWEST_EVENTS).lacks is None
    assert Support(units=99, events=FEWEST_EVENTS - 1).lacks is NoInterval.FEW_EVENTS
    assert Support(units=FEWEST_UNITS - 1).lacks is NoInterval.FEW_UNITS
    assert Support(units=FEWEST_UNITS, fewest=300).lacks is NoInterval.FEW_UNITS
    assert Support(units=10_000, biased=True).lacks is NoInterval.BIASED


def test_the_worth_of_the_units_takes_the_place_of_their_number() -> None:
    resampled = np.arange(800, 970) / 1000
    influence = Influence(acceleration=0.0, worth=8)

    by_worth, by_count = (
        Basis(method=Method.TRANSFORMED, scale=UNIT, count=count, influence=known).interval(
            0.9, resampled
        )
        for count, known in ((500, influence), (8, None))
    )

    assert by_worth == by_count


def test_a_score_that_no_resample_moves_is_certain_inside_the_scale() -> None:
    found = transformed_interval(np.full(50, 0.5), value=0.5, scale=UNIT, count=10)

    assert found == pytest.approx((0.5, 0.5), abs=1e-12)


@pytest.mark.parametrize("count", [0, 1])
def test_next_to_nothing_tells_next_to_nothing(count: int) -> None:
    low, high = transformed_interval(np.ones(9), value=1.0, scale=UNIT, count=count) or (1, 1)

    assert low < 0.05
    assert high == 1.0


@pytest.mark.parametrize(("freedom", "within"), [(2, 0.01), (5, 2e-4), (10, 1e-5), (1000, 1e-8)])
def test_the_quantiles_of_students_t_are_scipys(freedom: int, within: float) -> None:
    for share in (0.9, 0.95, 0.975):
        expected = stats.t.ppf(share, freedom)
        assert student_quantile(share, freedom=freedom) == pytest.approx(expected, rel=within)


@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=2, max_size=40))
def test_the_standard_deviation_is_numpys_in_any_order(values: list[float]) -> None:
    found = standard_deviation(np.array(values))

    assert found == pytest.approx(np.std(values, ddof=1), rel=1e-9, abs=1e-9)
    for turned in itertools.islice(itertools.permutations(values), 1, 5):
        assert standard_deviation(np.array(turned)) == found


def test_a_single_resample_has_no_spread() -> None:
    assert standard_deviation(np.array([3.0])) == 0.0
