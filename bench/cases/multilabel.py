"""Cases of many labels a row, against scikit-learn."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.random import Generator
from sklearn import metrics

from bench.cases.case import Case, Drawn, Reference, Table, Untyped, tied

LABELS = [f"y{place}" for place in range(7)]
TOLD = [f"p{place}" for place in range(7)]
SHARES = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.05)
CALLS: dict[str, Any] = {"labels": LABELS, "predicted": TOLD}
SCORES: dict[str, Any] = {"labels": LABELS, "scores": TOLD}
PARENTS: dict[str, Any] = {"p0": "p4", "p1": ["p4", "p5"]}
NOTHING = np.nan
"""What scikit-learn gives for a label or row without anything, which then is left out."""

WRONG = 0.15
"""Share of the cells that are told wrongly."""


def draw(rng: Generator, rows: int, /) -> Drawn:
    """Draw labels, rare and frequent ones, and whether each is told."""
    true = rng.random((rows, len(LABELS))) < SHARES
    wrong = rng.random(true.shape) < WRONG
    return Drawn(truth=_columns(LABELS, true), prediction=_columns(TOLD, true ^ wrong))


def draw_scores(rng: Generator, rows: int, /) -> Drawn:
    """Draw labels, and tied scores that say something about them."""
    truth = draw(rng, rows).truth
    scores = {
        name: tied(rng.beta(1 + truth[label], 2)) for name, label in zip(TOLD, LABELS, strict=True)
    }
    return Drawn(truth=truth, prediction=scores)


def _columns(names: Sequence[str], matrix: Untyped, /) -> dict[str, Any]:
    return dict(zip(names, matrix.astype(np.float64).T.copy(), strict=True))


def called(function: Untyped, /, **more: Untyped) -> Reference:
    """Make a reference of two indicator matrices."""

    def reference(
        truth: Table, prediction: Table, /, *, labels: Sequence[str], predicted: Sequence[str]
    ) -> float:
        return float(function(_matrix(truth, labels), _matrix(prediction, predicted), **more))

    return reference


def mean_average_precision(
    truth: Table, prediction: Table, /, *, labels: Sequence[str], scores: Sequence[str]
) -> float:
    """Give the mean over the labels that have positives."""
    found = [
        metrics.average_precision_score(truth[label], prediction[score])
        for label, score in zip(labels, scores, strict=True)
        if truth[label].any()
    ]
    return float(np.mean(found)) if found else np.nan


def ranking_average_precision(
    truth: Table, prediction: Table, /, *, labels: Sequence[str], scores: Sequence[str]
) -> float:
    """Give the mean over the rows that have positives."""
    true, scored = _matrix(truth, labels), _matrix(prediction, scores)
    there = true.any(axis=1)
    if not there.any():
        return np.nan
    return float(metrics.label_ranking_average_precision_score(true[there], scored[there]))


def consistency(truth: Table, prediction: Table, /, *, label: str, parents: Table) -> float:
    """Look at the rows one by one."""
    agrees = [
        all(
            prediction[parent][row]
            for child, above in parents.items()
            if prediction[child][row]
            for parent in ([above] if isinstance(above, str) else above)
        )
        for row in range(len(truth[label]))
    ]
    return float(np.mean(agrees))


def _matrix(table: Table, columns: Sequence[str], /) -> Untyped:
    return np.column_stack([table[column] for column in columns])


CASES = (
    Case(
        key="multilabel_macro_f1",
        draw=draw,
        params=CALLS,
        reference=called(metrics.f1_score, average="macro", zero_division=NOTHING),
    ),
    Case(
        key="multilabel_micro_f1",
        draw=draw,
        params=CALLS,
        reference=called(metrics.f1_score, average="micro", zero_division=NOTHING),
    ),
    Case(
        key="multilabel_sample_f1",
        draw=draw,
        params=CALLS,
        reference=called(metrics.f1_score, average="samples", zero_division=NOTHING),
    ),
    Case(key="hamming_loss", draw=draw, params=CALLS, reference=called(metrics.hamming_loss)),
    Case(key="subset_accuracy", draw=draw, params=CALLS, reference=called(metrics.accuracy_score)),
    Case(
        key="mean_average_precision",
        draw=draw_scores,
        params=SCORES,
        reference=mean_average_precision,
    ),
    Case(
        key="ranking_average_precision",
        draw=draw_scores,
        params=SCORES,
        reference=ranking_average_precision,
    ),
    Case(
        key="hierarchy_consistency",
        draw=draw,
        params={"label": LABELS[0], "parents": PARENTS},
        reference=consistency,
        looped=False,
    ),
)
