"""Metrics that combine other metrics of the same challenge."""

from collections.abc import Mapping

import numpy as np

from scorers.metric import Combination, Needs, ParamsError, Vector


def weighted_sum(parts: Mapping[str, Vector], /, **weights: float) -> Vector:
    """Return the sum of `weights[key] * parts[key]`, NaN where a part is.

    The terms are added one by one in the order of `weights`, so the sum has the same bytes for a
    value and for a vector of resamples, and on every machine. Raises ParamsError if a weight
    refers to no part.

    Three quarters of 0.8 and a quarter of 0.4 are 0.6 + 0.1.

    >>> parts = {"c_event": np.array([0.8]), "c_death": np.array([0.4])}
    >>> weighted_sum(parts, c_event=0.75, c_death=0.25).round(6).tolist()
    [0.7]
    """
    unknown = [key for key in weights if key not in parts]
    if unknown:
        raise ParamsError(f"weighted_sum refers to {unknown[0]}, which is no part")
    shape = np.broadcast_shapes(*(np.shape(parts[key]) for key in weights))
    total = np.zeros(shape)
    for key, weight in weights.items():
        total = total + weight * parts[key]
    return total


WEIGHTED_SUM = Combination(
    key="weighted_sum",
    needs=Needs.METRICS,
    direction=None,
    lowest=-np.inf,
    highest=np.inf,
    undefined="a part is undefined: the whole is",
    reference="the formula",
    source="the challenge's own definition",
    exact=True,
    combine=weighted_sum,
)
