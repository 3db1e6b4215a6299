"""Spans score by their characters and types, counted in code points of the text in NFC."""

import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorers.metric import InvalidColumns, ParamsError, Reason, Undefined
from scorers.registry import get_metric
from scorers.text.spans import deidentification_recall, overlap_entity_f1, strict_entity_f1
from scorers.weighted.per_row import RatioOfSums

TYPES = ["NAME", "DATE", "CITY"]
DIRECT = {"NAME", "DATE"}
Span = tuple[int, int, str]
Document = tuple[list[Span], list[Span]]

span = st.tuples(st.integers(0, 12), st.integers(1, 5), st.sampled_from(TYPES)).map(
    lambda drawn: (drawn[0], drawn[0] + drawn[1], drawn[2])
)
document = st.tuples(st.lists(span, max_size=5), st.lists(span, max_size=5))


def measured(metric: Callable[..., RatioOfSums], documents: list[Document], **params: Any) -> Any:
    truth: dict[str, Any] = {"spans": [ours for ours, _ in documents]}
    answer: dict[str, Any] = {"answer": [theirs for _, theirs in documents]}
    names: dict[str, Any] = {"spans": "spans", "predicted": "answer", "types": TYPES}
    names |= {"direct": sorted(DIRECT)} if metric is deidentification_recall else {}
    return metric(truth, answer, **(names | params))


def characters(spans: list[Span]) -> set[tuple[int, str]]:
    return {(at, kind) for start, end, kind in spans for at in range(start, end)}


def by_definition(documents: list[Document]) -> list[float]:
    """Return the strict F1, the F1 of characters and the recall of direct identifiers."""
    sums = np.zeros((3, 2))
    for ours, theirs in documents:
        marked = {at for at, _ in characters(theirs)}
        sought = {one for one in ours if one[2] in DIRECT}
        hidden = [one for one in sought if set(range(one[0], one[1])) <= marked]
        sums += [
            [2 * len(set(ours) & set(theirs)), len(set(ours)) + len(set(theirs))],
            [
                2 * len(characters(ours) & characters(theirs)),
                len(characters(ours)) + len(characters(theirs)),
            ],
            [len(hidden), len(sought)],
        ]
    return [right / all_ if all_ else np.nan for right, all_ in sums.tolist()]


METRICS: list[Callable[..., RatioOfSums]] = [
    strict_entity_f1,
    overlap_entity_f1,
    deidentification_recall,
]


@given(st.lists(document, min_size=1, max_size=5))
@settings(max_examples=150)
def test_the_values_equal_those_of_sets_of_characters(documents: list[Document]) -> None:
    for metric, expected in zip(METRICS, by_definition(documents), strict=True):
        told = measured(metric, documents).value
        if np.isnan(expected):
            assert told == Undefined(Reason.NO_POSITIVES)
        else:
            assert told == expected


@pytest.mark.parametrize("metric", METRICS)
@given(st.lists(document, min_size=1, max_size=5), st.data())
@settings(max_examples=30)
def test_integer_weights_equal_documents_given_so_often(
    metric: Callable[..., RatioOfSums], documents: list[Document], data: st.DataObject
) -> None:
    row = data.draw(st.lists(st.integers(0, 3), min_size=len(documents), max_size=len(documents)))

    told = measured(metric, documents).under(np.array([row]))[0]

    often = [one for one, times in zip(documents, row, strict=True) for _ in range(times)]
    expected = by_definition(often)[METRICS.index(metric)]
    assert np.isnan(told) if np.isnan(expected) else told == expected


@pytest.mark.parametrize(
    ("answer", "strict", "overlap"),
    [
        pytest.param([(2, 6, "NAME")], 1.0, 1.0, id="right"),
        pytest.param([(2, 6, "CITY")], 0.0, 0.0, id="another type"),
        pytest.param([(2, 5, "NAME")], 0.0, 6 / 7, id="one character short"),
        pytest.param([(2, 4, "NAME"), (4, 6, "NAME")], 0.0, 1.0, id="in two pieces"),
        pytest.param([(0, 100, "NAME")], 0.0, 8 / 104, id="everything"),
        pytest.param([], 0.0, 0.0, id="nothing"),
    ],
)
def test_the_strict_f1_asks_for_all_and_the_other_for_characters(
    answer: list[Span], strict: float, overlap: float
) -> None:
    documents: list[Document] = [([(2, 6, "NAME")], answer)]

    assert measured(strict_entity_f1, documents).value == strict
    assert measured(overlap_entity_f1, documents).value == overlap


def test_an_identifier_is_hidden_by_spans_of_any_type_if_no_character_is_left() -> None:
    truth: list[Span] = [(0, 4, "NAME"), (4, 8, "DATE"), (20, 22, "CITY")]

    assert measured(deidentification_recall, [(truth, [(0, 8, "CITY")])]).value == 1.0
    assert measured(deidentification_recall, [(truth, [(0, 7, "NAME")])]).value == 0.5
    assert (
        measured(deidentification_recall, [(truth, [(0, 7, "NAME")])], direct=["DATE"]).value == 0
    )


def test_offsets_count_code_points_and_not_bytes_or_utf_16() -> None:
    text = "\N{GRINNING FACE} \N{LATIN SMALL LETTER E WITH ACUTE}va"
    truth: dict[str, Any] = {"spans": [[(2, 5, "NAME")]], "text": [text]}
    answer: dict[str, Any] = {"spans": [[(3, 6, "NAME")]]}
    names: dict[str, Any] = {"spans": "spans", "predicted": "spans", "types": TYPES}

    assert strict_entity_f1(truth, truth, text="text", **names).value == 1.0
    assert strict_entity_f1(truth, answer, text="text", **names).value == 0.0

    with pytest.raises(InvalidColumns, match="spans, row 0: a span is empty or not within"):
        strict_entity_f1(answer | {"text": [text]}, answer, text="text", **names)
    truth["text"] = [unicodedata.normalize("NFD", text)]
    with pytest.raises(InvalidColumns, match=r"text, row 0: expected a text in .* \(NFC\)"):
        strict_entity_f1(truth, truth, text="text", **names)


def test_a_span_given_twice_counts_once() -> None:
    twice: list[Span] = [(0, 2, "NAME"), (0, 2, "NAME")]

    assert measured(strict_entity_f1, [(twice[:1], twice)]).value == 1.0


def test_a_document_without_spans_charges_for_those_that_are_predicted() -> None:
    right: list[Span] = [(0, 2, "NAME")]

    measure = measured(strict_entity_f1, [(right, right), ([], right)])

    assert (measure.value, measure.units, measure.events) == (2 / 3, 2, 1)


@pytest.mark.parametrize("metric", METRICS)
def test_without_any_span_or_document_there_is_no_value(
    metric: Callable[..., RatioOfSums],
) -> None:
    assert measured(metric, [([], [])]).value == Undefined(Reason.NO_POSITIVES)
    assert measured(metric, []).value == Undefined(Reason.NO_UNITS)


def test_weights_of_one_give_the_value_itself() -> None:
    documents: list[Document] = [([(0, 3, "NAME")], [(0, at, "NAME")]) for at in range(1, 8)]
    measure = measured(overlap_entity_f1, documents)

    assert measure.under(np.ones((2, 7), dtype=np.int64)).tolist() == [measure.value] * 2


@pytest.mark.parametrize(
    "span",
    [
        (0, 1, "NAME"),
        (0, 99, "CITY"),
        (3, 3, "NAME"),
        (-1, 3, "DATE"),
        (4, 2, "NAME"),
        (0, 2, "AGE"),
        (0.5, 2, "NAME"),
        (0, 1.5, "NAME"),
    ],
)
@pytest.mark.parametrize(
    "key", ["strict_entity_f1", "overlap_entity_f1", "deidentification_recall"]
)
def test_a_rule_of_spans_is_broken_exactly_where_the_metric_refuses(key: str, span: Any) -> None:
    [rule] = get_metric(key).rules
    told = np.array([(0, 2, "NAME"), span], dtype=np.object_)
    broken = list(rule.broken({"answer": told}, {"predicted": "answer", "types": TYPES}))
    refused = False
    try:
        measured(strict_entity_f1, [([(0, 2, "NAME")], [(0, 2, "NAME"), span])])
    except InvalidColumns:
        refused = True

    assert [each.rows[0] for each in broken] == [False, False]
    assert any(each.rows[1] for each in broken) is refused


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        pytest.param([(3, 3, "NAME")], "a span is empty", id="empty"),
        pytest.param([(-1, 3, "NAME")], "a span is empty or not within", id="before the text"),
        pytest.param([(1, 3, "AGE")], "a type that is none of the challenge's 3", id="type"),
        pytest.param([(1, 3)], "expected a list of spans", id="no type"),
        pytest.param([(1.5, 3, "NAME")], "expected a list of spans", id="half a character"),
        pytest.param([("1", 3, "NAME")], "expected a list of spans", id="a text"),
        pytest.param([(1, np.inf, "NAME")], "expected a list of spans", id="infinite"),
        pytest.param([(1, np.nan, "NAME")], "expected a list of spans", id="NaN"),
        pytest.param(None, "expected a list of spans", id="nothing"),
    ],
)
def test_spans_that_cannot_be_measured_are_named(cell: Any, says: str) -> None:
    with pytest.raises(InvalidColumns, match=f"answer, row 0: .*{says}"):
        measured(strict_entity_f1, [([(0, 2, "NAME")], cell)])


def test_types_and_direct_identifiers_must_be_told() -> None:
    with pytest.raises(ParamsError, match="types must list"):
        measured(strict_entity_f1, [], types=["NAME", "NAME"])
    with pytest.raises(ParamsError, match="types must list"):
        measured(strict_entity_f1, [], types=[])
    for direct in ([], ["AGE"]):
        with pytest.raises(ParamsError, match="direct must list"):
            measured(deidentification_recall, [], direct=direct)


def test_documents_without_1_in_where_are_not_read() -> None:
    truth: dict[str, Any] = {"spans": [[(0, 2, "NAME")], None], "graded": [1, 0]}

    measure = strict_entity_f1(
        truth, truth, spans="spans", predicted="spans", types=TYPES, where="graded"
    )

    assert (measure.value, measure.units) == (1.0, 1)
