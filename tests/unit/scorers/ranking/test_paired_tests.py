"""Two teams are told apart by swapping what they predicted, or by the resamples that they share."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from sksurv.metrics import concordance_index_censored

from scorers.definition import ScoringDefinition
from scorers.metric import Reason, Undefined
from scorers.ranking.paired_tests import PairedTest, paired_bootstrap_p, paired_permutation

PARAMS = {"event": "event", "time": "time", "risk": "risk"}


def scoring(*weights: float, risk: str = "risk") -> ScoringDefinition:
    """Score by C, or by a weighted sum of it."""
    c: dict[str, Any] = {"key": "c", "metric": "harrell_c", "params": {**PARAMS, "risk": risk}}
    total = {"key": "sum", "metric": "weighted_sum", "direction": "maximize"}
    metrics = [c, *({**total, "params": {"c": weight}} for weight in weights)]
    metrics[-1]["primary"] = True
    return ScoringDefinition.model_validate({"metrics": metrics})


def c_of(truth: dict[str, Any], risk: Any, /) -> float:
    return float(concordance_index_censored(truth["event"] == 1, truth["time"], risk)[0])


@pytest.fixture
def truth() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {"event": rng.integers(0, 2, 8), "time": rng.permutation(8) + 1.0}


def test_the_p_is_that_of_all_ways_to_swap(truth: dict[str, Any]) -> None:
    rng = np.random.default_rng(1)
    good, bad = rng.permutation(8) + 0.0, rng.permutation(8) + 0.0
    drawn = []
    for swap in product([0, 1], repeat=8):
        mixed = np.where(swap, bad, good), np.where(swap, good, bad)
        drawn.append(abs(c_of(truth, mixed[0]) - c_of(truth, mixed[1])))

    found = paired_permutation(
        scoring(), truth, {"risk": good}, {"risk": bad}, seed=0, swaps=20_000
    )

    assert isinstance(found, PairedTest)
    assert found.difference == pytest.approx(c_of(truth, good) - c_of(truth, bad), abs=1e-12)
    assert found.p == pytest.approx(np.mean(np.array(drawn) >= drawn[0] - 1e-12), abs=0.02)


def test_the_scale_of_a_team_does_not_matter_where_only_the_order_does(
    truth: dict[str, Any],
) -> None:
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(2, 8))

    once, scaled = (
        paired_permutation(scoring(), truth, {"risk": first}, {"risk": other}, seed=0)
        for other in (second, 1e6 + 100 * second)
    )

    assert once == scaled


@pytest.mark.parametrize("weight", [1.0, 3.0])
def test_a_combination_is_tested_as_its_parts_are(truth: dict[str, Any], weight: float) -> None:
    first, second = ({"risk": risk} for risk in np.random.default_rng(1).normal(size=(2, 8)))

    plain = paired_permutation(scoring(), truth, first, second, seed=0)
    summed = paired_permutation(scoring(weight), truth, first, second, seed=0)

    assert isinstance(plain, PairedTest)
    assert isinstance(summed, PairedTest)
    assert summed.p == plain.p
    assert summed.difference == pytest.approx(weight * plain.difference)


def test_a_team_does_not_differ_from_itself(truth: dict[str, Any]) -> None:
    team = {"risk": np.arange(8.0)}

    found = paired_permutation(scoring(), truth, team, team, seed=0)

    assert found == PairedTest(difference=0.0, p=1.0)


def test_the_rows_of_a_unit_are_swapped_together(truth: dict[str, Any]) -> None:
    first, second = ({"risk": risk} for risk in np.random.default_rng(1).normal(size=(2, 8)))

    found = paired_permutation(
        scoring(), truth, first, second, seed=0, unit_of_row=np.zeros(8, dtype=np.intp)
    )

    # All or none is swapped: the difference keeps its size.
    assert isinstance(found, PairedTest)
    assert found.p == 1.0


def test_a_clear_difference_is_found_and_the_seed_decides() -> None:
    rng = np.random.default_rng(3)
    time = rng.exponential(size=200)
    truth = {"event": np.ones(200), "time": time}
    good, noise = {"risk": -time + 0.1 * rng.normal(size=200)}, {"risk": rng.normal(size=200)}

    first, again = (
        paired_permutation(scoring(), truth, good, noise, seed=5, swaps=300) for _ in range(2)
    )
    worse = paired_permutation(scoring(), truth, noise, good, seed=5, swaps=300)

    assert isinstance(first, PairedTest)
    assert first == again
    assert first.p == 1 / 301
    assert isinstance(worse, PairedTest)
    assert worse.difference == -first.difference


def test_equal_teams_are_rarely_told_apart() -> None:
    told = []
    for number in range(120):
        rng = np.random.default_rng(number)
        hazard = rng.normal(size=40)
        time = rng.exponential(np.exp(-hazard))
        truth = {"event": (time < 1).astype(int), "time": np.minimum(time, 1)}
        first, second = ({"risk": hazard + rng.normal(size=40)} for _ in range(2))
        found = paired_permutation(scoring(), truth, first, second, seed=number, swaps=99)
        assert isinstance(found, PairedTest)
        told.append(found.p <= 0.05)

    assert np.mean(told) <= 0.11  # 5 %, and three standard errors of 2 %


def test_without_a_score_there_is_no_test(truth: dict[str, Any]) -> None:
    team = {"risk": np.arange(8.0)}

    found = paired_permutation(scoring(), {**truth, "event": np.zeros(8)}, team, team, seed=0)

    assert found == Undefined(Reason.NO_EVENTS)


@pytest.mark.parametrize(
    ("gains", "expected"),
    [
        ([1.0] * 99, 2 / 100),
        ([-1.0] * 99, 2 / 100),
        ([1.0] * 90 + [-1.0] * 9, 20 / 100),
        ([0.0] * 9, 1.0),
        ([1.0] * 99 + [np.nan] * 50, 2 / 100),
        ([np.nan], 1.0),
    ],
)
def test_the_bootstrap_p_counts_the_resamples_on_the_other_side(
    gains: list[float], expected: float
) -> None:
    score = np.linspace(0.5, 0.6, len(gains))

    assert paired_bootstrap_p(score + gains, score) == pytest.approx(expected)
    assert paired_bootstrap_p(score, score + gains, direction="minimize") == pytest.approx(expected)
