"""Cases of several classes, ordered or not, against scikit-learn and SciPy."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.random import Generator
from scipy.stats import kendalltau
from sklearn import metrics

from bench.cases.case import Case, Drawn, Reference, Table, Untyped, tied

MANY, FEW = 23, 5
Classes = Sequence[int]


def draw(rng: Generator, rows: int, /, *, classes: int = MANY) -> Drawn:
    """Draw classes, the first of which are frequent, of which two in three are told rightly."""
    share = 1 / np.arange(1, classes + 1)
    true, other = (rng.choice(classes, size=rows, p=share / share.sum()) for _ in range(2))
    told = np.where(rng.random(rows) < 2 / 3, true, other)
    return Drawn(truth={"y": true}, prediction={"p": told})


def draw_few(rng: Generator, rows: int, /) -> Drawn:
    """Draw as `draw`, with few classes."""
    return draw(rng, rows, classes=FEW)


def draw_scores(rng: Generator, rows: int, /) -> Drawn:
    """Draw a probability for each of few classes, that of the true one larger on average."""
    true = draw_few(rng, rows).truth["y"]
    odds = rng.gamma(1.0, size=(rows, FEW)) + 0.01
    odds[np.arange(rows), true] *= 3
    shares = odds / odds.sum(axis=1, keepdims=True)
    columns = dict(zip(SCORES, shares.T.copy(), strict=True))
    return Drawn(truth={"y": true}, prediction=columns)


def draw_tied(rng: Generator, rows: int, /) -> Drawn:
    """Draw as `draw_scores`, with ties."""
    drawn = draw_scores(rng, rows)
    scores = {name: tied(column) for name, column in drawn.prediction.items()}
    return Drawn(truth=drawn.truth, prediction=scores)


SCORES = [f"p{place}" for place in range(FEW)]
LABELS: dict[str, Any] = {"label": "y", "predicted": "p", "classes": list(range(MANY))}
ORDERED = LABELS | {"classes": list(range(FEW))}
COSTS = ORDERED | {
    "costs": [[abs(i - j) * (1.5 if i > j else 1) / 7 for j in range(FEW)] for i in range(FEW)]
}
RATED: dict[str, Any] = {"label": "y", "scores": SCORES, "classes": list(range(FEW))}
SHARES: dict[str, Any] = {"label": "y", "probabilities": SCORES, "classes": list(range(FEW))}


def f1(average: str, /) -> Reference:
    """Make a reference of the F1 over all classes; a class that nobody has is left out."""

    def reference(
        truth: Table, prediction: Table, /, *, label: str, predicted: str, classes: Classes
    ) -> float:
        empty = 0.0 if average == "weighted" else np.nan
        both = truth[label], prediction[predicted]
        return float(metrics.f1_score(*both, labels=classes, average=average, zero_division=empty))

    return reference


def told(function: Untyped, /, *, constant: bool = True, **more: Untyped) -> Reference:
    """Make a reference of classes; without `constant`, ours has no value if the truth is one."""

    def reference(
        truth: Table, prediction: Table, /, *, label: str, predicted: str, classes: Classes
    ) -> float:
        del classes
        true = truth[label]
        if not constant and len(np.unique(true)) == 1:
            return np.nan
        return float(function(true, prediction[predicted], **more))

    return reference


def kappa(
    truth: Table,
    prediction: Table,
    /,
    *,
    label: str,
    predicted: str,
    classes: Classes,
    weights: str,
) -> float:
    """Give the weighted kappa; ours has no value if the truth is constant."""
    reference = told(metrics.cohen_kappa_score, constant=False, labels=classes, weights=weights)
    return reference(truth, prediction, label=label, predicted=predicted, classes=classes)


def tau(true: Untyped, predicted: Untyped, /) -> float:
    """Give Kendall's tau-b."""
    return float(kendalltau(true, predicted).statistic)


def costs(form: str, /) -> Reference:
    """Make a reference of the cells of scikit-learn's matrix times their costs."""

    def reference(
        truth: Table,
        prediction: Table,
        /,
        *,
        label: str,
        predicted: str,
        classes: Classes,
        costs: Sequence[Sequence[float]],
    ) -> float:
        cells = metrics.confusion_matrix(truth[label], prediction[predicted], labels=classes)
        matrix = np.array(costs)
        total, constant = (cells * matrix).sum(), (cells.sum(axis=1) @ matrix).min()
        if form == "normalised":
            return float(total / constant) if constant else np.nan
        mean = total / cells.sum()
        return float(1 - mean if form == "score" else mean)

    return reference


def macro_auroc(
    truth: Table, prediction: Table, /, *, label: str, scores: Sequence[str], classes: Classes
) -> float:
    """Give the mean of the areas of the classes that have one."""
    areas = [
        metrics.roc_auc_score(truth[label] == name, prediction[column])
        for name, column in zip(classes, scores, strict=True)
        if 0 < (truth[label] == name).sum() < len(truth[label])
    ]
    return float(np.mean(areas)) if areas else np.nan


def top_k(
    truth: Table,
    prediction: Table,
    /,
    *,
    label: str,
    scores: Sequence[str],
    classes: Classes,
    k: int,
) -> float:
    """Give the share of rows whose class is among the k with the largest scores."""
    matrix = _matrix(prediction, scores)
    return float(metrics.top_k_accuracy_score(truth[label], matrix, k=k, labels=classes))


def log_loss(
    truth: Table,
    prediction: Table,
    /,
    *,
    label: str,
    probabilities: Sequence[str],
    classes: Classes,
) -> float:
    """Give the mean loss; no probability is clipped."""
    matrix = _matrix(prediction, probabilities)
    return float(metrics.log_loss(truth[label], matrix, labels=classes))


def brier(
    truth: Table,
    prediction: Table,
    /,
    *,
    label: str,
    probabilities: Sequence[str],
    classes: Classes,
) -> float:
    """Give the Brier score on the scale of 0 to 2."""
    matrix = _matrix(prediction, probabilities)
    return float(
        metrics.brier_score_loss(truth[label], matrix, labels=classes, scale_by_half=False)
    )


def ranked_probability(
    truth: Table,
    prediction: Table,
    /,
    *,
    label: str,
    probabilities: Sequence[str],
    classes: Classes,
) -> float:
    """Sum the Brier scores of being above each class, as scikit-learn has them."""
    matrix = _matrix(prediction, probabilities).cumsum(axis=1)[:, :-1].clip(0, 1)
    below = [
        metrics.brier_score_loss(truth[label] <= name, column, labels=[0, 1])
        for name, column in zip(classes, matrix.T, strict=False)
    ]
    return float(np.sum(below) / len(below))


def _matrix(prediction: Table, columns: Sequence[str], /) -> Untyped:
    return np.column_stack([prediction[column] for column in columns])


CASES = (
    Case(key="macro_f1", draw=draw, params=LABELS, reference=f1("macro")),
    Case(key="micro_f1", draw=draw, params=LABELS, reference=f1("micro")),
    Case(key="weighted_f1", draw=draw, params=LABELS, reference=f1("weighted")),
    Case(
        key="balanced_accuracy",
        draw=draw,
        params=LABELS,
        reference=told(metrics.balanced_accuracy_score),
    ),
    Case(
        key="mcc",
        draw=draw,
        params=LABELS,
        reference=told(metrics.matthews_corrcoef, constant=False),
    ),
    Case(
        key="weighted_kappa",
        draw=draw_few,
        params=ORDERED | {"weights": "quadratic"},
        reference=kappa,
    ),
    Case(
        key="ordinal_mae",
        draw=draw_few,
        params=ORDERED,
        reference=told(metrics.mean_absolute_error),
    ),
    Case(key="kendall_tau", draw=draw_few, params=ORDERED, reference=told(tau)),
    Case(key="mean_cost", draw=draw_few, params=COSTS, reference=costs("mean")),
    Case(key="cost_score", draw=draw_few, params=COSTS, reference=costs("score")),
    Case(
        key="normalised_expected_cost",
        draw=draw_few,
        params=COSTS,
        reference=costs("normalised"),
    ),
    Case(key="macro_auroc", draw=draw_tied, params=RATED, reference=macro_auroc),
    Case(key="top_k_accuracy", draw=draw_scores, params=RATED | {"k": 2}, reference=top_k),
    Case(key="multiclass_log_loss", draw=draw_scores, params=SHARES, reference=log_loss),
    Case(key="multiclass_brier", draw=draw_scores, params=SHARES, reference=brier),
    Case(
        key="ranked_probability_score",
        draw=draw_scores,
        params=SHARES,
        reference=ranked_probability,
    ),
)
