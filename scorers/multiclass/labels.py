"""Metrics of one predicted class a row, among the classes that the challenge declares."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from scorers.metric import Columns, Direction, Metric, Needs, PictureKind, Reason, Vector
from scorers.rules import OneClass
from scorers.weighted.confusion import Counts, confusion, mean_of_defined, running_total
from scorers.weighted.counts import correlation, ratio
from scorers.weighted.measured import Measured

Labels = Sequence[str | int | float]


def macro_f1(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    predicted: str | Sequence[str],
    classes: Labels,
    where: str | None = None,
) -> Measured:
    """Measure the mean over classes of F1 of the column `predicted`.

    `label` is the truth column, `classes` lists what both may hold, and `where`, a truth column
    of 0 and 1, leaves the rows with 0 out. `predicted` may list a column for each class too, of
    which one holds 1 and the others 0. F1 of a class is 2 TP / (rows of the class + rows told
    as it) (van Rijsbergen, Information Retrieval, 1979, chapter 7, with beta = 1; averaged as in
    Opitz and Burst, arXiv:1911.03347, equation 2). A class with neither is left out of the mean;
    one that is told but never true counts 0. Raises ParamsError if the classes are not two or
    more, InvalidColumns if a column is missing, holds what is no class, or has another length.

    Of class a, two rows of which one is found, F1 is 2 * 1 / (2 + 1); of b, one row that is found
    and one false alarm, 2 * 1 / (1 + 2); c is nowhere, so the mean is over the two.

    >>> truth, prediction = {"y": ["a", "a", "b"]}, {"p": ["a", "b", "b"]}
    >>> names = {"label": "y", "predicted": "p", "classes": ["a", "b", "c"]}
    >>> macro_f1(truth, prediction, **names).value
    0.6666666666666666
    """
    return confusion(
        truth,
        prediction,
        label=label,
        predicted=predicted,
        classes=classes,
        where=where,
        formula=lambda counts: mean_of_defined(_f1(counts)),
    )


def micro_f1(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    predicted: str | Sequence[str],
    classes: Labels,
    where: str | None = None,
) -> Measured:
    """Measure F1 of all classes pooled: with one class a row, the share of rows told rightly.

    Params and errors are those of `macro_f1`. 2 TP / (2 TP + FP + FN) with the counts summed over
    classes; every error is one FP and one FN, so this is accuracy (Grandini et al.,
    arXiv:2008.05756). Do not rank by it where one class is much more frequent.

    Two rows of three are right.

    >>> truth, prediction = {"y": ["a", "a", "b"]}, {"p": ["a", "b", "b"]}
    >>> micro_f1(truth, prediction, label="y", predicted="p", classes=["a", "b"]).value
    0.6666666666666666
    """
    return confusion(
        truth,
        prediction,
        label=label,
        predicted=predicted,
        classes=classes,
        where=where,
        formula=lambda counts: ratio(_right(counts).sum(axis=1), counts.sum(axis=(1, 2))),
    )


def weighted_f1(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    predicted: str | Sequence[str],
    classes: Labels,
    where: str | None = None,
) -> Measured:
    """Measure the mean over classes of F1, each class weighted by its rows in the truth.

    Params, errors and F1 are those of `macro_f1`. A class that is told but never true has weight
    0: what it costs is seen in the classes it was told instead of.

    F1 of a is 2 * 1 / (2 + 1), of b 2 * 1 / (1 + 3), and a has two rows, b one and c one, whose
    F1 is 0: (2 * 2/3 + 1/2 + 0) / 4.

    >>> truth, prediction = {"y": ["a", "a", "b", "c"]}, {"p": ["a", "b", "b", "b"]}
    >>> names = {"label": "y", "predicted": "p", "classes": ["a", "b", "c"]}
    >>> round(weighted_f1(truth, prediction, **names).value, 12)
    0.458333333333
    """
    return confusion(
        truth,
        prediction,
        label=label,
        predicted=predicted,
        classes=classes,
        where=where,
        formula=_weighted_f1,
    )


def balanced_accuracy(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    predicted: str | Sequence[str],
    classes: Labels,
    where: str | None = None,
) -> Measured:
    """Measure the mean recall of the classes that occur in the truth.

    Params and errors are those of `macro_f1`. Recall is the share of a class's rows that are told
    rightly (Brodersen et al., ICPR 2010, doi:10.1109/ICPR.2010.764, for two classes; macro recall
    for more).

    Of a, one of two rows is found; of b, the only one: (1/2 + 1) / 2.

    >>> truth, prediction = {"y": ["a", "a", "b"]}, {"p": ["a", "b", "b"]}
    >>> balanced_accuracy(truth, prediction, label="y", predicted="p", classes=["a", "b"]).value
    0.75
    """
    return confusion(
        truth,
        prediction,
        label=label,
        predicted=predicted,
        classes=classes,
        where=where,
        formula=lambda counts: mean_of_defined(_shares(_right(counts), counts.sum(axis=2))),
    )


def mcc(
    truth: Columns,
    prediction: Columns,
    /,
    *,
    label: str,
    predicted: str | Sequence[str],
    classes: Labels,
    where: str | None = None,
) -> Measured:
    """Measure the correlation of told and true classes (Matthews; R_K for more than two).

    Params and errors are those of `macro_f1`. With s rows, c of them right, t_k rows of class k
    and p_k told as it: (c s - sum t_k p_k) / sqrt((s² - sum p_k²) (s² - sum t_k²)) (Gorodkin,
    Comput Biol Chem 2004;28:367-374, equation 8). A prediction that does not vary earns 0, as any
    that knows nothing does; if the truth does not vary there is no value.

    Three of four rows are right: 3 * 4 - (2 * 1 + 2 * 3) = 4 over sqrt((16 - 10) (16 - 8)).

    >>> truth, prediction = {"y": ["a", "a", "b", "b"]}, {"p": ["a", "b", "b", "b"]}
    >>> names = {"label": "y", "predicted": "p", "classes": ["a", "b"]}
    >>> round(mcc(truth, prediction, **names).value, 12)
    0.57735026919
    """
    return confusion(
        truth,
        prediction,
        label=label,
        predicted=predicted,
        classes=classes,
        where=where,
        formula=_mcc,
        undefined=Reason.ONE_CLASS,
    )


def _right(counts: Counts) -> Counts:
    right: Counts = np.diagonal(counts, axis1=1, axis2=2)
    return right


def _f1(counts: Counts) -> Vector:
    """Return F1 of each class, NaN for one that is neither true nor told."""
    return _shares(2 * _right(counts), counts.sum(axis=1) + counts.sum(axis=2))


def _shares(part: Counts, whole: Counts) -> Vector:
    return ratio(part.ravel(), whole.ravel()).reshape(part.shape)


def _weighted_f1(counts: Counts) -> Vector:
    rows = counts.sum(axis=2)
    earned = np.where(rows > 0, _f1(counts) * rows, 0.0)
    return ratio(running_total(earned), rows.sum(axis=1))


def _mcc(counts: Counts) -> Vector:
    true, told, right = counts.sum(axis=2), counts.sum(axis=1), _right(counts).sum(axis=1)
    rows = true.sum(axis=1)
    together = right * rows - (true * told).sum(axis=1)
    of_truth = rows**2 - (true**2).sum(axis=1)
    of_told = rows**2 - (told**2).sum(axis=1)
    told_all_alike = (of_truth > 0) & (of_told == 0)
    return np.where(told_all_alike, 0.0, correlation(together, (of_truth, of_told)))


_metric = partial(
    Metric,
    needs=Needs.LABELS,
    direction=Direction.MAXIMIZE,
    lowest=0.0,
    highest=1.0,
    undefined="no row; such resamples are skipped",
    exact=True,
    truth_columns=("label", "where"),
    prediction_columns=("predicted",),
    rules=(OneClass(param="predicted"),),
    pictures=(PictureKind.CONFUSION,),
)

MACRO_F1 = _metric(
    key="macro_f1",
    reference='sklearn.metrics.f1_score, average="macro", zero_division=nan, all classes as labels',
    source="Opitz and Burst, arXiv:1911.03347, equation 2",
    measure=macro_f1,
)
MICRO_F1 = _metric(
    key="micro_f1",
    reference='sklearn.metrics.f1_score, average="micro"',
    source="Grandini et al., arXiv:2008.05756",
    measure=micro_f1,
)
WEIGHTED_F1 = _metric(
    key="weighted_f1",
    reference='sklearn.metrics.f1_score, average="weighted"',
    source="van Rijsbergen, Information Retrieval, 1979, chapter 7",
    measure=weighted_f1,
)
BALANCED_ACCURACY = _metric(
    key="balanced_accuracy",
    reference="sklearn.metrics.balanced_accuracy_score",
    source="Brodersen et al., ICPR 2010, doi:10.1109/ICPR.2010.764",
    measure=balanced_accuracy,
)
MCC = _metric(
    key="mcc",
    lowest=-1.0,
    undefined="no row, or one class only in the truth; such resamples are skipped",
    reference="sklearn.metrics.matthews_corrcoef",
    source="Gorodkin, Comput Biol Chem 2004;28:367-374, equation 8",
    measure=mcc,
)
