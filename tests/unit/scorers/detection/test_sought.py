"""Ranges of area and crowds count as in pycocotools, under any integer weights of the images."""

import contextlib
import io
from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from scorers.detection.coco import detection_ap, detection_map
from scorers.detection.objects import ByImage
from scorers.metric import InvalidColumns, ParamsError, Reason, Undefined

CLASSES = ["EO", "MO"]
PARAMS: dict[str, Any] = {
    "true_boxes": "box",
    "true_labels": "label",
    "true_areas": "area",
    "crowds": "crowd",
    "boxes": "box",
    "labels": "label",
    "scores": "score",
    "classes": CLASSES,
    "box_format": "xywh",
}
Image = Sequence[tuple[str, tuple[float, ...], float, int]]
"""Boxes: class, box as xywh, area or score, and whether it is a crowd."""


def columns(images: Sequence[Image], /) -> dict[str, Any]:
    names = ("label", "box", "area", "crowd")
    found = {name: [[box[i] for box in image] for image in images] for i, name in enumerate(names)}
    return found | {"score": found["area"]}


def measured(truth: Sequence[Image], found: Sequence[Image], /, **params: Any) -> ByImage:
    return detection_map(columns(truth), columns(found), **(PARAMS | params))


def value(truth: Sequence[Image], found: Sequence[Image], /, **params: Any) -> float:
    told = measured(truth, found, **params).value
    return np.nan if isinstance(told, Undefined) else told


def theirs(
    truth: Sequence[Image], found: Sequence[Image], /, *, area: Sequence[float], most: int = 100
) -> float:
    ids = count(1)
    annotations, results = (
        [
            {
                "id": next(ids),
                "image_id": number,
                "category_id": CLASSES.index(label),
                "bbox": list(box),
                "area": size,
                "score": size,
                "iscrowd": crowd,
            }
            for number, image in enumerate(images)
            for label, box, size, crowd in image
        ]
        for images in (truth, found)
    )
    with contextlib.redirect_stdout(io.StringIO()):
        reference = COCO()
        reference.dataset = {
            "images": [{"id": number} for number in range(len(truth))],
            "categories": [{"id": number} for number in range(len(CLASSES))],
            "annotations": annotations,
        }
        reference.createIndex()
        detections = reference.loadRes(results) if results else COCO()
        evaluation = COCOeval(reference, detections, iouType="bbox")
        evaluation.params.imgIds = list(range(len(truth)))
        evaluation.params.maxDets = [most]
        evaluation.params.areaRng = [list(area)]
        evaluation.params.areaRngLbl = ["all"]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0]
    return float(precision[precision > -1].mean()) if (precision > -1).any() else np.nan


places = st.integers(0, 5).map(lambda place: 3.0 * place)
sides = st.sampled_from([2.0, 4.0, 8.0])
boxes = st.tuples(places, places, sides, sides)
areas = st.sampled_from([4.0, 16.0, 32.0, 64.0])


@st.composite
def images(draw: st.DrawFn) -> tuple[Any, Any]:
    """Draw true boxes with areas and crowds, and detections that are near some of them."""
    truth, found = [], []
    scores = st.sampled_from([0.25, 0.5, 0.75]) | st.floats(0, 1, width=32)
    for _ in range(draw(st.integers(1, 4))):
        classes = st.sampled_from(CLASSES)
        true = draw(
            st.lists(st.tuples(classes, boxes, areas, st.sampled_from([0, 0, 1])), max_size=4)
        )
        near = [
            (label, (box[0] + draw(st.sampled_from([0.0, 1.0])), *box[1:]), draw(scores), 0)
            for label, box, _, _ in true
        ]
        others = draw(st.lists(st.tuples(classes, boxes, scores, st.just(0)), max_size=3))
        truth.append(true)
        found.append([*near, *near[:1], *others])
    return truth, found


RANGES = [[0, 1e10], [0, 16], [16, 32], [33, 1e10]]


@given(images(), st.sampled_from(RANGES), st.sampled_from([2, 100]))
@settings(max_examples=120)
def test_ranges_of_area_and_crowds_equal_pycocotools(
    drawn: tuple[Any, Any], area: list[float], most: int
) -> None:
    expected = theirs(*drawn, area=area, most=most)

    ours = value(*drawn, area=area, max_detections=most)
    assert ours == pytest.approx(expected, rel=1e-12, nan_ok=True)


@given(images())
@settings(max_examples=40)
def test_without_a_range_the_areas_do_not_matter_and_without_crowds_all_is_sought(
    drawn: tuple[Any, Any],
) -> None:
    truth, found = drawn
    alone = [[(label, box, size, 0) for label, box, size, _ in image] for image in truth]

    plain = value(alone, found, crowds=None, true_areas=None)

    assert value(alone, found) == pytest.approx(plain, rel=1e-12, nan_ok=True)
    assert value(alone, found, area=[0, 1e10]) == pytest.approx(plain, rel=1e-12, nan_ok=True)


@given(images(), st.sampled_from(RANGES), st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_integer_weights_equal_images_that_are_repeated(
    drawn: tuple[Any, Any], area: list[float], seed: int
) -> None:
    truth, found = drawn
    weights = np.random.default_rng(seed).integers(0, 3, (4, len(truth)))

    weighted = measured(truth, found, area=area, ties="worst").under(weights)

    literal = [
        value(*[[image for image, n in zip(side, row, strict=True) for _ in range(n)]
                for side in (truth, found)], area=area, ties="worst")
        for row in weights
    ]  # fmt: skip
    np.testing.assert_allclose(weighted, literal, rtol=1e-12)


def test_a_small_true_box_is_not_sought_among_large_ones_and_what_takes_it_is_not_false() -> None:
    large, small = ("EO", (0.0, 0.0, 40.0, 40.0), 1600.0, 0), ("EO", (90.0, 0.0, 4.0, 4.0), 16.0, 0)
    found = [[(*small[:2], 0.9, 0), (*large[:2], 0.5, 0)]]

    assert value([[large, small]], found) == 1
    assert value([[large, small]], found, area=[1024, 9216]) == 1
    assert value([[large]], found, area=[1024, 9216]) == 1  # false, but of another area
    assert value([[large]], found) == pytest.approx(0.5)
    told = measured([[small]], found, area=[1024, 9216])
    assert (told.value, told.events) == (Undefined(Reason.NO_POSITIVES), 0)


def test_the_area_is_that_of_the_box_unless_a_column_says_so() -> None:
    thin = ("EO", (0.0, 0.0, 40.0, 40.0), 16.0, 0)
    truth, found = [[thin]], [[(*thin[:2], 0.5, 0)]]

    assert value(truth, found, area=[0, 1024], true_areas="area") == 1
    assert np.isnan(value(truth, found, area=[0, 1024], true_areas=None))


def test_many_detections_may_take_a_crowd() -> None:
    crowd = ("EO", (0.0, 0.0, 90.0, 90.0), 8100.0, 1)
    cell = ("EO", (200.0, 0.0, 9.0, 9.0), 81.0, 0)
    inside = [("EO", (9.0 * n, 0.0, 9.0, 9.0), 0.9, 0) for n in range(9)]
    found = [[*inside, (*cell[:2], 0.1, 0)]]

    assert value([[crowd, cell]], found) == 1
    assert value([[cell]], found) == pytest.approx(0.1)


def test_one_overlap_takes_ranges_and_crowds_too() -> None:
    small = ("EO", (0.0, 0.0, 4.0, 4.0), 16.0, 0)
    truth, found = columns([[small]]), columns([[(*small[:2], 0.5, 0)]])

    assert detection_ap(truth, found, **PARAMS, area=[0, 20]).value == 1
    assert detection_ap(truth, found, **PARAMS, area=[20, 99]).value == Undefined(
        Reason.NO_POSITIVES
    )


@pytest.mark.parametrize("area", [[1], [1, 2, 3], [2, 1], [-1, 1], [1, 1], ["a", "b"]])
def test_what_is_no_range_is_refused(area: list[Any]) -> None:
    with pytest.raises(ParamsError, match="area"):
        measured([[]], [[]], area=area)


def test_a_crowd_is_0_or_1() -> None:
    with pytest.raises(InvalidColumns, match="column crowd holds something else than 0 and 1"):
        measured([[("EO", (0.0, 0.0, 9.0, 9.0), 81.0, 2)]], [[]])
