"""The names of the images follow from what is in them."""

import json
import re
import shutil
from pathlib import Path

import pytest

from sandbox.images import content
from sandbox.images.content import SCORING, SELFTEST, image_tag, images, packages_tag, runtimes

TAG = re.compile(r"challenge-platform/[a-z-]+:[0-9a-f]{16}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the images' folder, so that a test may change it."""
    copy = tmp_path / "images"
    shutil.copytree(content.FOLDER, copy)
    monkeypatch.setattr(content, "FOLDER", copy)
    return copy


def tags() -> dict[str, str]:
    """Give the tag of every image that there is, by a name for tests."""
    made = {"base": content.base_tag()}
    for image in images():
        made |= {image: image_tag(image), f"{image} packages": packages_tag(image)}
    assert made.pop(f"{SELFTEST} packages") == made["base"]  # it has none of its own
    return made


def test_the_tags_are_whole_differ_and_stay_the_same() -> None:
    first = tags()

    assert all(TAG.fullmatch(tag) for tag in first.values())
    assert len({tag.partition(":")[0] for tag in first.values()}) == len(first)
    assert tags() == first


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("scoring/packages.txt", {"scoring packages", "scoring"}),
        ("scoring/Dockerfile", {"scoring"}),
        ("runtimes/python/packages.txt", {"python packages", "python"}),
        ("runtimes/Dockerfile", {"python"}),
        ("selftest/harness.py", {"selftest"}),
        ("Dockerfile", {"scoring packages", "scoring", "python packages", "python"}),
    ],
)
def test_a_changed_file_changes_the_tags_above_it(
    folder: Path, file: str, changed: set[str]
) -> None:
    before = tags()
    with (folder / file).open("a") as stream:
        stream.write("# changed\n")

    assert {name for name, tag in tags().items() if tag != before[name]} == changed


def test_a_folder_with_a_lock_is_a_runtime(folder: Path) -> None:
    shutil.copytree(folder / "runtimes/python", folder / "runtimes/python-with-more")
    (folder / "runtimes/no-lock").mkdir()

    assert runtimes() == ("python", "python-with-more")
    assert images() == (SCORING, SELFTEST, "python", "python-with-more")


def test_every_runtime_has_a_description_of_one_sentence() -> None:
    described = [
        (content.FOLDER / "runtimes" / name / "description.md").read_text() for name in runtimes()
    ]

    assert described
    assert [text for text in described if not re.fullmatch(r"[^\n]+\.\n", text)] == []


def test_the_image_holds_the_scorers_and_the_reader_of_archives_but_nothing_else_of_ours() -> None:
    files = content.image_files(SCORING)

    assert "scoring/scorers/__main__.py" in files
    assert not any("__pycache__" in path for path in files)
    metrics = json.loads(files["scoring/scorers/installed.json"])["metrics"]
    assert metrics["harrell_c"] == "scorers.survival.harrell:HARRELL_C"
    assert {path.split("/")[1] for path in files if "/" in path} == {
        "scorers",
        "sandbox",
    }
    of_sandbox = {path for path in files if path.startswith("scoring/sandbox/")}
    assert {path.split("/")[2] for path in of_sandbox} == {"__init__.py", "archive"}
    assert files["scoring/sandbox/__init__.py"] == b""


def test_a_runtime_holds_the_entry_and_what_unpacks_archives_but_nothing_else_of_ours() -> None:
    files = content.image_files("python")

    assert {path for path in files if not path.startswith("entry/sandbox/archive/")} == {
        "Dockerfile",
        "entry/__main__.py",
        "entry/sandbox/__init__.py",
    }
    assert "entry/sandbox/archive/__init__.py" in files
    assert files["entry/sandbox/__init__.py"] == b""


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("scoring", {"numpy", "scipy", "pip"}),
        ("python", {"numpy", "pandas", "scikit-learn", "scikit-survival", "pillow", "pip"}),
    ],
)
def test_every_locked_package_has_hashes_and_the_lock_has_no_marker(
    image: str, expected: set[str]
) -> None:
    lock = content.packages_lock(image).read_text()
    pins = re.findall(r"^([a-z0-9-]+)==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", lock, re.MULTILINE)

    assert set(re.findall(r"^([a-z0-9-]+)[ =]", lock, re.MULTILINE)) == set(pins)
    assert expected <= set(pins)
    assert ";" not in lock  # pip reads a marker for the host's Python, not the image's
