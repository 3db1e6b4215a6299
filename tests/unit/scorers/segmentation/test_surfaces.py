"""Distances of surfaces equal a look at every pair of voxels, and what the libraries give."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from scorers.metric import InvalidColumns, ParamsError, Undefined
from scorers.segmentation.isosurface import surface_codes, surface_sizes
from scorers.segmentation.surfaces import assd, hd95, nsd
from scorers.weighted.per_row import MeanOfRows

DISTANCES = [hd95, assd]


def square(row: int, column: int, /, *, speck: bool = False) -> NDArray[np.uint8]:
    mask = np.zeros((20, 20), dtype=np.uint8)
    mask[row : row + 5, column : column + 5] = 1
    mask[15, 15] |= speck
    return mask


EMPTY = np.zeros((20, 20), dtype=np.uint8)
TRUTH = square(5, 5)
SPECK = square(5, 5, speck=True)


def measured(
    metric: Callable[..., MeanOfRows], truth: list[Any], answer: list[Any], **params: Any
) -> MeanOfRows:
    columns: dict[str, Any] = {"mask": truth}
    told: dict[str, Any] = {"labels": [1], "spacing_mm": (1, 1)}
    told |= {"tolerance_mm": 1} if metric is nsd else {}
    return metric(columns, {"answer": answer}, mask="mask", predicted="answer", **(told | params))


def value(
    metric: Callable[..., MeanOfRows], truth: NDArray[Any], answer: NDArray[Any], **params: Any
) -> float:
    told = measured(metric, [truth], [answer], **params).value
    assert not isinstance(told, Undefined)
    return told


@pytest.mark.parametrize(
    ("metric", "answer", "expected"),
    [
        pytest.param(hd95, square(5, 6), 1.0, id="HD95, shifted"),
        pytest.param(assd, square(5, 6), 0.5, id="ASSD, shifted"),
        pytest.param(nsd, square(5, 6), 1.0, id="NSD, shifted within the tolerance"),
        pytest.param(hd95, SPECK, 0.2 * np.sqrt(72), id="HD95, a speck"),
        pytest.param(nsd, SPECK, 0.930136903369876, id="NSD, a speck"),
    ],
)
def test_the_golden_vectors_are_reproduced(
    metric: Callable[..., MeanOfRows], answer: NDArray[Any], expected: float
) -> None:
    assert value(metric, TRUTH, answer) == pytest.approx(expected, rel=1e-12)


def test_a_cube_shifted_along_a_thick_axis_is_as_far_as_the_axis_is_thick() -> None:
    cube = np.zeros((6, 6, 6), dtype=np.uint8)
    cube[1:4, 1:4, 1:4] = 1

    assert value(hd95, cube, np.roll(cube, 1, axis=0), spacing_mm=(5, 1, 1)) == 5.0


@pytest.mark.parametrize(
    ("seed", "shape", "spacing", "tolerance", "expected"),
    [
        (1, (9, 8), (2, 0.7), 0.7, 0.6118085685344314),
        (2, (6, 7, 5), (5, 1, 1), 1.0, 0.8487748643649756),
        (3, (8, 8, 8), (1, 2, 3.5), 1.0, 0.8525358009773922),
    ],
)
def test_surface_dice_equals_the_values_that_surface_distance_gave(
    seed: int,
    shape: tuple[int, ...],
    spacing: tuple[float, ...],
    tolerance: float,
    expected: float,
) -> None:
    rng = np.random.default_rng(seed)
    truth, answer = (rng.random(shape) < 0.15 for _ in range(2))

    told = value(nsd, truth, answer, spacing_mm=spacing, tolerance_mm=tolerance)

    assert told == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("metric", DISTANCES)
def test_two_empty_masks_are_0_mm_apart(metric: Callable[..., MeanOfRows]) -> None:
    """MONAI answers NaN, surface-distance infinity, and medpy raises RuntimeError."""
    assert value(metric, EMPTY, EMPTY) == 0.0


@pytest.mark.parametrize("metric", DISTANCES)
@pytest.mark.parametrize("masks", [(EMPTY, TRUTH), (TRUTH, EMPTY)])
def test_an_empty_mask_is_the_diagonal_of_the_image_from_the_other(
    metric: Callable[..., MeanOfRows], masks: tuple[NDArray[Any], NDArray[Any]]
) -> None:
    """MONAI's HD95 is NaN there while its HD is infinite; a case that is left out costs nothing."""
    assert value(metric, *masks, spacing_mm=(3, 4)) == 100.0


@pytest.mark.parametrize(
    ("truth", "answer", "expected"),
    [(EMPTY, EMPTY, 1.0), (EMPTY, TRUTH, 0.0), (TRUTH, EMPTY, 0.0)],
)
def test_the_surface_dice_of_empty_masks_is_1_and_of_one_is_0(
    truth: NDArray[Any], answer: NDArray[Any], expected: float
) -> None:
    """MONAI answers NaN for two empty masks."""
    assert value(nsd, truth, answer) == expected


def test_hd95_is_the_larger_of_the_two_directions_each_with_its_own_percentile() -> None:
    """As MONAI; medpy pools both directions (0.0), surface-distance weights by area (7.81)."""
    assert value(hd95, SPECK, TRUTH) == value(hd95, TRUTH, SPECK) == pytest.approx(1.6970562748)


def test_surface_dice_weights_by_size_and_does_not_count_voxels() -> None:
    """32 of 33 border voxels are near: .9697 is what MONAI gives without use_subvoxels."""
    assert value(nsd, TRUTH, SPECK) != pytest.approx(32 / 33, abs=0.03)


def test_a_distance_that_is_the_tolerance_but_for_its_last_bit_is_within_it() -> None:
    """surface-distance gives 0.5 here, as 3 x 0.1 is more than 0.3 in floating point."""
    voxel = np.zeros((1, 8), dtype=np.uint8)
    voxel[0, 0] = 1

    told = value(nsd, voxel, np.roll(voxel, 3), spacing_mm=(0.1, 0.1), tolerance_mm=0.3)

    assert told == 1.0


@st.composite
def pairs(draw: st.DrawFn) -> tuple[NDArray[Any], NDArray[Any], list[float]]:
    """Draw two masks, none empty, in 2 or 3 dimensions, and an anisotropic spacing."""
    shape = draw(arrays.array_shapes(min_dims=2, max_dims=3, max_side=5))
    masks = arrays.arrays(np.uint8, shape, elements=st.integers(0, 1)).filter(np.any)
    spacing = [draw(st.sampled_from([0.5, 1.0, 1.7, 5.0])) for _ in shape]
    return draw(masks), draw(masks), spacing


def border_by_definition(mask: NDArray[Any]) -> list[tuple[int, ...]]:
    """List the voxels of a mask that have a neighbour along an axis outside of it."""
    inside = {tuple(place) for place in np.argwhere(mask).tolist()}
    steps = [tuple(step) for step in np.eye(mask.ndim, dtype=int).tolist()]
    return [
        voxel
        for voxel in sorted(inside)
        if any(
            tuple(at + sign * by for at, by in zip(voxel, step, strict=True)) not in inside
            for step in steps
            for sign in (-1, 1)
        )
    ]


def directed(here: list[Any], other: list[Any], spacing: list[float]) -> NDArray[np.float64]:
    gaps = (np.array(here)[:, None] - np.array(other)[None]) * spacing
    nearest: NDArray[np.float64] = np.sqrt((gaps**2).sum(axis=-1)).min(axis=1)
    return nearest


@given(pairs())
@settings(max_examples=100)
def test_distances_equal_a_look_at_every_pair_of_border_voxels(
    drawn: tuple[NDArray[Any], NDArray[Any], list[float]],
) -> None:
    truth, answer, spacing = drawn
    ours, theirs = border_by_definition(truth), border_by_definition(answer)
    both = [directed(ours, theirs, spacing), directed(theirs, ours, spacing)]

    largest = max(np.percentile(distances, 95) for distances in both)
    mean = np.concatenate(both).mean()

    assert value(hd95, truth, answer, spacing_mm=spacing) == pytest.approx(largest, rel=1e-12)
    assert value(assd, truth, answer, spacing_mm=spacing) == pytest.approx(mean, rel=1e-12)


@given(pairs(), st.sampled_from([0.0, 0.5, 1.0, 2.4, 5.0]))
@settings(max_examples=100)
def test_surface_dice_equals_a_look_at_every_pair_of_pieces(
    drawn: tuple[NDArray[Any], NDArray[Any], list[float]], tolerance: float
) -> None:
    truth, answer, spacing = drawn
    codes = [surface_codes(mask != 0) for mask in (truth, answer)]
    sizes = [surface_sizes(tuple(spacing))[code] for code in codes]
    places = [np.argwhere(size > 0) for size in sizes]
    near = total = 0.0
    for (here, other), size in zip((places, places[::-1]), sizes, strict=True):
        within = directed(list(here), list(other), spacing) <= tolerance * (1 + 1e-9)
        near += size[tuple(here[within].T)].sum()
        total += size.sum()

    told = value(nsd, truth, answer, spacing_mm=spacing, tolerance_mm=tolerance)

    assert told == pytest.approx(near / total, rel=1e-12)


def test_the_outline_of_a_square_has_its_length_with_the_corners_cut() -> None:
    mask = np.zeros((7, 9), dtype=np.bool_)
    mask[1:4, 2:7] = True

    outline = surface_sizes((2.0, 1.0))[surface_codes(mask)].sum()

    assert outline == pytest.approx(2 * (2 * 2.0) + 2 * (4 * 1.0) + 4 * np.sqrt(1.25))


def test_the_surface_of_a_box_has_its_area_with_the_edges_and_corners_cut() -> None:
    box = np.ones((3, 4, 5), dtype=np.bool_)

    area = surface_sizes((1.0, 1.0, 1.0))[surface_codes(box)].sum()

    faces = 2 * (2 * 3 + 2 * 4 + 3 * 4)
    edges = 4 * (2 + 3 + 4) * np.sqrt(0.5)
    assert area == pytest.approx(faces + edges + 8 * np.sqrt(3) / 8)


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (1.0, 1.0, 1.0), (5.0, 0.7, 1.0)])
def test_a_hole_has_the_surface_of_what_would_fill_it(spacing: tuple[float, ...]) -> None:
    sizes = surface_sizes(spacing)

    assert sizes[0] == sizes[-1] == 0
    assert (sizes[1:-1] > 0).all()
    assert sizes == pytest.approx(sizes[::-1])


def test_the_spacing_of_each_image_may_be_a_column_of_the_truth() -> None:
    truth: dict[str, Any] = {"mask": [TRUTH, TRUTH], "mm": [(1, 1), (1, 3)]}
    answer: dict[str, Any] = {"mask": [square(5, 6), square(5, 6)]}

    measure = hd95(truth, answer, mask="mask", predicted="mask", labels=[1], spacing="mm")

    assert measure.under(np.array([[1, 0], [0, 1], [1, 1]])).tolist() == [1.0, 3.0, 2.0]


@pytest.mark.parametrize("spacing", [(1,), (1, 1, 1), (0, 1), (-1, 1), (np.nan, 1), (np.inf, 1)])
def test_a_spacing_that_is_none_is_refused(spacing: tuple[float, ...]) -> None:
    with pytest.raises(InvalidColumns, match="spacing_mm, row 0: expected 2 positive numbers"):
        value(hd95, TRUTH, TRUTH, spacing_mm=spacing)


@pytest.mark.parametrize("params", [{"spacing_mm": None}, {"spacing": "mm"}])
def test_the_spacing_must_be_given_once(params: dict[str, Any]) -> None:
    with pytest.raises(ParamsError, match="give the spacing once"):
        value(hd95, TRUTH, TRUTH, **params)


@pytest.mark.parametrize("tolerance", [-1, np.nan])
def test_a_tolerance_below_0_is_refused(tolerance: float) -> None:
    with pytest.raises(ParamsError, match="tolerance_mm"):
        value(nsd, TRUTH, TRUTH, tolerance_mm=tolerance)
