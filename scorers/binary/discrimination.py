"""Metrics of how well scores put the positives of two classes before the negatives."""

from functools import partial

from scorers.binary.labelled import Labelled
from scorers.metric import (
    Columns,
    Direction,
    Method,
    Metric,
    Needs,
    ParamsError,
    PictureKind,
    Reason,
)
from scorers.weighted.measured import Measured
from scorers.weighted.order import ScoreOrder

CURVES = (PictureKind.ROC, PictureKind.PRECISION_RECALL)


def auroc(
    truth: Columns, prediction: Columns, /, *, label: str, score: str, where: str | None = None
) -> Measured:
    """Measure the area under the ROC curve of the column `score` (larger = more likely positive).

    `label` (0 or 1) is a truth column; `where`, a truth column of 0 and 1, leaves the rows with 0
    out. The area is the share of pairs of a positive and a negative in which the positive has the
    larger score, where a tie counts half (Hanley and McNeil, Radiology 1982;143:29-36): it is the
    trapezoidal area. Raises InvalidColumns if a column is missing, not numeric, not finite, or not
    as long as the others.

    Two positives and two negatives make four pairs: 5 is above both negatives, 2 is above 1 and
    tied with 2, so (1 + 1 + 1 + 1/2) / 4.

    >>> truth, prediction = {"ill": [1, 1, 0, 0]}, {"p": [5, 2, 2, 1]}
    >>> auroc(truth, prediction, label="ill", score="p").value
    0.875
    """
    data = Labelled.read(truth, prediction, label=label, predicted=score, where=where)
    return data.measured(_order(data).auroc, undefined=Reason.ONE_CLASS)


def average_precision(
    truth: Columns, prediction: Columns, /, *, label: str, score: str, where: str | None = None
) -> Measured:
    """Measure the average precision of the column `score` (larger = more likely positive).

    `label` (0 or 1) is a truth column; `where`, a truth column of 0 and 1, leaves the rows with 0
    out. It is the sum over the distinct scores, from the largest, of (R_n - R_(n-1)) P_n, with the
    recall R_n and the precision P_n of calling all at or above the n-th positive: a step function,
    without interpolation between points, which would be too good (Davis and Goadrich, ICML 2006).
    Without positives it is undefined, where scikit-learn gives 0. Raises InvalidColumns if a
    column is missing, not numeric, not finite, or not as long as the others.

    At 5 one of one called is positive, at 2 two of three: half the positives have precision 1, the
    other half 2/3.

    >>> truth, prediction = {"ill": [1, 1, 0, 0]}, {"p": [5, 2, 2, 1]}
    >>> round(average_precision(truth, prediction, label="ill", score="p").value, 6)
    0.833333
    """
    data = Labelled.read(truth, prediction, label=label, predicted=score, where=where)
    statistic = _order(data).average_precision
    return data.measured(statistic, undefined=Reason.NO_POSITIVES)


def sensitivity_at_specificity(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    score: str,
    specificity: float,
    where: str | None = None,
) -> Measured:
    """Measure the largest sensitivity that the column `score` reaches with enough specificity.

    The largest of the sensitivities of all thresholds whose specificity is `specificity` or more
    (above 0, at most 1). Who has the threshold's score or more is called positive, so that tied
    rows are called together. Specificity is compared as the quotient of two counts: 19 of 20 is
    0.95, where 1 minus a rate of false alarms may miss it by a rounding. The threshold is chosen
    anew in each resample. `label` (0 or 1) is a truth column; `where`, a truth column of 0 and 1,
    leaves the rows with 0 out. Definition: Pepe, The Statistical Evaluation of Medical Tests for
    Classification and Prediction, 2003, section 4.2: ROC(t) at t = 1 - `specificity`. Raises
    ParamsError if `specificity` is out of range, and InvalidColumns if a column is missing, not
    numeric, not finite, or not as long as the others.

    Calling 5 alone finds one of two at specificity 1; from 2 on both are found, and one of the two
    negatives is called too.

    >>> truth, prediction = {"ill": [1, 1, 0, 0]}, {"p": [5, 2, 2, 1]}
    >>> names = {"label": "ill", "score": "p"}
    >>> sensitivity_at_specificity(truth, prediction, **names, specificity=0.9).value
    0.5
    >>> sensitivity_at_specificity(truth, prediction, **names, specificity=0.5).value
    1.0
    """
    _check_share(specificity, "specificity")
    data = Labelled.read(truth, prediction, label=label, predicted=score, where=where)
    statistic = partial(_order(data).sensitivity, specificity=specificity)
    return data.measured(statistic, undefined=Reason.ONE_CLASS)


def specificity_at_sensitivity(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    score: str,
    sensitivity: float,
    where: str | None = None,
) -> Measured:
    """Measure the largest specificity that the column `score` reaches with enough sensitivity.

    The largest of the specificities of all thresholds whose sensitivity is `sensitivity` or more
    (above 0, at most 1), in all else like sensitivity_at_specificity: who has the threshold's
    score or more is called positive, sensitivity is compared as the quotient of two counts, and
    the threshold is chosen anew in each resample. `label` (0 or 1) is a truth column; `where`, a
    truth column of 0 and 1, leaves the rows with 0 out. Definition: Pepe, The Statistical
    Evaluation of Medical Tests for Classification and Prediction, 2003, section 4.2: 1 minus the
    inverse of ROC(t) at `sensitivity`. Raises ParamsError if `sensitivity` is out of range, and
    InvalidColumns if a column is missing, not numeric, not finite, or not as long as the others.

    To find both positives everything from 2 on must be called, and one of two negatives with it;
    5 alone finds half of them and calls no negative.

    >>> truth, prediction = {"ill": [1, 1, 0, 0]}, {"p": [5, 2, 2, 1]}
    >>> names = {"label": "ill", "score": "p"}
    >>> specificity_at_sensitivity(truth, prediction, **names, sensitivity=0.9).value
    0.5
    >>> specificity_at_sensitivity(truth, prediction, **names, sensitivity=0.5).value
    1.0
    """
    _check_share(sensitivity, "sensitivity")
    data = Labelled.read(truth, prediction, label=label, predicted=score, where=where)
    statistic = partial(_order(data).specificity, sensitivity=sensitivity)
    return data.measured(statistic, undefined=Reason.ONE_CLASS)


def _order(data: Labelled) -> ScoreOrder:
    return ScoreOrder.of(rows=data.rows, positive=data.positive, score=data.predicted)


def _check_share(number: float, name: str) -> None:
    if not 0 < number <= 1:
        raise ParamsError(f"{name} is {number}; it must be above 0 and at most 1")


AUROC = Metric(
    key="auroc",
    needs=Needs.SCORES,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no row, or rows of one class only; such resamples are skipped",
    reference="sklearn.metrics.roc_auc_score",
    source="Hanley and McNeil, Radiology 1982;143:29-36",
    exact=True,
    truth_columns=("label", "where"),
    prediction_columns=("score",),
    pictures=CURVES,
    measure=auroc,
)

AVERAGE_PRECISION = Metric(
    key="average_precision",
    needs=Needs.SCORES,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no row, or no positive; such resamples are skipped",
    reference="sklearn.metrics.average_precision_score",
    source="Davis and Goadrich, ICML 2006 (why it is not interpolated)",
    exact=True,
    truth_columns=("label", "where"),
    prediction_columns=("score",),
    pictures=CURVES,
    measure=average_precision,
)

SENSITIVITY_AT_SPECIFICITY = Metric(
    key="sensitivity_at_specificity",
    needs=Needs.SCORES,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no row, or rows of one class only; such resamples are skipped",
    reference="sklearn.metrics.roc_curve, drop_intermediate=False",
    source="Pepe, The Statistical Evaluation of Medical Tests, 2003, section 4.2",
    exact=True,
    truth_columns=("label", "where"),
    prediction_columns=("score",),
    pictures=CURVES,
    interval=Method.BCA,
    measure=sensitivity_at_specificity,
)

SPECIFICITY_AT_SENSITIVITY = Metric(
    key="specificity_at_sensitivity",
    needs=Needs.SCORES,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no row, or rows of one class only; such resamples are skipped",
    reference="sklearn.metrics.roc_curve, drop_intermediate=False",
    source="Pepe, The Statistical Evaluation of Medical Tests, 2003, section 4.2",
    exact=True,
    truth_columns=("label", "where"),
    prediction_columns=("score",),
    pictures=CURVES,
    interval=Method.BCA,
    measure=specificity_at_sensitivity,
)
