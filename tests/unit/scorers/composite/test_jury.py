"""A jury's marks become a share, and the share a part of the final score."""

from collections.abc import Mapping

import pytest

from scorers.composite.jury import Criterion, InvalidMarks, final_score, jury_share

CRITERIA = {"clarity": Criterion(weight=3, highest=5), "speed": Criterion(weight=1, highest=10)}


@pytest.mark.parametrize(
    ("marks", "share"),
    [
        ([{"clarity": 5, "speed": 10}], 1.0),
        ([{"clarity": 0, "speed": 0}], 0.0),
        ([{"clarity": 5, "speed": 0}], 0.75),
        ([{"clarity": 4, "speed": 10}, {"clarity": 2, "speed": 10}], 0.7),
    ],
)
def test_the_share_is_the_weighted_mean_of_the_marks(
    marks: list[Mapping[str, float]], share: float
) -> None:
    assert jury_share(marks, criteria=CRITERIA) == pytest.approx(share, rel=1e-12)


@pytest.mark.parametrize(
    ("marks", "says"),
    [
        ([], "there must be a juror"),
        ([{"clarity": 1, "speed": 1}, {"clarity": 1}], "juror 2 must mark clarity, speed"),
        ([{"clarity": 1, "speed": 1, "style": 1}], "juror 1 must mark clarity, speed"),
        ([{"clarity": 6, "speed": 1}], "juror 1 must mark clarity from 0 to 5"),
        ([{"clarity": -1, "speed": 1}], "juror 1 must mark clarity from 0 to 5"),
        ([{"clarity": float("nan"), "speed": 1}], "juror 1 must mark clarity from 0 to 5"),
    ],
)
def test_marks_that_do_not_fit_are_refused(marks: list[Mapping[str, float]], says: str) -> None:
    with pytest.raises(InvalidMarks, match=says):
        jury_share(marks, criteria=CRITERIA)


@pytest.mark.parametrize(("weight", "highest"), [(0, 5), (1, 0), (-1, 5), (1, float("nan"))])
def test_a_criterion_that_cannot_count_is_refused(weight: float, highest: float) -> None:
    with pytest.raises(InvalidMarks, match="above 0"):
        Criterion(weight=weight, highest=highest)


@pytest.mark.parametrize(
    ("score", "jury", "final"),
    [(1, 1, 1), (0.2, 0, 0), (0.2, 1, 0.2), (0.8, 0.5, 0.7), (0, 0, -0.2)],
)
def test_the_final_score_rescales_by_the_dummy_and_adds_the_jury(
    score: float, jury: float, final: float
) -> None:
    assert final_score(score, dummy=0.2, jury=jury, weight=0.8) == pytest.approx(final, abs=1e-15)


@pytest.mark.parametrize(
    ("dummy", "jury", "weight"), [(1, 0.5, 0.8), (0.2, 1.1, 0.8), (0.2, -0.1, 0.8), (0.2, 0.5, 1.2)]
)
def test_a_final_score_of_numbers_out_of_range_is_refused(
    dummy: float, jury: float, weight: float
) -> None:
    with pytest.raises(ValueError, match="must be from 0 to 1, and dummy below 1"):
        final_score(0.5, dummy=dummy, jury=jury, weight=weight)
