"""Bundles of CodaLab, 1.5 and 1.8: what Codabench's own reader gets wrong is right here."""

import re
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
    assert "'Others'" in lines(report, Kind.CHANGED)["leaderboard"]
    assert {"anonymous_leaderboard", "force_submission_to_leaderboard"} <= set(
        lines(report, Kind.DROPPED)
    )


def test_phases_that_begin_together_are_open_together_until_a_later_one(
    wards: Packed, tmp_path: Path
) -> None:
    third = (
        "  3:\n    phasenumber: 3\n    label: Third\n    start_date: 2026-11-01 18:30:00\n"
        "    phase_never_ends: true\n    scoring_program: scorer.zip\n"
    )
    packed = wards.change("2026-10-01\n", "2026-11-01 18:30:00\n")
    packed.change("leaderboard:\n", f"{third}leaderboard:\n")

    phases = draft(packed, tmp_path, "challenge.yaml")["phases"]

    assert isinstance(phases, list)
    assert [phase.get("closes") for phase in phases] == ["2026-12-24T00:00:00+00:00"] * 2 + [None]
    report = imported(packed)
    assert "phases[3].end" in lines(report, Kind.DECIDE)


def test_phases_of_which_two_begin_together_end_at_the_next_beginning(
    wards: Packed, tmp_path: Path
) -> None:
    twin = (
        "  0:\n    phasenumber: 0\n    label: Zeroth\n    start_date: 2026-10-01\n"
        "    scoring_program: scorer.zip\n  1:\n"
    )
    packed = wards.change("  1:\n", twin)

    phases = draft(packed, tmp_path, "challenge.yaml")["phases"]

    assert isinstance(phases, list)
    assert [(phase["key"], phase["closes"]) for phase in phases] == [
        ("zeroth", "2026-11-01T18:30:00+00:00"),
        ("first", "2026-11-01T18:30:00+00:00"),
        ("second", "2026-12-24T00:00:00+00:00"),
    ]
    told = lines(imported(packed), Kind.CHANGED)["phases[0]"]
    assert "begins with the next; here both are open meanwhile" in told


def test_phases_are_called_by_their_numbers_and_stand_in_their_order(wards: Packed) -> None:
    packed = wards.change("  1:\n    phasenumber: 1", "  7:\n    phasenumber: 3")

    told = lines(imported(packed), Kind.IMPORTED)

    assert [place for place in told if re.fullmatch(r"phases\[\d\]", place)] == [
        "phases[2]",
        "phases[7]",
    ]


def test_the_columns_of_the_first_leaderboard_come_first_and_the_chosen_one_ranks(
    wards: Packed, tmp_path: Path
) -> None:
    packed = wards.change("{leaderboard: *results, label: Mean, rank: 2", "{label: Mean, rank: 0")
    packed.change("label: Mean, rank: 0", "leaderboard: {rank: 2}, label: Mean, rank: 0")
    packed.change("label: First, rank: 1", "label: First, rank: 5")
    second = "    other: {leaderboard: *results, label: Other, rank: 9, selection_default: 1}\n"
    text = (packed.folder / "competition.yaml").read_text()
    (packed.folder / "competition.yaml").write_text(text.rstrip() + "\n" + second)

    columns = draft(packed, tmp_path, "bundle.yaml")["columns"]

    assert isinstance(columns, list)
    assert [(each["key"], each["primary"]) for each in columns] == [
        ("first", False),
        ("other", True),
        ("mean", False),
    ]


def test_columns_without_a_direction_are_told_in_one_line(wards: Packed) -> None:
    changed = lines(imported(wards), Kind.CHANGED)

    assert changed["columns"] == "have no `sort`: first, mean"


def test_public_files_that_are_the_reference_data_can_not_be_accepted(wards: Packed) -> None:
    packed = wards.change(
        "    reference_data: reference.zip\n",
        "    reference_data: reference.zip\n    public_data: reference.zip\n",
    )

    report = imported(packed, accept=("not-run", "public-files"))

    assert (
        "by which anybody scores perfectly" in lines(report, Kind.DECIDE)["phases[1].public_data"]
    )


@pytest.mark.parametrize(
    ("where", "key"),
    [
        ("title: Wards of older times\n", "theme: dark"),
        ("    phasenumber: 1\n", "    theme: dark"),
    ],
)
def test_a_key_that_nothing_reads_is_told(wards: Packed, where: str, key: str) -> None:
    told = lines(imported(wards.change(where, f"{where}{key}\n")), Kind.DROPPED)

    assert "is not read" in told["phases[1].theme" if key.startswith(" ") else "theme"]


def test_hidden_results_and_columns_are_told(wards: Packed) -> None:
    more = "    leaderboard_management_mode: hide_results\n    hidden_columns: mean\n"
    packed = wards.change("    phasenumber: 2\n", f"    phasenumber: 2\n{more}")

    told = lines(imported(packed), Kind.DROPPED)

    assert {"phases[2].leaderboard_management_mode", "phases[2].hidden_columns"} <= set(told)


def test_a_program_may_run_for_a_day_at_most(wards: Packed, tmp_path: Path) -> None:
    packed = wards.change(
        "    phasenumber: 2\n", "    phasenumber: 2\n    execution_time_limit: 150000\n"
    )

    assert draft(packed, tmp_path, "challenge.yaml")["limits"] == {"seconds": 86400}
    assert changes(imported(packed))["execution_time_limit"] == ("150000", "86400")
