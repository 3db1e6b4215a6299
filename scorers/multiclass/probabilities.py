"""Metrics of one probability a class in each row: proper scores, by which honesty is best."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from scorers.columns import probabilities as read_probabilities
from scorers.metric import (
    Columns,
    Direction,
    InvalidColumns,
    Metric,
    Needs,
    ParamsError,
    PictureKind,
    Vector,
)
from scorers.multiclass.scores import ClassScores
from scorers.rules import SumToOne, probability
from scorers.weighted.per_row import MeanOfRows

Labels = Sequence[str | int | float]

TOLERANCE = 1e-3
"""By how much the probabilities of a row may miss 1."""

ROUNDING = 1e-9
"""By how much more: a sum that is off by the tolerance as written may be off by a rounding more."""

LARGEST_CLIP = 0.5
"""A clip must stay below: from there on nothing is left of a probability."""


def multiclass_log_loss(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    probabilities: Sequence[str],
    classes: Labels,
    clip: float = 1e-15,
    where: str | None = None,
) -> MeanOfRows:
    """Measure the mean of -log(p), p being the probability given to the true class.

    `label` is the truth column; `probabilities` lists a column of the prediction for each of
    `classes`, in their order. `where`, a truth column of 0 and 1, leaves the rows with 0 out. p is
    put between `clip` and 1 - `clip`, so that a certain error costs -log(clip) and not infinity
    (Good, J R Stat Soc B 1952;14:107-114). Raises ParamsError if there is not one column for each
    class or `clip` is not above 0 and below 0.5, InvalidColumns if a column is missing, holds no
    probabilities, is not as long as the others, or a row does not sum to 1 within 0.001.

    The true classes have probabilities 0.5 and 0.8: (log 2 + log 1.25) / 2 = log(2.5) / 2.

    >>> truth, prediction = {"y": ["a", "b"]}, {"a": [0.5, 0.1], "b": [0.5, 0.8], "c": [0, 0.1]}
    >>> names = {"label": "y", "probabilities": ["a", "b", "c"], "classes": ["a", "b", "c"]}
    >>> round(multiclass_log_loss(truth, prediction, **names).value, 12)
    0.458145365937
    """
    read = _read(
        truth, prediction, label=label, probabilities=probabilities, classes=classes, where=where
    )
    if not 0 < clip < LARGEST_CLIP:
        raise ParamsError(f"clip must be above 0 and below {LARGEST_CLIP}")
    own = np.take_along_axis(read.scores, read.true[:, None], axis=1)[:, 0]
    return MeanOfRows(rows=read.rows, values=-np.log(np.clip(own, clip, 1 - clip)))


def multiclass_brier(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    probabilities: Sequence[str],
    classes: Labels,
    where: str | None = None,
) -> MeanOfRows:
    """Measure the mean over rows of the squared errors of all probabilities, from 0 to 2.

    Params and errors are those of `multiclass_log_loss`. The sum over classes k of (p_k - y_k)²,
    y_k being 1 for the true class and 0 for the others (Brier, Mon Weather Rev 1950;78:1-3,
    equation 2). With two classes it is twice `brier`.

    First row: (0.5 - 1)² + 0.5² + 0 = 0.5; second: 0.1² + (0.8 - 1)² + 0.1² = 0.06.

    >>> truth, prediction = {"y": ["a", "b"]}, {"a": [0.5, 0.1], "b": [0.5, 0.8], "c": [0, 0.1]}
    >>> names = {"label": "y", "probabilities": ["a", "b", "c"], "classes": ["a", "b", "c"]}
    >>> round(multiclass_brier(truth, prediction, **names).value, 12)
    0.28
    """
    read = _read(
        truth, prediction, label=label, probabilities=probabilities, classes=classes, where=where
    )
    values = np.zeros(len(read.rows))
    for place, given in enumerate(read.scores.T):
        values += (given - (read.true == place)) ** 2
    return MeanOfRows(rows=read.rows, values=values)


def ranked_probability_score(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    probabilities: Sequence[str],
    classes: Labels,
    where: str | None = None,
) -> MeanOfRows:
    """Measure the mean squared error of the probabilities of not being above each class.

    Params and errors are those of `multiclass_log_loss`; `classes` are in their order. For a row,
    the sum over all classes but the last of (F_k - O_k)², over one less than there are classes,
    where F_k is the probability of class k or a lower one and O_k is 1 if that is true, else 0
    (Epstein, J Appl Meteorol 1969;8:985-987; Murphy, ibid. 1971;10:155-156). From 0 to 1; with two
    classes it is `brier`.

    The first row is 0, told as 0.5, 0.5, 0: ((0.5 - 1)² + (1 - 1)²) / 2. The second is 1, told as
    0.1, 0.8, 0.1: (0.1² + (0.9 - 1)²) / 2.

    >>> truth, prediction = {"y": [0, 1]}, {"a": [0.5, 0.1], "b": [0.5, 0.8], "c": [0, 0.1]}
    >>> names = {"label": "y", "probabilities": ["a", "b", "c"], "classes": [0, 1, 2]}
    >>> round(ranked_probability_score(truth, prediction, **names).value, 12)
    0.0675
    """
    read = _read(
        truth, prediction, label=label, probabilities=probabilities, classes=classes, where=where
    )
    values, up_to = np.zeros(len(read.rows)), np.zeros(len(read.rows))
    for place, given in enumerate(read.scores.T[:-1]):
        up_to += given
        values += (up_to - (read.true <= place)) ** 2
    return MeanOfRows(rows=read.rows, values=values / (len(classes) - 1))


def _read(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    probabilities: Sequence[str],
    classes: Labels,
    where: str | None,
) -> ClassScores:
    read = ClassScores.read(
        truth,
        prediction,
        label=label,
        scores=probabilities,
        classes=classes,
        where=where,
        reader=read_probabilities,
    )
    _check_sums(read.scores, names=probabilities)
    return read


def _check_sums(given: Vector, /, *, names: Sequence[str]) -> None:
    off = np.abs(given.sum(axis=1) - 1) > TOLERANCE + ROUNDING
    if off.any():
        raise InvalidColumns(
            f"columns {', '.join(names)} do not sum to 1 within {TOLERANCE} in {off.sum()} rows: "
            "give a probability to every class"
        )


_metric: Callable[..., Metric] = partial(
    Metric,
    needs=Needs.PROBABILITIES,
    direction=Direction.MINIMIZE,
    lowest=0.0,
    undefined="no row; such resamples are skipped",
    truth_columns=("label", "where"),
    prediction_columns=("probabilities",),
    pictures=(PictureKind.CONFUSION,),
    rules=(
        probability("probabilities"),
        SumToOne(param="probabilities", tolerance=TOLERANCE + ROUNDING),
    ),
)

MULTICLASS_LOG_LOSS = _metric(
    key="multiclass_log_loss",
    highest=np.inf,
    reference="sklearn.metrics.log_loss, where no probability is clipped",
    source="Good, J R Stat Soc B 1952;14:107-114",
    exact=False,
    measure=multiclass_log_loss,
)
MULTICLASS_BRIER = _metric(
    key="multiclass_brier",
    highest=2.0,
    reference="sklearn.metrics.brier_score_loss, scale_by_half=False",
    source="Brier, Mon Weather Rev 1950;78:1-3, equation 2",
    exact=True,
    measure=multiclass_brier,
)
RANKED_PROBABILITY_SCORE = _metric(
    key="ranked_probability_score",
    highest=1.0,
    reference="the formula; sklearn.metrics.brier_score_loss with two classes",
    source="Epstein, J Appl Meteorol 1969;8:985-987; Murphy, ibid. 1971;10:155-156",
    exact=True,
    measure=ranked_probability_score,
)
