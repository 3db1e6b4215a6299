"""Rows that took long to measure are taken over into subgroups as if they were measured again."""

import numpy as np

from scorers.segmentation.overlap import dice
from scorers.weighted.per_row import MeanOfCostlyRows

RNG = np.random.default_rng(0)
TRUE, GIVEN = (list(RNG.integers(0, 2, (40, 6, 5))) for _ in range(2))
MEASURED = (RNG.random(40) < 0.7).astype(float)
PARAMS = {"mask": "m", "predicted": "m", "labels": [1]}


def test_the_mean_among_some_rows_is_that_of_measuring_them_alone() -> None:
    TRUE[3][:] = 0  # an image without the structure is no event
    chosen = np.array([3, 1, 4, 15, 9, 26, 5, 35])
    truth, prediction = {"m": TRUE, "on": MEASURED}, {"m": GIVEN}

    whole = dice(truth, prediction, where="on", **PARAMS)  # type: ignore[arg-type]
    assert isinstance(whole, MeanOfCostlyRows)
    found = whole.among(chosen)

    alone = dice(
        {"m": [TRUE[row] for row in chosen], "on": MEASURED[chosen]},  # type: ignore[dict-item]
        {"m": [GIVEN[row] for row in chosen]},  # type: ignore[dict-item]
        where="on",
        **PARAMS,  # type: ignore[arg-type]
    )
    assert found.rows.tolist() == alone.rows.tolist()
    assert found.values.tolist() == alone.values.tolist()
    assert (found.events, found.value, found.units) == (alone.events, alone.value, alone.units)
    assert 0 < alone.units < len(chosen)
    again = found.among(np.array([1, 2, 0]))
    assert again.units == int(MEASURED[chosen][[1, 2, 0]].sum())
