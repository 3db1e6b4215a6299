"""FROC reads the sensitivity at every threshold, as a step, under any weights of the images."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorers.detection import objects
from scorers.detection.froc import froc_boxes, froc_points
from scorers.detection.objects import ByImage
from scorers.metric import InvalidColumns, ParamsError, Reason, Undefined

NAMES = {"true_points": "lesions", "points": "points", "scores": "score"}
LESION = (0.0, 0.0)
FAR = (90.0, 90.0)

Image = tuple[list[Any], list[tuple[Any, float]]]
"""The lesions of an image, and its detections with their scores."""


def columns(images: Sequence[Image]) -> tuple[dict[str, Any], dict[str, Any]]:
    return (
        {"lesions": [lesions for lesions, _ in images]},
        {
            "points": [[point for point, _ in found] for _, found in images],
            "score": [[score for _, score in found] for _, found in images],
        },
    )


def measured(images: Sequence[Image], /, **params: Any) -> ByImage:
    chosen: dict[str, Any] = NAMES | {"radius": 2} | params
    return froc_points(*columns(images), **chosen)


def value(images: Sequence[Image], /, **params: Any) -> float:
    told = measured(images, **params).value
    return np.nan if isinstance(told, Undefined) else told


GOLDEN: list[Image] = [
    ([LESION], [(LESION, 0.95), (FAR, 0.9)]),
    ([LESION], [(LESION, 0.8)]),
    ([LESION], [(LESION, 0.3)]),
    ([], [(FAR, 0.4)]),
]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ([0], 1 / 3),
        ([0.25], 2 / 3),
        ([0.49], 2 / 3),
        ([0.5], 1),
        ([100], 1),
        ([0.25, 0.5, 1, 2, 4, 8], 17 / 18),
    ],
)
@pytest.mark.parametrize("repeated", ["ignored", "false"])
def test_the_golden_vector_is_reproduced(at: list[float], expected: float, repeated: str) -> None:
    assert value(GOLDEN, at=at, repeated=repeated) == expected


def test_the_points_of_the_cpm_are_read_by_default() -> None:
    assert value(GOLDEN) == pytest.approx((1 / 3 + 2 / 3 + 5) / 7)


def test_with_all_scores_equal_the_only_threshold_counts_unlike_in_monai() -> None:
    images: list[Image] = [([LESION], [(LESION, 0.5)]), ([LESION], [(LESION, 0.5), (FAR, 0.5)])]

    assert value(images, at=[0.5]) == 1  # MONAI leaves the lowest threshold out: 0
    assert value(images, at=[0.49]) == 0


def test_between_thresholds_the_sensitivity_is_a_step_unlike_in_monai() -> None:
    images: list[Image] = [([LESION], [(FAR, 0.9), (LESION, 0.8)])]

    assert value(images, at=[0.5]) == 0  # MONAI interpolates between 0 and 1: 0.5
    assert value(images, at=[1]) == 1


def test_a_rate_that_is_reached_exactly_counts() -> None:
    images: list[Image] = [([], []) for _ in range(99)]
    images.append(([LESION], [(FAR, 0.9)] * 29 + [(LESION, 0.8)]))

    assert value(images, at=[0.29]) == 1
    assert value(images, at=[0.28]) == 0


@pytest.mark.parametrize(("repeated", "expected"), [("ignored", 1.0), ("false", 0.5)])
def test_what_finds_a_lesion_again_is_an_error_only_if_the_challenge_says_so(
    repeated: str, expected: float
) -> None:
    images: list[Image] = [
        ([LESION, FAR], [(LESION, 0.9), ((1.0, 0.0), 0.8), (FAR, 0.7)]),
    ]

    assert value(images, at=[0], repeated=repeated) == expected


@pytest.mark.parametrize(("repeated", "expected"), [("ignored", 1.0), ("false", 0.5)])
def test_one_detection_between_two_lesions_finds_both_unless_each_takes_one(
    repeated: str, expected: float
) -> None:
    images: list[Image] = [([LESION, (2.0, 0.0)], [((1.0, 0.0), 0.9)])]

    assert value(images, at=[0], repeated=repeated) == expected


def test_each_lesion_can_have_a_radius_of_its_own() -> None:
    truth, found = columns([([LESION, FAR], [((3.0, 4.0), 0.9), ((90.0, 95.1), 0.8)])])
    truth["radii"] = [[5.0, 5.0]]
    params: dict[str, Any] = NAMES | {"radii": "radii", "at": [1]}

    assert froc_points(truth, found, **params).value == 0.5


def by_definition(images: Sequence[Image], at: Sequence[float]) -> float:
    """Evaluate every threshold, in the plainest way."""
    scores = sorted({score for _, found in images for _, score in found})
    lesions = sum(len(true) for true, _ in images)
    if not lesions:
        return np.nan

    def hits(point: Any, lesion: Any) -> bool:
        return bool(np.hypot(*np.subtract(point, lesion)) <= 2)

    curve = [(0.0, 0.0)]
    for threshold in scores:
        false = sum(
            score >= threshold and not any(hits(point, lesion) for lesion in true)
            for true, found in images
            for point, score in found
        )
        hit = sum(
            any(score >= threshold and hits(point, lesion) for point, score in found)
            for true, found in images
            for lesion in true
        )
        curve.append((false / len(images), hit / lesions))
    best = [max(hit for false, hit in curve if false <= rate) for rate in at]
    return float(np.mean(best))


points = st.tuples(st.integers(0, 6), st.integers(0, 2)).map(lambda xy: (2.0 * xy[0], 1.0 * xy[1]))
scores = st.sampled_from([0.25, 0.5, 0.75]) | st.floats(0, 1, width=16)
images = st.lists(
    st.tuples(st.lists(points, max_size=3), st.lists(st.tuples(points, scores), max_size=5)),
    min_size=1,
    max_size=5,
)
rates = st.lists(st.sampled_from([0, 0.125, 0.2, 1 / 3, 0.5, 1, 2]), min_size=1, max_size=3)


@given(images, rates)
@settings(max_examples=60)
def test_the_value_is_what_every_threshold_gives(drawn: list[Image], at: list[float]) -> None:
    expected = by_definition(drawn, at)

    assert value(drawn, at=at) == pytest.approx(expected, rel=1e-12, nan_ok=True)


@given(images, rates, st.sampled_from(["ignored", "false"]), st.data())
@settings(max_examples=40)
def test_integer_weights_equal_literal_resampling_by_repetition(
    drawn: list[Image], at: list[float], repeated: str, data: st.DataObject
) -> None:
    times = st.lists(st.integers(0, 3), min_size=len(drawn), max_size=len(drawn))
    weights = data.draw(st.lists(times, min_size=1, max_size=3))

    weighted = measured(drawn, at=at, repeated=repeated).under(np.array(weights))

    literal = [
        value(
            [image for image, many in zip(drawn, row, strict=True) for _ in range(many)],
            at=at,
            repeated=repeated,
        )
        for row in weights
    ]
    np.testing.assert_array_equal(weighted, literal)  # exactly: not one bit apart


def test_weights_of_one_give_the_value_itself_in_many_chunks_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measure = measured(GOLDEN * 3)
    ones = np.ones((70, 12), dtype=np.int64)
    assert measure.under(ones).tolist() == [measure.value] * 70
    monkeypatch.setattr(objects, "CELLS", 100)

    assert measure.under(ones).tolist() == [measure.value] * 70


def test_boxes_hit_lesions_that_they_overlap() -> None:
    truth: dict[str, Any] = {"lesions": [[(0, 0, 10, 10)]]}
    found: dict[str, Any] = {"boxes": [[(0, 0, 10, 1), (0, 0, 10, 5)]], "score": [[0.9, 0.8]]}
    params: dict[str, Any] = {"true_boxes": "lesions", "boxes": "boxes", "scores": "score"}
    params |= {"box_format": "xywh", "at": [0]}

    assert froc_boxes(truth, found, **params).value == 1  # at an overlap of exactly 0.1
    assert froc_boxes(truth, found, **params, iou=0.11).value == 0
    assert froc_boxes(truth, found, **params | {"at": [1]}, iou=0.11).value == 1
    assert froc_boxes(truth, found, **params, repeated="false").value == 1


def test_the_order_of_boxes_in_a_cell_does_not_matter() -> None:
    truth: dict[str, Any] = {"lesions": [[(0, 0, 10, 10)]]}
    found: dict[str, Any] = {"boxes": [[(50, 50, 9, 9), (0, 0, 10, 10)]], "score": [[0.2, 0.9]]}
    params: dict[str, Any] = {"true_boxes": "lesions", "boxes": "boxes", "scores": "score"}

    for repeated in ("ignored", "false"):
        told = froc_boxes(truth, found, **params, box_format="xywh", at=[0], repeated=repeated)
        assert told.value == 1


def test_images_left_out_do_not_count() -> None:
    truth, found = columns(GOLDEN)
    truth["seen"] = [1, 1, 0, 0]
    params: dict[str, Any] = NAMES | {"radius": 2, "where": "seen", "at": [0, 0.5]}

    measure = froc_points(truth, found, **params)

    assert measure.value == (1 / 2 + 1) / 2
    assert (measure.units, measure.events) == (2, 2)
    np.testing.assert_array_equal(
        measure.under(np.array([[1, 1, 9, 9], [0, 0, 1, 1]])), [0.75, np.nan]
    )


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        pytest.param([], Undefined(Reason.NO_UNITS), id="no image"),
        pytest.param([([], [(FAR, 0.5)])], Undefined(Reason.NO_POSITIVES), id="no lesion"),
        pytest.param([([LESION], [])], 0.0, id="no detection"),
    ],
)
def test_without_a_lesion_the_answer_is_undefined_and_says_why(
    images: list[Image], expected: Any
) -> None:
    assert measured(images).value == expected


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"at": []}, "at: there must be at least one number"),
        ({"at": [-1]}, "at: .* none below 0"),
        ({"at": [np.inf]}, "at: "),
        ({"repeated": "wrong"}, "repeated must be one of ignored, false"),
        ({"radius": 0}, "the radius must be above 0"),
    ],
)
def test_params_that_mean_nothing_are_refused(params: dict[str, Any], says: str) -> None:
    with pytest.raises(ParamsError, match=says):
        measured(GOLDEN, **params)


def test_an_overlap_that_means_nothing_is_refused() -> None:
    with pytest.raises(ParamsError, match="iou must be above 0"):
        froc_boxes({}, {}, true_boxes="", boxes="", scores="", box_format="xywh", iou=0)


def test_points_with_another_number_of_scores_are_refused() -> None:
    truth, found = columns(GOLDEN)
    found["score"][1] = [0.5, 0.6]

    with pytest.raises(InvalidColumns, match=r"score has another number of objects .* in row 1"):
        froc_points(truth, found, true_points="lesions", points="points", scores="score", radius=1)
