"""Ranked lists of codes score as trec_eval's definitions say, worked out loop by loop."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from scorers.metric import InvalidColumns, ParamsError, Reason, Undefined
from scorers.text.code_ranking import mean_average_precision_of_codes, precision_at_k, recall_at_k
from scorers.weighted.per_row import MeanOfRows

CODES = [f"C{number}" for number in range(8)]

lists = st.lists(st.sampled_from(CODES), max_size=8)
documents = st.lists(st.tuples(lists, lists), min_size=1, max_size=6)


def measured(metric: Callable[..., MeanOfRows], truth: Any, answer: Any, **params: Any) -> Any:
    columns: dict[str, Any] = {"coded": truth}
    names = {"coded": "coded", "predicted": "answer", "codes": CODES}
    return metric(columns, {"answer": answer}, **(names | params))


def by_definition(truth: list[str], answer: list[str], *, k: int) -> tuple[float, float, float]:
    """Return average precision, precision and recall at k of one document."""
    once = list(dict.fromkeys(answer))
    precision = total = 0.0
    for rank, code in enumerate(once, start=1):
        if code in truth:
            total += len(set(once[:rank]) & set(truth)) / rank
    precision = len(set(once[:k]) & set(truth)) / k
    return total / len(set(truth)), precision, precision * k / len(set(truth))


@given(documents, st.integers(1, 9))
@settings(max_examples=100)
def test_the_values_equal_a_loop_over_documents(
    drawn: list[tuple[list[str], list[str]]], k: int
) -> None:
    truth, answer = zip(*drawn, strict=True)
    judged = [by_definition(*pair, k=k) for pair in drawn if pair[0]]
    measures = [
        measured(mean_average_precision_of_codes, truth, answer),
        measured(precision_at_k, truth, answer, k=k),
        measured(recall_at_k, truth, answer, k=k),
    ]

    if not judged:
        assert {measure.value for measure in measures} == {Undefined(Reason.NO_POSITIVES)}
        return
    for measure, expected in zip(measures, np.mean(judged, axis=0), strict=True):
        assert measure.value == pytest.approx(expected, rel=1e-12)
        assert measure.units == measure.events == len(judged)


@given(st.permutations(CODES), st.sets(st.sampled_from(CODES), min_size=1))
@settings(max_examples=50)
def test_average_precision_of_a_complete_list_is_that_of_scikit_learn(
    answer: list[str], truth: set[str]
) -> None:
    told = measured(mean_average_precision_of_codes, [sorted(truth)], [answer]).value

    right = [code in truth for code in answer]
    theirs = average_precision_score(right, -np.arange(len(answer)))
    assert told == pytest.approx(theirs, rel=1e-12)


@given(documents, st.data())
@settings(max_examples=50)
def test_integer_weights_equal_documents_given_so_often(
    drawn: list[tuple[list[str], list[str]]], data: st.DataObject
) -> None:
    row = data.draw(st.lists(st.integers(0, 3), min_size=len(drawn), max_size=len(drawn)))
    often = [pair for pair, times in zip(drawn, row, strict=True) for _ in range(times)]
    assume(any(truth for truth, _ in often))

    told = measured(mean_average_precision_of_codes, *zip(*drawn, strict=True)).under(
        np.array([row])
    )

    repeated = measured(mean_average_precision_of_codes, *zip(*often, strict=True)).value
    assert told[0] == pytest.approx(repeated, rel=1e-12)


def test_a_document_without_codes_is_left_out_whatever_is_predicted() -> None:
    """trec_eval leaves out a query without relevant documents as well."""
    measure = measured(recall_at_k, [["C1"], []], [["C1"], ["C1"]], k=1)

    assert (measure.value, measure.units) == (1.0, 1)
    assert np.isnan(measure.under(np.array([[0, 3]]))).all()


def test_a_list_shorter_than_k_is_divided_by_k() -> None:
    assert measured(precision_at_k, [["C1"]], [["C1"]], k=4).value == 0.25


def test_a_code_given_again_does_not_push_others_back() -> None:
    told = measured(mean_average_precision_of_codes, [["C1"]], [["C0", "C0", "C1"]]).value

    assert told == 0.5


def test_without_documents_there_is_no_value() -> None:
    assert measured(recall_at_k, [], [], k=1).value == Undefined(Reason.NO_UNITS)


@pytest.mark.parametrize("metric", [precision_at_k, recall_at_k])
def test_a_k_below_1_is_refused(metric: Callable[..., MeanOfRows]) -> None:
    with pytest.raises(ParamsError, match="k must be 1 or more"):
        measured(metric, [["C1"]], [["C1"]], k=0)


def test_a_code_of_no_list_is_refused() -> None:
    with pytest.raises(InvalidColumns, match="answer holds 1 codes"):
        measured(mean_average_precision_of_codes, [["C1"]], [["D1"]])
