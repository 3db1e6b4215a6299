"""Rows of two classes with a predicted number each, which binary metrics measure."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from scorers.columns import aligned, flags, numbers, rows_of
from scorers.metric import Columns, Reason, Vector, Weights
from scorers.weighted.counts import in_chunks
from scorers.weighted.measured import Measured


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """The rows that are measured: which are positive, and what is predicted of each.

    `rows` are places in the columns, which have `total` rows; `positive` and `predicted` have one
    value for each of `rows`.
    """

    rows: NDArray[np.intp]
    positive: NDArray[np.bool_]
    predicted: Vector
    total: int

    @classmethod
    def read(
        cls,
        truth: Columns,
        prediction: Columns,
        /,
        *,
        label: str,
        predicted: str,
        where: str | None,
        reader: Callable[..., Vector] = numbers,
    ) -> Self:
        """Read the truth column `label` (0 or 1) and the column `predicted` of the prediction.

        `reader` is `numbers` or `probabilities` of scorers.columns. Raises InvalidColumns if a
        column is missing, does not hold what it should, or is not as long as the other.
        """
        aligned(truth, [label], prediction=prediction, predicted=[predicted])
        rows = rows_of(truth, label, where=where)
        return cls(
            rows=rows,
            positive=flags(truth, label, rows=rows),
            predicted=reader(prediction, predicted, rows=rows),
            total=len(truth[label]),
        )

    @property
    def events(self) -> int:
        """Rows that are positive."""
        return int(self.positive.sum())

    @property
    def one_class(self) -> bool:
        """Whether the truth does not vary."""
        return self.events in (0, len(self.rows))

    def measured(
        self,
        statistic: Callable[[Weights], Vector],
        /,
        *,
        undefined: Reason,
        called: NDArray[np.bool_] | None = None,
    ) -> Measured:
        """Return the metric that `statistic` computes from weights of all rows of the columns.

        `undefined` says why its value is NaN, if it is for each row counted once. `called` says of
        each row whether it is called positive, for a metric that rests on both calls too.
        """
        sides = [self.positive, ~self.positive, *([] if called is None else [called, ~called])]
        return Measured(
            statistic=partial(in_chunks, statistic),
            rows=self.total,
            units=len(self.rows),
            events=self.events,
            rarest=min(int(side.sum()) for side in sides),
            undefined=undefined,
        )
