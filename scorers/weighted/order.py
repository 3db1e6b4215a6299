"""The order that scores put positives and negatives in, and what follows from it under weights."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from scorers.metric import Vector, Weights
from scorers.weighted.counts import ratio, running_counts
from scorers.weighted.sums import folded_sums

Counts = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class ScoreOrder:
    """Positives and negatives in the order of their scores, the largest first.

    Thresholds are the distinct scores of the positives; no other is needed, since a threshold that
    is lowered past negatives alone gains nothing. For each threshold, the largest first, `hits`
    and `alarms` tell how many positives and negatives are at or above it, and `ahead` how many
    negatives are above it. `positives` and `negatives` are rows of the columns.

    The methods take weights of shape (resamples, all rows of the columns), and do not bound the
    memory: `scorers.weighted.counts.in_chunks` does.
    """

    positives: NDArray[np.intp]
    negatives: NDArray[np.intp]
    hits: NDArray[np.intp]
    alarms: NDArray[np.intp]
    ahead: NDArray[np.intp]

    @classmethod
    def of(cls, *, rows: NDArray[np.intp], positive: NDArray[np.bool_], score: Vector) -> Self:
        """Order `rows` of the columns, each of which has a `score` and is `positive` or not."""
        order = np.argsort(-score, kind="stable")
        upwards, yes = -score[order], positive[order]  # searching needs the smallest first
        mine, others = upwards[yes], upwards[~yes]
        thresholds = np.unique(mine)
        return cls(
            positives=rows[order[yes]],
            negatives=rows[order[~yes]],
            hits=np.searchsorted(mine, thresholds, side="right"),
            alarms=np.searchsorted(others, thresholds, side="right"),
            ahead=np.searchsorted(others, thresholds, side="left"),
        )

    def auroc(self, weights: Weights, /) -> Vector:
        """Return the share of pairs of a positive and a negative in the right order.

        Ties are half right. It is NaN without such pairs. Integers are counted, and divided once.
        """
        positives, negatives = self._running(weights)
        won = np.diff(positives.take(self.hits, axis=1), prepend=0)
        # Twice the negatives below each threshold, those at it counted once.
        below = 2 * negatives[:, -1:] - negatives.take(self.alarms, axis=1)
        below -= negatives.take(self.ahead, axis=1)
        pairs = positives[:, -1] * negatives[:, -1]
        return ratio(np.einsum("rt,rt->r", won, below), 2 * pairs)

    def average_precision(self, weights: Weights, /) -> Vector:
        """Return the precision at each threshold, averaged over the positives that have it.

        It is NaN without positives.
        """
        positives, negatives = self._running(weights)
        hits = positives.take(self.hits, axis=1)
        called = negatives.take(self.alarms, axis=1)
        called += hits
        precision = hits / np.maximum(called, 1, out=called)
        precision[:, 1:] *= hits[:, 1:] - hits[:, :-1]
        precision[:, :1] *= hits[:, :1]
        return ratio(folded_sums(precision), positives[:, -1])

    def sensitivity(self, weights: Weights, /, *, specificity: float) -> Vector:
        """Return the largest sensitivity at thresholds with `specificity` or more.

        It is NaN with one class only. Specificity is the quotient of two integers, so that 19
        negatives of 20 are 0.95.
        """
        positives, negatives = self._running(weights)
        total = negatives[:, -1:]
        met = (total - negatives.take(self.alarms, axis=1)) / np.maximum(total, 1) >= specificity
        best = np.max(positives.take(self.hits, axis=1), axis=1, initial=0, where=met)
        return _with_both(best, of=positives, others=negatives)

    def specificity(self, weights: Weights, /, *, sensitivity: float) -> Vector:
        """Return the largest specificity at thresholds with `sensitivity` (above 0) or more.

        It is NaN with one class only.
        """
        positives, negatives = self._running(weights)
        met = positives.take(self.hits, axis=1) / np.maximum(positives[:, -1:], 1) >= sensitivity
        spared = negatives[:, -1:] - negatives.take(self.alarms, axis=1)
        best = np.max(spared, axis=1, initial=0, where=met)
        return _with_both(best, of=negatives, others=positives)

    def _running(self, weights: Weights) -> tuple[Counts, Counts]:
        return (
            running_counts(weights.take(self.positives, axis=1)),
            running_counts(weights.take(self.negatives, axis=1)),
        )


def _with_both(count: Counts, *, of: Counts, others: Counts) -> Vector:
    """Return the share of `count` in the last of `of`, NaN if that or the last other is 0."""
    return ratio(count, np.where(others[:, -1] > 0, of[:, -1], 0))
