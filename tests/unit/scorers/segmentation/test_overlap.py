"""Overlap of masks is as the reference libraries say, and an image is never left out."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from sklearn.metrics import f1_score, jaccard_score

from scorers.metric import InvalidColumns, ParamsError, Reason, Undefined
from scorers.segmentation.overlap import dice, iou, volume_similarity
from scorers.weighted.per_row import MeanOfRows

NAMES: dict[str, Any] = {"mask": "mask", "predicted": "answer"}
OVERLAPS = [dice, iou, volume_similarity]


def square(row: int, column: int, /, *, speck: bool = False) -> NDArray[np.uint8]:
    mask = np.zeros((20, 20), dtype=np.uint8)
    mask[row : row + 5, column : column + 5] = 1
    mask[15, 15] |= speck
    return mask


EMPTY = np.zeros((20, 20), dtype=np.uint8)
TRUTH = square(5, 5)


def measured(
    metric: Callable[..., MeanOfRows], truth: list[Any], answer: list[Any], **params: Any
) -> MeanOfRows:
    columns: dict[str, Any] = {"mask": truth}
    return metric(columns, {"answer": answer}, **NAMES, **({"labels": [1]} | params))


@pytest.mark.parametrize(
    ("metric", "answer", "value"),
    [
        pytest.param(dice, square(5, 6), 0.8, id="Dice, shifted by a column"),
        pytest.param(iou, square(5, 6), 2 / 3, id="IoU, shifted by a column"),
        pytest.param(dice, square(5, 5, speck=True), 50 / 51, id="Dice, with a speck"),
        pytest.param(volume_similarity, square(5, 6), 1.0, id="equal sizes"),
        pytest.param(volume_similarity, square(5, 5, speck=True), 50 / 51, id="one pixel more"),
    ],
)
def test_the_golden_vectors_are_reproduced(
    metric: Callable[..., MeanOfRows], answer: NDArray[Any], value: float
) -> None:
    assert measured(metric, [TRUTH], [answer]).value == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("metric", OVERLAPS)
def test_a_structure_that_both_masks_lack_scores_1(metric: Callable[..., MeanOfRows]) -> None:
    """MONAI leaves the image out, medpy, surface-distance and torchmetrics divide by 0."""
    assert measured(metric, [EMPTY], [EMPTY]).value == 1.0


@pytest.mark.parametrize("metric", OVERLAPS)
def test_a_structure_that_one_mask_lacks_scores_0(metric: Callable[..., MeanOfRows]) -> None:
    """MONAI by default leaves out an image whose truth is empty: finding too much is free."""
    assert measured(metric, [EMPTY, TRUTH, TRUTH], [TRUTH, EMPTY, TRUTH]).value == 1 / 3


@st.composite
def images(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    """Draw up to 5 images of other sizes, in 2 or 3 dimensions, with labels 0 to 3."""
    truth, answer = [], []
    for _ in range(draw(st.integers(1, 5))):
        shape = draw(arrays.array_shapes(min_dims=2, max_dims=3, max_side=5))
        masks = arrays.arrays(np.uint8, shape, elements=st.integers(0, 3))
        truth.append(draw(masks))
        answer.append(draw(masks).astype(draw(st.sampled_from(["u1", "i2", "i8"]))))
    return truth, answer


@pytest.mark.parametrize(("metric", "reference"), [(dice, f1_score), (iou, jaccard_score)])
@given(images())
@settings(max_examples=30)
def test_each_structure_equals_scikit_learn_on_its_pixels(
    metric: Callable[..., MeanOfRows],
    reference: Callable[..., float],
    drawn: tuple[list[Any], list[Any]],
) -> None:
    def pixels(mask: NDArray[Any]) -> NDArray[Any]:
        return np.stack([np.isin(mask, which).ravel() for which in ([1], [2, 3], [3])], axis=1)

    theirs = np.mean(
        [
            reference(pixels(ours), pixels(answer), average=None, zero_division=1.0)
            for ours, answer in zip(*drawn, strict=True)
        ]
    )

    assert measured(metric, *drawn, labels=[1, [2, 3], 3]).value == pytest.approx(theirs, rel=1e-12)


@given(images(), st.data())
@settings(max_examples=30)
def test_integer_weights_equal_images_given_so_often(
    drawn: tuple[list[Any], list[Any]], data: st.DataObject
) -> None:
    count = len(drawn[0])
    weights = np.array(
        [data.draw(st.lists(st.integers(0, 4), min_size=count, max_size=count)) for _ in range(3)]
    )

    weighted = measured(dice, *drawn, labels=[1, 2, 3]).under(weights)

    for value, row in zip(weighted, weights.tolist(), strict=True):
        often = [
            [mask for mask, times in zip(masks, row, strict=True) for _ in range(times)]
            for masks in drawn
        ]
        repeated = measured(dice, *often, labels=[1, 2, 3]).value
        if isinstance(repeated, Undefined):
            assert np.isnan(value)
        else:
            assert value == pytest.approx(repeated, rel=1e-12)


def test_weights_of_one_give_the_value_itself() -> None:
    measure = measured(dice, [TRUTH] * 7, [square(5, at) for at in range(7)])

    assert measure.under(np.ones((2, 7), dtype=np.int64)).tolist() == [measure.value] * 2


def test_images_without_1_in_where_are_not_read() -> None:
    truth: dict[str, Any] = {"mask": [None, TRUTH, TRUTH], "graded": [0, 1, 1]}
    answer: dict[str, Any] = {"answer": [None, TRUTH, EMPTY]}

    measure = dice(truth, answer, labels=[1], where="graded", **NAMES)

    assert (measure.value, measure.units, measure.events) == (0.5, 2, 2)
    weighted = measure.under(np.array([[1, 3, 1], [5, 0, 1], [5, 0, 0]]))
    assert weighted.tolist() == pytest.approx([0.75, 0.0, np.nan], nan_ok=True)


def test_without_an_image_there_is_no_value() -> None:
    assert measured(dice, [], []).value == Undefined(Reason.NO_UNITS)


def test_events_are_the_images_that_have_a_structure() -> None:
    assert measured(dice, [TRUTH, EMPTY, TRUTH], [EMPTY] * 3).events == 2


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param([EMPTY[:5]], r"answer, row 0: the mask has the shape \(5, 20\)", id="shape"),
        pytest.param([EMPTY * 0.5], "answer, row 0: expected a mask of integers", id="float"),
        pytest.param([None], "answer, row 0: expected a mask of integers", id="no mask"),
        pytest.param([EMPTY[0]], "in 2 or 3 dimensions, found uint8 in 1", id="one dimension"),
        pytest.param([EMPTY + 2], r"answer, row 0: .* label that is not of this", id="label"),
        pytest.param([EMPTY, EMPTY], "answer has 2 rows, the truth has 1", id="rows"),
    ],
)
def test_masks_that_cannot_be_measured_are_named(answer: list[Any], says: str) -> None:
    with pytest.raises(InvalidColumns, match=says):
        measured(dice, [TRUTH], answer)


def test_a_mask_of_booleans_has_the_labels_0_and_1() -> None:
    assert measured(dice, [TRUTH == 1], [TRUTH]).value == 1.0


@pytest.mark.parametrize("labels", [[], [[]], [0, 1], ["1"], [True], [1.5], [[1, "2"]]])
def test_labels_must_list_structures(labels: list[Any]) -> None:
    with pytest.raises(ParamsError, match="labels"):
        measured(dice, [TRUTH], [TRUTH], labels=labels)


def test_a_missing_column_is_named() -> None:
    truth: dict[str, Any] = {"mask": [TRUTH]}

    with pytest.raises(InvalidColumns, match="no column answer"):
        dice(truth, {}, labels=[1], **NAMES)
