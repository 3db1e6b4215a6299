"""Calibration: what happened against what was predicted, in bins of near predictions."""

import numpy as np

from scorers.binary.labelled import Labelled
from scorers.columns import probabilities
from scorers.metric import Reason, Undefined
from scorers.pictures.bins import FEWEST_UNITS, bins, number_of
from scorers.pictures.document import Calibration, CalibrationBin
from scorers.pictures.intervals import wilson
from scorers.pictures.survival import kaplan_meier_at
from scorers.split import Split
from scorers.survival.follow_up import read_follow_up

MOST_BINS = 10


def calibration(
    split: Split,
    metrics: tuple[str, ...],
    /,
    *,
    label: str,
    predicted: str,
    where: str | None = None,
) -> Calibration | Undefined:
    """Draw the share of positives against the mean of the probabilities `predicted`, in bins.

    Ten bins of equal counts at most, as far as ties and FEWEST_UNITS allow (the deciles of Hosmer
    and Lemeshow, Commun Stat 1980;9:1043-1069; as `sklearn.calibration.calibration_curve` with
    strategy quantile, but for ties), with Wilson's limits of each share.
    """
    data = Labelled.read(
        split.truth,
        split.prediction,
        label=label,
        predicted=predicted,
        where=where,
        reader=probabilities,
    )
    order = np.argsort(data.predicted, kind="stable")
    told, positive = data.predicted[order], data.positive[order]
    units = split.unit_of_row[data.rows[order]]
    if number_of(units) < 2 * FEWEST_UNITS:
        return Undefined(Reason.TOO_FEW if len(units) else Reason.NO_UNITS)
    drawn = []
    for part in bins(told, units, most=MOST_BINS):
        count, events = part.stop - part.start, int(positive[part].sum())
        low, high = wilson(events, count)
        drawn.append(
            CalibrationBin(
                units=count,
                predicted=told[part].mean(),
                observed=events / count,
                low=low,
                high=high,
            )
        )
    return Calibration(metrics=metrics, units=len(units), at=None, bins=tuple(drawn))


def survival_calibration(
    split: Split,
    metrics: tuple[str, ...],
    /,
    *,
    event: str,
    time: str,
    predicted: str,
    at: float,
    where: str | None = None,
) -> Calibration | Undefined:
    """Draw who had the event by `at` against 1 - `predicted`, the probability of it, in bins.

    Bins as those of `calibration`. In each, what is observed is 1 minus the Kaplan-Meier estimate
    of survival at `at`, with its limits (D'Agostino and Nam, Handbook of Statistics 2003;23:1-25,
    section 3): with competing events, which count as censored, it is too high.
    """
    people = read_follow_up(
        split.truth, split.prediction, event=event, time=time, where=where, predicted=[predicted]
    )
    risk = 1 - probabilities(split.prediction, predicted, rows=people.rows)
    order = np.argsort(risk, kind="stable")
    units = split.unit_of_row[people.rows[order]]
    if number_of(units) < 2 * FEWEST_UNITS:
        return Undefined(Reason.TOO_FEW if len(units) else Reason.NO_UNITS)
    drawn = []
    for part in bins(risk[order], units, most=MOST_BINS):
        members = order[part]
        if people.time[members].max() < at:
            return Undefined(Reason.BEYOND_FOLLOW_UP)
        [step] = kaplan_meier_at(people.event[members], people.time[members], times=[at])
        drawn.append(
            CalibrationBin(
                units=len(members),
                predicted=risk[members].mean(),
                observed=1 - step.survival,
                low=1 - step.high,
                high=1 - step.low,
            )
        )
    return Calibration(metrics=metrics, units=len(units), at=at, bins=tuple(drawn))
