"""Sums under many weightings at once that have the same bytes on every machine."""

import numpy as np

from scorers.metric import Vector, Weights


def folded_sums(terms: Vector, /) -> Vector:
    """Return the sum of each row of `terms`, shape (sums, terms); `terms` is overwritten.

    The second half of the terms is added to the first until one is left. Each addition is one of
    IEEE 754 and their order depends on the number of terms alone, so neither the processor, nor
    the number of threads, nor that of rows changes a bit; `np.sum` and BLAS add in an order of
    their own. The error grows with the logarithm of the number of terms, as in pairwise summation
    (Higham, SIAM J Sci Comput 1993;14:783-799, section 2).
    """
    count = terms.shape[1]
    if not count:
        return np.zeros(len(terms))
    while count > 1:
        half = (count + 1) // 2
        terms[:, : count - half] += terms[:, half:count]
        count = half
    return terms[:, 0].copy()


def weighted_sums(weights: Weights, values: Vector, /) -> Vector:
    """Return the sum of weight times value under each resample, of shape (resamples,)."""
    return folded_sums(np.multiply(weights, values, dtype=np.float64))
