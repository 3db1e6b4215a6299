"""A truth that cannot be scored is a finding, not an accident."""

from collections.abc import Callable
from pathlib import Path

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.preflight.check import check
from challenge_platform.preflight.finding import Finding, Severity, limited
from tests.unit.preflight.small import Rows, cohort

Write = Callable[[Rows], tuple[Path, Path, bytes]]


def test_a_truth_without_a_column_or_with_an_empty_cell_is_found(
    survival: ChallengeDefinition, write: Write
) -> None:
    public, hidden, truth = write(cohort(leaky=False, people=90))
    renamed = truth.replace(b"death_time", b"time", 1)
    empty = truth.rstrip(b"\n").rpartition(b",")[0] + b",\n"

    for broken, about, why in (
        (renamed, "death_time", "has no such column"),
        (empty, "c_death", "is empty"),
    ):
        report = check(survival, public=public, hidden=hidden, sample=hidden, truth=broken)

        (found,) = report.blocking
        assert (found.code, found.about) == ("not_scored", about)
        assert why in found.message
        assert report.power is None


def test_findings_that_are_many_are_counted_past_the_fifth() -> None:
    many = [
        Finding(
            code="leak_visits", severity=Severity.WARN, about="c", message="so", repair="", row=row
        )
        for row in range(2, 10)
    ]

    told = list(limited([*many, *many]))

    assert [each.message for each in told] == ["so"] * 5 + ["and 3 more such"]
    assert list(limited(many[:5])) == many[:5]
