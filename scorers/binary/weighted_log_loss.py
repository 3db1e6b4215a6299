"""The log loss of predicted probabilities where an error on one class costs more."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorers.binary.calibration import PROBABILITY_PICTURES
from scorers.columns import aligned, flags, probabilities, rows_of
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
from scorers.rules import probability as probability_rule
from scorers.weighted.counts import in_chunks, ratio
from scorers.weighted.sums import weighted_sums


@dataclass(frozen=True, kw_only=True)
class WeightedLosses:
    """What each row loses, and what a row like it costs: the sum of the one over the other.

    With `skill` the value is 1 less that ratio.
    """

    rows: NDArray[np.intp]
    positive: NDArray[np.bool_]
    losses: Vector
    costs: Vector
    skill: bool

    @property
    def units(self) -> int:
        return len(self.rows)

    @property
    def events(self) -> int:
        return int(self.positive.sum())

    @property
    def value(self) -> float | Undefined:
        if not self.units:
            return Undefined(Reason.NO_UNITS)
        return float(self._ratio(np.ones((1, self.units), dtype=np.int64))[0])

    def under(self, weights: Weights, /) -> Vector:
        """Return the value under each row of `weights`, NaN where no row counts."""
        return in_chunks(self._ratio, weights, rows=self.rows)

    def _ratio(self, weights: Weights) -> Vector:
        loss = ratio(weighted_sums(weights, self.losses), weighted_sums(weights, self.costs))
        return 1 - loss if self.skill else loss


def weighted_log_loss(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    probability: str,
    weights: list[float],
    clip: float = 1e-15,
    where: str | None = None,
) -> WeightedLosses:
    """Measure the log loss of the column `probability`, rows of the two classes weighted.

    sum of c log-loss / sum of c over the rows, where c is the first of `weights` for a `label` of 0
    and the second for 1, and the log loss is -log of the probability of what happened (as
    `sklearn.metrics.log_loss` with `sample_weight`). Probabilities are moved into
    [clip, 1 - clip] first, so one certain error costs -log(clip) at most; `where`, a truth column
    of 0 and 1, leaves the rows with 0 out. Raises InvalidColumns if a column is missing, not as
    long as the others, no label or no probability, and ParamsError if a param makes no sense.

    The first row loses log 2 and counts twice, the second loses log 4: (2 log 2 + 2 log 2) / 3.

    >>> truth, given = {"label": [0, 1]}, {"probability": [0.5, 0.25]}
    >>> names = {"label": "label", "probability": "probability"}
    >>> round(weighted_log_loss(truth, given, weights=[2, 1], **names).value, 12)
    0.924196240747
    """
    rows, positive, told = _read(truth, prediction, label, probability, where=where)
    costs = _costs(weights, positive)
    losses = costs * _log_loss(positive, told, clip=clip)
    return WeightedLosses(rows=rows, positive=positive, losses=losses, costs=costs, skill=False)


def weighted_log_loss_skill(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    probability: str,
    weights: list[float],
    dummy: float,
    clip: float = 1e-15,
    where: str | None = None,
) -> WeightedLosses:
    """Measure by how much the weighted log loss is smaller than that of a constant probability.

    1 - loss / loss of predicting `dummy` in every row, both those of `weighted_log_loss`: 1 is
    perfect, 0 as good as the constant, below 0 worse (a skill score, Murphy, J Appl Meteorol
    1973;12:215-223; the Cardi-HACK challenge of 2025). Publish how `dummy` was chosen: the
    prevalence p in the training data is usual, but with weights a, b for 0, 1 the constant
    b p / (b p + a (1 - p)) loses less, so that p alone earns a little. The other params and the
    errors are those of `weighted_log_loss`.

    The dummy 1/2 loses 3 log 2 over both rows; what is predicted loses 4 log 2.

    >>> truth, given = {"label": [0, 1]}, {"probability": [0.5, 0.25]}
    >>> names = {"label": "label", "probability": "probability"}
    >>> round(weighted_log_loss_skill(truth, given, weights=[2, 1], dummy=0.5, **names).value, 12)
    -0.333333333333
    """
    if not 0 < dummy < 1:
        raise ParamsError("params: dummy must be between 0 and 1")
    rows, positive, told = _read(truth, prediction, label, probability, where=where)
    costs = _costs(weights, positive)
    losses = costs * _log_loss(positive, told, clip=clip)
    constant = np.full(len(rows), float(dummy))
    costs = costs * _log_loss(positive, constant, clip=clip)
    return WeightedLosses(rows=rows, positive=positive, losses=losses, costs=costs, skill=True)


def _read(
    truth: Columns, prediction: Columns, label: str, probability: str, *, where: str | None
) -> tuple[NDArray[np.intp], NDArray[np.bool_], Vector]:
    """Return the rows that are measured, which are positive, and their probabilities."""
    told = (label,) if where is None else (label, where)
    aligned(truth, told, prediction=prediction, predicted=[probability])
    rows = rows_of(truth, label, where=where)
    return rows, flags(truth, label, rows=rows), probabilities(prediction, probability, rows=rows)


def _costs(weights: list[float], positive: NDArray[np.bool_]) -> Vector:
    of_class = np.array(weights, dtype=np.float64)
    if of_class.shape != (2,) or not np.isfinite(of_class).all() or (of_class <= 0).any():
        raise ParamsError("params: weights must be two numbers above 0, for 0 and for 1")
    costs: Vector = of_class[positive.astype(np.intp)]
    return costs


def _log_loss(positive: NDArray[np.bool_], told: Vector, *, clip: float) -> Vector:
    if not 0 < clip < 0.5:  # noqa: PLR2004 -- the middle of the probabilities
        raise ParamsError("params: clip must be between 0 and 0.5")
    inside = np.clip(told, clip, 1 - clip)
    return -np.log(np.where(positive, inside, 1 - inside))


WEIGHTED_LOG_LOSS = Metric(
    key="weighted_log_loss",
    needs=Needs.PROBABILITIES,
    direction=Direction.MINIMIZE,
    lowest=0.0,
    highest=np.inf,
    undefined="no unit; such resamples are skipped",
    reference="sklearn.metrics.log_loss, sample_weight",
    source="Good, J R Stat Soc B 1952;14:107-114",
    exact=False,
    truth_columns=("label", "where"),
    prediction_columns=("probability",),
    rules=(probability_rule("probability"),),
    pictures=PROBABILITY_PICTURES,
    measure=weighted_log_loss,
)

WEIGHTED_LOG_LOSS_SKILL = Metric(
    key="weighted_log_loss_skill",
    needs=Needs.PROBABILITIES,
    direction=Direction.MAXIMIZE,
    lowest=-np.inf,
    highest=1.0,
    undefined="no unit; such resamples are skipped",
    reference="sklearn.metrics.log_loss, sample_weight",
    source="Murphy, J Appl Meteorol 1973;12:215-223",
    exact=False,
    truth_columns=("label", "where"),
    prediction_columns=("probability",),
    rules=(probability_rule("probability"),),
    pictures=PROBABILITY_PICTURES,
    measure=weighted_log_loss_skill,
)
