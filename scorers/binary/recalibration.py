"""Logistic recalibration: what would have to be done to probabilities for them to be right."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from scorers.binary.calibration import PROBABILITY_PICTURES, clipped_at
from scorers.binary.labelled import Labelled
from scorers.columns import probabilities
from scorers.metric import Columns, Metric, Needs, Reason, Vector, Weights
from scorers.rules import probability as probability_rule
from scorers.weighted.counts import chosen, ratio
from scorers.weighted.measured import Measured
from scorers.weighted.sums import folded_sums

TOLERANCE = 1e-7
"""A step relatively smaller than this is the last: what is left is about its square."""

STEPS = 100
"""Steps after which there is no solution: the coefficients grow without end."""

SINGULAR = 1e-12
"""Share of its largest possible value below which a determinant is taken for 0."""


@dataclass(frozen=True, kw_only=True)
class Recalibration:
    """The model logit P(y = 1) = intercept + slope · x of rows with the logits `x`.

    It is fitted by maximum likelihood for many weightings of the rows at once, by Newton's method:
    each step is that of all resamples which have not come to rest.
    """

    x: Vector
    positive: NDArray[np.bool_]

    def slopes(self, weights: Vector, /, *, start: Vector) -> Vector:
        """Return the slope of each resample, NaN where there is none.

        `weights` has the shape (resamples, rows). The slope is looked for from `start`, an
        intercept and a slope; where that leads astray, from 0 and 0.
        """
        lines = self.lines(weights, start=start)
        astray = np.isnan(lines[:, 1])
        if astray.any() and not np.isnan(start).any():
            lines[astray] = self.lines(weights[astray], start=np.zeros(2))
        return lines[:, 1]

    def lines(self, weights: Vector, /, *, start: Vector) -> Vector:
        """Return intercept and slope, of shape (resamples, 2), NaN where there are none."""
        fitted: Vector = np.full((len(weights), 2), np.nan)
        current = np.tile(start, (len(weights), 1))
        moving = np.arange(len(weights))
        for _ in range(STEPS):
            step = self._step(weights[moving], current[moving])
            current[moving] += step
            rests = _small(step, current[moving]).all(axis=1)
            fitted[moving[rests]] = current[moving[rests]]
            moving = moving[~rests & ~np.isnan(step[:, 0])]
            if not len(moving):
                break
        return fitted

    def _step(self, weights: Vector, current: Vector) -> Vector:
        """Return Newton's step from `current`, NaN where its equations have no solution."""
        missing, curved = self._terms(weights, intercept=current[:, :1], slope=current[:, 1:])
        tilt, up = folded_sums(missing * self.x), folded_sums(missing)
        skew, spread = (folded_sums(curved * self.x**power) for power in (1, 2))
        bend = folded_sums(curved)
        determinant = bend * spread - skew * skew
        determinant[determinant <= SINGULAR * bend * spread] = 0
        moves = [spread * up - skew * tilt, bend * tilt - skew * up]
        return np.stack([ratio(move, determinant) for move in moves], axis=1)

    def shifts(self, weights: Vector, /, *, start: float) -> Vector:
        """Return the intercept of each resample with the slope 1, NaN with one class only.

        It lies between those that there would be if all logits were the largest, or the smallest.
        A step that leaves the bounds known so far is replaced by their middle.
        """
        shifts: Vector = np.full(len(weights), np.nan)
        share = ratio(folded_sums(weights * self.positive), folded_sums(weights.copy()))
        moving = np.flatnonzero((share > 0) & (share < 1))
        common = logit(share[moving])
        # Wider by 1 than they need be, lest a rounding puts the answer outside.
        low, high = common - self.x.max(initial=0) - 1, common - self.x.min(initial=0) + 1
        current = np.clip(start, low, high)
        for _ in range(STEPS):
            missing, curved = self._terms(weights[moving], intercept=current[:, None], slope=1)
            up = folded_sums(missing)
            low, high = np.where(up > 0, current, low), np.where(up < 0, current, high)
            aim = current + ratio(up, folded_sums(curved))
            aim = np.where((aim >= low) & (aim <= high), aim, (low + high) / 2)
            rests = _small(aim - current, aim)
            shifts[moving[rests]] = aim[rests]
            moving, current, low, high = (each[~rests] for each in (moving, aim, low, high))
            if not len(moving):
                break
        return shifts

    def _terms(
        self, weights: Vector, *, intercept: Vector, slope: Vector | int
    ) -> tuple[Vector, Vector]:
        """Return what each row adds to the slope and to the curvature of the likelihood."""
        side = np.where(self.positive, -1.0, 1.0)
        wrong = side * (intercept + slope * self.x)  # the logit of what did not happen
        small = np.exp(-np.abs(wrong))  # so that it does not overflow, nor tails vanish in 1 - p
        missed = np.where(wrong < 0, small, 1) / (1 + small)
        return -side * weights * missed, weights * small / np.square(1 + small)


def logit(probability: Vector, /) -> Vector:
    """Return log(p / (1 - p)) of probabilities above 0 and below 1."""
    return np.log(probability) - np.log1p(-probability)


def _small(step: Vector, reached: Vector) -> NDArray[np.bool_]:
    small: NDArray[np.bool_] = np.abs(step) <= TOLERANCE * (1 + np.abs(reached))
    return small


def calibration_slope(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    probability: str,
    clip: float = 1e-15,
    where: str | None = None,
) -> Measured:
    """Measure the slope of the truth on the logit of the column `probability`; 1 is right.

    The b of logit P(y = 1) = a + b logit(p), by maximum likelihood (Cox, Biometrika
    1958;45:562-565; Van Calster et al., BMC Medicine 2019;17:230): below 1 predictions are too
    extreme, above 1 too timid. Probabilities below `clip` or above 1 - `clip` are taken for these
    (`clip` is above 0 and below 1/2); such rows weigh heavily. `label` (0 or 1) is a truth column;
    `where`, a truth column of 0 and 1, leaves the rows with 0 out. Undefined with one class only,
    if the probability is the same for everybody, and if a threshold separates the classes, since
    the slope then grows without end. Raises ParamsError if `clip` is out of range, and
    InvalidColumns if a column is missing, not numeric, not finite, not as long as the others, or
    if it holds no probabilities.

    At 1/5 one of four is positive, at 4/5 three of four. The fit has these logits, -log 3 and
    log 3, where log 4 either side of 0 was predicted: log 3 / log 4.

    >>> truth = {"ill": [1, 0, 0, 0, 1, 1, 1, 0]}
    >>> prediction = {"p": [0.2, 0.2, 0.2, 0.2, 0.8, 0.8, 0.8, 0.8]}
    >>> round(calibration_slope(truth, prediction, label="ill", probability="p").value, 6)
    0.792481
    """
    data = Labelled.read(
        truth, prediction, label=label, predicted=probability, where=where, reader=probabilities
    )
    model = _model(data, clip=clip)
    # Resamples start from the fit of all rows, which is near theirs.
    [start] = model.lines(np.ones((1, len(data.rows))), start=np.zeros(2))

    def statistic(weights: Weights) -> Vector:
        return model.slopes(chosen(weights, data.rows).astype(np.float64), start=start)

    constant = len(set(model.x.tolist())) == 1
    unsolved = Reason.CONSTANT if constant else Reason.NOT_CONVERGED
    return data.measured(statistic, undefined=Reason.ONE_CLASS if data.one_class else unsolved)


def calibration_intercept(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    probability: str,
    clip: float = 1e-15,
    where: str | None = None,
) -> Measured:
    """Measure the calibration in the large of the column `probability`; 0 is right.

    The a of logit P(y = 1) = a + logit(p), by maximum likelihood with the slope fixed at 1 (Cox,
    Biometrika 1958;45:562-565; Van Calster et al., J Clin Epidemiol 2016;74:167-176 and BMC
    Medicine 2019;17:230), not the intercept next to a free slope. Below 0 predictions are too high
    on the whole, above 0 too low. Probabilities below `clip` or above 1 - `clip` are taken for
    these (`clip` is above 0 and below 1/2). `label` (0 or 1) is a truth column; `where`, a truth
    column of 0 and 1, leaves the rows with 0 out. Undefined with one class only. Raises
    ParamsError if `clip` is out of range, and InvalidColumns if a column is missing, not numeric,
    not finite, not as long as the others, or if it holds no probabilities.

    Everybody has 1/2, whose logit is 0, and three of four are positive: the logit of 3/4, log 3.

    >>> truth, prediction = {"ill": [1, 1, 1, 0]}, {"p": [0.5, 0.5, 0.5, 0.5]}
    >>> round(calibration_intercept(truth, prediction, label="ill", probability="p").value, 6)
    1.098612
    """
    data = Labelled.read(
        truth, prediction, label=label, predicted=probability, where=where, reader=probabilities
    )
    model = _model(data, clip=clip)
    [start] = model.shifts(np.ones((1, len(data.rows))), start=0)

    def statistic(weights: Weights) -> Vector:
        return model.shifts(chosen(weights, data.rows).astype(np.float64), start=start)

    return data.measured(statistic, undefined=Reason.ONE_CLASS)


def _model(data: Labelled, *, clip: float) -> Recalibration:
    return Recalibration(x=logit(clipped_at(data.predicted, clip)), positive=data.positive)


_declare = partial(
    Metric,
    needs=Needs.PROBABILITIES,
    direction=None,
    lowest=-np.inf,
    highest=np.inf,
    exact=False,
    truth_columns=("label", "where"),
    prediction_columns=("probability",),
    rules=(probability_rule("probability"),),
    pictures=PROBABILITY_PICTURES,
)

CALIBRATION_SLOPE = _declare(
    key="calibration_slope",
    undefined="no row, one class only, the same probability everywhere, or classes that a "
    "threshold separates; such resamples are skipped",
    reference="sklearn.linear_model.LogisticRegression without a penalty, to 1e-8",
    source="Cox, Biometrika 1958;45:562-565; Van Calster et al., BMC Medicine 2019;17:230",
    measure=calibration_slope,
)

CALIBRATION_INTERCEPT = _declare(
    key="calibration_intercept",
    undefined="no row, or one class only; such resamples are skipped",
    reference="the score equation",
    source="Van Calster et al., J Clin Epidemiol 2016;74:167-176, slope fixed at 1",
    measure=calibration_intercept,
)
