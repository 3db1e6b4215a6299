"""The names of the images follow from what is in them."""

import re
import shutil
from pathlib import Path

import pytest

from sandbox.images import content

TAG = re.compile(r"challenge-platform/(base|scoring-packages|scoring):[0-9a-f]{16}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the images' folder, so that a test may change it."""
    copy = tmp_path / "images"
    shutil.copytree(content.FOLDER, copy)
    monkeypatch.setattr(content, "FOLDER", copy)
    return copy


def test_the_tags_are_whole_and_stay_the_same() -> None:
    tags = [content.base_tag(), content.packages_tag(), content.scoring_tag()]

    assert all(TAG.fullmatch(tag) for tag in tags)
    assert tags == [content.base_tag(), content.packages_tag(), content.scoring_tag()]


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("scoring.txt", {"packages", "scoring"}),
        ("Dockerfile.packages", {"packages", "scoring"}),
        ("Dockerfile.scoring", {"scoring"}),
    ],
)
def test_a_changed_file_changes_the_tags_above_it(
    folder: Path, file: str, changed: set[str]
) -> None:
    names = {"base": content.base_tag, "packages": content.packages_tag}
    names |= {"scoring": content.scoring_tag}
    before = {name: tag() for name, tag in names.items()}
    with (folder / file).open("a") as stream:
        stream.write("# changed\n")

    assert {name for name, tag in names.items() if tag() != before[name]} == changed


def test_the_image_holds_the_scorers_and_their_metrics_but_nothing_else_of_ours() -> None:
    files = content.scoring_files()

    assert "scoring/scorers/__main__.py" in files
    assert not any("__pycache__" in path for path in files)
    assert (
        b"harrell_c = scorers.survival.harrell:HARRELL_C"
        in files["scoring/challenge_platform.dist-info/entry_points.txt"]
    )
    assert {path.split("/")[1] for path in files if "/" in path} == {
        "scorers",
        "challenge_platform.dist-info",
    }


def test_every_locked_package_has_hashes_and_the_lock_has_no_address() -> None:
    lock = (content.FOLDER / "scoring.txt").read_text()
    pins = re.findall(r"^([a-z0-9-]+)==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", lock, re.MULTILINE)

    assert set(re.findall(r"^([a-z0-9-]+)[ =]", lock, re.MULTILINE)) == set(pins)
    assert {"numpy", "pydantic", "pyyaml", "pip"} <= set(pins)
    assert "://" not in lock
    assert ";" not in lock  # pip reads a marker for the host's Python, not the image's
