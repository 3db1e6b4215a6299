"""The range of a metric that combines others, from the ranges of its parts."""

from collections.abc import Iterable, Mapping
from itertools import product

import numpy as np

from scorers.metric import Combination, Params, Range

MAX_PARTS = 12
"""Parts of which all combinations of ends are tried, 4,096 of them."""


def range_of(combination: Combination, parts: Mapping[str, Range], /, *, params: Params) -> Range:
    """Return the lowest and the highest value that `combination` has where each part is at an end.

    That is its range if it never turns in a part, as sums, products and clips do not. `parts` has
    the ranges of earlier metrics; those whose keys `params` mentions are the parts. Whatever
    cannot be told this way is a range without ends, narrowed to what the metric declares.
    """
    named = parts_of(params, among=parts)
    lowest, highest = -np.inf, np.inf
    if 0 < len(named) <= MAX_PARTS:
        corners = np.array(list(product(*(parts[key] for key in named)))).T
        with np.errstate(all="ignore"):
            values = combination.combine(dict(zip(named, corners, strict=True)), **params)
        if not np.isnan(values).any():
            lowest, highest = float(values.min()), float(values.max())
    return max(lowest, combination.lowest), min(highest, combination.highest)


def parts_of(params: Params, /, *, among: Iterable[str]) -> list[str]:
    """Return those metrics that the params of a combination mention."""
    mentioned = _mentioned(params)
    return [key for key in among if key in mentioned]


def _mentioned(params: object) -> frozenset[object]:
    """Return every text in `params`, however deep it is, names of params among them."""
    if isinstance(params, str):
        return frozenset({params})
    if isinstance(params, Mapping):
        return frozenset().union(params, *map(_mentioned, params.values()))
    if isinstance(params, list | tuple):
        return frozenset().union(*map(_mentioned, params))
    return frozenset()
