"""A participant's machine, where only the extra [cli] is installed."""

import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.cli.fake_api import SLUG, TEST_CSV, VALID, challenge_document

REPOSITORY = Path(__file__).parents[2]
SERVER_ONLY = {"sqlmodel", "sqlalchemy", "flask", "rq", "redis", "docker", "pydantic_settings"}
SLOW = {"rich", "httpx", "numpy", "scipy", "sklearn", "pandas", "cryptography"}
PROGRAM = """
import json, sys
sys.argv = ["challenge", *json.loads(sys.argv[1])]
from challenge_platform.cli import main
code = main()
modules = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({"code": code, "modules": modules}))
"""


def requirements(name: str, /, *, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """List what a distribution needs on this machine, with these extras."""
    for line in importlib.metadata.requires(name) or []:
        found = Requirement(line)
        if found.marker is None or any(
            found.marker.evaluate({"extra": extra}) for extra in ("", *extras)
        ):
            yield canonicalize_name(found.name), frozenset(found.extras)


def installed_with(name: str, /, *, extras: frozenset[str]) -> set[str]:
    """Name every distribution that pip would install."""
    found: set[str] = set()
    waiting = [(name, extras)]
    while waiting:
        each, its_extras = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += requirements(each, extras=its_extras)
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder of packages like the one of `pip install challenge-platform[cli]`."""
    return site_with("cli", folder=tmp_path_factory.mktemp("site-packages"))


def site_with(extra: str, /, *, folder: Path) -> Path:
    """Fill a folder with the packages that pip would install with an extra."""
    for name in installed_with("challenge-platform", extras=frozenset({extra})):
        distribution = importlib.metadata.distribution(name)
        for file in distribution.files or ():
            top = file.parts[0]
            target = Path(str(distribution.locate_file(top)))
            if top != ".." and target.exists() and not (folder / top).exists():
                (folder / top).symlink_to(target)
    for package in ("challenge_platform", "scorers", "sandbox"):
        (folder / package).symlink_to(REPOSITORY / package)
    return folder


def run(site: Path, *args: str, folder: Path) -> tuple[int, set[str], str]:
    """Run a command with the packages of `site` only; give its code, modules and error output."""
    done = subprocess.run(
        # -S leaves the packages of this environment out.
        [sys.executable, "-S", "-c", PROGRAM, json.dumps(args)],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env={"PYTHONPATH": str(site), "CHALLENGE_CONFIG_DIR": str(folder)},
    )
    report = json.loads(done.stdout.splitlines()[-1])
    return report["code"], set(report["modules"]), done.stderr


def test_the_server_is_not_installed_there(site: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import sqlmodel"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PYTHONPATH": str(site)},
    )

    assert "No module named 'sqlmodel'" in done.stderr


def test_the_help_imports_nothing_slow(site: Path, tmp_path: Path) -> None:
    code, modules, _ = run(site, "--help", folder=tmp_path)

    assert code == 0
    assert modules & (SERVER_ONLY | SLOW) == set()


def test_nor_does_it_where_the_server_is_installed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, '["--help"]'],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )

    assert "  up " in done.stdout
    modules = set(json.loads(done.stdout.splitlines()[-1])["modules"])
    assert modules & (SERVER_ONLY | SLOW) == set()


def test_validation_needs_no_part_of_the_server(site: Path, tmp_path: Path) -> None:
    files = {"test.csv": TEST_CSV}
    (tmp_path / "test.csv").write_bytes(TEST_CSV)
    (tmp_path / "challenge.json").write_text(json.dumps(challenge_document(files)))
    (tmp_path / "predictions.csv").write_bytes(VALID)

    code, modules, error = run(
        site, "validate", SLUG, "-f", "predictions.csv", "-p", ".", folder=tmp_path
    )

    assert (code, error) == (0, "")
    assert modules & SERVER_ONLY == set()


@pytest.mark.parametrize("words", ["up", "worker", "doctor", "user create", "data build"])
def test_a_command_of_the_server_says_in_one_sentence_how_to_install_it(
    site: Path, tmp_path: Path, words: str
) -> None:
    code, _, error = run(site, *words.split(), folder=tmp_path)

    assert code == 1
    assert error == (
        f"challenge: `challenge {words}` needs the server, which is not installed here; "
        "install it with: pip install 'challenge-platform[server]'\n"
    )


def test_what_runs_programs_says_in_one_sentence_what_it_needs(site: Path, tmp_path: Path) -> None:
    code, modules, error = run(site, "run-local", SLUG, "--code", ".", folder=tmp_path)

    assert code == 1
    assert error == (
        "challenge: `challenge run-local` needs Docker's library for Python, which is not "
        "installed here; install it with: pip install 'challenge-platform[sandbox]'\n"
    )
    assert modules & SERVER_ONLY == set()


def test_with_it_programs_run_without_the_server(tmp_path: Path) -> None:
    site = site_with("sandbox", folder=tmp_path)

    code, modules, error = run(site, "run-local", SLUG, "--code", ".", folder=tmp_path)

    assert code == 1
    assert "challenge.json is missing" in error
    assert "docker" in modules
    assert modules & SERVER_ONLY == {"docker"}


@pytest.mark.parametrize(
    "args",
    [
        ("auth", "status"),
        ("challenges", "list"),
        ("data", "download", SLUG),
        ("submit", SLUG, "-f", "challenge.json", "-m", "x"),
        ("submissions", "list", SLUG),
        ("leaderboard", SLUG),
        ("receipt", "download", "0"),
    ],
)
def test_every_participants_command_runs_there(
    site: Path, tmp_path: Path, args: tuple[str, ...]
) -> None:
    (tmp_path / "challenge.json").write_text("{}")

    code, modules, error = run(site, *args, folder=tmp_path)

    assert code == 1
    assert error.startswith("challenge: which platform?")
    assert modules & SERVER_ONLY == set()
