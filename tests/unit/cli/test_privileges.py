"""Processes under users of their own, started from a checkout that only root may enter."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from challenge_platform.cli import privileges
from challenge_platform.cli.privileges import WEB, can_separate, code_folders, preparation

LISTED = (
    "import os, sys; sys.path[:0] = sys.argv[1:]; import package; print(os.listdir(sys.argv[1]))"
)


@pytest.fixture
def checkout(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a folder of root's with a package and a secret, in which this code is said to lie."""
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    (folder / "package").mkdir()
    (folder / "package" / "__init__.py").write_text("print('read')")
    (folder / "secret").write_text("x")
    monkeypatch.setattr(privileges, "__file__", str(folder / "platform" / "cli" / "privileges.py"))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(not can_separate(), reason="users of their own take root")
def test_code_in_a_closed_checkout_is_read_and_what_lies_beside_it_is_not(checkout: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LISTED, str(checkout)],
        preexec_fn=preparation(WEB, reach=code_folders()),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.stderr) == ("read\n['package']\n", "")


def test_of_an_open_checkout_the_whole_is_given(checkout: Path) -> None:
    checkout.chmod(0o755)

    assert checkout in code_folders()
