"""Metrics of spans: pieces of a document's text, each of a type, such as the names in it."""

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from scorers.columns import objects, rows_of
from scorers.metric import Columns, Direction, InvalidColumns, Metric, Needs, ParamsError
from scorers.rules import AreSpans
from scorers.weighted.per_row import RatioOfSums

Span = tuple[int, int, str]
"""First character, the one after the last, and type; characters are counted from 0."""

Runs = list[tuple[int, int]]
"""Stretches of text in order, that do not touch."""

Score = Callable[[set[Span], set[Span]], tuple[float, float]]
"""What the predicted spans of a document earn, and what they could earn."""


def strict_entity_f1(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    spans: str,
    predicted: str,
    types: list[str],
    text: str | None = None,
    where: str | None = None,
) -> RatioOfSums:
    """Measure the F1 of the spans in the column `predicted`, each right in all or wrong.

    Each cell of `predicted`, and of the truth column `spans`, is a list of spans: the first
    character, the one after the last, and one of `types`. Characters are Unicode code points of
    the text in normalization form C (NFC), counted from 0. With `text`, the truth column of the
    texts, those of the truth must lie within them; a predicted one that does not is wrong. A span
    that a list holds twice counts once. `where`, a truth column of 0 and 1, leaves documents out. A
    span is right if start, end and type are: F1 is 2 TP / (2 TP + FP + FN) of all documents
    together (Tjong Kim Sang and De Meulder, CoNLL 2003, section 2.4; strict mode of seqeval).
    Raises InvalidColumns if a list is missing, if a span is none, is empty or of another type, one
    of the truth is not in its text, or a text is not in NFC; and ParamsError if `types` names none,
    or one twice.

    The name is right. The date is one character short, so it is missed and also too much:
    2 / (2 + 1 + 1).

    >>> truth = {"spans": [[(0, 5, "NAME"), (9, 19, "DATE")]]}
    >>> prediction = {"spans": [[(0, 5, "NAME"), (9, 18, "DATE")]]}
    >>> names = {"spans": "spans", "predicted": "spans", "types": ["NAME", "DATE"]}
    >>> strict_entity_f1(truth, prediction, **names).value
    0.5
    """

    def strict(ours: set[Span], theirs: set[Span]) -> tuple[float, float]:
        return 2 * len(ours & theirs), len(ours) + len(theirs)

    return _sums(
        truth,
        prediction,
        spans=spans,
        predicted=predicted,
        types=types,
        text=text,
        where=where,
        score=strict,
    )


def overlap_entity_f1(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    spans: str,
    predicted: str,
    types: list[str],
    text: str | None = None,
    where: str | None = None,
) -> RatioOfSums:
    """Measure the F1 of the characters that the spans in the column `predicted` mark.

    The params and errors are those of `strict_entity_f1`. A character counts once for each type
    that marks it, and is right if a span of the same type marks it in the truth: F1 is
    2 TP / (2 TP + FP + FN) of the characters of all documents together. A span that is nearly
    right earns nearly all, and one that marks everything gains nothing by it. Long spans weigh
    more than short ones, so it belongs beside the strict one.

    The truth marks ten characters and the prediction nine of them: 2 x 9 / (10 + 9).

    >>> truth, prediction = {"spans": [[(9, 19, "DATE")]]}, {"spans": [[(9, 18, "DATE")]]}
    >>> names = {"spans": "spans", "predicted": "spans", "types": ["DATE"]}
    >>> round(overlap_entity_f1(truth, prediction, **names).value, 12)
    0.947368421053
    """

    def overlap(ours: set[Span], theirs: set[Span]) -> tuple[float, float]:
        shared = total = 0
        for kind in types:
            marked = [_of_types(spans, {kind}) for spans in (ours, theirs)]
            either = _length(_runs(marked[0] + marked[1]))
            both = sum(_length(_runs(one)) for one in marked)
            shared += both - either
            total += both
        return 2 * shared, total

    return _sums(
        truth,
        prediction,
        spans=spans,
        predicted=predicted,
        types=types,
        text=text,
        where=where,
        score=overlap,
    )


def deidentification_recall(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    spans: str,
    predicted: str,
    types: list[str],
    direct: list[str],
    text: str | None = None,
    where: str | None = None,
) -> RatioOfSums:
    """Measure which share of the identifiers in the truth the column `predicted` hides.

    The params and errors are those of `strict_entity_f1`. `direct` lists those of `types` that
    identify a person by themselves, which alone are looked for; give one type to see it alone. An
    identifier is hidden if predicted spans, of whatever types, mark all its characters: what is
    blacked out need not be named rightly, but a single character left may tell (Stubbs et al., J
    Biomed Inform 2015;58:S11-S19, where it is the binary recall of HIPAA types, by token). Raises
    ParamsError also if `direct` names none of `types`, or another. It says nothing about text that
    is hidden without need, so it belongs beside an F1.

    The name is hidden by two spans of other types, the number but for its last digit.

    >>> truth = {"spans": [[(0, 9, "NAME"), (12, 16, "ID"), (20, 24, "CITY")]]}
    >>> prediction = {"spans": [[(0, 4, "CITY"), (4, 9, "ID"), (12, 15, "ID")]]}
    >>> names = {"spans": "spans", "predicted": "spans", "types": ["NAME", "ID", "CITY"]}
    >>> deidentification_recall(truth, prediction, direct=["NAME", "ID"], **names).value
    0.5
    """
    if not direct or not set(direct) <= set(types):
        raise ParamsError("direct must list some of types: those that identify by themselves")

    def hidden(ours: set[Span], theirs: set[Span]) -> tuple[float, float]:
        runs = _runs(_of_types(theirs, set(types)))
        starts = [start for start, _ in runs]
        sought = _of_types(ours, set(direct))
        found = 0
        for start, end in sought:
            place = bisect_right(starts, start) - 1
            found += place >= 0 and end <= runs[place][1]
        return found, len(sought)

    return _sums(
        truth,
        prediction,
        spans=spans,
        predicted=predicted,
        types=types,
        text=text,
        where=where,
        score=hidden,
    )


def _of_types(spans: Iterable[Span], kinds: set[str]) -> Runs:
    return [(start, end) for start, end, kind in spans if kind in kinds]


def _runs(stretches: Runs) -> Runs:
    """Join the stretches that overlap or touch."""
    runs: Runs = []
    for start, end in sorted(stretches):
        if runs and start <= runs[-1][1]:
            runs[-1] = runs[-1][0], max(end, runs[-1][1])
        else:
            runs.append((start, end))
    return runs


def _length(runs: Runs) -> int:
    return sum(end - start for start, end in runs)


def _sums(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    spans: str,
    predicted: str,
    types: list[str],
    text: str | None,
    where: str | None,
    score: Score,
) -> RatioOfSums:
    """Add what `score` gives for each document."""
    if not types or len(set(types)) != len(types):
        raise ParamsError("types must list the types of the challenge, each once")
    rows = rows_of(truth, spans, where=where)
    ours = objects(truth, spans)
    theirs = objects(prediction, predicted, count=len(ours))
    lengths = _lengths(truth, text, rows=rows, count=len(ours))
    earned, possible = np.zeros((len(rows), 1)), np.zeros((len(rows), 1))
    events = 0
    for place, row in enumerate(rows.tolist()):
        told, answer = (
            _spans(cells[row], name=name, row=row, types=set(types), length=length)
            for name, cells, length in (
                (spans, ours, lengths[place]),
                (predicted, theirs, None),  # what lies beyond the text is wrong, and no mistake
            )
        )
        earned[place], possible[place] = score(told, answer)
        events += bool(told)
    return RatioOfSums(rows=rows, earned=earned, possible=possible, events=events)


def _lengths(
    truth: Columns, text: str | None, *, rows: NDArray[np.intp], count: int
) -> list[int] | list[None]:
    """Return the number of characters of each text, None if there are no texts."""
    if text is None:
        return [None] * len(rows)
    texts = objects(truth, text, count=count)
    for row in rows.tolist():
        if not isinstance(texts[row], str) or not unicodedata.is_normalized("NFC", texts[row]):
            raise InvalidColumns(
                f"column {text}, row {row}: expected a text in Unicode normalization form C (NFC)"
            )
    return [len(texts[row]) for row in rows.tolist()]


def _spans(
    cell: Sequence[Span], *, name: str, row: int, types: set[str], length: int | None
) -> set[Span]:
    try:
        spans = {(int(start), int(end), str(kind)) for start, end, kind in cell}
        whole = all(start == int(start) and end == int(end) for start, end, _ in cell)
    except (TypeError, ValueError, OverflowError):
        whole = False
    if not whole:
        raise InvalidColumns(
            f"column {name}, row {row}: expected a list of spans, each of start, end and type"
        )
    for start, end, kind in spans:
        if not 0 <= start < end or (length is not None and end > length):
            raise InvalidColumns(
                f"column {name}, row {row}: a span is empty or not within the text; start is its "
                "first character and end the one after its last, counted from 0"
            )
        if kind not in types:
            raise InvalidColumns(
                f"column {name}, row {row}: a span has a type that is none of the challenge's "
                f"{len(types)}"
            )
    return spans


STRICT_ENTITY_F1 = Metric(
    key="strict_entity_f1",
    needs=Needs.SPANS,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no span in the truth or the prediction; such resamples are skipped",
    reference="sets of spans",
    source="Tjong Kim Sang and De Meulder, CoNLL 2003, section 2.4",
    exact=True,
    unit="document",
    truth_columns=("spans", "text", "where"),
    prediction_columns=("predicted",),
    rules=(AreSpans(),),
    measure=strict_entity_f1,
)
OVERLAP_ENTITY_F1 = Metric(
    key="overlap_entity_f1",
    needs=Needs.SPANS,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no span in the truth or the prediction; such resamples are skipped",
    reference="sets of characters and types",
    source="van Rijsbergen, Information Retrieval, 1979, chapter 7, of characters",
    exact=True,
    unit="document",
    truth_columns=("spans", "text", "where"),
    prediction_columns=("predicted",),
    rules=(AreSpans(),),
    measure=overlap_entity_f1,
)
DEIDENTIFICATION_RECALL = Metric(
    key="deidentification_recall",
    needs=Needs.SPANS,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no direct identifier in the truth; such resamples are skipped",
    reference="sets of characters",
    source="Stubbs et al., J Biomed Inform 2015;58:S11-S19, by whole identifier",
    exact=True,
    unit="document",
    truth_columns=("spans", "text", "where"),
    prediction_columns=("predicted",),
    rules=(AreSpans(),),
    measure=deidentification_recall,
)
