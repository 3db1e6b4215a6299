"""The score of CYTOLOGIA is what the challenge's code gave, and a strict one counts false boxes."""

from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, f1_score

from scorers.detection import objects
from scorers.detection.boxes import Boxes, giou
from scorers.detection.cytologia import cytologia_giou_f1, cytologia_strict
from scorers.detection.objects import ByImage, Images
from scorers.metric import InvalidColumns, ParamsError, Reason, Undefined
from scorers.registry import get_metric

CLASSES = ["PNN", "LY", "LyB", "M"]
NAMES: dict[str, Any] = {
    "true_boxes": "where",
    "true_labels": "what",
    "boxes": "where",
    "labels": "what",
    "classes": CLASSES,
}
FIRST, SECOND, FAR = (0, 0, 10, 10), (20, 0, 30, 10), (50, 50, 60, 60)

Cells = list[tuple[str, tuple[float, ...]]]
"""The leukocytes of an image: class and box."""

Metric = Callable[..., ByImage]


def columns(images: Sequence[Cells], /) -> dict[str, Any]:
    return {
        "where": [[box for _, box in image] for image in images],
        "what": [[label for label, _ in image] for image in images],
    }


def measured(metric: Metric, drawn: Sequence[tuple[Cells, Cells]], /, **params: Any) -> ByImage:
    truth, prediction = (columns([image[side] for image in drawn]) for side in (0, 1))
    return metric(truth, prediction, **NAMES | params)


def value(metric: Metric, drawn: Sequence[tuple[Cells, Cells]], /, **params: Any) -> float:
    told = measured(metric, drawn, **params).value
    return np.nan if isinstance(told, Undefined) else told


def giou_of(one: Sequence[float], other: Sequence[float], /) -> float:
    column: Any = [[one, other]]
    image = Images(columns={"box": column}, rows=np.arange(1), total=1)
    both = Boxes.read(image, "box", box_format="xyxy")
    return float(giou(both, np.array([0]), both, np.array([1]))[0])


@pytest.mark.parametrize(
    ("other", "expected"),
    [((5, 5, 15, 15), -0.07936507936507936), (SECOND, -0.3333333333333333), (FIRST, 1.0)],
)
def test_the_golden_generalised_overlaps_are_reproduced(other: Any, expected: float) -> None:
    assert giou_of(FIRST, other) == expected


@pytest.mark.parametrize("more", [[], [("LY", (300, 300, 310, 310))]])
def test_the_golden_score_is_reproduced(more: Cells) -> None:
    drawn: list[tuple[Cells, Cells]] = [([("LY", FIRST), ("LY", SECOND)], [("LY", FIRST), *more])]

    assert value(cytologia_giou_f1, drawn) == pytest.approx(0.9333333333333333, rel=1e-12)
    boxes = value(cytologia_giou_f1, drawn, part="boxes")
    assert boxes == pytest.approx(0.6666666666666667, rel=1e-12)
    assert value(cytologia_giou_f1, drawn, part="macro_f1") == 1


def published(drawn: Sequence[tuple[Cells, Cells]], /) -> dict[str, float]:
    """Score as the challenge's code did: image by image, and F1 by scikit-learn on text."""
    overlaps, true, told = [], [], []
    for cells, predicted in drawn:
        for label, box in cells:
            values = [giou_of(box, other) for _, other in predicted]
            best = int(np.argmax(values)) if values else None
            overlaps.append(-1 if best is None else values[best])
            true.append(label)
            told.append("None" if best is None else predicted[best][0])
    boxes = float(((np.array(overlaps) + 1) / 2).mean())
    macro = f1_score(true, told, average="macro", zero_division=0)
    return {"score": 0.2 * boxes + 0.8 * macro, "boxes": boxes, "macro_f1": macro}


places = st.integers(0, 4).map(lambda place: 4.0 * place)
sides = st.integers(1, 3).map(lambda side: 4.0 * side)
boxes = st.tuples(places, places, sides, sides).map(
    lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3])
)
leukocytes = st.lists(st.tuples(st.sampled_from(CLASSES), boxes), max_size=4)
some = st.lists(st.tuples(leukocytes, leukocytes), min_size=1, max_size=5)


@given(some.filter(lambda drawn: any(cells for cells, _ in drawn)))
@settings(max_examples=50)
def test_the_official_score_and_its_parts_are_those_of_the_published_code(drawn: Any) -> None:
    for part, theirs in published(drawn).items():
        assert value(cytologia_giou_f1, drawn, part=part) == pytest.approx(theirs, rel=1e-12)


def one_to_one(drawn: Sequence[tuple[Cells, Cells]], /) -> dict[str, float]:
    """Try all matchings of an image, and count what is missed or false as a class of its own."""
    overlaps, true, told = [], [], []
    for cells, predicted in drawn:
        size = max(len(cells), len(predicted))
        padded = [*predicted, *[None] * (size - len(predicted))]
        found: list[tuple[int, float, Any]] = []
        for order in permutations(padded, len(cells)):
            pairs = [
                (number, other, giou_of(box, other[1]))
                for number, ((_, box), other) in enumerate(zip(cells, order, strict=True))
                if other is not None and share(box, other[1]) >= 0.5
            ]
            found.append((len(pairs), sum(overlap for _, _, overlap in pairs), pairs))
        most, _, pairs = max(found, key=lambda one: one[:2])
        partner = {number: other for number, other, _ in pairs}
        overlaps += [overlap for _, _, overlap in pairs]
        overlaps += [-1] * (len(cells) + len(predicted) - 2 * most)
        true += [label for label, _ in cells] + ["false"] * (len(predicted) - most)
        told += [
            partner[number][0] if number in partner else "missed" for number in range(len(cells))
        ]
        left = list(predicted)
        for other in partner.values():
            left.remove(other)
        told += [label for label, _ in left]
    macro = f1_score(
        true, told, labels=sorted({*true, *told} & {*CLASSES}), average="macro", zero_division=0
    )
    boxes = float(((np.array(overlaps) + 1) / 2).mean())
    return {"score": 0.2 * boxes + 0.8 * macro, "boxes": boxes, "macro_f1": macro}


def share(one: Sequence[float], other: Sequence[float], /) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    both = max(wide, 0) * max(high, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return both / (sum(areas) - both)


# Boxes at distinct places, so that no two matchings are equally good.
moved = st.tuples(boxes, st.floats(0, 1, width=32), st.floats(0, 1, width=32)).map(
    lambda drawn: tuple(np.add(drawn[0], drawn[1:] * 2).tolist())
)


@given(
    st.lists(
        st.tuples(leukocytes, st.lists(st.tuples(st.sampled_from(CLASSES), moved), max_size=4)),
        min_size=1,
        max_size=3,
    ).filter(lambda drawn: any(cells for cells, _ in drawn))
)
@settings(max_examples=40)
def test_the_strict_boxes_are_those_of_the_best_of_all_matchings(drawn: Any) -> None:
    ours = value(cytologia_strict, drawn, part="boxes")

    assert ours == pytest.approx(one_to_one(drawn)["boxes"], rel=1e-12)


def test_the_strict_score_counts_missed_and_false_boxes() -> None:
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(40):
        cells = [
            (
                str(rng.choice(CLASSES)),
                tuple(np.add(rng.uniform(0, 30, 2).repeat(2)[[0, 2, 1, 3]], (0, 0, 20, 20))),
            )
            for _ in range(rng.integers(0, 5))
        ]
        predicted = [
            (str(rng.choice([label, *CLASSES])), tuple(np.add(box, rng.uniform(0, 6, 4))))
            for label, box in cells
            if rng.random() < 0.8
        ]
        drawn.append(
            (cells, [*predicted, *[("LY", (60.0, 60.0, 70.0, 70.0))] * int(rng.integers(0, 2))])
        )

    for part, expected in one_to_one(drawn).items():
        assert value(cytologia_strict, drawn, part=part) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("predicted", "official", "strict"),
    [
        pytest.param([("LY", FIRST), ("M", SECOND)], 1, 1, id="perfect"),
        pytest.param(
            [("LY", FIRST), ("M", SECOND), ("M", FAR)],
            1,
            0.2 * 2 / 3 + 0.8 * 5 / 6,
            id="a false box",
        ),
        pytest.param([("LY", FIRST)], 0.2 * 2 / 3 + 0.8 * 1 / 3, 0.5, id="one for two"),
        pytest.param([], 0, 0, id="nothing"),
    ],
)
def test_what_costs_nothing_officially_costs_in_the_strict_score(
    predicted: Cells, official: float, strict: float
) -> None:
    drawn: list[tuple[Cells, Cells]] = [([("LY", FIRST), ("M", SECOND)], predicted)]

    assert value(cytologia_giou_f1, drawn) == pytest.approx(official, rel=1e-12)
    assert value(cytologia_strict, drawn) == pytest.approx(strict, rel=1e-12)


def test_false_boxes_on_empty_images_count_in_the_strict_score_only() -> None:
    drawn: list[tuple[Cells, Cells]] = [([("LY", FIRST)], [("LY", FIRST)]), ([], [("LY", FAR)])]

    assert value(cytologia_giou_f1, drawn) == 1
    assert value(cytologia_strict, drawn) == pytest.approx(0.2 / 2 + 0.8 * 2 / 3, rel=1e-12)


def test_as_many_boxes_match_as_can_before_they_match_well() -> None:
    cells: Cells = [("LY", (0, 0, 10, 10)), ("LY", (9, 9, 19, 19))]
    predicted: Cells = [("LY", (0, 0, 10, 10)), ("LY", (-9, -9, 1, 1))]

    # The first prediction is the first cell, but the second cell touches no other prediction.
    assert value(cytologia_strict, [(cells, predicted)], part="macro_f1", min_iou=0.001) == 1
    assert value(cytologia_strict, [(cells, predicted)], part="macro_f1", min_iou=0.1) == 0.5


def test_a_cell_whose_prediction_answers_for_another_is_missed() -> None:
    cells: Cells = [("LY", FIRST), ("LY", (0, 1, 10, 11)), ("M", FAR)]
    predicted: Cells = [("LY", FIRST), ("M", FAR), ("PNN", (50, 50, 60, 59))]

    # F1 of LY 2/3, of M 1, of PNN 0.
    told = value(cytologia_strict, [(cells, predicted)], part="macro_f1")
    assert told == pytest.approx((2 / 3 + 1 + 0) / 3, rel=1e-12)
    # Two boxes match exactly, one is missed and one is false.
    assert value(cytologia_strict, [(cells, predicted)], part="boxes") == 0.5


def test_a_cell_without_an_answer_is_no_class_among_those_chosen() -> None:
    drawn: list[tuple[Cells, Cells]] = [
        ([("LY", FIRST)], [("LY", FIRST)]),
        ([("LY", FIRST)], []),
    ]

    assert value(cytologia_giou_f1, drawn, part="macro_f1") == pytest.approx((2 / 3 + 0) / 2)
    assert value(cytologia_giou_f1, drawn, part="macro_f1", of=["LY"]) == pytest.approx(2 / 3)


def test_a_class_can_be_looked_at_alone() -> None:
    drawn: list[tuple[Cells, Cells]] = [
        ([("LY", FIRST)], [("M", FIRST)]),
        ([("LY", FIRST)], [("LY", FIRST)]),
        ([("M", FIRST)], [("M", FIRST)]),
    ]

    for metric in (cytologia_giou_f1, cytologia_strict):
        assert value(metric, drawn, part="macro_f1", of=["M"]) == pytest.approx(2 / 3)
        assert value(metric, drawn, part="balanced_accuracy", of=["LY"]) == 0.5
        told = balanced_accuracy_score(["LY", "LY", "M"], ["M", "LY", "M"])
        assert value(metric, drawn, part="balanced_accuracy") == told
        assert np.isnan(value(metric, drawn, part="macro_f1", of=["PNN"]))


def test_a_class_that_is_predicted_only_counts_0_and_one_that_occurs_nowhere_does_not() -> None:
    drawn: list[tuple[Cells, Cells]] = [
        ([("LY", FIRST), ("LY", SECOND)], [("LY", FIRST), ("M", SECOND)])
    ]

    assert value(cytologia_giou_f1, drawn, part="macro_f1") == pytest.approx((2 / 3 + 0) / 2)


@given(some, st.sampled_from([cytologia_giou_f1, cytologia_strict]), st.data())
@settings(max_examples=50)
def test_integer_weights_equal_literal_resampling_by_repetition(
    drawn: Any, metric: Metric, data: st.DataObject
) -> None:
    part = data.draw(st.sampled_from(["score", "boxes", "macro_f1", "balanced_accuracy"]))
    times = st.lists(st.integers(0, 3), min_size=len(drawn), max_size=len(drawn))
    weights = data.draw(st.lists(times, min_size=1, max_size=3))

    weighted = measured(metric, drawn, part=part).under(np.array(weights))

    literal = [
        value(
            metric,
            [image for image, many in zip(drawn, row, strict=True) for _ in range(many)],
            part=part,
        )
        for row in weights
    ]
    np.testing.assert_array_equal(weighted, literal)  # exactly: not one bit apart


@pytest.mark.parametrize("metric", [cytologia_giou_f1, cytologia_strict])
def test_weights_of_one_give_the_value_itself_in_many_chunks_too(
    metric: Metric, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[Cells, Cells]] = [
        ([("LY", FIRST)], [("M", (1, 1, 8, 9))]),
        ([("LY", FIRST), ("M", SECOND)], [("LY", (1, 0, 10, 9)), ("M", FIRST)]),
    ]
    measure = measured(metric, drawn)
    ones = np.ones((50, 2), dtype=np.int64)
    assert measure.under(ones).tolist() == [measure.value] * 50
    monkeypatch.setattr(objects, "FEW_CELLS", 12)
    monkeypatch.setattr(objects, "PAIRS", 1)

    assert measured(metric, drawn).under(ones).tolist() == [measure.value] * 50


def test_images_left_out_do_not_count() -> None:
    drawn: list[tuple[Cells, Cells]] = [
        ([("LY", FIRST)], [("LY", FIRST)]),
        ([("M", FIRST)], []),
        ([], []),
    ]
    truth, prediction = (columns([image[side] for image in drawn]) for side in (0, 1))
    truth["seen"] = [1, 0, 1]

    measure = cytologia_giou_f1(truth, prediction, **NAMES, where="seen")

    assert (measure.value, measure.units, measure.events) == (1, 2, 1)
    assert measure.under(np.array([[1, 9, 1]])).tolist() == [1]


@pytest.mark.parametrize("metric", [cytologia_giou_f1, cytologia_strict])
@pytest.mark.parametrize(
    ("drawn", "reason"),
    [([], Reason.NO_UNITS), ([([], [("LY", FIRST)])], Reason.NO_POSITIVES)],
)
def test_without_a_true_box_the_score_is_undefined_and_says_why(
    metric: Metric, drawn: Any, reason: Reason
) -> None:
    assert measured(metric, drawn).value == Undefined(reason)


@pytest.mark.parametrize(
    ("predicted", "says"),
    [
        pytest.param(("LY", (np.nan,) * 4), "not finite", id="officially 0.797 with right classes"),
        pytest.param(("LY", (10, 0, 0, 10)), "1 boxes without an area", id="officially 0.7971"),
        pytest.param(
            ("Ly", FIRST), "1 labels that are no class", id="officially a class with F1 0"
        ),
    ],
)
def test_what_the_published_code_scored_in_silence_is_refused(predicted: Any, says: str) -> None:
    with pytest.raises(InvalidColumns, match=says):
        measured(cytologia_giou_f1, [([("LY", FIRST)], [predicted])])


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"part": "f1"}, "part must be one of score, boxes, macro_f1, balanced_accuracy"),
        ({"of": ["Ly"]}, "of: all of them must be among the classes"),
        ({"min_iou": 0}, "min_iou must be above 0"),
        ({"box_format": "yxyx"}, "box_format must be one of"),
    ],
)
def test_params_that_mean_nothing_are_refused(params: dict[str, Any], says: str) -> None:
    with pytest.raises(ParamsError, match=says):
        measured(cytologia_strict, [([("LY", FIRST)], [("LY", FIRST)])], **params)


@pytest.mark.parametrize("key", ["cytologia_giou_f1", "cytologia_strict"])
@pytest.mark.parametrize("given", [{}, {"box_format": "xyxy"}])
def test_exchanged_corners_break_a_rule_whether_or_not_the_usual_format_is_given(
    key: str, given: dict[str, Any]
) -> None:
    """So that a file is refused with its line, and not by the metric, which knows none."""
    rows = {"where": np.array([[5.0, 5, 15, 15], [15, 5, 5, 15]]), "what": np.array(["LY", "LY"])}

    [broken] = [
        told
        for rule in get_metric(key).rules
        for told in rule.broken(rows, {**NAMES, **given})
        if told.rows.any()
    ]

    assert broken.rows.tolist() == [False, True]
    assert "smaller corner first" in str(broken.expected)
