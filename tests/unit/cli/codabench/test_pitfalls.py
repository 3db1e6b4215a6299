"""Each of the 21 pitfalls of bundles that were met, by its number in docs/how-to/import.md."""

import re
import zipfile
from pathlib import Path

import pytest
import yaml

from challenge_platform.cli.codabench.files import Files
from challenge_platform.cli.codabench.report import Kind, Report
from challenge_platform.errors import InvalidInput
from tests.unit.cli.codabench.bundles import (
    COMPETITION,
    Packed,
    answering,
    changes,
    imported,
    imported_with,
    lines,
)

MERGED = "a: &a {k: 1}\n" + "".join(
    f"{name}: &{name} {{<<: [{', '.join([f'*{above}'] * 500)}]}}\n"
    for above, name in ("ab", "bc", "cd")
)
"""Two thousand words that would become a hundred million keys."""

NESTED = "a: &a [k, k]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{above}'] * 30)}]\n"
    for above, name in ("ab", "bc", "cd", "de", "ef")
)
"""A few words that would be fifty million where they are told."""

START = '"2026-10-01T08:00:00+00:00"'


def test_nothing_is_undecided_of_a_bundle_in_which_nothing_is_amiss(cells: Packed) -> None:
    report = imported(cells)

    assert lines(report, Kind.DECIDE) == {}
    assert set(changes(report)) == {"pages", "title", "solutions", "scoring"}
    assert "columns.accuracy" in lines(report, Kind.IMPORTED)


@pytest.mark.parametrize("version", ["", "version: 1.5\n"])
def test_1_a_bundle_is_known_by_its_shape_whatever_version_it_says(
    cells: Packed, version: str
) -> None:
    report = imported(cells.change("version: 2\n", version))

    assert changes(report)["version"] == ("1.5" if version else None, "2")
    assert "tasks[0]" in lines(report, Kind.IMPORTED)


def test_2_an_unquoted_time_keeps_its_time_of_day(cells: Packed, tmp_path: Path) -> None:
    packed = cells.change(START, "2026-10-01T08:00:00Z")

    report = imported(packed, to=tmp_path / "draft")

    assert changes(report)["phases[0].start"] == (
        "2026-10-01T00:00:00",
        "2026-10-01T08:00:00+00:00",
    )
    assert phases(tmp_path)[0]["opens"] == "2026-10-01T08:00:00+00:00"


def test_3_a_zone_is_heeded(cells: Packed, tmp_path: Path) -> None:
    report = imported(cells.change(START, '"2026-10-01T08:00:00+02:00"'), to=tmp_path / "draft")

    assert changes(report)["phases[0].start"] == (
        "2026-10-01T08:00:00+00:00",
        "2026-10-01T06:00:00+00:00",
    )
    assert phases(tmp_path)[0]["opens"] == "2026-10-01T06:00:00+00:00"


@pytest.mark.parametrize(
    ("written", "opens", "told"),
    [
        ("8-7-2026", "2026-08-07T00:00:00+00:00", ("2026-07-08", "2026-08-07")),
        ("1-30-2026", "2026-01-30T00:00:00+00:00", None),
        ("6-6-2026", "2026-06-06T00:00:00+00:00", None),
        ("8-7-2026 18:30", "2026-08-07T18:30:00+00:00", ("2026-07-08", "2026-08-07")),
    ],
)
def test_4_the_month_comes_first_in_that_form_alone(
    cells: Packed, tmp_path: Path, written: str, opens: str, told: tuple[str, str] | None
) -> None:
    report = imported(cells.change(START, written), to=tmp_path / "draft")

    assert changes(report).get("phases[0].start") == told
    assert phases(tmp_path)[0]["opens"] == opens


def test_4_a_day_that_no_calendar_has_needs_a_decision(cells: Packed) -> None:
    report = imported(cells.change(START, "30-30-2026"))

    assert "is no time that can be read" in lines(report, Kind.DECIDE)["phases[0].start"]


@pytest.mark.parametrize(
    ("old", "key"),
    [
        ("max_submissions: 2\n", "max_submissions"),
        ("max_submissions_per_day: 1\n", "max_submissions_per_day"),
    ],
)
def test_5_a_limit_of_0_needs_a_decision(cells: Packed, old: str, key: str) -> None:
    report = imported(cells.change(old, f"{key}: 0\n"))

    assert (
        "proposed: a phase that only earlier submissions go on to"
        in (lines(report, Kind.DECIDE)[f"phases[1].{key}"])
    )


def test_6_leaderboards_beside_the_first_are_listed(cells: Packed) -> None:
    with (cells.folder / COMPETITION).open("a", encoding="utf-8") as file:
        file.write("  - {title: Of the jury, key: jury, columns: []}\n")

    assert "'Of the jury'" in lines(imported(cells), Kind.DROPPED)["leaderboards"]


def test_7_a_single_leaderboard_is_accepted(cells: Packed) -> None:
    report = imported(cells.change("leaderboards:", "leaderboard:"))

    assert "leaderboard" in changes(report)
    assert "columns.accuracy" in lines(report, Kind.IMPORTED)


def test_8_one_folder_around_everything_is_entered(cells: Packed) -> None:
    cells.prefix = "grading/"

    report = imported(cells)

    assert changes(report)[COMPETITION] == (f"grading/{COMPETITION}", COMPETITION)
    assert "tasks[0]" in lines(report, Kind.IMPORTED)


def test_8_a_bundle_without_competition_yaml_is_refused(cells: Packed) -> None:
    cells.prefix = "one/two/"

    with pytest.raises(InvalidInput, match=r"has no competition\.yaml"):
        imported(cells)


def test_9_forks_of_macos_are_left_out(cells: Packed) -> None:
    report = imported(cells.add(f"__MACOSX/._{COMPETITION}", b"\0\5\x16\7"))

    assert lines(report, Kind.DROPPED)["cells.zip"].startswith("1 files that a system")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_10_a_file_that_is_there_twice_counts_once_if_its_bytes_are_the_same(
    cells: Packed,
) -> None:
    same = (cells.folder / "scorer/score.py").read_bytes()

    report = imported(cells.add("scorer/score.py", same))

    assert "cells.zip" in changes(report)
    with pytest.raises(InvalidInput, match=r"scorer/score\.py twice, with different bytes"):
        imported(cells.add("scorer/score.py", b"print()\n"))


@pytest.mark.parametrize("name", ["scorer", "scorer/", "./scorer/"])
def test_11_a_folder_is_found_with_or_without_a_slash(cells: Packed, name: str) -> None:
    report = imported(cells.change("scorer/", name))

    assert lines(report, Kind.DECIDE) == {}


def test_11_a_zip_in_the_bundle_is_unpacked(cells: Packed, tmp_path: Path) -> None:
    with zipfile.ZipFile(cells.folder / "scorer.zip", "w") as archive:
        for path in (cells.folder / "scorer").iterdir():
            archive.write(path, path.name)

    report = imported(cells.change("scorer/", "scorer.zip"), to=tmp_path / "draft")

    assert lines(report, Kind.DECIDE) == {}
    assert (tmp_path / "draft/scorer/0/score.py").is_file()


def test_11_a_data_set_of_the_server_is_told_and_not_fetched(cells: Packed) -> None:
    uuid = "0a1b2c3d-0000-4000-8000-0123456789ab"

    report = imported(cells.change("reference_data: reference", f"reference_data: {uuid}"))

    told = lines(report, Kind.DECIDE)["tasks[0].reference_data"]
    assert told == f"{uuid} is a data set of the server it came from, and not in the bundle"


@pytest.mark.parametrize("name", ["absent", "../inner", "/etc"])
def test_11_what_the_bundle_lacks_is_told_and_sought_nowhere_else(cells: Packed, name: str) -> None:
    report = imported(cells.change("reference_data: reference", f"reference_data: {name}"))

    assert "is not in the bundle" in lines(report, Kind.DECIDE)["tasks[0].reference_data"]


def test_12_metadata_may_have_no_ending_and_only_a_program_needs_a_command(
    cells: Packed,
) -> None:
    (cells.folder / "scorer/metadata.yaml").rename(cells.folder / "scorer/metadata")

    assert lines(imported(cells), Kind.DECIDE) == {}  # that of reference/ is plain text


@pytest.mark.parametrize("content", ["This is the scorer.\n", "{a: [\n", "name: scorer\n"])
def test_12_a_program_without_a_command_needs_a_decision(cells: Packed, content: str) -> None:
    (cells.folder / "scorer/metadata.yaml").write_text(content)

    assert "command" in lines(imported(cells), Kind.DECIDE)["tasks[0].scoring_program"]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("score.exe $input $output", "a program of Windows"),
        ("Rscript score.R", "only programs of Python 3"),
    ],
)
def test_13_a_program_that_the_sandbox_cannot_run_is_refused(
    cells: Packed, command: str, told: str
) -> None:
    (cells.folder / "scorer/metadata.yaml").write_text(f"command: {command}\n")

    assert told in lines(imported(cells), Kind.DECIDE)["tasks[0].scoring_program"]


def test_14_a_tie_that_the_slower_would_win_is_told(cells: Packed) -> None:
    slow = "{title: Duration, key: duration, index: 1, sorting: asc"

    report = imported(cells.change(slow, slow.replace("asc", "desc")))

    assert changes(report)["columns.duration"] == ("desc", "desc, as it stands; asc is meant")


def test_15_a_key_in_other_letters_is_told(cells: Packed) -> None:
    runner = answering(b'{"Accuracy": 0.75, "duration": 2}')

    report = imported_with(cells, runner)

    assert changes(report)["columns.accuracy"] == ("accuracy", "Accuracy")
    assert lines(report, Kind.DECIDE) == {}


def test_15_a_key_that_the_program_does_not_write_needs_a_decision(cells: Packed) -> None:
    report = imported_with(cells, answering(b"duration: 2\n"))

    assert "it writes duration" in lines(report, Kind.DECIDE)["columns.accuracy"]


@pytest.mark.parametrize(
    "exposed",
    ["    ingestion_program: scorer/\n    ingestion_only_during_scoring: true\n"],
)
def test_16_labels_beside_the_code_of_participants_must_be_accepted(
    cells: Packed, exposed: str
) -> None:
    packed = cells.change("    reference_data", f"{exposed}    reference_data")
    place = "tasks[0].ingestion_only_during_scoring"

    refused = imported(packed)
    accepted = imported(packed, accept=("not-run", "label-exposure"))

    assert "could read them" in lines(refused, Kind.DECIDE)[place]
    assert place not in lines(accepted, Kind.DECIDE)
    assert "(accepted: label-exposure)" in lines(accepted, Kind.CHANGED)[place]


def test_17_files_that_would_become_public_are_listed(cells: Packed, tmp_path: Path) -> None:
    packed = cells.change(
        "    max_submissions: 50", "    starting_kit: starting_kit\n    max_submissions: 50"
    ).change("docker_image", "make_input_data_available: true\ndocker_image")
    packed.change("    reference_data", "    input_data: pages\n    reference_data")

    asked = imported(packed)
    told = imported(packed, accept=("not-run", "public-files"), to=tmp_path / "draft")

    assert lines(asked, Kind.DECIDE) == {
        "phases[0].starting_kit": "these files become public: README.md",
        "make_input_data_available": (
            "these files become public: data.md, evaluation.md, overview.md, terms.md"
        ),
    }
    assert lines(told, Kind.DECIDE) == {}
    assert (tmp_path / "draft/public/0/README.md").is_file()


def test_18_a_phase_may_end_when_the_next_begins(cells: Packed) -> None:
    met = cells.change('"2026-11-01T12:00:00+00:00"', '"2026-11-01T08:00:00+00:00"')

    assert "which Codabench refuses" in lines(imported(met), Kind.IMPORTED)["phases[0].end"]


def test_18_phases_that_overlap_are_told(cells: Packed) -> None:
    over = cells.change('"2026-11-01T12:00:00+00:00"', '"2026-10-30T08:00:00+00:00"')

    assert "phases[0].end" in changes(imported(over))


def test_19_what_a_dump_leaves_out_has_defaults_and_is_told(cells: Packed, tmp_path: Path) -> None:
    packed = cells.change("    primary_index: 0\n", "").change(START, "2026-10-01")
    packed.change(", precision: 4, hidden: false", "").change("sorting: desc", "precision: 2")

    report = imported(packed, to=tmp_path / "draft")

    assert changes(report)["leaderboards[0].primary_index"][1] == "0, the first column"
    assert changes(report)["columns.accuracy.sorting"][1] == "desc, larger is better"
    assert "columns.accuracy.hidden" in changes(report)
    assert "phases[0].start" not in changes(report)
    assert phases(tmp_path)[0]["opens"] == "2026-10-01T00:00:00+00:00"


def test_20_scores_are_data_and_no_program(cells: Packed) -> None:
    hostile = b"accuracy: !!python/object/apply:os.system ['true']\n"

    report = imported_with(cells, answering(hostile))

    assert report.scores == {}
    assert (
        "is not `key: number`"
        in (lines(report, Kind.DECIDE)["Solution 0 on Cells of the first ward"])
    )


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("../outside", b"", "a step up"),
        ("/etc/outside", b"", "an absolute path"),
        ("bomb", bytes(90 << 20), "times the"),
    ],
)
def test_21_a_hostile_archive_is_refused(
    cells: Packed, tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    path = cells.pack()
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    cells.pack = lambda: path  # type: ignore[method-assign]  # what is packed already

    with pytest.raises(InvalidInput, match=told):
        imported(cells, to=tmp_path / "draft")

    assert not (tmp_path / "draft").exists()


def test_21_a_link_is_refused(cells: Packed) -> None:
    link = zipfile.ZipInfo("reference/kinds")
    link.external_attr = 0o120777 << 16
    path = cells.pack()
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    cells.pack = lambda: path  # type: ignore[method-assign]  # as above

    with pytest.raises(InvalidInput, match="a symbolic link"):
        imported(cells)


@pytest.mark.parametrize(
    ("yaml_text", "told"),
    [
        ("a: " + "[" * 5000, "is no YAML"),
        ("a: &a [" + "x, " * 30_000 + "]\n", "more than 20,000 parts"),
        (MERGED, "more than 20,000 parts"),
        (NESTED + "version: *f\ntasks: []\nphases: []\n", "more than 20,000 parts"),
        ("a: &a [1, *a]\n", "within itself"),
        ('title: "\\ud800"\n', "is no YAML"),
        ("#" * 300_000, "more than 262,144 bytes"),
        ("- a\n", "must hold keys and values"),
        ("title: nothing else\n", "is neither of Codabench"),
        ("tasks: [a]\nphases: []\n", r"tasks\[0\] must hold keys and values"),
    ],
)
def test_21_hostile_yaml_is_refused(cells: Packed, yaml_text: str, told: str) -> None:
    (cells.folder / COMPETITION).write_text(yaml_text)

    with pytest.raises(InvalidInput, match=told):
        imported(cells)


@pytest.mark.parametrize("name", ["a" * 1_000, "a\\0b"])
def test_21_a_name_that_no_file_can_have_is_of_no_file(cells: Packed, name: str) -> None:
    path = cells.folder / COMPETITION
    path.write_text(re.sub("(?m)^terms: .*$", lambda _: f'terms: "{name}"', path.read_text()))

    report = imported(cells)

    assert "not in the bundle" in lines(report, Kind.DECIDE)["terms"]


def test_21_archives_within_the_bundle_share_one_limit(cells: Packed, tmp_path: Path) -> None:
    for name in ("one", "two"):
        with zipfile.ZipFile(cells.folder / f"{name}.zip", "w") as archive:
            archive.writestr("file", bytes(600))
    (tmp_path / "inner").mkdir()
    files = Files(cells.folder, unpacked=tmp_path / "inner", report=Report(), room=1_000)

    assert files.folder("one.zip", place="first") is not None
    with pytest.raises(InvalidInput, match="more than 400 bytes when unpacked"):
        files.folder("two.zip", place="second")


def test_words_of_a_bundle_stay_on_their_line(cells: Packed) -> None:
    packed = cells.change("key: accuracy", 'key: "accuracy\\n\\e[2Jforged"')

    report = imported(packed)

    assert all(item.place.isprintable() and item.text.isprintable() for item in report.items)
    assert "accuracy  [2Jforged" in report.markdown(title="x")


def test_reference_data_are_for_nobody_else(cells: Packed, tmp_path: Path) -> None:
    imported(cells, to=tmp_path / "draft")

    assert (tmp_path / "draft/hidden").stat().st_mode & 0o777 == 0o700


def phases(folder: Path) -> list[dict[str, str]]:
    """Give the phases of the draft."""
    found: list[dict[str, str]] = yaml.safe_load((folder / "draft" / "challenge.yaml").read_text())[
        "phases"
    ]
    return found
