"""ROC, precision-recall and decision curves, of which each stretch has FEWEST_UNITS or more."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from scorers.binary.labelled import Labelled
from scorers.metric import Reason, Undefined, Vector
from scorers.pictures.bins import FEWEST_UNITS, Places, bins, number_of
from scorers.pictures.document import (
    BenefitPoint,
    DecisionCurve,
    PrecisionRecall,
    RecallPoint,
    Roc,
    RocPoint,
)
from scorers.split import Split

MOST_POINTS = 40

THRESHOLDS = np.arange(1, 100) / 100
"""The threshold probabilities of a decision curve, as far as they part enough units."""


@dataclass(frozen=True, kw_only=True)
class Called:
    """Rows in the order of what is predicted, the largest first, and the unit of each."""

    positive: Vector
    predicted: Vector
    units: Places

    @classmethod
    def read(cls, split: Split, /, *, label: str, predicted: str, where: str | None) -> Self:
        """Read the columns as the metrics do."""
        data = Labelled.read(
            split.truth, split.prediction, label=label, predicted=predicted, where=where
        )
        order = np.argsort(-data.predicted, kind="stable")
        return cls(
            positive=data.positive[order].astype(np.float64),
            predicted=data.predicted[order],
            units=split.unit_of_row[data.rows[order]],
        )

    @property
    def events(self) -> int:
        """Rows that are positive."""
        return int(self.positive.sum())

    def without_curve(self, *, classes: bool) -> Undefined | None:
        """Say why there is no curve, if so; with `classes` there must be rows of both."""
        rows = len(self.positive)
        if number_of(self.units) < 2 * FEWEST_UNITS:
            return Undefined(Reason.TOO_FEW if rows else Reason.NO_UNITS)
        if not self.events:
            return Undefined(Reason.ONE_CLASS if classes else Reason.NO_POSITIVES)
        if classes and self.events == rows:
            return Undefined(Reason.ONE_CLASS)
        return None

    def ends(self) -> list[int]:
        """Return how many rows are called at each point of a curve."""
        return [part.stop for part in bins(-self.predicted, self.units, most=MOST_POINTS)]


def roc(
    split: Split,
    metrics: tuple[str, ...],
    /,
    *,
    label: str,
    predicted: str,
    where: str | None = None,
) -> Roc | Undefined:
    """Draw sensitivity and specificity at thresholds that part FEWEST_UNITS units or more.

    The points lie on the curve of `sklearn.metrics.roc_curve`, whose others are left out: who has
    the threshold's score or more is called (Fawcett, Pattern Recognit Lett 2006;27:861-874,
    section 4). The straight line between two points is what calling those between at random gives.
    """
    rows = Called.read(split, label=label, predicted=predicted, where=where)
    if undefined := rows.without_curve(classes=True):
        return undefined
    hits = np.append(0, np.cumsum(rows.positive))
    positives, negatives = rows.events, len(rows.positive) - rows.events
    return Roc(
        metrics=metrics,
        units=len(rows.positive),
        events=positives,
        points=tuple(
            RocPoint(
                called=end,
                sensitivity=hits[end] / positives,
                specificity=1 - (end - hits[end]) / negatives,
            )
            for end in [0, *rows.ends()]
        ),
    )


def precision_recall(
    split: Split,
    metrics: tuple[str, ...],
    /,
    *,
    label: str,
    predicted: str,
    where: str | None = None,
) -> PrecisionRecall | Undefined:
    """Draw precision and recall at thresholds that part FEWEST_UNITS units or more.

    The points are those of `sklearn.metrics.precision_recall_curve`, others left out. The precision
    between two points is not on the straight line (Davis and Goadrich, ICML 2006).
    """
    rows = Called.read(split, label=label, predicted=predicted, where=where)
    if undefined := rows.without_curve(classes=False):
        return undefined
    hits = np.append(0, np.cumsum(rows.positive))
    return PrecisionRecall(
        metrics=metrics,
        units=len(rows.positive),
        events=rows.events,
        points=tuple(
            RecallPoint(called=end, recall=hits[end] / rows.events, precision=hits[end] / end)
            for end in rows.ends()
        ),
    )


def decision_curve(
    split: Split,
    metrics: tuple[str, ...],
    /,
    *,
    label: str,
    predicted: str,
    where: str | None = None,
) -> DecisionCurve | Undefined:
    """Draw net benefit by threshold probability, of the model and of treating all.

    TP/n - FP/n · t / (1 - t) at the threshold t, where who has t or more is treated (Vickers and
    Elkin, Med Decis Making 2006;26:565-574). Of the thresholds 0.01, 0.02 … 0.99 those are left
    out that part fewer than FEWEST_UNITS units from the one before, if any, or from the end.
    """
    rows = Called.read(split, label=label, predicted=predicted, where=where)
    if undefined := rows.without_curve(classes=True):
        return undefined
    hits, total = np.append(0, np.cumsum(rows.positive)), len(rows.positive)

    def benefit(called: int, odds: float) -> float:
        return float(hits[called] - (called - hits[called]) * odds) / total

    return DecisionCurve(
        metrics=metrics,
        units=total,
        points=tuple(
            BenefitPoint(
                threshold=threshold,
                model=benefit(called, threshold / (1 - threshold)),
                treat_all=benefit(total, threshold / (1 - threshold)),
            )
            for threshold, called in _parting(rows)
        ),
    )


def _parting(rows: Called) -> list[tuple[float, int]]:
    """Return the thresholds that may be told, and how many rows are at or above each."""
    called = np.searchsorted(-rows.predicted, -THRESHOLDS, side="right").tolist()
    parted = [(-1.0, len(rows.units))]
    for threshold, count in zip(THRESHOLDS.tolist(), called, strict=True):
        between, beyond = rows.units[count : parted[-1][1]], rows.units[:count]
        if _tells_no_unit(between) and _tells_no_unit(beyond):
            parted.append((threshold, count))
    return parted[1:]


def _tells_no_unit(units: Places) -> bool:
    return not len(units) or number_of(units) >= FEWEST_UNITS
