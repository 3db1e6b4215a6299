"""Confusion matrices have the declared classes, and cells that are wrong by two at most."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from scorers.metric import Reason, Undefined
from scorers.pictures.confusion import confusion
from scorers.pictures.document import ROUNDED_TO, Confusion
from tests.unit.scorers.pictures.conftest import split_of

CLASSES = ["benign", "low", "high"]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=20, max_size=300))
def test_every_cell_is_rounded_by_itself(rows: list[tuple[int, int]]) -> None:
    true, told = np.array(CLASSES)[np.array(rows).T]
    split = split_of({"y": true}, {"p": told})

    picture = confusion(split, ("k",), label="y", predicted="p", classes=CLASSES)

    assert isinstance(picture, Confusion)
    counts = np.array(picture.counts)
    assert picture.classes == ("benign", "low", "high")
    assert (counts % ROUNDED_TO == 0).all()
    assert (np.abs(counts - confusion_matrix(true, told, labels=CLASSES)) <= 2).all()


def test_two_is_told_as_none_and_three_as_five() -> None:
    true = ["benign"] * 5 + ["low"] * 20
    told = ["benign"] * 2 + ["low"] * 3 + ["low"] * 20
    split = split_of({"y": true}, {"p": told})

    picture = confusion(split, ("k",), label="y", predicted="p", classes=CLASSES)

    assert isinstance(picture, Confusion)
    assert picture.units == 25
    assert picture.counts == ((0, 5, 0), (0, 20, 0), (0, 0, 0))


def test_calls_of_a_score_are_classes_0_and_1() -> None:
    split = split_of({"y": [0.0] * 15 + [1.0] * 15}, {"p": [0.2] * 10 + [0.6] * 20})

    at_half = confusion(split, ("f",), label="y", predicted="p")
    at_more = confusion(split, ("f",), label="y", predicted="p", threshold=0.7)

    assert isinstance(at_half, Confusion)
    assert isinstance(at_more, Confusion)
    assert at_half.classes == ("0", "1")
    assert at_half.counts == ((10, 5), (0, 15))
    assert at_more.counts == ((15, 0), (15, 0))


def test_of_probabilities_the_likeliest_class_is_told() -> None:
    likely = {"benign": [0.6, 0.1, 0.4], "low": [0.3, 0.2, 0.4], "high": [0.1, 0.7, 0.2]}
    prediction = {name: np.repeat(column, 10) for name, column in likely.items()}
    split = split_of({"y": ["benign"] * 10 + ["low"] * 20}, prediction)

    picture = confusion(split, ("k",), label="y", predicted=CLASSES, classes=CLASSES)

    assert isinstance(picture, Confusion)
    assert picture.counts == ((10, 0, 0), (10, 0, 10), (0, 0, 0))


@pytest.mark.parametrize(
    ("rows", "classes", "reason"),
    [(0, 2, Reason.NO_UNITS), (19, 2, Reason.TOO_FEW), (30, 51, Reason.TOO_MANY)],
)
def test_without_a_matrix_there_is_a_reason(rows: int, classes: int, reason: Reason) -> None:
    split = split_of({"y": np.zeros(rows)}, {"p": np.zeros(rows)})
    found = confusion(split, ("k",), label="y", predicted="p", classes=list(range(classes)))
    assert found == Undefined(reason)
