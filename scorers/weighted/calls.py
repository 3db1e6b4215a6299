"""How often calls are right and wrong under many weightings of the rows at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorers.metric import Vector
from scorers.weighted.counts import ratio

Counts = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Calls:
    """True and false positives and negatives, of shape (resamples,) each."""

    tp: Counts
    fp: Counts
    fn: Counts
    tn: Counts

    def sensitivity(self) -> Vector:
        """Return TP / (TP + FN), NaN without positives."""
        return ratio(self.tp, self.tp + self.fn)

    def specificity(self) -> Vector:
        """Return TN / (TN + FP), NaN without negatives."""
        return ratio(self.tn, self.tn + self.fp)

    def balanced_accuracy(self) -> Vector:
        """Return the mean of sensitivity and specificity, NaN with one class only."""
        return (self.sensitivity() + self.specificity()) / 2

    def f_beta(self, beta: float, /) -> Vector:
        """Return the F-measure, NaN if nothing is positive and nothing called."""
        squared = beta * beta
        found = (1 + squared) * self.tp
        return ratio(found, found + squared * self.fn + self.fp)

    def mcc(self) -> Vector:
        """Return Matthews' correlation: NaN with one class only, 0 if all or none are called.

        The root is taken of one product of two squares of integers if all calls are right or all
        are wrong, so that it is exact then and the result 1 or -1.
        """
        positives, negatives = self.tp + self.fn, self.tn + self.fp
        called, spared = self.tp + self.fp, self.tn + self.fn
        root = np.sqrt((called * positives).astype(np.float64) * (spared * negatives))
        above = self.tp * self.tn - self.fp * self.fn
        constant = (called == 0) | (spared == 0)
        correlation = ratio(above, root)
        correlation[constant & (positives > 0) & (negatives > 0)] = 0
        return correlation

    def net_benefit(self, threshold: float, /) -> Vector:
        """Return (TP - FP odds) / n with the odds of `threshold`, NaN without any row."""
        odds = threshold / (1 - threshold)
        return ratio(self.tp - self.fp * odds, self.tp + self.fp + self.fn + self.tn)
