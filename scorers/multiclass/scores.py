"""Metrics of one score a class in each row: how well they find the one class that is true."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from scorers.columns import Codes, aligned, codes, numbers, rows_of
from scorers.metric import Columns, Direction, Metric, Needs, ParamsError, Reason, Vector, Weights
from scorers.weighted.confusion import mean_of_defined, number_of
from scorers.weighted.counts import in_chunks
from scorers.weighted.measured import Measured
from scorers.weighted.order import ScoreOrder
from scorers.weighted.per_row import MeanOfRows

Labels = Sequence[str | int | float]


@dataclass(frozen=True, kw_only=True)
class ClassScores:
    """The rows that are measured: the class of each, and its score for every class.

    `scores` has the shape (rows, classes); `total` counts all rows of the columns.
    """

    rows: NDArray[np.intp]
    true: Codes
    scores: Vector
    total: int

    @classmethod
    def read(
        cls,
        truth: Columns,
        prediction: Columns,
        /,
        *,
        label: str,
        scores: Sequence[str],
        classes: Labels,
        where: str | None,
        reader: Callable[..., Vector] = numbers,
    ) -> Self:
        """Read the truth column `label` and a column of the prediction for each class.

        Raises ParamsError if there is not one column for each of two or more classes,
        InvalidColumns if one is missing, not finite, of another length, or holds what is no class.
        """
        size = number_of(classes)
        if isinstance(scores, str) or len(scores) != size:
            raise ParamsError(f"there must be a list of {size} columns, one for each class")
        aligned(truth, [label], prediction=prediction, predicted=scores)
        rows = rows_of(truth, label, where=where)
        columns = [reader(prediction, name, rows=rows) for name in scores]
        return cls(
            rows=rows,
            true=codes(truth, label, classes=classes, rows=rows),
            scores=np.stack(columns, axis=1),
            total=len(truth[label]),
        )


def macro_auroc(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    scores: Sequence[str],
    classes: Labels,
    where: str | None = None,
) -> Measured:
    """Measure the mean over classes of AUROC, each class against all others.

    `label` is the truth column; `scores` lists a column of the prediction for each of `classes`,
    in their order: any numbers, larger = more likely, compared within a column only. `where`, a
    truth column of 0 and 1, leaves the rows with 0 out. AUROC is that of `auroc`, ties count one
    half; classes that no row has, or every row, are left out of the mean, and without any other
    there is no value (Provost and Domingos, CeDER working paper IS-00-04, 2001, with equal
    weights). Raises ParamsError if there is not one column for each class, InvalidColumns if one
    is missing, not finite, or not as long as the others.

    Class a against b and c: its row has 0.6, above 0.2 and tied with 0.6, so (1 + 1/2) / 2. Class
    b: 0.7 is above both others, so 1. Class c: 0.2 is above 0.1 and 0.1, so 1.

    >>> truth = {"y": ["a", "b", "c"]}
    >>> prediction = {"a": [0.6, 0.2, 0.6], "b": [0.3, 0.7, 0.2], "c": [0.1, 0.1, 0.2]}
    >>> names = {"label": "y", "scores": ["a", "b", "c"], "classes": ["a", "b", "c"]}
    >>> round(macro_auroc(truth, prediction, **names).value, 12)
    0.916666666667
    """
    read = ClassScores.read(
        truth, prediction, label=label, scores=scores, classes=classes, where=where
    )
    orders = [
        ScoreOrder.of(score=score, positive=read.true == place, rows=read.rows)
        for place, score in enumerate(read.scores.T)
    ]

    def statistic(weights: Weights) -> Vector:
        return mean_of_defined(np.stack([order.auroc(weights) for order in orders], axis=1))

    return Measured(
        statistic=partial(in_chunks, statistic),
        rows=read.total,
        units=len(read.rows),
        undefined=Reason.ONE_CLASS,
    )


def top_k_accuracy(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    scores: Sequence[str],
    classes: Labels,
    k: int,
    where: str | None = None,
) -> MeanOfRows:
    """Measure the share of rows whose class is among the `k` with the largest scores.

    Params and errors are those of `macro_auroc`; `k` is from 1 to one less than there are classes.
    Scores are compared within a row. Classes that tie with the true one are put before it: equal
    scores for all classes find nothing (Russakovsky et al., IJCV 2015;115:211-252, section 4.1,
    with k = 5, as 1 - error).

    With k = 1: the first row is right, in the second the true class b is second, in the third c is
    tied for the first place, which does not count.

    >>> truth = {"y": ["a", "b", "c"]}
    >>> prediction = {"a": [0.6, 0.5, 0.4], "b": [0.3, 0.4, 0.2], "c": [0.1, 0.1, 0.4]}
    >>> names = {"label": "y", "scores": ["a", "b", "c"], "classes": ["a", "b", "c"]}
    >>> top_k_accuracy(truth, prediction, **names, k=1).value
    0.3333333333333333
    """
    read = ClassScores.read(
        truth, prediction, label=label, scores=scores, classes=classes, where=where
    )
    if not 1 <= k < len(classes):
        raise ParamsError(f"k must be from 1 to {len(classes) - 1}, less than there are classes")
    own = np.take_along_axis(read.scores, read.true[:, None], axis=1)
    place = (read.scores >= own).sum(axis=1)  # the true class itself among them
    return MeanOfRows(rows=read.rows, values=(place <= k).astype(np.float64))


_metric: Callable[..., Metric] = partial(
    Metric,
    needs=Needs.SCORES,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    exact=True,
    truth_columns=("label", "where"),
    prediction_columns=("scores",),
)

MACRO_AUROC = _metric(
    key="macro_auroc",
    undefined="no row, or one class only in the truth; such resamples are skipped",
    reference="sklearn.metrics.roc_auc_score of each class, averaged",
    source="Provost and Domingos, CeDER working paper IS-00-04, 2001",
    measure=macro_auroc,
)
TOP_K_ACCURACY = _metric(
    key="top_k_accuracy",
    undefined="no row; such resamples are skipped",
    reference="sklearn.metrics.top_k_accuracy_score, without ties",
    source="Russakovsky et al., IJCV 2015;115:211-252, section 4.1",
    measure=top_k_accuracy,
)
