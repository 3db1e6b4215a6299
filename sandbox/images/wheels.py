"""The wheels of a lock, fetched on the host for the Python and the machine of an image."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.images import BuildFailed

# The wheels' platforms, newest first: pip takes these names only, not what they imply.
_PLATFORMS = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014")


@contextmanager
def fetched_wheels(lock: Path, /, *, python: str, machine: str) -> Iterator[dict[str, Path]]:
    """Fetch the locked wheels and give them by path in the build context; removed afterwards.

    `python` is a version such as 3.11, `machine` a processor such as x86_64. Raises BuildFailed
    when pip cannot get one, or gets one that is not the locked one.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:"]
    command += ["--no-deps", "--require-hashes", f"--python-version={python}"]
    command += [f"--platform={tag}_{machine}" for tag in _PLATFORMS]
    with tempfile.TemporaryDirectory(prefix="wheels-") as folder:
        command += [f"--requirement={lock}", f"--dest={folder}"]
        fetched = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  fixed program, no shell
        if fetched.returncode != 0:
            raise BuildFailed(
                f"pip could not fetch the packages of {lock.parent.name}/{lock.name}; look at its "
                f"index settings and the network: {_last_line(fetched.stderr)}"
            )
        yield {f"wheels/{wheel.name}": wheel for wheel in Path(folder).iterdir()}


def _last_line(text: str) -> str:
    return "".join(text.strip().splitlines()[-1:])
