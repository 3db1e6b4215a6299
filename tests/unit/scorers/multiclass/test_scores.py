"""Metrics of a score or a probability for each class equal scikit-learn's, and say where not."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as sk
from sklearn.exceptions import UndefinedMetricWarning

from scorers.metric import InvalidColumns, ParamsError, Reason, Undefined
from scorers.registry import get_metric

PROBABILITIES = {"multiclass_log_loss", "multiclass_brier", "ranked_probability_score"}
KEYS = [*sorted(PROBABILITIES), "macro_auroc", "top_k_accuracy"]


def score(
    key: str, true: Any, given_: Any, *, classes: int | None = None, **params: Any
) -> float | Undefined:
    """Score a matrix of shape (rows, classes)."""
    matrix = np.asarray(given_, dtype=float)
    count = matrix.shape[1] if classes is None else classes
    names = [f"class{place}" for place in range(count)]
    prediction = dict(zip(names, matrix.reshape(-1, count).T, strict=True))
    columns = {"probabilities" if key in PROBABILITIES else "scores": names}
    return get_metric(key)(
        {"label": np.asarray(true)},
        prediction,
        label="label",
        classes=list(range(count)),
        **columns,
        **params,
    )


@st.composite
def scored(draw: st.DrawFn) -> tuple[list[int], NDArray[np.float64]]:
    """Draw the classes of up to 30 rows, and tied scores for each of up to 5 classes."""
    size = draw(st.integers(1, 30))
    classes = draw(st.integers(2, 5))
    true = draw(st.lists(st.integers(0, classes - 1), min_size=size, max_size=size))
    cells = st.lists(st.integers(1, 9), min_size=size * classes, max_size=size * classes)
    return true, np.array(draw(cells), dtype=float).reshape(size, classes)


def shares(matrix: NDArray[np.float64], /) -> NDArray[np.float64]:
    divided: NDArray[np.float64] = matrix / matrix.sum(axis=1, keepdims=True)
    return divided


@given(drawn=scored())
@settings(max_examples=50)
def test_macro_auroc_is_the_mean_of_scikit_learns_over_the_classes_that_have_one(
    drawn: tuple[list[int], NDArray[np.float64]],
) -> None:
    true, matrix = drawn
    theirs = [
        sk.roc_auc_score(np.equal(true, place), column)
        for place, column in enumerate(matrix.T)
        if 0 < true.count(place) < len(true)
    ]

    ours = score("macro_auroc", true, matrix)
    if theirs:
        assert ours == pytest.approx(np.mean(theirs), rel=1e-12, abs=1e-12)
    else:
        assert ours == Undefined(Reason.ONE_CLASS)


def test_macro_auroc_equals_scikit_learns_one_against_the_rest() -> None:
    rng = np.random.default_rng(1)
    true, matrix = rng.integers(0, 5, 800), shares(rng.random((800, 5)))

    theirs = sk.roc_auc_score(true, matrix, multi_class="ovr", average="macro")
    assert score("macro_auroc", true, matrix) == pytest.approx(theirs, rel=1e-12)


def test_macro_auroc_skips_a_class_that_is_absent_where_scikit_learn_has_no_answer() -> None:
    true, matrix = [0, 1, 0, 1], shares(np.array([[3, 1, 1], [1, 3, 1], [2, 2, 1], [2, 3, 2.0]]))

    assert score("macro_auroc", true, matrix) == pytest.approx((1 + 1) / 2)
    with pytest.raises(ValueError, match="Number of classes"):
        sk.roc_auc_score(true, matrix, multi_class="ovr")
    with pytest.warns(UndefinedMetricWarning):
        theirs = sk.roc_auc_score(true, matrix, multi_class="ovr", labels=[0, 1, 2])
    assert np.isnan(theirs)  # declared


@pytest.mark.parametrize("k", [1, 2, 3])
def test_top_k_accuracy_equals_scikit_learn_without_ties(k: int) -> None:
    rng = np.random.default_rng(2)
    true, matrix = rng.integers(0, 4, 500), rng.random((500, 4))

    theirs = sk.top_k_accuracy_score(true, matrix, k=k, labels=range(4))
    assert score("top_k_accuracy", true, matrix, k=k) == pytest.approx(theirs, rel=1e-12)


def test_equal_scores_find_nothing_where_scikit_learn_lets_the_last_class_win() -> None:
    true, flat = [0, 1, 2, 2], np.ones((4, 3))

    assert score("top_k_accuracy", true, flat, k=1) == 0.0
    assert score("top_k_accuracy", true, flat, k=2) == 0.0
    assert sk.top_k_accuracy_score(true, flat, k=1, labels=range(3)) == 0.5  # declared


def test_the_last_place_that_counts_is_the_kth() -> None:
    matrix = [[0.5, 0.4, 0.3, 0.2]]

    assert [score("top_k_accuracy", [2], matrix, k=k) for k in (1, 2, 3)] == [0.0, 0.0, 1.0]


@pytest.mark.parametrize("k", [0, 3, -1])
def test_a_k_that_finds_nothing_or_everything_is_refused(k: int) -> None:
    with pytest.raises(ParamsError, match="k must be from 1 to 2"):
        score("top_k_accuracy", [0], np.ones((1, 3)), k=k)


@given(drawn=scored())
@settings(max_examples=50)
def test_log_loss_equals_scikit_learn(drawn: tuple[list[int], NDArray[np.float64]]) -> None:
    true, matrix = drawn[0], shares(drawn[1])

    theirs = sk.log_loss(true, matrix, labels=range(matrix.shape[1]))
    assert score("multiclass_log_loss", true, matrix) == pytest.approx(theirs, rel=1e-12)


def test_a_certain_error_costs_what_the_declared_clip_says() -> None:
    true, certain = [0, 1], [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]

    assert score("multiclass_log_loss", true, certain) == pytest.approx(-np.log(1e-15) / 2)
    assert score("multiclass_log_loss", true, certain, clip=0.01) == pytest.approx(
        -(np.log(0.01) + np.log(0.99)) / 2
    )
    # Declared: scikit-learn clips at the precision of the type.
    theirs = sk.log_loss(true, certain, labels=range(3))
    assert theirs == pytest.approx(-np.log(np.finfo(float).eps) / 2)


@pytest.mark.parametrize("clip", [0, -0.1, 0.5, np.nan])
def test_a_clip_that_is_no_small_probability_is_refused(clip: float) -> None:
    with pytest.raises(ParamsError, match="clip must be above 0"):
        score("multiclass_log_loss", [0], [[0.5, 0.5]], clip=clip)


@given(drawn=scored())
@settings(max_examples=50)
def test_brier_equals_scikit_learn_without_its_halving(
    drawn: tuple[list[int], NDArray[np.float64]],
) -> None:
    true, matrix = drawn[0], shares(drawn[1])

    theirs = sk.brier_score_loss(true, matrix, labels=range(matrix.shape[1]), scale_by_half=False)
    assert score("multiclass_brier", true, matrix) == pytest.approx(theirs, rel=1e-12, abs=1e-12)


def test_brier_of_two_classes_goes_to_2_where_scikit_learn_halves_it() -> None:
    wrong = [[0.0, 1.0], [0.0, 1.0]]

    assert score("multiclass_brier", [0, 0], wrong) == 2.0
    assert sk.brier_score_loss([0, 0], wrong, labels=[0, 1]) == 1.0  # declared


@given(drawn=scored())
@settings(max_examples=50)
def test_the_ranked_probability_score_is_its_formula_literally(
    drawn: tuple[list[int], NDArray[np.float64]],
) -> None:
    true, matrix = drawn[0], shares(drawn[1])
    last = matrix.shape[1] - 1
    literal = [
        sum((sum(row[: k + 1]) - (place <= k)) ** 2 for k in range(last)) / last
        for place, row in zip(true, matrix.tolist(), strict=True)
    ]

    ours = score("ranked_probability_score", true, matrix)
    assert ours == pytest.approx(np.mean(literal), rel=1e-12, abs=1e-12)


def test_the_ranked_probability_score_of_two_classes_is_brier() -> None:
    rng = np.random.default_rng(3)
    true, matrix = rng.integers(0, 2, 200), shares(rng.random((200, 2)))

    theirs = sk.brier_score_loss(true, matrix[:, 1])
    assert score("ranked_probability_score", true, matrix) == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize(("off", "refused"), [(0.0009, False), (0.001, False), (0.0011, True)])
@pytest.mark.parametrize("key", sorted(PROBABILITIES))
def test_rows_must_sum_to_1_within_a_thousandth(key: str, *, off: float, refused: bool) -> None:
    rows = [[0.5, 0.5, 0.0], [0.3, 0.3, 0.4 - off], [0.3, 0.3, 0.4 + off]]

    if refused:
        with pytest.raises(InvalidColumns, match=r"class2 do not sum to 1 within 0\.001 in 2 rows"):
            score(key, [0, 1, 2], rows)
    else:
        assert isinstance(score(key, [0, 1, 2], rows), float)


@pytest.mark.parametrize("key", sorted(PROBABILITIES))
@pytest.mark.parametrize(
    ("row", "says"),
    [
        ([1.2, -0.2], "class0 holds something that is no probability"),
        ([np.nan, 1.0], "class0 is empty or not finite"),
        ([0.0, np.inf], "class1 is empty or not finite"),
    ],
)
def test_what_is_no_probability_is_named(key: str, row: list[float], says: str) -> None:
    with pytest.raises(InvalidColumns, match=says):
        score(key, [0], [row])


@pytest.mark.parametrize("key", KEYS)
def test_without_rows_there_is_no_value(key: str) -> None:
    params = {"k": 1} if key == "top_k_accuracy" else {}

    assert score(key, [], [], classes=2, **params) == Undefined(Reason.NO_UNITS)


@pytest.mark.parametrize("scores", [["a"], ["a", "b", "c"], "ab"])
def test_there_must_be_a_column_for_each_class(scores: Any) -> None:
    columns = {"y": np.array([0])}, {name: np.array([0.5]) for name in "abc"}
    with pytest.raises(ParamsError, match="a list of 2 columns, one for each class"):
        get_metric("macro_auroc")(*columns, label="y", scores=scores, classes=[0, 1])


def test_columns_of_another_length_are_named() -> None:
    columns = {"y": np.array([0, 1])}, {"a": np.ones(2), "b": np.ones(3)}
    with pytest.raises(InvalidColumns, match="b has 3 rows, y has 2"):
        get_metric("macro_auroc")(*columns, label="y", scores=["a", "b"], classes=[0, 1])
