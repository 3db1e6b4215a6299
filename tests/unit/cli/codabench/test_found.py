"""What public bundles were found to hold, in bundles of our own; docs/how-to/import.md lists it."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from challenge_platform.cli.codabench.report import Kind
from challenge_platform.errors import InvalidInput
from sandbox import End
from tests.fakes import FakePrograms
from tests.unit.cli.codabench.bundles import Packed, changes, imported, imported_with, lines

START = '"2026-10-01T08:00:00+00:00"'


def draft(packed: Packed, folder: Path, name: str = "challenge.yaml") -> dict[str, object]:
    """Import, and give a file of the draft."""
    imported(packed, to=folder / "draft")
    found: dict[str, object] = yaml.safe_load((folder / "draft" / name).read_text())
    return found


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-10-01 8:05:00", "2026-10-01T08:05:00+00:00"),
        ("2026-10-1 00:00:00+00:00", "2026-10-01T00:00:00+00:00"),
        ("2026-10-1 9:45:00 +2", "2026-10-01T07:45:00+00:00"),
        ("2026-10-1", "2026-10-01T00:00:00+00:00"),
    ],
)
def test_a_day_or_an_hour_of_one_digit_is_read(
    cells: Packed, tmp_path: Path, written: str, meant: str
) -> None:
    phases = draft(cells.change(START, written), tmp_path)["phases"]

    assert isinstance(phases, list)
    assert phases[0]["opens"] == meant


def test_a_text_that_python_2_marked_as_one_is_a_text(cells: Packed, tmp_path: Path) -> None:
    packed = cells.change("title: Grading of cells", "title: !!python/unicode 'Cells'")

    assert draft(packed, tmp_path)["title"] == {"en": "Cells", "fr": "Cells"}


def test_any_other_mark_of_python_is_refused(cells: Packed) -> None:
    packed = cells.change("title: Grading of cells", "title: !!python/object/apply:os.getcwd []")

    with pytest.raises(InvalidInput, match=r"competition\.yaml, line \d+, column \d+ is no YAML"):
        imported(packed)


def test_a_part_of_a_list_that_stands_too_far_right_is_told_with_its_line(cells: Packed) -> None:
    packed = cells.change("solutions:\n", "solutions:\n- index: 7\n  - index: 8\n")

    with pytest.raises(InvalidInput, match=r"line \d+, column 3 .*begin in the same column"):
        imported(packed)


@pytest.mark.parametrize(
    ("where", "key", "place"),
    [
        ("version: 2\n", "has_registration: true\n", "has_registration"),
        ("    name: Development\n", "    theme: dark\n", "phases[0].theme"),
        ("    name: Cells of the first ward\n", "    docker_image: a/b\n", "tasks[0].docker_image"),
        ("    key: main\n", "    theme: dark\n", "leaderboards[0].theme"),
        ("key: accuracy, ", "format: 5f, ", "columns.accuracy.format"),
    ],
)
def test_a_key_that_nothing_reads_is_told(cells: Packed, where: str, key: str, place: str) -> None:
    report = imported(cells.change(where, f"{where}{key}"))

    assert "is not read" in lines(report, Kind.DROPPED)[place]


def test_the_older_word_for_the_direction_of_a_column_counts(cells: Packed, tmp_path: Path) -> None:
    packed = cells.change("key: accuracy, index: 0, sorting: desc", "key: accuracy, sort: asc")

    columns = draft(packed, tmp_path, "bundle.yaml")["columns"]

    assert isinstance(columns, list)
    assert columns[0]["direction"] == "minimize"
    assert changes(imported(packed))["columns.accuracy.sorting"] == ("desc", "asc")


def test_what_phases_and_tasks_say_of_themselves_is_kept(cells: Packed, tmp_path: Path) -> None:
    packed = cells.change("    name: Final\n", "    name: Final\n    description: Send it once.\n")
    packed.change("    name: Cells of", "    description: Two lengths.\n    name: Cells of")

    tasks = draft(packed, tmp_path, "bundle.yaml")["tasks"]

    assert isinstance(tasks, list)
    assert tasks[0]["description"] == "Two lengths."
    overview = (tmp_path / "draft" / "pages" / "overview.en.md").read_text()
    assert overview.endswith("## Phases\n\n### Final\n\nSend it once.\n")


def test_a_folder_above_the_reference_data_does_not_become_public(
    cells: Packed, tmp_path: Path
) -> None:
    packed = cells.change("    name: Final\n", "    name: Final\n    public_data: ./\n")

    report = imported(packed, accept=("not-run", "public-files"), to=tmp_path / "draft")

    told = lines(report, Kind.DECIDE)["phases[1].public_data"]
    assert "by which anybody scores perfectly" in told
    assert list(tmp_path.glob("draft/public*")) == []


def test_a_solution_that_is_code_for_the_ingestion_program_may_be_left_out(cells: Packed) -> None:
    packed = cells.change(
        "    reference_data:", "    ingestion_program: scorer\n    reference_data:"
    )
    runner = FakePrograms(program=lambda _files: End.CRASHED)

    [undecided] = [
        item
        for item in imported_with(packed, runner).undecided
        if item.place == "Solution 0 on Cells of the first ward"
    ]

    assert undecided.code == "not-run"
    assert "is code for the ingestion program" in undecided.text


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("ModuleNotFoundError: No module named 'yaml'", "put it into the program's folder"),
        ("TypeError: a bytes-like object is required, not 'str'", "written for Python 2"),
        ("SyntaxError: Missing parentheses in call to 'print'. Did", "written for Python 2"),
    ],
)
def test_a_program_of_older_times_is_told_what_to_change(
    cells: Packed, said: str, hint: str
) -> None:
    runner = FakePrograms(program=lambda _files: End.CRASHED, log=said.encode())

    told = lines(imported_with(cells, runner), Kind.DECIDE)

    assert hint in told["Solution 0 on Cells of the first ward"]


def test_a_submission_that_is_given_is_scored_before_those_of_the_bundle(
    cells: Packed, tmp_path: Path
) -> None:
    given = tmp_path / "ours.zip"
    with zipfile.ZipFile(given, "w") as archive:
        archive.writestr("kinds.csv", "ours")
    seen: list[bytes] = []

    def program(files: Mapping[str, bytes]) -> bytes:
        seen.append(files["res/kinds.csv"])
        return b'{"accuracy": 1, "duration": 1}' if len(seen) == 1 else b'{"accuracy": 0}'

    report = imported_with(cells, FakePrograms(program=program), solution=given, accuracy=1)

    assert seen[0] == b"ours"
    assert list(report.scores) == [
        "ours.zip on Cells of the first ward",
        "Solution 0 on Cells of the first ward",
    ]
    assert report.undecided == []


@pytest.mark.parametrize(("name", "differ"), [("reference", False), ("pages", True)])
def test_tasks_that_are_made_of_the_same_are_one(cells: Packed, name: str, *, differ: bool) -> None:
    second = f"  - {{index: 1, scoring_program: scorer, reference_data: {name}}}\nsolutions:"
    packed = cells.change("solutions:", second)
    packed.change("    max_submissions_per_day: 1\n    tasks: [0]", "    tasks: [1]")

    assert ("phases" in lines(imported(packed), Kind.DECIDE)) is differ


def test_a_key_that_stands_twice_is_told_and_the_last_one_counts(
    cells: Packed, tmp_path: Path
) -> None:
    packed = cells.change("title: Grading of cells\n", "title: Cells\ntitle: Grading of cells\n")

    assert draft(packed, tmp_path)["title"] == {"en": "Grading of cells", "fr": "Grading of cells"}
    told = lines(imported(packed), Kind.CHANGED)
    assert told["competition.yaml, line 3"] == "'title' stands here again; the last one counts"
