"""Centrelines are those of a look at every pixel, and clDice follows them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from scipy import ndimage

from scorers.metric import InvalidColumns, Reason, Undefined
from scorers.segmentation.centrelines import centreline_dice, thinned
from scorers.weighted.per_row import MeanOfRows

Mask = NDArray[np.bool_]
TOUCHING = np.ones((3, 3))
NAMES: dict[str, Any] = {"mask": "m", "predicted": "m", "labels": [1]}

masks = st.integers(1, 12).flatmap(
    lambda size: arrays.arrays(np.bool_, (size, 13 - size), elements=st.booleans())
)


def drawn(lines: list[str], /) -> tuple[Mask, Mask]:
    """Read a mask of + and #, and its centreline of # alone."""
    signs = np.array([list(line) for line in lines])
    return signs != ".", signs == "#"


GOLDEN = [
    [
        "........+++...",
        "........+#+...",
        "........+++...",
        "..............",
        "..............",
        "...+++........",
        "...##+........",
    ],
    [
        ".......+++..++",
        ".....++##+..#+",
        ".....+#+++..#+",
        ".....+++......",
        "..............",
        "....+++.......",
        "....##+.......",
    ],
    [
        ".+++..+++.....",
        ".##++.##+.....",
        "..+#+.........",
        "..++#++.......",
        "....+#+.....++",
        "....+++.....#+",
        "...........+#+",
        ".+++.......+#+",
        ".##+.......+++",
    ],
]
"""Masks and what skimage.morphology.thin (0.26.0) leaves of them."""


@pytest.mark.parametrize("lines", GOLDEN)
def test_the_golden_vectors_of_scikit_image_are_reproduced(lines: list[str]) -> None:
    mask, line = drawn(lines)

    np.testing.assert_array_equal(thinned(mask), line)


def removable(mask: Mask, row: int, column: int, *, pass_: int) -> bool:
    """Look at the eight neighbours, counter-clockwise from the right, as Guo and Hall write it."""
    x = [
        bool(mask[row + y, column + z])
        for y, z in ((0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1))
    ]
    crossings = sum(not x[2 * i] and (x[2 * i + 1] or x[(2 * i + 2) % 8]) for i in range(4))
    pairs = min(
        sum(x[2 * i] or x[2 * i + 1] for i in range(4)),
        sum(x[2 * i + 1] or x[(2 * i + 2) % 8] for i in range(4)),
    )
    if pass_ == 0:
        spared = (x[1] or x[2] or not x[7]) and x[0]
    else:
        spared = (x[5] or x[6] or not x[3]) and x[4]
    return crossings == 1 and 2 <= pairs <= 3 and not spared


def pixel_by_pixel(mask: Mask) -> Mask:
    line = np.pad(mask, 1)
    while True:
        before = line.copy()
        for pass_ in (0, 1):
            taken = [(y, x) for y, x in np.argwhere(line) if removable(line, y, x, pass_=pass_)]
            for y, x in taken:
                line[y, x] = False
        if (line == before).all():
            return line[1:-1, 1:-1]


@given(masks)
@settings(max_examples=150)
def test_the_centreline_equals_a_look_at_every_pixel(mask: Mask) -> None:
    np.testing.assert_array_equal(thinned(mask), pixel_by_pixel(mask))


@given(masks)
@settings(max_examples=100)
def test_no_part_of_a_mask_vanishes_or_falls_apart(mask: Mask) -> None:
    line = thinned(mask)

    parts, count = ndimage.label(mask, structure=TOUCHING)
    assert not (line & ~mask).any()
    assert ndimage.label(line, structure=TOUCHING)[1] == count
    assert set(parts[line].tolist()) == set(range(1, count + 1))
    np.testing.assert_array_equal(thinned(line), line)


def measured(truth: list[Any], told: list[Any], **params: Any) -> MeanOfRows:
    truth_, given_ = {"m": truth}, {"m": told}
    columns: list[Any] = [truth_, given_]
    return centreline_dice(*columns, **(NAMES | params))


def test_a_tube_of_which_half_is_found_has_the_value_of_scikit_image() -> None:
    truth = np.zeros((20, 20), dtype=np.uint8)
    truth[5:10, 2:18] = 1
    told = np.roll(truth, 2, axis=0)
    told[:, 12:] = 0

    assert measured([truth], [told]).value == 2 * (2 / 3) / (1 + 2 / 3)


def test_the_width_of_a_tube_does_not_matter_as_it_does_for_dice() -> None:
    thin, thick = np.zeros((2, 15, 30), dtype=np.uint8)
    thin[7, 2:28] = 1
    thick[5:10, 2:28] = 1

    assert measured([thick], [thin]).value == 1.0
    assert measured([thin], [np.roll(thin, 1, axis=0)]).value == 0.0


EMPTY = np.zeros((4, 4), dtype=np.uint8)
LINE = np.eye(4, dtype=np.uint8)


@pytest.mark.parametrize(
    ("truth", "told", "value"),
    [(EMPTY, EMPTY, 1), (LINE, EMPTY, 0), (EMPTY, LINE, 0), (LINE, LINE, 1)],
)
def test_empty_masks_have_the_answer_of_dice(truth: Any, told: Any, value: float) -> None:
    assert measured([truth], [told]).value == value


def test_the_mean_is_over_structures_and_then_over_images() -> None:
    both = np.array([[1, 1, 0, 2, 2]])
    measure = measured(
        [both, both, both], [both, both * 0, np.where(both == 2, 0, both)], labels=[1, 2]
    )

    assert measure.value == pytest.approx((1 + 0 + 0.5) / 3, rel=1e-12)
    weights = np.array([[1, 0, 2], [0, 3, 0], [0, 0, 0]])
    np.testing.assert_allclose(measure.under(weights), [2 / 3, 0, np.nan], rtol=1e-12)


def test_without_an_image_there_is_no_value_and_in_space_there_is_no_answer() -> None:
    assert measured([], []).value == Undefined(Reason.NO_UNITS)
    solid = np.ones((2, 2, 2), dtype=np.uint8)
    with pytest.raises(InvalidColumns, match="column m, row 0: centrelines need 2 dimensions"):
        measured([solid], [solid])
