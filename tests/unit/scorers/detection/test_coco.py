"""COCO's average precision is that of pycocotools, under any integer weights of the images."""

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
from pycocotools.cocoeval import COCOeval, Params

from scorers.detection import curve, objects
from scorers.detection.coco import IOUS, detection_ap, detection_map
from scorers.detection.objects import ByImage
from scorers.metric import InvalidColumns, ParamsError, Reason, Undefined

Box = tuple[int, str, tuple[float, ...], float]
"""A class, a box as xywh and a score, which is 0 in the truth."""

CLASSES = ["EO", "MO", "LY"]
NAMES = {
    "true_boxes": "where",
    "true_labels": "what",
    "boxes": "where",
    "labels": "what",
    "scores": "score",
    "classes": CLASSES,
}
CELL = (10, 10, 20, 20)
FAR = (200, 200, 20, 20)


def columns(images: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Make columns of images that list (class, box, score)."""
    return {
        "where": [[box for _, box, _ in image] for image in images],
        "what": [[label for label, _, _ in image] for image in images],
        "score": [[score for _, _, score in image] for image in images],
    }


def measured(truth: Sequence[Any], found: Sequence[Any], /, **params: Any) -> ByImage:
    chosen: dict[str, Any] = NAMES | {"box_format": "xywh"} | params
    return detection_map(columns(truth), columns(found), **chosen)


def value(truth: Sequence[Any], found: Sequence[Any], /, **params: Any) -> float:
    told = measured(truth, found, **params).value
    return np.nan if isinstance(told, Undefined) else told


def pycocotools_map(
    truth: Sequence[Any],
    found: Sequence[Any],
    /,
    *,
    max_detections: int = 100,
    iou: Sequence[float] | None = None,
) -> float:
    ids = count(1)
    annotations, results = (
        [
            {
                "id": next(ids),
                "image_id": number,
                "category_id": CLASSES.index(label),
                "bbox": list(box),
                "area": box[2] * box[3],
                "iscrowd": 0,
                "score": score,
            }
            for number, image in enumerate(images)
            for label, box, score in image
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
        evaluation.params.maxDets = [max_detections]
        if iou is not None:
            evaluation.params.iouThrs = np.array(iou)
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0]
    return float(precision[precision > -1].mean()) if (precision > -1).any() else np.nan


PERFECT = [[("EO", CELL, 0.9)], [("EO", CELL, 0.8)], [("MO", CELL, 0.7)]]


@pytest.mark.parametrize(
    ("truth", "found", "expected"),
    [
        pytest.param(PERFECT, PERFECT, 1, id="all found"),
        pytest.param(
            [*PERFECT, []], [*PERFECT, [("EO", CELL, 0.95)]], 0.8333, id="on an empty image"
        ),
        pytest.param(
            [[], *PERFECT], [[("EO", CELL, 0.9)], *PERFECT], 0.8333, id="tied, the false one first"
        ),
        pytest.param(
            [*PERFECT, []], [*PERFECT, [("EO", CELL, 0.9)]], 0.9175, id="tied, the false one last"
        ),
        pytest.param(
            [[("EO", (30 * n, 0, 20, 20), 0) for n in range(150)]],
            [[("EO", (30 * n, 0, 20, 20), 0.5) for n in range(150)]],
            0.6634,
            id="150 of which 100 count",
        ),
    ],
)
def test_the_golden_vectors_are_reproduced(truth: Any, found: Any, expected: float) -> None:
    assert value(truth, found) == pytest.approx(expected, abs=5e-5)
    assert value(truth, found) == pytest.approx(pycocotools_map(truth, found), rel=1e-12)


def test_all_detections_of_a_crowded_image_count_when_the_challenge_says_so() -> None:
    cells = [[("EO", (30 * n, 0, 20, 20), 0.5) for n in range(150)]]

    assert value(cells, cells, max_detections=150) == 1


@pytest.mark.parametrize(("cells", "expected"), [((0, 8), 1.0), ((8, 0), 51 / 101)])
def test_of_two_cells_that_overlap_it_alike_a_detection_takes_the_last_as_in_pycocotools(
    cells: tuple[int, int], expected: float
) -> None:
    truth = [[("EO", (x, 0, 20, 20), 0) for x in cells]]
    found = [[("EO", (4, 0, 20, 20), 0.9), ("EO", (-6, 0, 20, 20), 0.8)]]

    assert value(truth, found, iou=[0.5]) == pytest.approx(expected)
    assert pycocotools_map(truth, found, iou=[0.5]) == pytest.approx(expected)


def test_an_overlap_of_all_but_a_ten_thousand_millionth_is_all_as_in_pycocotools() -> None:
    truth, found = [[("EO", CELL, 0)]], [[("EO", (10 + 1e-10, 10, 20, 20), 0.5)]]

    assert value(truth, found, iou=[1.0]) == 1
    assert pycocotools_map(truth, found, iou=[1.0]) == pytest.approx(1)


@pytest.mark.parametrize("false_first", [True, False])
def test_with_the_worst_ties_the_order_of_equal_scores_does_not_matter(false_first: bool) -> None:
    false: list[Any] = [("EO", CELL, 0.9)]
    truth = [[], *PERFECT] if false_first else [*PERFECT, []]
    found = [false, *PERFECT] if false_first else [*PERFECT, false]

    assert value(truth, found, ties="worst") == pytest.approx(0.83333333, abs=1e-8)


# Few distinct sides and places make boxes that overlap by exactly a threshold, or by the same.
sides = st.integers(1, 5).map(lambda side: 4.0 * side)
places = st.integers(0, 6).map(lambda place: 2.0 * place)
boxes = st.tuples(places, places, sides, sides)


@st.composite
def images(draw: st.DrawFn, *, scores: st.SearchStrategy[float]) -> tuple[Any, Any]:
    """Draw the true and detected boxes of up to five images, some of them empty."""
    some = st.lists(st.tuples(st.sampled_from(CLASSES), boxes, st.just(0.0)), max_size=4)
    truth, found = [], []
    for _ in range(draw(st.integers(1, 5))):
        true = draw(some)
        near = [
            (label, (box[0] + draw(st.sampled_from([0.0, 1.0])), *box[1:]), draw(scores))
            for label, box, _ in true
        ]
        others = draw(st.lists(st.tuples(st.sampled_from(CLASSES), boxes, scores), max_size=4))
        truth.append(true)
        found.append(draw(st.permutations([*near, *others])))
    return truth, found


tied = st.sampled_from([0.25, 0.5, 0.75])
distinct = st.floats(0, 1, width=32)


@given(images(scores=tied | distinct), st.sampled_from([1, 2, 100]))
@settings(max_examples=60)
def test_the_value_equals_pycocotools(drawn: tuple[Any, Any], most: int) -> None:
    theirs = pycocotools_map(*drawn, max_detections=most)

    ours = value(*drawn, max_detections=most)
    assert ours == pytest.approx(theirs, rel=1e-12, nan_ok=True)


@given(images(scores=tied | distinct), st.sampled_from([0.1, 0.5, 1.0]))
@settings(max_examples=25)
def test_the_value_at_one_overlap_equals_pycocotools(drawn: tuple[Any, Any], iou: float) -> None:
    truth, found = map(columns, drawn)
    params: dict[str, Any] = NAMES | {"box_format": "xywh", "iou": iou}

    told = detection_ap(truth, found, **params).value

    ours = np.nan if isinstance(told, Undefined) else told
    assert ours == pytest.approx(pycocotools_map(*drawn, iou=[iou]), rel=1e-12, nan_ok=True)


def drawn_at_random(number: int, /, *, seed: int) -> tuple[Any, Any]:
    """Draw images of about seven cells, most of them found, with scores of two decimals."""
    rng = np.random.default_rng(seed)
    truth, found = [], []
    for _ in range(number):
        cells = [
            (str(rng.choice(CLASSES)), tuple(rng.uniform((0, 0, 20, 20), (300, 300, 90, 90))), 0.0)
            for _ in range(rng.poisson(7))
        ]
        noise = [(label, tuple(np.add(box, rng.normal(0, 4, 4))), 0) for label, box, _ in cells]
        false = [(label, (box[1], box[0], *box[2:]), 0) for label, box, _ in cells[:3]]
        truth.append(cells)
        found.append([(*cell[:2], float(rng.random().__round__(2))) for cell in [*noise, *false]])
    return truth, found


def test_hundreds_of_images_equal_pycocotools() -> None:
    truth, found = drawn_at_random(300, seed=1)

    assert value(truth, found) == pytest.approx(pycocotools_map(truth, found), rel=1e-12)


def repeated(images: Sequence[Any], times: Sequence[int]) -> list[Any]:
    return [image for image, many in zip(images, times, strict=True) for _ in range(many)]


@given(images(scores=tied | distinct), st.data())
@settings(max_examples=25)
def test_integer_weights_equal_literal_resampling_by_repetition(
    drawn: tuple[Any, Any], data: st.DataObject
) -> None:
    truth, found = drawn
    times = st.lists(st.integers(0, 3), min_size=len(truth), max_size=len(truth))
    weights = data.draw(st.lists(times, min_size=1, max_size=4))

    weighted = measured(truth, found, ties="worst").under(np.array(weights))

    literal = [value(repeated(truth, row), repeated(found, row), ties="worst") for row in weights]
    np.testing.assert_allclose(weighted, literal, rtol=1e-12)


@given(images(scores=st.just(0.0)), st.randoms(use_true_random=False), st.data())
@settings(max_examples=25)
def test_weights_equal_repetition_in_the_order_given_where_no_score_is_twice_in_an_image(
    drawn: tuple[Any, Any], random: Any, data: st.DataObject
) -> None:
    truth = drawn[0]
    found = [
        [
            (*cell[:2], score)
            for cell, score in zip(image, random.sample(range(20), len(image)), strict=True)
        ]
        for image in drawn[1]
    ]
    times = st.lists(st.integers(0, 3), min_size=len(truth), max_size=len(truth))
    row = data.draw(times)

    [weighted] = measured(truth, found).under(np.array([row]))

    literal = value(repeated(truth, row), repeated(found, row))
    assert weighted == pytest.approx(literal, rel=1e-12, nan_ok=True)


def test_an_image_drawn_twice_has_each_of_its_objects_twice_in_place() -> None:
    truth = [[("EO", CELL, 0)]]
    found = [[("EO", CELL, 0.9), ("EO", FAR, 0.9)]]

    assert measured(truth, found).under(np.array([[2]])).tolist() == [1.0]
    assert value(truth * 2, found * 2) == pytest.approx((51 + 50 * 2 / 3) / 101)


@given(images(scores=tied))
@settings(max_examples=25)
def test_the_worst_ties_are_never_better_than_those_given(drawn: tuple[Any, Any]) -> None:
    worst, given_order = value(*drawn, ties="worst"), value(*drawn)

    assert np.isnan(worst) == np.isnan(given_order)
    assert not worst > given_order + 1e-12


@pytest.mark.parametrize("ties", ["given", "worst"])
def test_weights_of_one_give_the_value_itself(ties: str) -> None:
    measure = measured(*drawn_at_random(60, seed=2), ties=ties)

    for resamples in (1, 3, 200):
        same = measure.under(np.ones((resamples, 60), dtype=np.int64))
        assert same.tolist() == [measure.value] * resamples


@pytest.mark.parametrize("ties", ["given", "worst"])
def test_few_resamples_at_once_count_as_many(ties: str, monkeypatch: pytest.MonkeyPatch) -> None:
    measure = measured(*drawn_at_random(40, seed=3), ties=ties)
    weights = np.random.default_rng(0).integers(0, 4, size=(150, 40))
    whole = measure.under(weights)
    monkeypatch.setattr(objects, "CELLS", 40 * 110)
    np.testing.assert_array_equal(measure.under(weights), whole)
    monkeypatch.setattr(curve, "MANY_RESAMPLES", 1000)

    np.testing.assert_array_equal(measure.under(weights), whole)


def test_pairs_in_many_chunks_match_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = drawn_at_random(40, seed=4)
    whole = value(*drawn)
    monkeypatch.setattr(objects, "PAIRS", 5)

    assert value(*drawn) == whole


def test_pairs_come_as_many_at_a_time_as_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "PAIRS", 5)
    nothing = np.zeros(0, dtype=np.intp)
    seven, two = np.zeros(7, dtype=np.intp), np.zeros(2, dtype=np.intp)

    assert [len(own) for own, _ in objects.pairs(seven, two)] == [4, 4, 4, 2]
    assert [len(own) for own, _ in objects.pairs(two, seven)] == [7, 7]
    assert [len(own) for own, _ in objects.pairs(seven, nothing)] == [0]


def test_the_thresholds_are_those_of_pycocotools_to_the_last_bit() -> None:
    assert list(IOUS) == Params(iouType="bbox").iouThrs.tolist()


def test_two_corners_say_what_corner_and_size_say() -> None:
    truth, found = drawn_at_random(20, seed=5)
    corners = [
        [[(k, (x, y, x + w, y + h), s) for k, (x, y, w, h), s in image] for image in images]
        for images in (truth, found)
    ]

    assert value(*corners, box_format="xyxy") == pytest.approx(value(truth, found), rel=1e-12)


def test_only_the_classes_chosen_are_averaged() -> None:
    truth, found = drawn_at_random(40, seed=6)
    alone = [
        [[cell for cell in image if cell[0] == "MO"] for image in images]
        for images in (truth, found)
    ]

    assert value(truth, found, of=["MO"]) == value(*alone)
    each = [value(truth, found, of=[label]) for label in CLASSES]
    assert value(truth, found) == pytest.approx(sum(each) / 3, rel=1e-12)


def test_images_left_out_do_not_count() -> None:
    truth, found = drawn_at_random(30, seed=7)
    told = columns(truth) | {"seen": [number % 3 > 0 for number in range(30)]}
    params: dict[str, Any] = NAMES | {"box_format": "xywh", "where": "seen"}
    weights = np.random.default_rng(0).integers(0, 3, size=(5, 30))

    measure = detection_map(told, columns(found), **params)

    chosen = np.flatnonzero(told["seen"])
    few = measured([truth[row] for row in chosen], [found[row] for row in chosen])
    assert measure.value == few.value
    assert measure.units == 20
    assert measure.events == few.events == sum(bool(truth[row]) for row in chosen)
    np.testing.assert_array_equal(measure.under(weights), few.under(weights[:, chosen]))


@pytest.mark.parametrize(
    ("truth", "found", "expected"),
    [
        pytest.param([], [], Undefined(Reason.NO_UNITS), id="no image"),
        pytest.param([[], []], [[], []], Undefined(Reason.NO_POSITIVES), id="empty images"),
        pytest.param([[]], PERFECT[:1], Undefined(Reason.NO_POSITIVES), id="no true box"),
        pytest.param(PERFECT, [[], [], []], 0.0, id="no detection"),
        pytest.param(PERFECT[:1], PERFECT[2:], 0.0, id="detections of another class"),
    ],
)
def test_without_a_true_box_the_answer_is_undefined_and_says_why(
    truth: Any, found: Any, expected: Any
) -> None:
    assert measured(truth, found).value == expected


def test_resamples_without_a_true_box_are_undefined() -> None:
    weights = np.array([[1, 0, 0], [0, 0, 5], [0, 0, 0]])

    under = measured([PERFECT[0], PERFECT[1], []], PERFECT).under(weights)

    np.testing.assert_array_equal(under, [1, np.nan, np.nan])
    assert measured([], []).under(np.zeros((2, 0), dtype=int)).tolist() == pytest.approx(
        [np.nan] * 2, nan_ok=True
    )


def test_detections_of_a_class_without_a_true_box_cost_nothing_as_in_pycocotools() -> None:
    truth, found = [[("EO", CELL, 0)]], [[("EO", CELL, 0.5), ("MO", CELL, 0.9)]]

    assert value(truth, found) == 1
    assert pycocotools_map(truth, found) == pytest.approx(1)


def test_a_detection_of_more_than_ten_thousand_million_pixels_counts_unlike_in_pycocotools() -> (
    None
):
    truth = [[("EO", CELL, 0)]]
    found = [[("EO", (0, 0, 2e5, 2e5), 0.9), ("EO", CELL, 0.5)]]

    assert pycocotools_map(truth, found) == pytest.approx(1)
    assert value(truth, found) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"where": [[[0, 0, 1]]]}, "where holds something else than rows of 4 numbers"),
        ({"where": [[0, 0, 1, 1]]}, "where holds something else than rows of 4 numbers"),
        ({"where": [[[0, 0, 1, "wide"]]]}, "where holds something else than numbers"),
        ({"where": [[[0, 0, 1, np.nan]]]}, "where holds something that is not finite"),
        ({"where": [[[0, 0, -1, 1]]]}, "where holds 1 boxes without an area, the first in row 0"),
        ({"where": [[[0, 0, 1, 1], [0, 0, 0, 1]]]}, "where holds 1 boxes without an area"),
        ({"where": []}, "where has 0 rows"),
        ({"what": [["EO", "EO"]]}, "what has another number of objects .* in row 0"),
        ({"what": [["eo"]]}, "what holds 1 labels that are no class"),
        ({"what": [[["EO"]]]}, "what holds something else than lists of labels"),
        ({"what": [7]}, "what holds something else than lists of labels"),
        ({"score": [[]]}, "score has another number of objects"),
        ({"score": [[np.inf]]}, "score holds something that is not finite"),
        ({"score": [0.5]}, "score holds something else than a list for each image"),
    ],
)
def test_columns_that_cannot_be_measured_are_named(change: dict[str, Any], says: str) -> None:
    good = columns([[("EO", CELL, 0.9)]])
    params: dict[str, Any] = NAMES | {"box_format": "xywh"}

    with pytest.raises(InvalidColumns, match=says):
        detection_map(good, good | change, **params)


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"box_format": "yxyx"}, "box_format must be one of xyxy, xywh"),
        ({"ties": "best"}, "ties must be one of given, worst"),
        ({"max_detections": 0}, "max_detections must be at least 1"),
        ({"iou": []}, "iou: there must be at least one"),
        ({"iou": [0.5, 1.1]}, "iou: thresholds must be above 0 and at most 1"),
        ({"iou": [0]}, "iou: thresholds must be above 0"),
        ({"classes": []}, "classes: there must be at least one"),
        ({"classes": ["EO", "EO"]}, "none twice"),
        ({"of": ["PM"]}, "of: all of them must be among the classes"),
    ],
)
def test_params_that_mean_nothing_are_refused(params: dict[str, Any], says: str) -> None:
    with pytest.raises(ParamsError, match=says):
        measured(PERFECT, PERFECT, **params)


def test_a_column_that_does_not_exist_is_named() -> None:
    with pytest.raises(InvalidColumns, match="no column nowhere"):
        measured(PERFECT, PERFECT, boxes="nowhere")
