"""Bins have ten units or more, keep ties together, and have all rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorers.metric import Vector
from scorers.pictures.bins import FEWEST_UNITS, Places, bins


@st.composite
def rows(draw: st.DrawFn) -> tuple[Vector, Places]:
    """Draw values with ties, in their order, and the unit of each, some with many rows."""
    size = draw(st.integers(0, 150))
    values = draw(st.lists(st.integers(0, 60) | st.floats(0, 60), min_size=size, max_size=size))
    units = draw(st.lists(st.integers(0, 90), min_size=size, max_size=size))
    return np.sort(np.array(values, dtype=np.float64)), np.array(units, dtype=np.intp)


@given(rows(), st.integers(1, 40))
def test_every_bin_has_ten_units_and_no_tie_is_cut(drawn: tuple[Vector, Places], most: int) -> None:
    values, units = drawn
    parts = bins(values, units, most=most)

    assert len(parts) <= most
    assert bool(parts) == (len(np.unique(units)) >= FEWEST_UNITS)
    for part in parts:
        assert len(np.unique(units[part])) >= FEWEST_UNITS
    edges = [part.stop for part in parts[:-1]]
    assert all(values[edge - 1] < values[edge] for edge in edges)
    assert [part.start for part in parts] == [0, *edges][: len(parts)]
    assert not parts or parts[-1].stop == len(values)


@pytest.mark.parametrize(
    ("count", "most", "sizes"),
    [
        (9, 10, []),
        (10, 10, [10]),
        (29, 10, [15, 14]),
        (100, 10, [10] * 10),
        (703, 3, [235, 234, 234]),
    ],
)
def test_bins_are_as_even_as_can_be(count: int, most: int, sizes: list[int]) -> None:
    parts = bins(np.arange(count, dtype=np.float64), np.arange(count), most=most)
    assert [part.stop - part.start for part in parts] == sizes


def test_rows_of_one_unit_count_once() -> None:
    units = np.repeat(np.arange(20), 7)
    parts = bins(np.arange(140, dtype=np.float64), units, most=10)
    assert parts == [slice(0, 70), slice(70, 140)]


def test_a_value_that_most_rows_have_makes_one_large_bin() -> None:
    values = np.r_[np.zeros(80), np.arange(1, 21)]
    assert bins(values, np.arange(100), most=10) == [slice(0, 80), slice(80, 90), slice(90, 100)]
