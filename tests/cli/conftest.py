"""A fake platform over HTTP, and a person at the command line who may be signed in to it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from challenge_platform.cli import main
from challenge_platform.cli.credentials import CredentialStore
from tests.cli.fake_api import SLUG, TOKEN, VALID, FakeApi, serving

VARIABLES = ("CHALLENGE_URL", "CHALLENGE_TOKEN", "CHALLENGE_LANGUAGE", "LC_ALL", "LANG")


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]
"""`run("auth", "status")` runs one command in this process."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty working folder, and an environment without settings of ours."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CHALLENGE_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("TZ", "UTC")
    return folder


@pytest.fixture
def store(tmp_path: Path) -> CredentialStore:
    return CredentialStore(tmp_path / "config")


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serving(FakeApi()) as running:
        yield running


@pytest.fixture
def run(here: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run commands in this process, in the folder `here`."""

    def command(*args: str) -> Done:
        assert Path.cwd() == here
        capsys.readouterr()
        code = main(args)
        out, err = capsys.readouterr()
        return Done(int(code), out, err)

    return command


@pytest.fixture
def ada(run: Run, api: FakeApi, store: CredentialStore) -> Run:
    """Run commands as Ada, who is signed in to the fake platform."""
    store.login(api.url, token=TOKEN)
    return run


@pytest.fixture
def predictions(here: Path) -> Path:
    """Write a valid predictions file into the working folder."""
    path = here / "predictions.csv"
    path.write_bytes(VALID)
    return path


@pytest.fixture
def downloaded(ada: Run, here: Path) -> Path:
    """Download the challenge's files into the working folder."""
    assert ada("data", "download", SLUG).code == 0
    return here / SLUG
