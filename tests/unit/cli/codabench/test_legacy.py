"""Bundles of CodaLab, 1.5 and 1.8: what Codabench's own reader gets wrong is right here."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from challenge_platform.cli.codabench.report import Kind
from tests.unit.cli.codabench.bundles import Packed, changes, imported, lines


@pytest.fixture
def wards(bundle: Callable[[str], Packed]) -> Packed:
    """Give the bundle of CodaLab 1.8, whose programs and data are archives."""
    packed = bundle("wards")
    for name in ("scorer", "reference"):
        shutil.make_archive(str(packed.folder / name), "zip", packed.folder / name)
        shutil.rmtree(packed.folder / name)
    return packed


def draft(packed: Packed, folder: Path, name: str) -> dict[str, object]:
    """Import, and give a file of the draft."""
    imported(packed, to=folder / "draft")
    found: dict[str, object] = yaml.safe_load((folder / "draft" / name).read_text())
    return found


def test_a_phase_ends_when_the_next_begins_and_the_last_at_the_end(
    wards: Packed, tmp_path: Path
) -> None:
    phases = draft(wards, tmp_path, "challenge.yaml")["phases"]

    assert isinstance(phases, list)
    assert [(phase["opens"], phase["closes"]) for phase in phases] == [
        ("2026-10-01T00:00:00+00:00", "2026-11-01T18:30:00+00:00"),
        ("2026-11-01T18:30:00+00:00", "2026-12-24T00:00:00+00:00"),
    ]


def test_999_stands_for_no_limit(wards: Packed, tmp_path: Path) -> None:
    phases = draft(wards, tmp_path, "challenge.yaml")["phases"]

    assert isinstance(phases, list)
    assert [phase["limit"] for phase in phases] == [
        {"n": 5, "per": "24h"},
        {"n": 1, "per": "24h"},
    ]
    assert changes(imported(wards))["phases[1].max_submissions"] == ("999", "no limit")


def test_registration_by_approval_needs_a_decision_and_is_not_turned_round(wards: Packed) -> None:
    assert "has_registration" in lines(imported(wards), Kind.DECIDE)
    without = wards.change("has_registration: true", "has_registration: false")
    assert "has_registration" not in lines(imported(without), Kind.DECIDE)


def test_columns_stand_by_rank_with_what_they_are_computed_of(
    wards: Packed, tmp_path: Path
) -> None:
    columns = draft(wards, tmp_path, "bundle.yaml")["columns"]

    assert isinstance(columns, list)
    told = [(each["key"], each["direction"], each["precision"]) for each in columns]
    assert told == [("first", "maximize", 3), ("mean", "maximize", 2)]
    assert columns[1]["computed"] == "Avg of first, second"


def test_each_phase_is_a_task_whose_program_runs_by_the_older_words(
    wards: Packed, tmp_path: Path
) -> None:
    tasks = draft(wards, tmp_path, "bundle.yaml")["tasks"]

    assert isinstance(tasks, list)
    assert [task["command"] for task in tasks] == [
        ["python", "/app/program/score.py", "/app/input", "/app/output"]
    ] * 2


def test_parents_pages_of_html_and_other_leaderboards_are_told(wards: Packed) -> None:
    report = imported(wards)

    assert "phases[1].is_parallel_parent" in changes(report)
    assert "phases[2].parent_phasenumber" in changes(report)
    assert "is HTML" in lines(report, Kind.DECIDE)["overview.html"]
    assert "'Others'" in lines(report, Kind.DROPPED)["leaderboard"]
    assert {"anonymous_leaderboard", "force_submission_to_leaderboard"} <= set(
        lines(report, Kind.DROPPED)
    )
