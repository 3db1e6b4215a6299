"""What ANNITIA gave away is found, and a landmark of the same people passes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.preflight.check import check
from challenge_platform.preflight.finding import Report, Severity
from tests.unit.preflight.small import Rows, cohort

Write = Callable[[Rows], tuple[Path, Path, bytes]]


def report_of(definition: ChallengeDefinition, made: tuple[Path, Path, bytes]) -> Report:
    public, hidden, truth = made
    return check(definition, public=public, hidden=hidden, sample=hidden, truth=truth)


@pytest.fixture
def leaky(survival: ChallengeDefinition, write: Write) -> Report:
    return report_of(survival, write(cohort(leaky=True)))


def test_follow_up_that_ends_with_death_blocks(leaky: Report) -> None:
    found = [each for each in leaky.findings if each.code == "leak_follow_up"]

    assert {(each.about, each.severity) for each in found} >= {("c_death", Severity.BLOCK)}
    assert found[0] in leaky.blocking
    (probe,) = [p for p in leaky.probes if (p.name, p.metric) == ("follow_up", "c_death")]
    assert probe.score is not None
    assert probe.score > 0.9


def test_the_order_of_the_rows_blocks_in_test_and_in_training(leaky: Report) -> None:
    found = {each.about: each for each in leaky.findings if each.code == "leak_row_order"}

    assert found["c_death"].severity is Severity.BLOCK
    assert found["death"].severity is Severity.BLOCK
    assert found["death"].file == "train.csv"


def test_measurements_after_the_event_block_with_their_first_row(leaky: Report) -> None:
    (found,) = [each for each in leaky.findings if each.code == "measured_after_event"]

    assert (found.severity, found.about, found.file) == (
        Severity.BLOCK,
        "death_age_occur",
        "train.csv",
    )
    assert found.row is not None


def test_a_landmark_of_the_same_people_passes(survival: ChallengeDefinition, write: Write) -> None:
    report = report_of(survival, write(cohort(leaky=False)))

    assert report.findings == []
    assert {probe.name for probe in report.probes} >= {"row_order", "id_order", "perfect"}
