"""Detected points match true ones one to one, and as many as can."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from scorers.detection.objects import ByImage
from scorers.detection.points import point_f1, point_precision, point_sensitivity
from scorers.metric import InvalidColumns, ParamsError, Reason, Undefined

NAMES = {"true_points": "cells", "points": "cells"}
METRICS = [point_f1, point_sensitivity, point_precision]

Image = tuple[list[Any], list[Any]]
"""The true and the detected points of an image."""


def measured(
    metric: Callable[..., ByImage], images: Sequence[Image], /, *, radius: float = 2
) -> ByImage:
    truth, found = ({"cells": [image[side] for image in images]} for side in (0, 1))
    return metric(truth, found, **NAMES, radius=radius)


def value(metric: Callable[..., ByImage], images: Sequence[Image], /) -> float:
    told = measured(metric, images).value
    return np.nan if isinstance(told, Undefined) else told


def shares(images: Sequence[Image], /) -> list[float]:
    """Match each image by the Hungarian method: F1, sensitivity and precision."""
    matched = 0
    for true, found in images:
        if true and found:
            apart = np.linalg.norm(np.array(true)[:, None] - np.array(found), axis=2)
            far = (apart > 2).astype(int)
            matched += int((1 - far[linear_sum_assignment(far)]).sum())
    there = sum(len(true) for true, _ in images)
    told = sum(len(found) for _, found in images)
    parts = [(2 * matched, there + told), (matched, there), (matched, told)]
    return [over / under if under else np.nan for over, under in parts]


points = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5)).map(lambda xy: (1.0 * xy[0], 1.0 * xy[1])),
    max_size=6,
)
images = st.lists(st.tuples(points, points), min_size=1, max_size=4)


@given(images)
def test_the_values_equal_the_hungarian_method_image_by_image(drawn: list[Image]) -> None:
    np.testing.assert_array_equal([value(metric, drawn) for metric in METRICS], shares(drawn))


@given(images, st.data())
@settings(max_examples=60)
def test_integer_weights_equal_literal_resampling_by_repetition(
    drawn: list[Image], data: st.DataObject
) -> None:
    times = st.lists(st.integers(0, 3), min_size=len(drawn), max_size=len(drawn))
    row = data.draw(times)
    repeated = [image for image, many in zip(drawn, row, strict=True) for _ in range(many)]

    for metric in METRICS:
        [weighted] = measured(metric, drawn).under(np.array([row]))

        np.testing.assert_array_equal(weighted, value(metric, repeated))


def test_a_point_that_could_take_either_leaves_the_other_to_the_one_that_can() -> None:
    true = [(0, 0), (0, 3)]
    found = [(0, 1), (0, -1)]  # the first is near both cells, the second near the first cell only

    for order in (found, found[::-1]):
        assert value(point_f1, [(true, order)]) == 1  # greedy in the order of the truth: 1 of 2


@pytest.mark.parametrize(
    ("true", "found", "expected"),
    [
        pytest.param([(0, 0)], [(3, 4)], 1.0, id="at the very radius"),
        pytest.param([(0, 0)], [(3, 4.001)], 0.0, id="beyond it"),
        pytest.param([(0, 0, 0)], [(0, 3, 4)], 1.0, id="in space"),
        pytest.param([(0, 0, 0)], [(3, 4, 1)], 0.0, id="too far in space"),
        pytest.param([(0, 0)], [(0, 1), (0, 1)], 2 / 3, id="one of two on one cell"),
    ],
)
def test_a_point_matches_within_the_radius(true: Any, found: Any, expected: float) -> None:
    assert measured(point_f1, [(true, found)], radius=5).value == pytest.approx(expected)


def test_points_of_another_image_do_not_match() -> None:
    assert value(point_f1, [([(0, 0)], []), ([], [(0, 0)])]) == 0


def test_images_left_out_do_not_count() -> None:
    truth: dict[str, Any] = {"cells": [[(0, 0)], [(0, 0)], []], "seen": [1, 0, 1]}
    found: dict[str, Any] = {"cells": [[(0, 1)], [], []]}

    measure = point_f1(truth, found, **NAMES, radius=2, where="seen")

    assert (measure.value, measure.units, measure.events) == (1, 2, 1)
    assert measure.under(np.array([[1, 5, 2]])).tolist() == [1]


@pytest.mark.parametrize(
    ("metric", "images", "expected"),
    [
        (point_f1, [], Undefined(Reason.NO_UNITS)),
        (point_f1, [([], [])], Undefined(Reason.NO_POSITIVES)),
        (point_f1, [([], [(0, 0)])], 0.0),
        (point_f1, [([(0, 0)], [])], 0.0),
        (point_sensitivity, [([], [(0, 0)])], Undefined(Reason.NO_POSITIVES)),
        (point_sensitivity, [([(0, 0)], [])], 0.0),
        (point_precision, [([(0, 0)], [])], Undefined(Reason.NO_DETECTIONS)),
        (point_precision, [([], [(0, 0)])], 0.0),
    ],
)
def test_without_points_the_answer_is_undefined_and_says_why(
    metric: Callable[..., ByImage], images: list[Image], expected: Any
) -> None:
    assert measured(metric, images).value == expected


@pytest.mark.parametrize("radius", [0, -1, np.nan, np.inf])
def test_a_radius_that_means_nothing_is_refused(radius: float) -> None:
    with pytest.raises(ParamsError, match="the radius must be above 0 and finite"):
        measured(point_f1, [([(0, 0)], [(0, 0)])], radius=radius)


@pytest.mark.parametrize(
    ("true", "found", "says"),
    [
        ([(0, 0)], [(0, 0, 0)], "detected points have 3 coordinates, true ones 2"),
        ([(0, 0, 0, 0)], [(0, 0)], "cells holds something else than rows of 2 or 3 numbers"),
        ([(0, 0)], [(0, np.nan)], "cells holds something that is not finite"),
    ],
)
def test_points_that_cannot_be_measured_are_named(true: Any, found: Any, says: str) -> None:
    with pytest.raises(InvalidColumns, match=says):
        measured(point_f1, [(true, found)])
