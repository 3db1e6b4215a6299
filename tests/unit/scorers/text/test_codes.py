"""F1 of codes equals scikit-learn's on indicator columns, and codes nobody gave are left out."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import f1_score
from sklearn.preprocessing import MultiLabelBinarizer

from scorers.metric import InvalidColumns, ParamsError, Reason, Undefined
from scorers.text import codes
from scorers.text.codes import MacroF1, hierarchical_code_f1, macro_code_f1, micro_code_f1
from scorers.weighted.per_row import RatioOfSums

CODES = ["E11", "E11.2", "E11.21", "E11.9", "I10", "J45", "J45.0", "Z00"]
PARENTS: dict[str, Any] = {"a1": "a", "a2": ["a", "b"], "a21": "a2", "b": "top"}
Documents = list[list[str]]
MEASURES: list[Callable[..., RatioOfSums | MacroF1]] = [
    micro_code_f1,
    macro_code_f1,
    hierarchical_code_f1,
]


def measured(
    metric: Callable[..., Any], truth: Any, answer: Any, **params: Any
) -> RatioOfSums | MacroF1:
    told: dict[str, Any] = {"codes": CODES} | params
    columns: dict[str, Any] = {"coded": truth}
    measure: RatioOfSums | MacroF1 = metric(
        columns, {"answer": answer}, coded="coded", predicted="answer", **told
    )
    return measure


lists = st.lists(st.sampled_from(CODES), max_size=6)
documents = st.lists(st.tuples(lists, lists), min_size=1, max_size=8)


def sides(drawn: list[tuple[list[str], list[str]]], /) -> tuple[Documents, Documents]:
    return [one for one, _ in drawn], [other for _, other in drawn]


def indicators(documents: Documents) -> NDArray[Any]:
    encoded: NDArray[Any] = MultiLabelBinarizer(classes=CODES).fit_transform(documents)
    return encoded


def spelled(documents: Documents) -> Documents:
    """Join each code with the shorter codes of CODES that begin it."""
    return [
        [other for other in CODES for code in codes if code.startswith(other)]
        for codes in documents
    ]


@given(documents)
@settings(max_examples=100)
def test_f1_equals_scikit_learn_on_columns_of_indicators(
    drawn: list[tuple[list[str], list[str]]],
) -> None:
    truth, answer = sides(drawn)
    ours, theirs = indicators(truth), indicators(answer)
    family = indicators(spelled(truth)), indicators(spelled(answer))
    if not (ours | theirs).any():
        assert measured(micro_code_f1, truth, answer).value == Undefined(Reason.NO_POSITIVES)
        assert measured(macro_code_f1, truth, answer).value == Undefined(Reason.NO_POSITIVES)
        return

    micro = f1_score(ours, theirs, average="micro")
    macro = f1_score(ours, theirs, average="macro", zero_division=np.nan)
    hierarchical = f1_score(*family, average="micro")

    assert measured(micro_code_f1, truth, answer).value == pytest.approx(micro, rel=1e-12)
    assert measured(macro_code_f1, truth, answer).value == pytest.approx(macro, rel=1e-12)
    told = measured(hierarchical_code_f1, truth, answer).value
    assert told == pytest.approx(hierarchical, rel=1e-12)


@pytest.mark.parametrize("metric", MEASURES)
@given(documents, st.data())
@settings(max_examples=50)
def test_integer_weights_equal_documents_given_so_often(
    metric: Callable[..., Any], drawn: list[tuple[list[str], list[str]]], data: st.DataObject
) -> None:
    counts = st.lists(st.integers(0, 3), min_size=len(drawn), max_size=len(drawn))
    weights = [data.draw(counts) for _ in range(3)]

    weighted = measured(metric, *sides(drawn)).under(np.array(weights)).tolist()

    for told, row in zip(weighted, weights, strict=True):
        often = [pair for pair, times in zip(drawn, row, strict=True) for _ in range(times)]
        repeated = measured(metric, *sides(often)).value
        # Exactly: all sums are of integers.
        assert np.isnan(told) if isinstance(repeated, Undefined) else told == repeated


@pytest.mark.parametrize("metric", MEASURES)
def test_weights_of_one_give_the_value_itself(metric: Callable[..., Any]) -> None:
    rng = np.random.default_rng(0)
    truth, answer = (
        [rng.choice(CODES, size=rng.integers(0, 5)).tolist() for _ in range(50)] for _ in range(2)
    )
    measure = measured(metric, truth, answer)

    assert measure.under(np.ones((2, 50), dtype=np.int64)).tolist() == [measure.value] * 2


def test_many_resamples_in_chunks_are_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    truth, answer = (
        [rng.choice(CODES, size=rng.integers(0, 5)).tolist() for _ in range(30)] for _ in range(2)
    )
    weights = rng.integers(0, 3, size=(40, 30))
    whole = measured(macro_code_f1, truth, answer).under(weights)
    monkeypatch.setattr(codes, "SUMS", 50)

    assert measured(macro_code_f1, truth, answer).under(weights).tolist() == whole.tolist()


def test_a_code_that_nobody_gave_is_left_out_and_one_only_predicted_counts_0() -> None:
    """By default scikit-learn gives 0 to a column without any 1 as well: 2/8 here, not 2/3."""
    truth, answer = [["I10", "J45"]], [["I10", "J45", "Z00"]]

    assert measured(macro_code_f1, truth, answer).value == 2 / 3
    theirs = f1_score(indicators(truth), indicators(answer), average="macro", zero_division=0)
    assert theirs == 2 / 8


def test_a_code_given_twice_counts_once() -> None:
    assert measured(micro_code_f1, [["I10", "I10"]], [["I10", "I10", "I10"]]).value == 1.0


@pytest.mark.parametrize("metric", MEASURES)
def test_a_document_without_codes_charges_for_those_that_are_predicted(
    metric: Callable[..., Any],
) -> None:
    measure = measured(metric, [["I10"], []], [["I10"], ["I10"]])

    assert (measure.value, measure.units, measure.events) == (2 / 3, 2, 1)


@pytest.mark.parametrize("metric", MEASURES)
def test_without_any_code_or_document_there_is_no_value(metric: Callable[..., Any]) -> None:
    assert measured(metric, [[]], [[]]).value == Undefined(Reason.NO_POSITIVES)
    assert measured(metric, [], []).value == Undefined(Reason.NO_UNITS)
    assert np.isnan(measured(metric, [["I10"]], [[]]).under(np.array([[0]]))).all()


@pytest.mark.parametrize("metric", MEASURES)
def test_with_codes_in_the_truth_and_none_predicted_the_value_is_0(
    metric: Callable[..., Any],
) -> None:
    assert measured(metric, [["I10"]], [[]]).value == 0.0


@pytest.mark.parametrize(
    ("truth", "answer", "value"),
    [
        pytest.param("E11.21", "E11.9", 2 / (3 + 2), id="the category alone is shared"),
        pytest.param("E11.21", "E11.2", 2 * 2 / (3 + 2), id="one digit is missing"),
        pytest.param("E11", "I10", 0.0, id="the letter is no category"),
    ],
)
def test_codes_of_icd_10_have_their_beginnings_as_ancestors(
    truth: str, answer: str, value: float
) -> None:
    assert measured(hierarchical_code_f1, [[truth]], [[answer]]).value == value


@pytest.mark.parametrize(
    ("truth", "answer", "value"),
    [
        pytest.param("a1", "a2", 2 * 1 / (2 + 4), id="a1, a / a2, a, b, top"),
        pytest.param("a21", "b", 2 * 2 / (5 + 2), id="through both parents"),
        pytest.param("c", "c", 1.0, id="a code that has no parent"),
    ],
)
def test_ancestors_are_those_that_parents_tell(truth: str, answer: str, value: float) -> None:
    told = {"codes": ["a1", "a2", "a21", "b", "c"], "parents": PARENTS}

    assert measured(hierarchical_code_f1, [[truth]], [[answer]], **told).value == value


@pytest.mark.parametrize("parents", [{"I10": "I10"}, {"I10": "a", "a": "b", "b": "a"}])
def test_a_code_that_is_its_own_ancestor_is_refused(parents: dict[str, str]) -> None:
    with pytest.raises(ParamsError, match="is its own ancestor"):
        measured(hierarchical_code_f1, [["I10"]], [["I10"]], parents=parents)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param([["I10", "I11"]], "answer holds 1 codes that are none of", id="unknown"),
        pytest.param(["I10"], "answer, row 0: expected a list of codes", id="a text"),
        pytest.param([None], "answer, row 0: expected a list of codes", id="nothing"),
        pytest.param([[10]], "answer, row 0: expected a list of codes", id="a number"),
        pytest.param([["I10"]] * 2, "answer has 2 rows, the truth has 1", id="rows"),
    ],
)
def test_lists_that_cannot_be_measured_are_named(answer: list[Any], says: str) -> None:
    with pytest.raises(InvalidColumns, match=says):
        measured(micro_code_f1, [["I10"]], answer)


def test_the_message_of_an_unknown_code_does_not_show_it() -> None:
    with pytest.raises(InvalidColumns) as refused:
        measured(micro_code_f1, [["secret"]], [["I10"]])

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("codes", [[], ["I10", "I10"], [10]])
def test_codes_must_list_each_code_once(codes: list[Any]) -> None:
    with pytest.raises(ParamsError, match="codes must list"):
        measured(micro_code_f1, [["I10"]], [["I10"]], codes=codes)


def test_lists_may_be_arrays_of_text_and_documents_may_be_left_out() -> None:
    truth: dict[str, Any] = {"coded": [np.array(["I10"]), None], "graded": [1, 0]}
    answer: dict[str, Any] = {"answer": [("I10",), None]}

    measure = micro_code_f1(
        truth, answer, coded="coded", predicted="answer", codes=CODES, where="graded"
    )

    assert (measure.value, measure.units) == (1.0, 1)
