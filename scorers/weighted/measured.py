"""A metric applied to its columns: one function of the weights, for one resample or thousands."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scorers.metric import Reason, Undefined, Vector, Weights


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A measure that `statistic` computes.

    `statistic` takes weights of shape (resamples, `rows`) and returns a value for each resample,
    NaN where there is none; `rows` are all rows of the columns, `units` those that are measured.
    `undefined` tells why there is no value although there are units. `rarest` counts the rarest of
    the outcomes that the value compares, if these may be rarer than `events`.
    """

    statistic: Callable[[Weights], Vector]
    rows: int
    units: int
    undefined: Reason = Reason.NO_UNITS
    events: int | None = None
    rarest: int | None = None

    @property
    def value(self) -> float | Undefined:
        """The value with each row counted once, or why there is none."""
        if not self.units:
            return Undefined(Reason.NO_UNITS)
        value = float(self.under(np.ones((1, self.rows), dtype=np.int64))[0])
        return Undefined(self.undefined) if np.isnan(value) else value

    def under(self, weights: Weights, /) -> Vector:
        """Return the value under each row of `weights`, NaN where it is undefined."""
        return self.statistic(weights)
