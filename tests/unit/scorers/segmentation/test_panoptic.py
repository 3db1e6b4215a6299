"""Panoptic quality equals a look at every pair of instances, and sums over images."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from scorers.metric import InvalidColumns, Measure, ParamsError, Reason, Undefined
from scorers.segmentation.panoptic import (
    panoptic_quality,
    recognition_quality,
    segmentation_quality,
)
from scorers.weighted.per_row import RatioOfSums

Drawn = list[tuple[NDArray[Any], NDArray[Any], list[str], list[str]]]


def measured(truth: list[Any], answer: list[Any], **params: Any) -> RatioOfSums:
    columns: dict[str, Any] = {"mask": truth}
    given: dict[str, Any] = {"answer": answer}
    return panoptic_quality(columns, given, mask="mask", predicted="answer", **params)


METRICS: dict[str, Callable[..., Measure]] = {
    "pq": panoptic_quality,
    "rq": recognition_quality,
    "sq": segmentation_quality,
}


def classified(images: Drawn, part: str = "pq") -> Measure:
    ours, theirs, our_classes, their_classes = zip(*images, strict=True) if images else [()] * 4
    truth: dict[str, Any] = {"mask": ours, "classes": our_classes}
    answer: dict[str, Any] = {"mask": theirs, "classes": their_classes}
    return METRICS[part](
        truth,
        answer,
        mask="mask",
        predicted="mask",
        classes=["a", "b", "c"],
        mask_classes="classes",
        predicted_classes="classes",
    )


@st.composite
def images(draw: st.DrawFn) -> Drawn:
    """Draw up to 4 images with instances 1 to 3 of two classes; answers are near the truth."""
    drawn: Drawn = []
    for _ in range(draw(st.integers(1, 4))):
        truth = draw(arrays.arrays(np.uint8, (2, 4), elements=st.integers(0, 3)))
        changed = draw(arrays.arrays(np.uint8, (2, 4), elements=st.sampled_from([9, 9, 9, 0, 1])))
        answer = np.where(changed == 9, truth, changed)
        ours, theirs = (
            draw(st.lists(st.sampled_from("ab"), min_size=3, max_size=3)) for _ in range(2)
        )
        drawn.append((truth, answer, ours, theirs))
    return drawn


def by_definition(images: Drawn, part: str) -> float:
    """Match by looking at every pair of instances, class by class."""
    qualities = []
    for name in "abc":
        matched = 0.0
        hits = instances = 0
        for truth, answer, ours, theirs in images:
            here = [n for n in (1, 2, 3) if ours[n - 1] == name and (truth == n).any()]
            there = [n for n in (1, 2, 3) if theirs[n - 1] == name and (answer == n).any()]
            instances += len(here) + len(there)
            for one, other in product(here, there):
                mine, yours = truth == one, answer == other
                share = (mine & yours).sum() / (mine | yours).sum()
                if share > 0.5:
                    matched += share
                    hits += 1
        if instances:
            missed = (instances - 2 * hits) / 2
            qualities.append(
                {
                    "pq": matched / (hits + missed),
                    "rq": hits / (hits + missed),
                    "sq": matched / hits if hits else 0.0,
                }[part]
            )
    return float(np.mean(qualities)) if qualities else np.nan


@pytest.mark.parametrize("part", METRICS)
@given(images())
@settings(max_examples=100)
def test_the_value_equals_a_look_at_every_pair_of_instances(part: str, drawn: Drawn) -> None:
    told = classified(drawn, part).value
    expected = by_definition(drawn, part)

    if np.isnan(expected):
        assert told == Undefined(Reason.NO_POSITIVES)
    else:
        assert told == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("part", METRICS)
@given(images(), st.data())
@settings(max_examples=50)
def test_integer_weights_equal_images_given_so_often(
    part: str, drawn: Drawn, data: st.DataObject
) -> None:
    weights = [data.draw(st.lists(st.integers(0, 3), min_size=len(drawn), max_size=len(drawn)))]

    told = classified(drawn, part).under(np.array(weights))

    often = [image for image, times in zip(drawn, weights[0], strict=True) for _ in range(times)]
    assert told[0] == pytest.approx(by_definition(often, part), rel=1e-12, nan_ok=True)


def test_weights_of_one_give_the_value_itself() -> None:
    rng = np.random.default_rng(0)
    truth = [rng.integers(0, 3, (6, 6)) for _ in range(9)]
    measure = measured(truth, [np.where(rng.random((6, 6)) < 0.2, 0, mask) for mask in truth])

    assert measure.under(np.ones((2, 9), dtype=np.int64)).tolist() == [measure.value] * 2


def test_half_an_instance_is_no_match() -> None:
    truth = np.array([[1, 1, 1, 1]])

    assert measured([truth], [np.array([[1, 1, 0, 0]])]).value == 0.0
    assert measured([truth], [np.array([[1, 1, 1, 0]])]).value == 0.75


def test_an_image_without_instances_charges_for_those_that_are_predicted() -> None:
    one, none = np.array([[1, 0]]), np.array([[0, 0]])

    measure = measured([one, none], [one, one])

    assert (measure.value, measure.units, measure.events) == (1 / 1.5, 2, 1)


def test_numbers_of_instances_need_not_be_in_turn() -> None:
    mask = np.array([[0, 900, 900, -4]])

    assert measured([mask], [np.array([[0, 1, 1, 2]])]).value == 1.0


def test_a_class_that_only_the_prediction_has_counts_0() -> None:
    mask = np.array([[1, 2]])

    assert classified([(mask, mask, ["a", "a"], ["a", "b"])]).value == (1 / 1.5 + 0) / 2


def test_without_any_instance_there_is_no_value() -> None:
    none = np.array([[0, 0]])

    assert measured([none], [none]).value == Undefined(Reason.NO_POSITIVES)
    assert measured([], []).value == Undefined(Reason.NO_UNITS)
    assert np.isnan(measured([none], [none]).under(np.array([[1], [0]]))).all()


@pytest.mark.parametrize("classes", [["a"], ["a", "z"], []])
def test_an_instance_without_a_class_of_the_challenge_is_refused(classes: list[str]) -> None:
    mask = np.array([[1, 2]])

    with pytest.raises(InvalidColumns, match=r"column mask, row 0: \d instances have no class"):
        classified([(mask, mask, ["a", "a"], classes)])


def test_classes_are_given_for_both_sides_or_for_none() -> None:
    with pytest.raises(ParamsError, match="give all three, or none"):
        measured([], [], classes=["a"])
    with pytest.raises(ParamsError, match="give all three, or none"):
        measured([], [], mask_classes="classes", predicted_classes="classes")


def test_of_one_class_the_parts_multiply_to_the_whole() -> None:
    rng = np.random.default_rng(3)
    truth = [rng.integers(0, 3, (3, 4)) for _ in range(9)]
    columns: tuple[Any, Any] = (
        {"mask": truth},
        {"mask": [np.where(rng.random((3, 4)) < 0.2, 0, mask) for mask in truth]},
    )
    weights = rng.integers(0, 3, (20, 9))

    whole, found, fit = (
        METRICS[part](*columns, mask="mask", predicted="mask").under(weights)
        for part in ("pq", "rq", "sq")
    )

    np.testing.assert_allclose(found * fit, whole, rtol=1e-12)
    assert (whole > 0).all()


def test_without_a_match_the_segmentation_quality_is_0_and_without_an_instance_undefined() -> None:
    one, none = np.array([[1, 0]]), np.array([[0, 0]])
    columns: dict[str, Any] = {"mask": [one, none]}
    nothing: dict[str, Any] = {"p": [none, none]}
    missed = segmentation_quality(columns, nothing, mask="mask", predicted="p")

    assert (missed.value, missed.units, missed.events) == (0.0, 2, 1)
    assert missed.under(np.array([[1, 0], [0, 1], [0, 0]])).tolist() == pytest.approx(
        [0.0, np.nan, np.nan], nan_ok=True
    )
    empty: dict[str, Any] = {"mask": [none]}
    for part in ("sq", "rq"):
        told = METRICS[part](empty, empty, mask="mask", predicted="mask").value
        assert told == Undefined(Reason.NO_POSITIVES)
