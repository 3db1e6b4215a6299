"""Metrics of lists of codes with the surest first, as one ranks the answers of a search."""

from collections.abc import Callable

import numpy as np

from scorers.columns import rows_of
from scorers.metric import Columns, Direction, Metric, Needs, ParamsError, Reason, Vector
from scorers.rules import OneOf
from scorers.text.code_lists import CodeLists, Places, read_both
from scorers.weighted.per_row import MeanOfRows

UNDEFINED = "no document with a code in the truth; documents without one are left out"


def mean_average_precision_of_codes(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    coded: str,
    predicted: str,
    codes: list[str],
    where: str | None = None,
) -> MeanOfRows:
    """Measure the mean average precision (MAP) of the lists of codes in `predicted`.

    Each cell of `predicted` is a list of codes, the surest first; each cell of the truth column
    `coded` a list in any order. A code that a list holds twice counts at its first place. `codes`
    are those of the challenge. `where`, a truth column of 0 and 1, leaves documents out. The
    average precision of a document is the sum, over the ranks of right codes, of the precision up
    to there, divided by the number of its codes (Manning et al., Introduction to Information
    Retrieval, 2008, equation 8.8). A document without a code has none and is left out, whatever is
    predicted for it. Raises InvalidColumns if a list is missing or holds another code, ParamsError
    if `codes` names a code twice.

    The right codes come first and third of three: (1/1 + 2/3) / 2.

    >>> truth, prediction = {"codes": [["I10", "J45"]]}, {"codes": [["I10", "E11", "J45"]]}
    >>> names = {"coded": "codes", "predicted": "codes", "codes": ["E11", "I10", "J45"]}
    >>> round(mean_average_precision_of_codes(truth, prediction, **names).value, 12)
    0.833333333333
    """

    def average_precision(ours: CodeLists, theirs: CodeLists) -> Vector:
        right = theirs.hits(ours)
        before = np.concatenate([[0], np.cumsum(right)])
        first = np.cumsum(theirs.counts) - theirs.counts
        found = before[1:] - before[first][theirs.document]
        total = np.zeros(theirs.documents)
        # One addition after the other: the order of the lists, on every machine.
        np.add.at(total, theirs.document[right], found[right] / theirs.rank[right])
        return total / np.maximum(ours.counts, 1)

    return _mean(
        truth,
        prediction,
        coded,
        predicted,
        codes=codes,
        where=where,
        score=average_precision,
    )


def precision_at_k(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    coded: str,
    predicted: str,
    codes: list[str],
    k: int,
    where: str | None = None,
) -> MeanOfRows:
    """Measure which share of the first `k` codes in `predicted` is right, on average.

    The params and errors are those of `mean_average_precision_of_codes`. A list of fewer than `k`
    codes is divided by `k` all the same (Manning et al., Introduction to Information Retrieval,
    2008, section 8.4; P_k of trec_eval).

    Of the first two codes one is right, and the third is not looked at.

    >>> truth, prediction = {"codes": [["I10", "J45"]]}, {"codes": [["I10", "E11", "J45"]]}
    >>> names = {"coded": "codes", "predicted": "codes", "codes": ["E11", "I10", "J45"]}
    >>> precision_at_k(truth, prediction, k=2, **names).value
    0.5
    """
    _check(k)
    return _mean(
        truth,
        prediction,
        coded,
        predicted,
        codes=codes,
        where=where,
        score=lambda ours, theirs: _right_of_first(ours, theirs, k=k) / k,
    )


def recall_at_k(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    coded: str,
    predicted: str,
    codes: list[str],
    k: int,
    where: str | None = None,
) -> MeanOfRows:
    """Measure which share of a document's codes is among the first `k` in `predicted`, on average.

    The params and errors are those of `mean_average_precision_of_codes`. A document with more than
    `k` codes cannot reach 1 (Manning et al., Introduction to Information Retrieval, 2008, section
    8.4; recall_k of trec_eval).

    One of the document's three codes is among the first two.

    >>> truth = {"codes": [["I10", "J45", "N18"]]}
    >>> prediction = {"codes": [["I10", "E11", "J45"]]}
    >>> names = {"coded": "codes", "predicted": "codes", "codes": ["E11", "I10", "J45", "N18"]}
    >>> round(recall_at_k(truth, prediction, k=2, **names).value, 12)
    0.333333333333
    """
    _check(k)
    return _mean(
        truth,
        prediction,
        coded,
        predicted,
        codes=codes,
        where=where,
        score=lambda ours, theirs: _right_of_first(ours, theirs, k=k) / np.maximum(ours.counts, 1),
    )


def _check(k: int) -> None:
    if k < 1:
        raise ParamsError("k must be 1 or more: how many codes of each list are looked at")


def _right_of_first(ours: CodeLists, theirs: CodeLists, /, *, k: int) -> Places:
    chosen = theirs.hits(ours) & (theirs.rank <= k)
    return np.bincount(theirs.document[chosen], minlength=theirs.documents)


def _mean(
    truth: Columns,
    prediction: Columns,
    coded: str,
    predicted: str,
    /,
    *,
    codes: list[str],
    where: str | None,
    score: Callable[[CodeLists, CodeLists], Vector],
) -> MeanOfRows:
    """Average `score`, one value for each document, over the documents that have a code."""
    rows = rows_of(truth, coded, where=where)
    ours, theirs = read_both(truth, prediction, coded, predicted, codes=codes, rows=rows)
    there = ours.counts > 0
    return MeanOfRows(
        rows=rows[there],
        values=score(ours, theirs)[there],
        events=int(there.sum()),
        reason=Reason.NO_POSITIVES if len(rows) else Reason.NO_UNITS,
    )


MEAN_AVERAGE_PRECISION_OF_CODES = Metric(
    key="mean_average_precision_of_codes",
    needs=Needs.CODES,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined=UNDEFINED,
    reference="a loop; sklearn.metrics.average_precision_score of complete lists",
    source="Manning et al., Introduction to Information Retrieval, 2008, equation 8.8",
    exact=True,
    unit="document",
    truth_columns=("coded", "where"),
    prediction_columns=("predicted",),
    rules=(OneOf(param="predicted", classes="codes"),),
    measure=mean_average_precision_of_codes,
)
PRECISION_AT_K = Metric(
    key="precision_at_k",
    needs=Needs.CODES,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined=UNDEFINED,
    reference="a loop over documents",
    source="Manning et al., Introduction to Information Retrieval, 2008, section 8.4",
    exact=True,
    unit="document",
    truth_columns=("coded", "where"),
    prediction_columns=("predicted",),
    rules=(OneOf(param="predicted", classes="codes"),),
    measure=precision_at_k,
)
RECALL_AT_K = Metric(
    key="recall_at_k",
    needs=Needs.CODES,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined=UNDEFINED,
    reference="a loop over documents",
    source="Manning et al., Introduction to Information Retrieval, 2008, section 8.4",
    exact=True,
    unit="document",
    truth_columns=("coded", "where"),
    prediction_columns=("predicted",),
    rules=(OneOf(param="predicted", classes="codes"),),
    measure=recall_at_k,
)
