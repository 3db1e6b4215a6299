"""The entry of a runtime: an archive on standard input becomes the program that it holds."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sandbox.images.content import image_files

REFUSED = 65
PROGRAM = """
import os, sys
import beside
print(sys.argv, sys.path[0], os.getcwd(), repr(sys.stdin.read()), os.listdir("/proc/self/fd"))
beside.fail()
"""
BESIDE = "def fail():\n    raise RuntimeError('as written')\n"


def archive(**files: str) -> bytes:
    """Pack files, named by their paths with `_py` for `.py`, as a zip archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        for name, text in files.items():
            zipped.writestr(name.replace("_py", ".py"), text)
    return packed.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Lay the entry out as the image does, but for the folder of the code, and name that."""
    code = tmp_path / "code"
    for path, content in image_files("python").items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    main = tmp_path / "entry/__main__.py"
    main.write_text(main.read_text().replace("/tmp/code", str(code)))  # noqa: S108  the image's
    return code


def enter(folder: Path, content: bytes) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-I", str(folder.with_name("entry"))]
    return subprocess.run(command, input=content, capture_output=True, check=False, timeout=20)


def test_the_program_runs_as_it_does_from_its_own_folder(folder: Path) -> None:
    entered = enter(folder, archive(main_py=PROGRAM, beside_py=BESIDE))

    at_home = subprocess.run(
        [sys.executable, "main.py"],
        cwd=folder,
        input=b"",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert entered.stdout == at_home.stdout
    assert entered.stderr == b""
    assert b"RuntimeError: as written" in entered.stdout
    assert entered.returncode == at_home.returncode == 1


def test_what_the_program_exits_with_is_what_the_entry_exits_with(folder: Path) -> None:
    assert enter(folder, archive(main_py="raise SystemExit(7)")).returncode == 7


def test_a_refused_archive_is_told_and_nothing_runs(folder: Path) -> None:
    content = archive(main_py="print('ran')", **{"../outside": ""})

    entered = enter(folder, content)

    assert (entered.returncode, entered.stdout) == (REFUSED, b"")
    assert b"../outside" in entered.stderr
    assert b"Traceback" not in entered.stderr
    assert not folder.with_name("outside").exists()


def test_what_is_no_archive_is_told(folder: Path) -> None:
    entered = enter(folder, b"")

    assert entered.returncode == REFUSED
    assert b"archive: found" in entered.stderr


def test_an_archive_that_cannot_be_written_is_told(folder: Path) -> None:
    main = folder.with_name("entry") / "__main__.py"
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (8, 8))\n"
    main.write_text(f"{limit}{main.read_text()}")

    entered = enter(folder, archive(main_py="print('ran')" * 100))

    assert (entered.returncode, entered.stdout) == (REFUSED, b"")
    assert entered.stderr == (
        b"The archive could not be unpacked into the sandbox's scratch: File too large.\n"
    )
