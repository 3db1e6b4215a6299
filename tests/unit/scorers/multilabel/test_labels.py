"""Metrics of many labels a row equal scikit-learn's, with unknown cells left out."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as sk

from scorers.metric import InvalidColumns, Measure, Metric, ParamsError, Reason, Undefined
from scorers.registry import get_metric

F1S = ["multilabel_macro_f1", "multilabel_micro_f1", "multilabel_sample_f1"]
TELLING = [*F1S, "hamming_loss", "subset_accuracy"]
SCORING = ["mean_average_precision", "ranking_average_precision"]
UNKNOWN = 9

ALLERGIES = [[1, 0, 0], [0, 0, 9], [1, 1, 0], [0, 1, 1], [1, 0, 9]]
TOLD = [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 1, 1], [1, 1, 1]]


def measure_of(key: str, /) -> Callable[..., Measure]:
    metric = get_metric(key)
    assert isinstance(metric, Metric)
    return metric.measure


def params_of(key: str, labels: int) -> dict[str, Any]:
    columns = [f"column{place}" for place in range(labels)]
    labels_ = {"labels": [f"label{place}" for place in range(labels)]}
    return labels_ | {"scores" if key in SCORING else "predicted": columns}


def columns_of(truth: Any, prediction: Any, labels: int) -> tuple[dict[str, Any], dict[str, Any]]:
    true = np.asarray(truth, dtype=float).reshape(-1, labels)
    told = np.asarray(prediction, dtype=float).reshape(-1, labels)
    return (
        {f"label{place}": column for place, column in enumerate(true.T)},
        {f"column{place}": column for place, column in enumerate(told.T)},
    )


def score(key: str, truth: Any, prediction: Any, **params: Any) -> float | Undefined:
    """Score two matrices of shape (rows, labels)."""
    labels = len(truth[0])
    columns = columns_of(truth, prediction, labels)
    return get_metric(key)(*columns, **params_of(key, labels), **params)


def test_the_golden_vector_of_allergen_chip_is_reproduced_with_its_unknown_cells() -> None:
    told = score("multilabel_macro_f1", ALLERGIES, TOLD, masked=UNKNOWN)

    assert told == pytest.approx(0.8222222222222223, rel=1e-12)


THEIRS: dict[str, Callable[[Any, Any], float]] = {
    "multilabel_macro_f1": lambda y, p: sk.f1_score(y, p, average="macro", zero_division=np.nan),
    "multilabel_micro_f1": lambda y, p: sk.f1_score(y, p, average="micro", zero_division=np.nan),
    "multilabel_sample_f1": lambda y, p: sk.f1_score(y, p, average="samples", zero_division=np.nan),
    "hamming_loss": sk.hamming_loss,
    "subset_accuracy": sk.accuracy_score,
}


@st.composite
def matrices(draw: st.DrawFn) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw true and told labels of up to 20 rows; there are two labels or more."""
    size, labels = draw(st.integers(1, 20)), draw(st.integers(2, 5))
    cells = st.lists(st.sampled_from([0, 0, 1]), min_size=size * labels, max_size=size * labels)
    return (
        np.array(draw(cells)).reshape(size, labels),
        np.array(draw(cells)).reshape(size, labels),
    )


@pytest.mark.parametrize("key", TELLING)
@given(drawn=matrices())
@settings(max_examples=50)
def test_the_value_equals_scikit_learn(
    key: str, drawn: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> None:
    truth, told = drawn
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of means of nothing
        theirs = THEIRS[key](truth, told)

    ours = score(key, truth, told)
    if np.isnan(theirs):
        assert ours == Undefined(Reason.NO_POSITIVES)
    else:
        assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12)


def test_labels_without_positives_are_skipped_where_scikit_learn_counts_0() -> None:
    truth, told = [[1, 0], [0, 0]], [[1, 0], [0, 0]]

    assert [score(key, truth, told) for key in F1S] == [1.0, 1.0, 1.0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        macro = sk.f1_score(truth, told, average="macro")
        samples = sk.f1_score(truth, told, average="samples")
    assert [macro, samples] == [0.5, 0.5]  # declared


def test_a_label_that_is_told_but_nowhere_true_counts_0() -> None:
    assert score("multilabel_macro_f1", [[1, 0], [0, 0]], [[1, 1], [0, 0]]) == 0.5
    assert score("multilabel_sample_f1", [[1, 0], [0, 0]], [[1, 0], [0, 1]]) == 0.5


@pytest.mark.parametrize("key", TELLING)
def test_what_is_told_of_an_unknown_cell_does_not_count(key: str) -> None:
    told = np.array(TOLD)
    turned = np.where(np.array(ALLERGIES) == UNKNOWN, 1 - told, told)

    assert score(key, ALLERGIES, told, masked=UNKNOWN) == score(
        key, ALLERGIES, turned, masked=UNKNOWN
    )


def test_unknown_cells_leave_the_others_of_their_row() -> None:
    truth, told = [[1, 9], [0, 1], [9, 9]], [[1, 0], [1, 1], [1, 1]]
    measure = measure_of("hamming_loss")(
        *columns_of(truth, told, 2), **params_of("hamming_loss", 2), masked=UNKNOWN
    )

    assert measure.value == pytest.approx(1 / 3)
    assert measure.units == 2  # nothing is known of the third row
    assert measure.events == 2
    assert score("subset_accuracy", truth, told, masked=UNKNOWN) == 0.5
    assert score("multilabel_sample_f1", truth, told, masked=UNKNOWN) == pytest.approx(5 / 6)
    assert score("multilabel_micro_f1", truth, told, masked=UNKNOWN) == pytest.approx(4 / 5)


@given(drawn=matrices(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=50)
def test_the_mean_of_average_precisions_is_scikit_learns_over_labels_with_positives(
    drawn: tuple[NDArray[np.int64], NDArray[np.int64]], seed: int
) -> None:
    truth = drawn[0]
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 6, truth.shape) / 5
    unknown = rng.random(truth.shape) < 0.2
    theirs = [
        sk.average_precision_score(true[known], score_[known])
        for true, score_, known in zip(truth.T, scores.T, ~unknown.T, strict=True)
        if true[known].any()
    ]

    ours = score(
        "mean_average_precision", np.where(unknown, UNKNOWN, truth), scores, masked=UNKNOWN
    )
    if theirs:
        assert ours == pytest.approx(np.mean(theirs), rel=1e-12)
    else:
        none = Reason.NO_UNITS if unknown.all() else Reason.NO_POSITIVES
        assert ours == Undefined(none)


@given(drawn=matrices(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=50)
def test_the_ranking_average_precision_is_scikit_learns_over_rows_with_positives(
    drawn: tuple[NDArray[np.int64], NDArray[np.int64]], seed: int
) -> None:
    truth = drawn[0]
    scores = np.random.default_rng(seed).integers(0, 6, truth.shape) / 5
    some = truth.any(axis=1)

    ours = score("ranking_average_precision", truth, scores)
    if some.any():
        theirs = sk.label_ranking_average_precision_score(truth[some], scores[some])
        assert ours == pytest.approx(theirs, rel=1e-12)
    else:
        assert ours == Undefined(Reason.NO_POSITIVES)


def test_a_row_without_positives_has_nothing_to_rank_where_scikit_learn_counts_1() -> None:
    truth, scores = [[1, 0, 0], [0, 0, 0]], [[0.1, 0.5, 0.3], [0.5, 0.5, 0.5]]

    assert score("ranking_average_precision", truth, scores) == pytest.approx(1 / 3)
    theirs = sk.label_ranking_average_precision_score(truth, scores)
    assert theirs == pytest.approx((1 / 3 + 1) / 2)  # declared


def test_labels_without_positives_have_no_average_precision_where_scikit_learn_counts_0() -> None:
    truth, scores = [[1, 0], [0, 0]], [[0.9, 0.5], [0.1, 0.2]]

    assert score("mean_average_precision", truth, scores) == 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = sk.average_precision_score(truth, scores, average="macro")
    assert theirs == 0.5  # declared


def test_unknown_labels_of_a_row_are_not_ranked() -> None:
    truth, scores = [[1, 0, 9, 0]], [[0.5, 0.7, 0.9, 0.1]]

    assert score("ranking_average_precision", truth, scores, masked=UNKNOWN) == 0.5


@pytest.mark.parametrize("key", [*TELLING, *SCORING])
def test_without_a_known_cell_there_is_no_value(key: str) -> None:
    told = score(key, [[9, 9], [9, 9]], [[1, 0], [0, 1]], masked=UNKNOWN)

    assert told == Undefined(Reason.NO_UNITS)


@pytest.mark.parametrize("key", [*F1S, *SCORING])
def test_without_positives_there_is_no_value(key: str) -> None:
    assert score(key, [[0, 0], [0, 0]], [[0, 0], [0, 0]]) == Undefined(Reason.NO_POSITIVES)


@pytest.mark.parametrize("key", [*TELLING, *SCORING])
def test_rows_that_are_left_out_do_not_count_and_may_be_empty(key: str) -> None:
    rng = np.random.default_rng(4)
    truth, told = rng.integers(0, 2, (30, 3)).astype(float), rng.integers(0, 2, (30, 3))
    kept = np.arange(30) % 3 != 0
    alone = measure_of(key)(*columns_of(truth[kept], told[kept], 3), **params_of(key, 3))
    truth[~kept] = np.nan
    columns = columns_of(truth, told, 3)
    columns[0]["in"] = kept.astype(float)

    measure = measure_of(key)(*columns, **params_of(key, 3), where="in")

    weights = rng.integers(0, 3, size=(9, 30))
    assert measure.value == alone.value
    assert measure.units == alone.units
    assert measure.events == alone.events == truth[kept].sum()
    np.testing.assert_array_equal(measure.under(weights), alone.under(weights[:, kept]))


@pytest.mark.parametrize(
    ("truth", "told", "params", "says"),
    [
        ([[0, 9]], [[0, 1]], {}, "label1 holds something else than 0 and 1"),
        ([[0, 2]], [[0, 1]], {"masked": 9}, "label1 holds something else than 0, 1 and 9"),
        ([[0, np.nan]], [[0, 1]], {}, "label1 is empty or not finite"),
        ([[0, 1]], [[0, 0.5]], {}, "column1 holds something else than 0 and 1"),
        ([[0, 1]], [[np.nan, 1]], {}, "column0 is empty or not finite"),
        ([[0, 1]], [[0, 1], [1, 1]], {}, "column0 has 2 rows, label0 has 1"),
    ],
)
def test_cells_that_cannot_be_measured_are_named(
    truth: Any, told: Any, params: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidColumns, match=says):
        score("multilabel_macro_f1", truth, told, **params)


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"labels": []}, "lists of columns, each named once"),
        ({"labels": ["label0", "label0"]}, "lists of columns, each named once"),
        ({"labels": "label0"}, "lists of columns, each named once"),
        ({"predicted": ["column0", "column0"]}, "lists of columns, each named once"),
        ({"predicted": ["column0"]}, "there are 2 labels but 1 columns"),
        ({"masked": 1}, "masked must be a number that means neither"),
        ({"masked": 0}, "masked must be a number that means neither"),
    ],
)
def test_params_that_do_not_fit_are_refused(params: dict[str, Any], says: str) -> None:
    columns = columns_of([[0, 1]], [[0, 1]], 2)
    with pytest.raises(ParamsError, match=says):
        get_metric("hamming_loss")(*columns, **params_of("hamming_loss", 2) | params)


HIERARCHY = {"milk": "food", "food": "any", "wasp": ["venom", "any"], "venom": "any"}


@pytest.mark.parametrize(
    ("told", "agrees"),
    [
        ((), True),
        (("any",), True),
        (("food", "any"), True),
        (("milk", "food", "any"), True),
        (("milk", "any"), False),
        (("food",), False),
        (("milk", "food"), False),
        (("wasp", "venom", "any"), True),
        (("wasp", "any"), False),
        (("wasp", "venom"), False),
        (("food", "any", "venom"), True),
        (("food", "any", "wasp"), False),
    ],
)
def test_a_told_label_needs_all_its_parents(told: tuple[str, ...], agrees: bool) -> None:
    names = ("any", "food", "milk", "venom", "wasp")
    prediction = {name: np.array([name in told, 0]) for name in names}

    share = get_metric("hierarchy_consistency")(
        {"y": np.zeros(2)}, prediction, label="y", parents=HIERARCHY
    )

    assert share == (1.0 if agrees else 0.5)


@pytest.mark.parametrize("parents", [{}, {"a": "a"}, {"a": []}, {"a": ["b", "a"]}])
def test_parents_that_are_none_or_the_label_itself_are_refused(parents: dict[str, Any]) -> None:
    with pytest.raises(ParamsError, match="parents"):
        get_metric("hierarchy_consistency")(
            {"y": np.zeros(1)}, {"a": np.ones(1), "b": np.ones(1)}, label="y", parents=parents
        )


def test_consistency_leaves_rows_out_and_names_columns_that_are_missing() -> None:
    metric = get_metric("hierarchy_consistency")
    truth = {"y": np.zeros(3), "in": np.array([1, 1, 0])}
    prediction = {"a": np.array([1, 1, 1]), "b": np.array([1, 0, 0])}

    assert metric(truth, prediction, label="y", parents={"a": "b"}, where="in") == 0.5
    with pytest.raises(InvalidColumns, match="no column c"):
        metric(truth, prediction, label="y", parents={"a": "c"})
