"""The grid average mean error is that of histograms of each image, under any integer weights."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorers.detection.counting import grid_mean_error
from scorers.metric import InvalidColumns, ParamsError, Reason, Undefined
from scorers.weighted.per_row import MeanOfRows

NAMES: dict[str, Any] = {"true_points": "p", "points": "p", "width": "w", "height": "h"}
Images = Sequence[tuple[Any, Any, float, float]]
"""True points, found points, width and height."""


def measured(images: Images, /, *, levels: int = 2, **params: Any) -> MeanOfRows:
    true, found, width, height = zip(*images, strict=True) if images else [()] * 4
    truth: dict[str, Any] = {"p": list(true), "w": np.array(width), "h": np.array(height)}
    given_: dict[str, Any] = {"p": list(found)}
    return grid_mean_error(truth, given_, **NAMES, levels=levels, **params)


def histogram(points: list[Any], width: float, height: float, *, levels: int) -> Any:
    x, y = np.array(points, dtype=float).reshape(-1, 2).T
    edges = [np.linspace(0, size, 2**levels + 1) for size in (width, height)]
    return np.histogram2d(x, y, bins=edges)[0]


def by_histogram(images: Images, /, *, levels: int) -> float:
    errors = [
        np.abs(
            histogram(true, width, height, levels=levels)
            - histogram(found, width, height, levels=levels)
        ).sum()
        for true, found, width, height in images
    ]
    return float(np.mean(errors)) if errors else np.nan


@st.composite
def images(draw: st.DrawFn) -> Images:
    """Draw images whose points lie on and between the lines of any grid."""
    drawn: list[Any] = []
    for _ in range(draw(st.integers(1, 4))):
        width, height = (draw(st.sampled_from([8.0, 16.0, 24.0])) for _ in range(2))
        point = st.tuples(
            st.integers(0, int(4 * width)).map(lambda place: place / 4),
            st.integers(0, int(4 * height)).map(lambda place: place / 4),
        )
        true, found = (draw(st.lists(point, max_size=5)) for _ in range(2))
        drawn.append((true, found, width, height))
    return drawn


@given(images(), st.integers(0, 3))
@settings(max_examples=80)
def test_the_value_equals_histograms_of_each_image(drawn: Images, levels: int) -> None:
    assert measured(drawn, levels=levels).value == by_histogram(drawn, levels=levels)


@given(images(), st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_integer_weights_equal_images_that_are_repeated(drawn: Images, seed: int) -> None:
    weights = np.random.default_rng(seed).integers(0, 3, (5, len(drawn)))

    weighted = measured(drawn).under(weights)

    literal = [
        by_histogram(
            [image for image, n in zip(drawn, row, strict=True) for _ in range(n)], levels=2
        )
        for row in weights
    ]
    np.testing.assert_allclose(weighted, literal, rtol=1e-12)


@given(images())
@settings(max_examples=40)
def test_a_finer_grid_never_costs_less_and_the_coarsest_is_the_error_of_the_count(
    drawn: Images,
) -> None:
    errors = [measured(drawn, levels=levels).value for levels in range(5)]

    assert errors == sorted(errors, key=lambda error: error if isinstance(error, float) else -1)
    assert errors[0] == np.mean([abs(len(true) - len(found)) for true, found, _, _ in drawn])


def test_points_outside_the_image_are_of_the_part_at_the_border() -> None:
    corner = [([(7, 7)], [(99, 99)], 8, 8)]

    assert measured(corner).value == 0
    assert measured([([(0, 0)], [(-5, 9)], 8, 8)]).value == 2
    assert measured([([(0, 0)], [(-5, -5)], 8, 8)]).value == 0


def test_images_left_out_do_not_count_and_those_without_a_point_do() -> None:
    truth: dict[str, Any] = {
        "p": [[(1, 1)], [], []],
        "w": [4, 4, 4],
        "h": [4, 4, 4],
        "in": [0, 1, 1],
    }
    given_: dict[str, Any] = {"p": [[], [], [(1, 1)]]}
    measure = grid_mean_error(truth, given_, **NAMES, levels=1, where="in")

    assert (measure.value, measure.units, measure.events) == (0.5, 2, 0)


def test_without_an_image_there_is_no_value() -> None:
    assert measured([]).value == Undefined(Reason.NO_UNITS)
    assert np.isnan(measured([([], [], 4, 4)]).under(np.array([[0]]))).all()


@pytest.mark.parametrize("levels", [-1, 9, True])
def test_levels_that_mean_nothing_are_refused(levels: int) -> None:
    with pytest.raises(ParamsError, match="levels"):
        measured([([], [], 4, 4)], levels=levels)


@pytest.mark.parametrize(
    ("image", "says"),
    [
        (([(5, 1)], [], 4, 4), "column p holds a point outside"),
        (([(1, -0.5)], [], 4, 4), "column p holds a point outside"),
        (([], [], 0, 4), "column w holds a size"),
        (([], [], 4, -1), "column h holds a size"),
        (([(1, 1, 1)], [], 4, 4), "points in space"),
    ],
)
def test_an_image_that_cannot_be_measured_is_named(image: Any, says: str) -> None:
    with pytest.raises(InvalidColumns, match=says):
        measured([image])
