"""The pre-flight finds what ANNITIA gave away, and passes its landmark and every challenge here."""

from collections.abc import Callable

import pytest

from challenge_platform.preflight.check import check
from challenge_platform.preflight.finding import Report
from tests.unit.challenges.conftest import CHALLENGES, SCALES, BuiltChallenge

Build = Callable[[str], BuiltChallenge]
OTHERS = sorted(
    path.parent.name
    for path in CHALLENGES.glob("*/challenge.yaml")
    if not path.parent.name.startswith("annitia")
)


def report_of(built: BuiltChallenge) -> Report:
    made = built.made
    return check(
        built.definition,
        public=made.public,
        hidden=made.hidden,
        sample=made.sample,
        truth=made.truth,
    )


def test_both_leaks_of_annitia_are_found_and_would_stop_it_were_they_not_accepted(
    challenge_of: Build,
) -> None:
    report = report_of(challenge_of("annitia-twin"))

    found = {(each.code, each.about) for each in report.findings if each.severity == "block"}
    assert found >= {
        ("leak_follow_up", "c_death"),
        ("leak_row_order", "death"),
        ("measured_after_event", "evenements_hepatiques_age_occur"),
        ("undeclared_code", "T2DM"),
    }
    (follow_up,) = [p for p in report.probes if (p.name, p.metric) == ("follow_up", "c_death")]
    assert follow_up.score == pytest.approx(0.974, abs=0.005)
    assert report.blocking == []
    assert report.unused == []
    assert not [each for each in report.findings if report.accepted(each) is None]


def test_the_landmark_of_annitia_has_no_finding(challenge_of: Build) -> None:
    report = report_of(challenge_of("annitia-landmark"))

    assert report.findings == []
    assert {probe.name for probe in report.probes} >= {"row_order", "visits", "missing_count"}


@pytest.mark.slow
@pytest.mark.parametrize("slug", OTHERS)
def test_every_challenge_could_be_published(slug: str, challenge_of: Build) -> None:
    report = report_of(challenge_of(slug))

    assert report.blocking == []
    if slug not in SCALES:  # of a part of the data, not all that is accepted shows
        assert report.unused == []
    assert report.power is not None
