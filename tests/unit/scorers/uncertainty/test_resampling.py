"""Resamples are drawn from the seed alone, out of the strata if there are any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorers.uncertainty.resampling import draw_weights


def test_the_weights_of_a_seed_never_change() -> None:
    (weights,) = draw_weights(5, resamples=3, seed=2026, stream=1)

    # Another version of numpy may draw others: then scores of old receipts need the old version.
    assert weights.tolist() == [[2, 0, 0, 3, 0], [1, 0, 0, 1, 3], [1, 2, 0, 1, 1]]


@given(
    units=st.integers(1, 60),
    resamples=st.integers(1, 400),
    seed=st.integers(0, 2**64),
    draws=st.integers(1, 5000),
)
def test_weights_do_not_depend_on_the_chunks_and_sum_to_the_units(
    units: int, resamples: int, seed: int, draws: int
) -> None:
    whole = np.concatenate(list(draw_weights(units, resamples=resamples, seed=seed, stream=0)))
    chunks = list(draw_weights(units, resamples=resamples, seed=seed, stream=0, draws=draws))

    np.testing.assert_array_equal(np.concatenate(chunks), whole)
    assert whole.shape == (resamples, units)
    assert (whole.sum(axis=1) == units).all()


def test_chunks_stay_within_the_memory_bound() -> None:
    shapes = [chunk.shape for chunk in draw_weights(100_000, resamples=200, seed=0, stream=0)]

    assert shapes == [(80, 100_000), (80, 100_000), (40, 100_000)]


def test_seeds_and_streams_are_independent() -> None:
    drawn = [
        np.concatenate(list(draw_weights(50, resamples=10, seed=seed, stream=stream)))
        for seed, stream in [(1, 0), (1, 1), (2, 0)]
    ]

    assert not np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


def test_every_unit_is_drawn_alike() -> None:
    weights = np.concatenate(list(draw_weights(20, resamples=20_000, seed=0, stream=0)))

    # 20,000 draws of a unit on average; the standard deviation of the mean weight is 0.007.
    assert np.abs(weights.mean(axis=0) - 1).max() < 0.03
    assert weights.var() == pytest.approx(0.95, abs=0.01)
