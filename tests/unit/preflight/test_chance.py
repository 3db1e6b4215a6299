"""What chance gives is that of all permutations; trials are judged together."""

from itertools import permutations

import numpy as np
import pytest

from challenge_platform.preflight.chance import Outcomes, moments, upper_tail
from challenge_platform.preflight.feature import Feature, Kind
from challenge_platform.preflight.finding import Severity
from challenge_platform.preflight.trials import Trial, corrected_p, judge, verdict


def test_the_moments_are_those_of_all_permutations_also_within_groups() -> None:
    feature, outcome = np.array([1.0, 5.0, 2.0, 9.0, 4.0]), np.array([0.0, 8.0, 1.0, 1.0, 3.0])
    centred = outcome - outcome.mean()
    dealt = np.array([np.array(order) @ centred for order in permutations(feature)])

    found = moments(feature, outcome)

    assert found.value == pytest.approx(feature @ centred)
    assert found.variance == pytest.approx((dealt**2).mean())
    assert found.third == pytest.approx((dealt**3).mean())

    twice = moments(
        np.tile(feature, 2), np.tile(outcome, 2), within=np.repeat([0.0, 1.0], len(feature))
    )
    assert twice == found + found
    assert moments(feature, outcome, within=np.full(5, -1.0)).p == 1


def test_what_is_rare_on_both_sides_meets_by_chance_more_often_than_the_normal_says() -> None:
    rare = np.zeros(600)
    rare[:3] = 1

    one_meets = moments(rare, np.roll(rare, 2))

    all_meet = moments(rare, rare)

    assert all_meet.p < 1e-4
    assert one_meets.z > 8
    assert one_meets.p > 0.003  # 1 - (597/600 choose 3) is 0.015; the normal says 1e-16
    assert upper_tail(2.0, skew=-5.0) == upper_tail(2.0, skew=0.0)


def test_many_columns_at_once_have_the_moments_of_each_and_what_is_nothing_within_groups_none() -> (
    None
):
    rng = np.random.Generator(np.random.PCG64(8))
    group = np.repeat([-1.0, 0.0, 1.0], [5, 40, 55])
    feature = rng.normal(size=100) + 3 * group
    told = [np.where(rng.random(100) < 0.1, np.nan, feature + 9 * rng.normal(size=100))]
    told += [rng.exponential(size=100), feature + rng.normal(size=100), -feature]

    plain = Outcomes(told).moments(feature)
    within = Outcomes(told).moments(feature, within=group)

    for found, outcome in zip(plain, told, strict=True):
        one = moments(feature, outcome)
        assert (found.value, found.variance, found.third) == pytest.approx(
            (one.value, one.variance, one.third)
        )
    assert within[2:] == [moments(feature, outcome, within=group) for outcome in told[2:]]
    assert (within[1].variance, within[1].p) == (0, 1)
    assert Outcomes([]).moments(feature) == []


def trial(p: float, *, kind: Kind = Kind.ORDER, weight: float = 1.0, gain: float = 0.2) -> Trial:
    feature = Feature(name="row_order", kind=kind, words="the place", values=np.arange(3.0))
    return Trial(feature=feature, about="m", p=p, weight=weight, gain=gain, words="says")


def test_probabilities_are_corrected_for_all_trials_by_their_weight() -> None:
    assert corrected_p([trial(0.01), trial(0.04), trial(0.5)]) == pytest.approx([0.03, 0.08, 0.5])
    assert corrected_p([trial(0.01, weight=3), trial(0.5)])[0] == pytest.approx(0.01 / 0.75)
    one, *_ = corrected_p([trial(0.001), *(trial(0.5, kind=Kind.MARK) for _ in range(900))])
    assert one == pytest.approx(0.0012)
    assert corrected_p([]) == []


def test_marks_that_are_many_are_one_probe_of_each_name() -> None:
    findings, probes = judge([trial(p, kind=Kind.MARK) for p in (0.5, 0.2, 0.9)])

    assert findings == []
    assert [probe.p for probe in probes] == [pytest.approx(0.6)]


@pytest.mark.parametrize(
    ("kind", "gain", "p", "severity"),
    [
        (Kind.ORDER, 0.01, 0.009, Severity.BLOCK),
        (Kind.MARK, 0.01, 0.03, Severity.WARN),
        (Kind.MARK, 0.9, 0.06, None),
        (Kind.SHAPE, 0.05, 1e-9, None),
        (Kind.SHAPE, 0.2, 0.03, Severity.WARN),
        (Kind.DETAIL, 0.6, 0.009, Severity.BLOCK),
        (Kind.DETAIL, 0.6, 0.02, Severity.WARN),
    ],
)
def test_what_blocks_is_sure_and_of_a_form_also_large(
    kind: Kind, gain: float, p: float, severity: Severity | None
) -> None:
    assert verdict(kind, gain=gain, p=p) is severity
