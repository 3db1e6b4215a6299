"""The program `scripts/setup` itself, on a machine of which only chosen programs can be seen."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SEEN = ("sh", "dirname", "python3", "id")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Copy what set-up needs, so that it changes nothing here."""
    for part in ("scripts", "requirements"):
        shutil.copytree(ROOT / part, tmp_path / "clone" / part)
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "clone")
    return tmp_path / "clone"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Make a folder that is to be the whole PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in SEEN:
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return folder


def set_up(clone: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [clone / "scripts" / "setup", *arguments],
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_forbidden_installs_end_in_one_sentence_and_change_nothing(
    clone: Path, programs: Path
) -> None:
    done = set_up(clone, "demo", "true", PATH=str(programs), CHALLENGE_NO_INSTALL="1")

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Set-up stopped: CHALLENGE_NO_INSTALL=1 forbids")
    assert "redis-server" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (clone / ".venv").exists()


def test_a_machine_without_apt_is_told_what_to_install(clone: Path, programs: Path) -> None:
    done = set_up(clone, "test", "true", PATH=str(programs))

    assert done.returncode == 1
    assert "apt-get only" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_old_python_is_passed_over(clone: Path, programs: Path) -> None:
    (programs / "python3").unlink()
    (programs / "python3").write_text("#!/bin/sh\nexit 1\n")
    (programs / "python3").chmod(0o755)
    (programs / "python3.12").write_text('#!/bin/sh\n[ "$1" = -c ] || echo "$@"\n')
    (programs / "python3.12").chmod(0o755)

    done = set_up(clone, "demo", "true", PATH=str(programs))

    assert done.stdout == "-m scripts.provisioning demo true\n"


def test_an_unknown_profile_gets_the_usage(clone: Path, programs: Path) -> None:
    done = set_up(clone, "demmo", PATH=str(programs))

    assert done.returncode == 1
    assert (
        done.stderr == "Usage: scripts/setup check|demo|test [COMMAND...], or scripts/setup stop\n"
    )
