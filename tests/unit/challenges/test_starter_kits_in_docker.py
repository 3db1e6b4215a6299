"""The starter kit of every challenge as it is sent: its code and its image, in the sandbox."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import docker
import pytest
from docker.errors import ImageNotFound

from tests.unit.challenges.conftest import CHALLENGES, BuiltChallenge

pytestmark = [pytest.mark.docker, pytest.mark.slow]

SLUGS = sorted(path.parent.name for path in CHALLENGES.glob("*/challenge.yaml"))


@pytest.fixture(params=SLUGS)
def challenge(
    request: pytest.FixtureRequest, challenge_of: Callable[[str], BuiltChallenge]
) -> BuiltChallenge:
    return challenge_of(request.param)


@pytest.fixture
def kit(challenge: BuiltChallenge, tmp_path: Path) -> Path:
    """Give a copy of the kit, beside what was downloaded, where images are sent too."""
    kit = tmp_path / "kit"
    shutil.copytree(challenge.folder / "starter_kit", kit, ignore=shutil.ignore_patterns("__*"))
    public = shutil.copytree(challenge.download, kit / "public")
    files = [
        {
            "name": path.relative_to(public).as_posix(),
            "sha256": sha256(path.read_bytes()).hexdigest(),
        }
        for path in public.rglob("*")
        if path.is_file()
    ]
    definition = challenge.definition.document()
    definition["submission"]["kinds"] = ["code", "container"]
    definition["baselines"] = []  # which may be of other kinds
    told = {"slug": challenge.definition.slug, "definition": definition, "files": files}
    (public / "challenge.json").write_text(json.dumps(told), "utf-8")
    return kit


@pytest.fixture
def image(challenge: BuiltChallenge) -> Iterator[str]:
    """Give the name of the kit's image, which is removed at the end."""
    name = f"{challenge.definition.slug}-starter-tested"
    yield name
    with closing(docker.from_env()) as engine:
        try:
            engine.images.remove(name)
        except ImageNotFound:  # it could not be built
            return


@pytest.fixture(autouse=True)
def _path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `challenge` and `python3` be ours, as in the environment of a newcomer."""
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)


def run(kit: Path, *command: str) -> str:
    """Run a command in the kit, as somebody whose files nobody else can read."""
    done = subprocess.run(
        command, cwd=kit, capture_output=True, text=True, check=False, umask=0o077
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def valid(challenge: BuiltChallenge) -> str:
    definition = challenge.definition
    return f"{definition.submission.file} is valid: "


def test_make_test_submission_runs_the_kit_as_the_platform_would(
    challenge: BuiltChallenge, kit: Path
) -> None:
    said = run(kit, "make", "test-submission")

    assert valid(challenge) in said
    assert (kit / "code.zip").stat().st_size > 0


def test_the_dockerfile_makes_an_image_that_runs_in_the_sandbox(
    challenge: BuiltChallenge, kit: Path, image: str
) -> None:
    run(kit, "make", "image", f"IMAGE={image}")

    said = run(
        kit, "challenge", "run-local", challenge.definition.slug, "--image", image, "-p", "public"
    )

    assert valid(challenge) in said
