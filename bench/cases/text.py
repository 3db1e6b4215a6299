"""Cases of codes and spans of documents, against scikit-learn."""

from typing import Any

import numpy as np
from numpy.random import Generator
from sklearn import metrics
from sklearn.preprocessing import MultiLabelBinarizer

from bench.cases.case import Case, Drawn, Reference, Table, Untyped, happens

CODES = [
    f"{letter}{number:02}{tail}"
    for letter in "AJ"
    for number in range(8)
    for tail in ("", ".1", ".21")
]
SHARES = 1 / np.arange(1, len(CODES) + 1)
TYPES = ["NAME", "DATE", "CITY"]
CODED: dict[str, Any] = {"coded": "codes", "predicted": "codes", "codes": CODES}
SPANS: dict[str, Any] = {"spans": "spans", "predicted": "spans", "types": TYPES}
SPEED = 5_000
"""Documents on which the speed is told."""


def draw_codes(rng: Generator, rows: int, /) -> Drawn:
    """Draw lists of codes, of which some are frequent, and answers that have most of them."""
    share = SHARES / SHARES.sum()
    truth, found = [], []
    for _ in range(rows):
        true = rng.choice(CODES, size=rng.integers(0, 6), replace=False, p=share).tolist()
        more = rng.choice(CODES, size=rng.integers(0, 4), replace=False, p=share).tolist()
        told = [code for code in true if happens(rng, share=0.7)]
        truth.append(true)
        found.append(rng.permutation(sorted({*told, *more})).tolist())
    return Drawn(truth={"codes": truth}, prediction={"codes": found})


def draw_complete(rng: Generator, rows: int, /) -> Drawn:
    """Draw answers that list all codes, those of the truth rather early."""
    truth = draw_codes(rng, rows).truth["codes"]
    found = []
    for true in truth:
        place = rng.random(len(CODES)) + 0.5 * np.array([code not in true for code in CODES])
        found.append([CODES[code] for code in np.argsort(place).tolist()])
    return Drawn(truth={"codes": truth}, prediction={"codes": found})


def draw_spans(rng: Generator, rows: int, /) -> Drawn:
    """Draw spans of documents, and answers in which some are missed, moved or false."""
    truth, found = [], []
    for _ in range(rows):
        true = [_span(rng) for _ in range(rng.integers(0, 5))]
        told = [
            (start + int(happens(rng, share=0.2)), end, kind)
            for start, end, kind in true
            if happens(rng, share=0.8)
        ]
        truth.append(true)
        found.append([*told, *(_span(rng) for _ in range(rng.integers(0, 2)))])
    return Drawn(truth={"spans": truth}, prediction={"spans": found})


def _span(rng: Generator, /) -> tuple[int, int, str]:
    start, length = int(rng.integers(0, 200)), int(rng.integers(2, 12))
    return start, start + length, str(rng.choice(TYPES))


def f1(average: str, /, *, spelled: bool = False) -> Reference:
    """Make a reference of indicator matrices; `spelled` joins codes by those that begin them."""

    def reference(
        truth: Table, prediction: Table, /, *, coded: str, predicted: str, codes: list[str]
    ) -> float:
        both = truth[coded], prediction[predicted]
        if spelled:
            both = _with_ancestors(both[0]), _with_ancestors(both[1])
            codes = sorted({code for lists in both for one in lists for code in one} | {"none"})
        true, told = (MultiLabelBinarizer(classes=codes).fit_transform(lists) for lists in both)
        if not (true | told).any():
            return np.nan
        return float(metrics.f1_score(true, told, average=average, zero_division=np.nan))

    return reference


def _with_ancestors(documents: list[list[str]], /) -> list[list[str]]:
    plain = [[code.replace(".", "") for code in codes] for codes in documents]
    return [
        sorted({code[:size] for code in codes for size in range(3, len(code) + 1)})
        for codes in plain
    ]


def average_precision(
    truth: Table, prediction: Table, /, *, coded: str, predicted: str, codes: list[str]
) -> float:
    """Give the mean over the documents that have codes, of lists that name all codes."""
    found = [
        metrics.average_precision_score([code in true for code in told], -np.arange(len(codes)))
        for true, told in zip(truth[coded], prediction[predicted], strict=True)
        if true
    ]
    return float(np.mean(found)) if found else np.nan


def at_k(share: str, /) -> Reference:
    """Make a reference that counts the right codes among the first k of each document."""

    def reference(
        truth: Table, prediction: Table, /, *, coded: str, predicted: str, codes: list[str], k: int
    ) -> float:
        del codes
        found = [
            len({*told[:k]} & {*true}) / (k if share == "precision" else len(true))
            for true, told in zip(truth[coded], prediction[predicted], strict=True)
            if true
        ]
        return float(np.mean(found)) if found else np.nan

    return reference


def _codes(key: str, reference: Reference, /, **more: Untyped) -> Case:
    return Case(
        key=key,
        draw=draw_codes,
        params=CODED | more,
        reference=reference,
        rows=SPEED,
        looped=False,
    )


def _spans(key: str, /, **more: Untyped) -> Case:
    return Case(key=key, draw=draw_spans, params=SPANS | more, rows=SPEED, looped=False)


CASES = (
    _codes("micro_code_f1", f1("micro")),
    _codes("macro_code_f1", f1("macro")),
    _codes("hierarchical_code_f1", f1("micro", spelled=True)),
    Case(
        key="mean_average_precision_of_codes",
        draw=draw_complete,
        params=CODED,
        reference=average_precision,
        rows=SPEED,
        looped=False,
    ),
    _codes("precision_at_k", at_k("precision"), k=3),
    _codes("recall_at_k", at_k("recall"), k=3),
    _spans("strict_entity_f1"),
    _spans("overlap_entity_f1"),
    _spans("deidentification_recall", direct=["NAME", "DATE"]),
)
