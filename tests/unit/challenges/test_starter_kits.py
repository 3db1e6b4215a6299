"""The starter kit of every challenge, run as a newcomer runs it: notebook, script and program."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scorers.predictions.table import read_ids, read_predictions
from tests.unit.challenges.conftest import CHALLENGES, BuiltChallenge

SLUGS = sorted(path.parent.name for path in CHALLENGES.glob("*/challenge.yaml"))
FILES = {"README.md", "starter.py", "main.py", "Dockerfile", "starter.ipynb", "Makefile"}

# A program keeps the two folders of the platform's sandbox in INPUT and OUTPUT, so that it can be
# run without one too.
RUN_MAIN = """
import pathlib, sys
import main
main.INPUT, main.OUTPUT = map(pathlib.Path, sys.argv[1:])
main.main()
"""

ChallengeOf = Callable[[str], BuiltChallenge]


@pytest.fixture(params=SLUGS)
def challenge(request: pytest.FixtureRequest, challenge_of: ChallengeOf) -> BuiltChallenge:
    return challenge_of(request.param)


@pytest.fixture
def kit(challenge: BuiltChallenge, tmp_path: Path) -> Path:
    """Give a copy of the kit, with what `challenge data download -p public` leaves beside it."""
    kit = tmp_path / "kit"
    shutil.copytree(challenge.folder / "starter_kit", kit, ignore=shutil.ignore_patterns("__*"))
    (kit / "public").symlink_to(challenge.download)
    return kit


def _python(kit: Path, *arguments: str | Path) -> str:
    command = [sys.executable, "-W", "error", *map(str, arguments)]
    done = subprocess.run(command, cwd=kit, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _check(file: Path, challenge: BuiltChallenge, *, folder: Path) -> None:
    """Read a predictions file with the platform's one reader, which raises on any problem."""
    definition = challenge.definition
    submission = definition.submission
    ids = read_ids((folder / submission.ids).read_bytes(), id_column=submission.id)
    read_predictions(file.read_bytes(), submission=submission, ids=ids, scoring=definition.scoring)


def _shown(challenge: BuiltChallenge) -> Path:
    """Give the folder of the ids that a newcomer can predict: of all, else of the sample."""
    shown = challenge.made.public
    return shown if (shown / challenge.definition.submission.ids).exists() else _input(challenge)


def _input(challenge: BuiltChallenge) -> Path:
    """Give what a program finds in /input on a newcomer's machine."""
    return challenge.made.sample if challenge.definition.data.input else challenge.made.public


def _cells(kit: Path, kind: str) -> list[str]:
    notebook: dict[str, Any] = json.loads((kit / "starter.ipynb").read_text("utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def test_the_kit_has_all_its_files(kit: Path) -> None:
    assert {path.name for path in kit.iterdir()} >= FILES


def test_the_notebook_is_kept_without_what_it_printed(kit: Path) -> None:
    notebook = json.loads((kit / "starter.ipynb").read_text("utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]

    assert notebook["nbformat"] == 4
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    assert code
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


def test_the_notebook_runs_from_top_to_bottom(challenge: BuiltChallenge, kit: Path) -> None:
    (kit / "cells.py").write_text("\n".join(_cells(kit, "code")), "utf-8")

    _python(kit, "cells.py")

    _check(kit / challenge.definition.submission.file, challenge, folder=_shown(challenge))


def test_the_script_writes_valid_predictions(challenge: BuiltChallenge, kit: Path) -> None:
    file = kit / challenge.definition.submission.file

    _python(kit, "starter.py", "public", file)

    _check(file, challenge, folder=_shown(challenge))


def test_the_program_writes_valid_predictions(
    challenge: BuiltChallenge, kit: Path, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    output.mkdir()

    _python(kit, "-c", RUN_MAIN, _input(challenge).resolve(), output)

    _check(output / challenge.definition.submission.file, challenge, folder=_input(challenge))


def test_make_tests_the_submission_as_the_platform_would(
    challenge: BuiltChallenge, kit: Path
) -> None:
    slug = challenge.definition.slug
    command = ["make", "--dry-run", "--always-make", "test-submission"]

    said = subprocess.run(command, cwd=kit, capture_output=True, text=True, check=True).stdout

    local = rf"^challenge (run-local {slug} --code|validate {slug} -f) \S+ -p public$"
    assert re.search(local, said, re.MULTILINE)


def test_the_readme_names_the_commands_of_this_challenge(
    challenge: BuiltChallenge, kit: Path
) -> None:
    slug, version = challenge.definition.slug, challenge.definition.agreement.version
    text = (kit / "README.md").read_text("utf-8")

    named = re.findall(r"challenge (?:validate|submit|run-local|leaderboard) (\S+)", text)

    assert f"challenge challenges join {slug} --accept-terms {version}" in text
    assert f"challenge data download {slug}" in text
    assert set(named) == {slug}


def test_the_kit_tells_how_to_get_it(challenge: BuiltChallenge, kit: Path) -> None:
    slug = challenge.definition.slug
    readme = (kit / "README.md").read_text("utf-8")

    assert re.search(
        rf"^challenge data download {slug} -p public\b.*\n"
        r"python -m zipfile -e public/starter-kit\.zip \.  +# this kit$",
        readme,
        re.MULTILINE,
    )


def test_the_kit_sends_images_where_the_challenge_takes_them(
    challenge: BuiltChallenge, kit: Path
) -> None:
    takes = "container" in challenge.definition.submission.kinds
    makefile, readme = ((kit / name).read_text("utf-8") for name in ("Makefile", "README.md"))

    assert ("test-image:" in makefile) == takes
    assert ("--kind container -f image.tar.gz" in readme) == takes
