"""Metrics of one class a row equal scikit-learn's, with the classes that the challenge declares."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from scorers.metric import InvalidColumns, Measure, Metric, ParamsError, Reason, Undefined
from scorers.registry import get_metric

KEYS = ["macro_f1", "micro_f1", "weighted_f1", "balanced_accuracy", "mcc"]
TRUE = [0, 0, 1, 1, 2, 2, 3, 3, 0, 2]
TOLD = [0, 1, 1, 0, 2, 1, 3, 1, 3, 2]


def measure_of(key: str, /) -> Callable[..., Measure]:
    metric = get_metric(key)
    assert isinstance(metric, Metric)
    return metric.measure


def score(key: str, true: Any, told: Any, *, classes: Sequence[Any]) -> float | Undefined:
    names = {"label": "label", "predicted": "told"}
    columns = {"label": np.asarray(true)}, {"told": np.asarray(told)}
    return get_metric(key)(*columns, **names, classes=list(classes))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("macro_f1", 0.5083333333333333),
        ("micro_f1", 0.5),
        ("balanced_accuracy", 0.5),
        ("mcc", 0.35619780582827415),
    ],
)
def test_the_golden_vectors_are_reproduced(key: str, value: float) -> None:
    told = score(key, TRUE, TOLD, classes=range(4))

    assert told == pytest.approx(value, rel=1e-12)


THEIRS: dict[str, Callable[..., float]] = {
    "macro_f1": lambda y, p, k: sk.f1_score(
        y, p, labels=range(k), average="macro", zero_division=np.nan
    ),
    "micro_f1": lambda y, p, k: sk.f1_score(y, p, labels=range(k), average="micro"),
    "weighted_f1": lambda y, p, k: sk.f1_score(
        y, p, labels=range(k), average="weighted", zero_division=0
    ),
    "balanced_accuracy": lambda y, p, _: sk.balanced_accuracy_score(y, p),
    "mcc": lambda y, p, _: sk.matthews_corrcoef(y, p),
}


@st.composite
def answers(draw: st.DrawFn) -> tuple[list[int], list[int], int]:
    """Draw true and told classes of up to 40 rows, and how many are declared."""
    size = draw(st.integers(1, 40))
    classes = draw(st.integers(2, 7))
    column = st.lists(st.integers(0, classes - 1), min_size=size, max_size=size)
    return draw(column), draw(column), classes


@pytest.mark.parametrize("key", KEYS)
@given(drawn=answers())
@settings(max_examples=50)
def test_the_value_equals_scikit_learn(key: str, drawn: tuple[list[int], list[int], int]) -> None:
    true, told, classes = drawn
    assume(key != "mcc" or len(set(true)) > 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes that one side does not have
        theirs = THEIRS[key](true, told, classes)

    ours = score(key, true, told, classes=range(classes))
    assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("key", KEYS)
def test_thousands_of_rows_in_many_classes_equal_scikit_learn(key: str) -> None:
    rng = np.random.default_rng(5)
    true = rng.integers(0, 23, 5000)
    told = np.where(rng.random(5000) < 0.6, true, rng.integers(0, 23, 5000))

    ours = score(key, true, told, classes=range(23))
    assert ours == pytest.approx(THEIRS[key](true, told, 23), rel=1e-12)


@pytest.mark.parametrize("key", KEYS)
def test_texts_and_numbers_are_classes_alike(key: str) -> None:
    names = np.array(["ASC-H", "normal", "LSIL", "HSIL"])

    in_text = score(key, names[TRUE], names[TOLD], classes=names.tolist())
    as_objects = score(
        key, names[TRUE].astype(object), names[TOLD].astype(object), classes=names.tolist()
    )

    assert in_text == as_objects == score(key, TRUE, np.array(TOLD, float), classes=range(4))


def test_a_class_without_truth_and_prediction_is_skipped_and_one_only_predicted_counts_0() -> None:
    true, told = [0, 0, 1], [0, 0, 2]

    assert score("macro_f1", true, told, classes=[0, 1, 2, 3]) == pytest.approx(1 / 3)
    # Declared: scikit-learn counts the absent class 3 as 0, unless it is told otherwise.
    assert sk.f1_score(
        true, told, labels=range(4), average="macro", zero_division=0
    ) == pytest.approx(1 / 4)
    # Declared: and with labels that omit what is only predicted it does not count the 0.
    assert sk.f1_score(true, told, labels=[0, 1], average="macro") == pytest.approx(1 / 2)


def test_weighted_f1_gives_no_weight_to_a_class_that_is_only_predicted() -> None:
    assert score("weighted_f1", [0, 0, 1], [0, 0, 2], classes=[0, 1, 2]) == pytest.approx(2 / 3)


def test_balanced_accuracy_counts_the_classes_of_the_truth_only() -> None:
    assert score("balanced_accuracy", [0, 0, 1], [0, 2, 1], classes=[0, 1, 2]) == 0.75


def test_a_constant_prediction_has_mcc_0() -> None:
    assert score("mcc", [0, 1, 1], [1, 1, 1], classes=[0, 1]) == 0.0


@pytest.mark.parametrize("told", [[1, 1, 1], [0, 1, 1], [0, 0, 0]])
def test_mcc_is_undefined_when_the_truth_does_not_vary_whatever_is_predicted(
    told: list[int],
) -> None:
    assert score("mcc", [1, 1, 1], told, classes=[0, 1]) == Undefined(Reason.ONE_CLASS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = sk.matthews_corrcoef([1, 1, 1], told)
    assert theirs == 0.0  # declared: scikit-learn answers 0, even if all is right


def test_mcc_of_as_many_rows_as_64_bits_cannot_square_twice_is_finite() -> None:
    names = {"label": "y", "predicted": "p", "classes": [0, 1]}
    measure = measure_of("mcc")({"y": [0, 1, 0]}, {"p": [0, 1, 1]}, **names)

    many = measure.under(np.full((1, 3), 700_000_000))[0]

    assert many == pytest.approx(measure.value, rel=1e-12)


@pytest.mark.parametrize("key", KEYS)
def test_without_rows_there_is_no_value(key: str) -> None:
    assert score(key, [], [], classes=[0, 1]) == Undefined(Reason.NO_UNITS)


@pytest.mark.parametrize("key", KEYS)
def test_rows_that_are_left_out_do_not_count_and_may_be_empty(key: str) -> None:
    names = {"label": "y", "predicted": "p", "classes": [0, 1, 2]}
    truth = {"y": np.array([0, 1, np.nan, 2, 2]), "in": [1, 1, 0, 1, 1]}
    prediction = {"p": np.array([0, 2, 1, 2, 2])}

    measure = measure_of(key)(truth, prediction, **names, where="in")

    kept = {"y": np.array([0, 1, 2, 2])}, {"p": np.array([0, 2, 2, 2])}
    alone = measure_of(key)(*kept, **names)
    weights = np.random.default_rng(0).integers(0, 3, size=(9, 5))
    assert measure.value == alone.value
    assert measure.units == 4
    assert measure.events is None
    np.testing.assert_array_equal(measure.under(weights), alone.under(weights[:, [0, 1, 3, 4]]))


@pytest.mark.parametrize(
    ("true", "told", "says"),
    [
        ([0, 1], [0, 7], "told holds 1 values that are no class"),
        ([0, np.nan], [0, 1], "label holds 1 values that are no class"),
        ([0, 1], [0, np.inf], "told holds 1 values that are no class"),
        ([0, 1], ["0", "1"], "told holds 2 values that are no class"),
        ([0, 1], np.array([0, "1"], object), "told holds numbers and texts"),
        ([0, 1], [0, 1, 1], "told has 3 rows, label has 2"),
        ([0, 1], [[0, 1], [1, 0]], "told is not one value a row"),
    ],
)
def test_columns_that_cannot_be_measured_are_named(true: Any, told: Any, says: str) -> None:
    with pytest.raises(InvalidColumns, match=says):
        score("macro_f1", true, told, classes=[0, 1])


@pytest.mark.parametrize(
    ("classes", "says"),
    [
        ([0], "at least two"),
        ([0, 1, 1], "each of them listed once"),
        ([[0], [1]], "numbers or texts"),
        ("ab", "must be a list"),
        (3, "must be a list"),
    ],
)
def test_classes_that_are_no_list_of_two_are_refused(classes: Any, says: str) -> None:
    columns = {"y": np.array([0, 1])}, {"p": np.array([0, 1])}
    with pytest.raises(ParamsError, match=says):
        get_metric("macro_f1")(*columns, label="y", predicted="p", classes=classes)


@pytest.mark.parametrize("key", ["mcc", "kendall_tau"])
def test_a_perfect_prediction_has_a_correlation_of_1_and_not_a_bit_more(key: str) -> None:
    rng = np.random.default_rng(0)
    for size in range(3, 60):
        labels = np.append(rng.integers(0, 5, size), [0, 1])
        columns: list[Any] = [{"y": labels}, {"p": labels}]

        assert get_metric(key)(*columns, label="y", predicted="p", classes=[*range(5)]) == 1


ONE_HOT: dict[str, list[float]] = {"a": [1, 0, 0], "b": [0, 1, 1]}


def one_hot_score(key: str, columns: dict[str, list[float]], /, **params: Any) -> Any:
    truth = {"label": np.array([0, 0, 1])}
    prediction = {name: np.array(column) for name, column in columns.items()}
    names = {"label": "label", "predicted": list(columns), "classes": [0, 1]}
    return get_metric(key)(truth, prediction, **names, **params)


@pytest.mark.parametrize("key", [*KEYS, "ordinal_mae", "kendall_tau"])
def test_a_column_for_each_class_says_what_one_column_of_classes_says(key: str) -> None:
    assert one_hot_score(key, ONE_HOT) == score(key, [0, 0, 1], [0, 1, 1], classes=[0, 1])


def test_tissuenet_is_scored_from_its_four_columns() -> None:
    """The golden vector of the challenge's error table."""
    costs = [[0, 0.1, 0.7, 1], [0.1, 0, 0.3, 0.7], [0.7, 0.3, 0, 0.3], [1, 0.7, 0.3, 0]]
    columns = {str(label): np.equal(TOLD, label).astype(int) for label in range(4)}
    names = {"label": "label", "predicted": list(columns), "classes": [0, 1, 2, 3]}

    told = get_metric("cost_score")({"label": np.array(TRUE)}, columns, **names, costs=costs)

    assert told == pytest.approx(0.78, rel=1e-12)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ([0, 1, 0], "exactly one 1"),  # the last row has none
        ([1, 1, 1], "exactly one 1"),  # the first row has two
        ([0, 1, 2], "something else than 0 and 1"),
    ],
)
def test_a_row_that_means_no_class_or_two_is_refused(column: list[float], said: str) -> None:
    with pytest.raises(InvalidColumns, match=said):
        one_hot_score("macro_f1", {**ONE_HOT, "b": column})


@pytest.mark.parametrize("column", [[0, 1, 0], [1, 1, 1], [0, 1, 2], [0, 0.5, 1]])
def test_such_a_row_breaks_the_rule_that_is_told_at_submission(column: list[float]) -> None:
    metric = get_metric("macro_f1")
    params = {"predicted": ["a", "b"], "classes": [0, 1]}
    right = {name: np.array(values) for name, values in ONE_HOT.items()}

    [kept] = [b for rule in metric.rules for b in rule.broken(right, params)]
    [broken] = [
        b for rule in metric.rules for b in rule.broken({**right, "b": np.array(column)}, params)
    ]

    assert not kept.rows.any()
    assert broken.rows.sum() == 1
    assert broken.columns == ("a", "b")


@pytest.mark.parametrize("names", [["a"], ["a", "b", "c"], ["a", "a"]])
def test_there_must_be_a_column_for_each_class(names: list[str]) -> None:
    columns = {"a": np.array([1]), "b": np.array([0]), "c": np.array([0])}
    with pytest.raises(ParamsError, match="one column, or 2 of them"):
        get_metric("macro_f1")(
            {"y": np.array([0])}, columns, label="y", predicted=names, classes=[0, 1]
        )
