"""Cases of two classes: scores, calls and probabilities, against scikit-learn."""

from typing import Any

import numpy as np
from numpy.random import Generator
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

from bench.cases.case import Case, Drawn, Reference, Table, Untyped, tied

PREVALENCE = 0.4
SCORE = {"label": "y", "score": "p"}
CALL = {"label": "y", "predicted": "p", "threshold": 0.5}
PROBABILITY = {"label": "y", "probability": "p"}
COSTS = {"weights": [1.5, 1.0]}
DUMMY = 0.3


def draw_even(rng: Generator, rows: int, /) -> Drawn:
    """Draw as `draw`, with as many positives as negatives."""
    return draw(rng, rows, prevalence=0.5)


def draw(rng: Generator, rows: int, /, *, prevalence: float = PREVALENCE) -> Drawn:
    """Draw labels, and probabilities that say something about them; some are tied."""
    label = rng.random(rows) < prevalence
    shown = rng.normal(1.5 * label - 1, 1.2)
    return Drawn(truth={"y": label.astype(np.int64)}, prediction={"p": tied(expit(shown))})


def auroc(truth: Table, prediction: Table, /, *, label: str, score: str) -> float:
    """Give the area, NaN where scikit-learn warns."""
    return _of_both(truth[label], metrics.roc_auc_score, prediction[score])


def average_precision(truth: Table, prediction: Table, /, *, label: str, score: str) -> float:
    """Give the average precision, NaN without positives, where scikit-learn gives 0."""
    if not truth[label].any():
        return np.nan
    return float(metrics.average_precision_score(truth[label], prediction[score]))


def best_sensitivity(
    truth: Table, prediction: Table, /, *, label: str, score: str, specificity: float
) -> float:
    """Give the best point of the ROC curve; specificity is a quotient of two counts."""
    spared, found = _curve(truth[label], prediction[score])
    return float(np.max(found[spared >= specificity], initial=-1)) if len(found) else np.nan


def best_specificity(
    truth: Table, prediction: Table, /, *, label: str, score: str, sensitivity: float
) -> float:
    """Give the best point of the ROC curve; sensitivity is a quotient of two counts."""
    spared, found = _curve(truth[label], prediction[score])
    return float(np.max(spared[found >= sensitivity], initial=-1)) if len(found) else np.nan


def _curve(label: Untyped, score: Untyped, /) -> Untyped:
    """Return specificity and sensitivity at each threshold; nothing with one class only."""
    positives, negatives = (label == 1).sum(), (label == 0).sum()
    if not positives or not negatives:
        return np.empty((2, 0))
    alarms, hits, _ = metrics.roc_curve(label, score, drop_intermediate=False)
    spared = (negatives - np.rint(alarms * negatives)) / negatives
    return np.array([spared, np.rint(hits * positives) / positives])


def _of_both(label: Untyped, function: Untyped, predicted: Untyped, /) -> float:
    """Apply a function of labels and predictions, if there are both classes."""
    return float(function(label, predicted)) if 0 < label.sum() < len(label) else np.nan


def called(function: Untyped, /, *, needs: str = "both", **more: Untyped) -> Reference:
    """Make a reference of calls; without what it `needs`, ours has no value."""

    def reference(
        truth: Table, prediction: Table, /, *, label: str, predicted: str, threshold: float
    ) -> float:
        true, told = truth[label], prediction[predicted] >= threshold
        there = {"positives": true == 1, "negatives": true == 0, "any": (true == 1) | told}
        if needs == "both":
            return _of_both(true, function, told)
        return float(function(true, told, **more)) if there[needs].any() else np.nan

    return reference


def f_beta(truth: Table, prediction: Table, /, *, beta: float, **names: Untyped) -> float:
    """Give the F-measure, NaN where nothing is positive and nothing called."""
    reference = called(metrics.fbeta_score, needs="any", beta=beta)
    return reference(truth, prediction, **names)


def net_benefit(
    truth: Table, prediction: Table, /, *, label: str, probability: str, threshold: float
) -> float:
    """Give the formula of Vickers and Elkin, with the cells of scikit-learn."""
    told = prediction[probability] >= threshold
    cells = metrics.confusion_matrix(truth[label], told, labels=[0, 1])
    return float((cells[1, 1] - cells[0, 1] * threshold / (1 - threshold)) / cells.sum())


def brier(truth: Table, prediction: Table, /, *, label: str, probability: str) -> float:
    """Give the mean square."""
    return float(metrics.brier_score_loss(truth[label], prediction[probability], labels=[0, 1]))


def log_loss(truth: Table, prediction: Table, /, *, label: str, probability: str) -> float:
    """Give the mean loss; no probability is clipped."""
    return float(metrics.log_loss(truth[label], prediction[probability], labels=[0, 1]))


def ece(truth: Table, prediction: Table, /, *, label: str, probability: str, bins: int) -> float:
    """Loop over the bins, closed above, the first of which holds 0 as well."""
    told = prediction[probability]
    place = np.clip(np.ceil(told * bins).astype(int) - 1, 0, bins - 1)
    total = 0.0
    for number in range(bins):
        inside = place == number
        if inside.any():
            total += inside.mean() * abs(truth[label][inside].mean() - told[inside].mean())
    return float(total)


def calibration_slope(truth: Table, prediction: Table, /, *, label: str, probability: str) -> float:
    """Fit without a penalty; there is no slope where a threshold separates the classes."""
    true, told = truth[label] == 1, prediction[probability]
    yes, no = told[true], told[~true]
    if not len(yes) or not len(no) or yes.min() >= no.max() or no.min() >= yes.max():
        return np.nan
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-13)
    return float(model.fit(logit(told)[:, None], true).coef_[0, 0])


def calibration_intercept(
    truth: Table, prediction: Table, /, *, label: str, probability: str
) -> float:
    """Find the root of the score equation."""
    shown = logit(prediction[probability])

    def missing(shift: float) -> float:
        return float((truth[label] - expit(shift + shown)).sum())

    if truth[label].sum() in (0, len(shown)):
        return np.nan
    return float(brentq(missing, -60, 60, xtol=1e-15, rtol=1e-15, maxiter=500))


def weighted_log_loss(
    truth: Table, prediction: Table, /, *, label: str, probability: str, weights: list[float]
) -> float:
    """Give the loss with a weight for each class."""
    sample = np.array(weights)[truth[label]]
    told = prediction[probability]
    return float(metrics.log_loss(truth[label], told, sample_weight=sample, labels=[0, 1]))


def skill(truth: Table, prediction: Table, /, *, dummy: float, **names: Untyped) -> float:
    """Give by how much the loss is less than that of a constant."""
    column = names["probability"]
    constant = {column: np.full(len(prediction[column]), dummy)}
    loss = weighted_log_loss(truth, prediction, **names)
    return 1 - loss / weighted_log_loss(truth, constant, **names)


def _case(key: str, params: dict[str, Any], reference: Reference, /, **more: Untyped) -> Case:
    return Case(key=key, draw=draw, params=params, reference=reference, **more)


CASES = (
    _case("auroc", SCORE, auroc),
    _case("average_precision", SCORE, average_precision),
    _case("sensitivity_at_specificity", SCORE | {"specificity": 0.9}, best_sensitivity),
    _case("specificity_at_sensitivity", SCORE | {"sensitivity": 0.9}, best_specificity),
    _case("f_beta", CALL | {"beta": 2}, f_beta),
    _case("binary_mcc", CALL, called(metrics.matthews_corrcoef)),
    _case("binary_balanced_accuracy", CALL, called(metrics.balanced_accuracy_score)),
    _case("sensitivity", CALL, called(metrics.recall_score, needs="positives")),
    _case("specificity", CALL, called(metrics.recall_score, needs="negatives", pos_label=0)),
    _case("net_benefit", PROBABILITY | {"threshold": 0.3}, net_benefit),
    _case("brier", PROBABILITY, brier),
    _case("log_loss", PROBABILITY, log_loss),
    _case("ece", PROBABILITY | {"bins": 10}, ece),
    # The reference stops at a step of 1e-13 in its gradient.
    _case("calibration_slope", PROBABILITY, calibration_slope, fewest=100, within=1e-8),
    _case("calibration_intercept", PROBABILITY, calibration_intercept),
    _case("weighted_log_loss", PROBABILITY | COSTS, weighted_log_loss),
    _case("weighted_log_loss_skill", PROBABILITY | COSTS | {"dummy": DUMMY}, skill),
)
