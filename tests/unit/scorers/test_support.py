"""A score says what it rests on, and has no interval where that is too little."""

from typing import Any

import numpy as np
import pytest

from scorers.definition import ScoringDefinition
from scorers.document import Score
from scorers.scoring import score
from scorers.split import Split
from scorers.uncertainty.intervals import NoInterval

LABELLED = {"label": "y", "predicted": "p"}
METRICS: list[dict[str, Any]] = [
    {"key": "auroc", "metric": "auroc", "params": {"label": "y", "score": "p"}},
    {"key": "ece", "metric": "ece", "params": {"label": "y", "probability": "p"}},
    {"key": "mcc", "metric": "binary_mcc", "params": LABELLED},
    {"key": "sensitivity", "metric": "sensitivity", "params": LABELLED},
    {"key": "rmse", "metric": "rmse", "params": {"value": "y", "predicted": "p"}},
    {"key": "ccc", "metric": "ccc", "params": {"value": "y", "predicted": "p"}},
    {
        "key": "sum",
        "metric": "weighted_sum",
        "params": {"auroc": 0.5, "ece": 0.5},
        "direction": "maximize",
        "primary": True,
    },
]


def scored(*, positives: int, negatives: int, called: int) -> dict[str, Score]:
    """Score rows of which so many are positive, and so many of both kinds called positive."""
    scoring = ScoringDefinition.model_validate({"metrics": METRICS, "resamples": 100})
    rng = np.random.default_rng(0)
    rows = positives + negatives
    order = rng.permutation(rows)
    p: Any = np.where(np.arange(rows) < called, 0.5, 0.1) + rng.random(rows) / 10
    split = Split(
        name="all",
        rows=np.arange(rows),
        truth={"y": (np.arange(rows) < positives).astype(float)},
        prediction={"p": p[order]},
        unit_of_row=np.arange(rows),
        units=rows,
        strata=None,
    )
    return dict(score(scoring, split, seed=1).scores)


def test_enough_of_all_that_a_score_rests_on_gives_an_interval() -> None:
    found = scored(positives=250, negatives=250, called=250)

    for key in ("auroc", "mcc", "sensitivity", "rmse"):
        assert found[key].interval is not None
        assert found[key].no_interval is None


@pytest.mark.parametrize(("positives", "negatives"), [(19, 281), (281, 19)])
def test_the_rarer_outcome_is_what_a_score_rests_on(positives: int, negatives: int) -> None:
    found = scored(positives=positives, negatives=negatives, called=150)

    assert found["auroc"].no_interval is NoInterval.FEW_EVENTS
    assert found["auroc"].value is not None
    assert found["auroc"].events == positives


@pytest.mark.parametrize("called", [19, 281])
def test_a_correlation_rests_on_the_rarer_call_too(called: int) -> None:
    found = scored(positives=150, negatives=150, called=called)

    assert found["mcc"].no_interval is NoInterval.FEW_EVENTS
    assert found["sensitivity"].interval is not None


def test_a_metric_may_need_more_units_than_others() -> None:
    found = scored(positives=249, negatives=250, called=250)
    fewer = scored(positives=49, negatives=50, called=50)

    assert found["rmse"].no_interval is NoInterval.FEW_UNITS
    assert found["auroc"].interval is not None
    assert found["ccc"].interval is not None
    assert fewer["ccc"].no_interval is NoInterval.FEW_UNITS
    assert fewer["auroc"].interval is not None


def test_a_biased_score_has_no_interval_nor_has_a_sum_with_it() -> None:
    found = scored(positives=150, negatives=150, called=150)

    assert found["ece"].no_interval is NoInterval.BIASED
    assert found["sum"].no_interval is NoInterval.BIASED
    assert found["sum"].interval is None


def test_a_score_that_no_resample_moves_says_so() -> None:
    scoring = ScoringDefinition.model_validate(
        {"metrics": [{**METRICS[0], "primary": True}], "resamples": 100}
    )
    split = Split(
        name="all",
        rows=np.arange(100),
        truth={"y": np.repeat([0.0, 1.0], 50)},
        prediction={"p": np.full(100, 0.5)},
        unit_of_row=np.arange(100),
        units=100,
        strata=None,
    )

    found = score(scoring, split, seed=1).scores["auroc"]

    assert (found.value, found.interval, found.no_interval) == (0.5, None, NoInterval.UNMOVED)
