"""Metrics of which codes, such as those of ICD-10, are given to documents."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from scorers.columns import rows_of
from scorers.metric import (
    Columns,
    Direction,
    Metric,
    Needs,
    ParamsError,
    Reason,
    Undefined,
    Vector,
    Weights,
)
from scorers.rules import OneOf
from scorers.text.code_lists import CodeLists, Places, numbered, read_both
from scorers.weighted.counts import in_chunks, ratio
from scorers.weighted.per_row import RatioOfSums

CATEGORY = 3
"""Characters of the shortest code of ICD-10 that stands for a disease: E11."""

SUMS = 500_000
"""Sums of codes by resamples held at once, measured to suit the caches of a processor (4 MB)."""

Parents = dict[str, str | list[str]]
"""The parent of a code, or its parents."""


def micro_code_f1(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    coded: str,
    predicted: str,
    codes: list[str],
    where: str | None = None,
) -> RatioOfSums:
    """Measure the micro-averaged F1 of the codes in the column `predicted`.

    Each cell of `predicted`, and of the truth column `coded`, is a list of codes, each of which
    counts once; `codes` are those of the challenge. `where`, a truth column of 0 and 1, leaves
    documents out. All documents are taken together: 2 TP / (2 TP + FP + FN) (van Rijsbergen,
    Information Retrieval, 1979, chapter 7). Raises InvalidColumns if a list is missing or holds
    another code, ParamsError if `codes` names a code twice.

    One code is right, one is too much and one is missed: 2 / (2 + 1 + 1).

    >>> truth = {"codes": [["E11.9", "I10"], []]}
    >>> prediction = {"codes": [["I10"], ["E11.9"]]}
    >>> names = {"coded": "codes", "predicted": "codes", "codes": ["E11.9", "I10", "J45"]}
    >>> micro_code_f1(truth, prediction, **names).value
    0.5
    """
    rows = rows_of(truth, coded, where=where)
    ours, theirs = read_both(truth, prediction, coded, predicted, codes=codes, rows=rows)
    return _micro(ours, theirs, rows=rows)


def hierarchical_code_f1(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    coded: str,
    predicted: str,
    codes: list[str],
    parents: Parents | None = None,
    where: str | None = None,
) -> RatioOfSums:
    """Measure the F1 of the codes in `predicted` and all their ancestors.

    The params and errors are those of `micro_code_f1`. `parents` gives the parent of a code (or
    its parents, in a list); a code without any is at the top. Without `parents` the ancestors are
    those that a code of ICD-10 spells: its beginnings of three characters or more, the dot left
    out, so E112 and E11 of E11.21. Each code of a document is joined by all its ancestors, then F1
    is that of `micro_code_f1` (Kiritchenko et al., Canadian AI 2006, section 4: hF). The root of
    the hierarchy, which all codes share, is best left out of `parents`. Raises ParamsError if a
    code is its own ancestor.

    E11.9 is predicted for E11.2: E11 is right, one is too much and one is missed.

    >>> truth, prediction = {"codes": [["E11.2"]]}, {"codes": [["E11.9"]]}
    >>> names = {"coded": "codes", "predicted": "codes", "codes": ["E11.2", "E11.9"]}
    >>> hierarchical_code_f1(truth, prediction, **names).value
    0.5
    """
    rows = rows_of(truth, coded, where=where)
    ours, theirs = read_both(truth, prediction, coded, predicted, codes=codes, rows=rows)
    lineages = [_lineage(code, parents=parents) for code in codes]
    known = numbered(list(dict.fromkeys(code for lineage in lineages for code in lineage)))
    places = [np.array([known[code] for code in lineage]) for lineage in lineages]
    return _micro(
        _expanded(ours, places, codes=len(known)),
        _expanded(theirs, places, codes=len(known)),
        rows=rows,
    )


@dataclass(frozen=True, kw_only=True)
class MacroF1:
    """The mean over codes of the F1 of each code; codes that nobody gave are left out.

    `earned` and `possible` hold 2 TP and 2 TP + FP + FN, of shape (codes that occur, documents).
    """

    rows: Places
    earned: csr_array
    possible: csr_array
    events: int

    @property
    def units(self) -> int:
        return len(self.rows)

    @property
    def value(self) -> float | Undefined:
        """The value with each document counted once, or why there is none."""
        if not self.units:
            return Undefined(Reason.NO_UNITS)
        value = float(self._mean(np.ones((1, self.units), dtype=np.int64))[0])
        return Undefined(Reason.NO_POSITIVES) if np.isnan(value) else value

    def under(self, weights: Weights, /) -> Vector:
        """Return the value under each row of `weights` (resamples x all rows), NaN without any."""
        cells = min(SUMS, SUMS // max(1, self.earned.shape[0]) * self.units)
        return in_chunks(self._mean, weights, rows=self.rows, cells=cells)

    def _mean(self, weights: Weights) -> Vector:
        """Add integers for each code, and then one share after the other: the same everywhere."""
        by_document = np.ascontiguousarray(weights.T, dtype=np.int64)
        possible = self.possible @ by_document
        shares = np.zeros((len(possible) + 1, len(weights)))  # the first for a sum of none
        np.divide(self.earned @ by_document, possible, out=shares[1:], where=possible > 0)
        return ratio(np.cumsum(shares, axis=0)[-1], np.count_nonzero(possible, axis=0))


def macro_code_f1(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    coded: str,
    predicted: str,
    codes: list[str],
    where: str | None = None,
) -> MacroF1:
    """Measure the macro-averaged F1 of the codes in the column `predicted`.

    The params and errors are those of `micro_code_f1`. The value is the mean over codes of
    2 TP / (2 TP + FP + FN) (Opitz and Burst, arXiv 1911.03347, equation 3). A code that neither
    the truth nor the prediction gives to any document is left out; one that only the prediction
    gives counts 0.

    E11.9 is missed once and given wrongly once, so it has 0; I10 is right; nobody gave J45.

    >>> truth = {"codes": [["E11.9", "I10"], []]}
    >>> prediction = {"codes": [["I10"], ["E11.9"]]}
    >>> names = {"coded": "codes", "predicted": "codes", "codes": ["E11.9", "I10", "J45"]}
    >>> macro_code_f1(truth, prediction, **names).value
    0.5
    """
    rows = rows_of(truth, coded, where=where)
    ours, theirs = read_both(truth, prediction, coded, predicted, codes=codes, rows=rows)
    right = theirs.hits(ours)
    occurring, code = np.unique(np.concatenate([ours.code, theirs.code]), return_inverse=True)
    document = np.concatenate([ours.document, theirs.document])
    shape = len(occurring), ours.documents
    hit = code[len(ours.code) :][right], theirs.document[right]
    return MacroF1(
        rows=rows,
        earned=csr_array((np.full(len(hit[0]), 2), hit), shape=shape),
        possible=csr_array((np.ones(len(code), dtype=np.int64), (code, document)), shape=shape),
        events=_with_codes(ours),
    )


def _micro(ours: CodeLists, theirs: CodeLists, /, *, rows: Places) -> RatioOfSums:
    right = np.bincount(theirs.document[theirs.hits(ours)], minlength=len(rows))
    return RatioOfSums(
        rows=rows,
        earned=(2 * right[:, None]).astype(np.float64),
        possible=(ours.counts + theirs.counts)[:, None].astype(np.float64),
        events=_with_codes(ours),
    )


def _with_codes(lists: CodeLists, /) -> int:
    return int(np.count_nonzero(lists.counts))


def _lineage(
    code: str, /, *, parents: Parents | None, below: tuple[str, ...] = ()
) -> dict[str, None]:
    """Return a code and all its ancestors, in a fixed order; `below` has those that it is of."""
    if code in below:
        raise ParamsError(f"parents: {code} is its own ancestor")
    if parents is None:
        plain = code.replace(".", "")
        shortest = min(CATEGORY, len(plain))
        return dict.fromkeys(plain[:size] for size in range(len(plain), shortest - 1, -1))
    lineage = {code: None}
    told = parents.get(code, [])
    for parent in [told] if isinstance(told, str) else told:
        lineage |= _lineage(parent, parents=parents, below=(*below, code))
    return lineage


def _expanded(lists: CodeLists, lineages: Sequence[Places], /, *, codes: int) -> CodeLists:
    """Return the lists with each code joined by its ancestors; the ranks lose their meaning."""
    sizes = np.array([len(lineage) for lineage in lineages])[lists.code]
    joined = [lineages[code] for code in lists.code.tolist()]
    document = np.repeat(lists.document, sizes)
    code = np.concatenate(joined) if joined else np.empty(0, dtype=np.intp)
    keys = np.unique(document * codes + code)
    return replace(
        lists, codes=codes, document=keys // codes, code=keys % codes, rank=np.ones_like(keys)
    )


MICRO_CODE_F1 = Metric(
    key="micro_code_f1",
    needs=Needs.CODES,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no code in the truth or the prediction; such resamples are skipped",
    reference="sklearn.metrics.f1_score, average=micro, after MultiLabelBinarizer(classes=codes)",
    source="van Rijsbergen, Information Retrieval, 1979, chapter 7",
    exact=True,
    unit="document",
    truth_columns=("coded", "where"),
    prediction_columns=("predicted",),
    rules=(OneOf(param="predicted", classes="codes"),),
    measure=micro_code_f1,
)
MACRO_CODE_F1 = Metric(
    key="macro_code_f1",
    needs=Needs.CODES,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no code in the truth or the prediction; such resamples are skipped",
    reference="sklearn.metrics.f1_score, average=macro, zero_division=nan",
    source="Opitz and Burst, arXiv 1911.03347, equation 3",
    exact=True,
    unit="document",
    truth_columns=("coded", "where"),
    prediction_columns=("predicted",),
    rules=(OneOf(param="predicted", classes="codes"),),
    measure=macro_code_f1,
)
HIERARCHICAL_CODE_F1 = Metric(
    key="hierarchical_code_f1",
    needs=Needs.CODES,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no code in the truth or the prediction; such resamples are skipped",
    reference="sklearn.metrics.f1_score, average=micro, of the codes with their ancestors",
    source="Kiritchenko et al., Canadian AI 2006, section 4",
    exact=True,
    unit="document",
    truth_columns=("coded", "where"),
    prediction_columns=("predicted",),
    rules=(OneOf(param="predicted", classes="codes"),),
    measure=hierarchical_code_f1,
)
