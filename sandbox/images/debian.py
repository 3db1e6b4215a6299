"""A minimal Debian or Ubuntu with Python, made by debootstrap: the base where no registry answers.

The release and the mirror are the host's own, as its apt configuration has them.
"""

import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sandbox.images import BuildFailed
from sandbox.images.content import BASE_EXCLUDES, BASE_PACKAGES

_ROOM = 1024**3  # a minimal system takes 300 MiB while it is made
_MEMORY = Path("/dev/shm")  # noqa: S108  a folder of its own is made in it, by mkdtemp


@contextmanager
def debian_archive(*, say: Callable[[str], None]) -> Iterator[IO[bytes]]:
    """Make the system and give it as a tar file; about 30 to 60 s.

    Raises BuildFailed when this host cannot: no root, no debootstrap, no apt mirror, or an error.
    """
    release = _release()
    mirror = _mirror(release)
    with _workspace() as folder:
        say(f"making a minimal {release} with Python from {mirror} (about a minute)")
        _debootstrap(folder, release=release, mirror=mirror)
        archive = folder / "base.tar"
        command = ["tar", "--create", f"--file={archive}", f"--directory={folder / 'root'}"]
        command += ["--one-file-system", "--numeric-owner", "--sort=name"]
        command += ["--mode=ug-s"]  # no setuid program is needed
        command += [f"--exclude={path}" for path in BASE_EXCLUDES]
        subprocess.run([*command, "."], check=True)  # noqa: S603  fixed program, no shell
        with archive.open("rb") as file:
            yield file


def _release() -> str:
    if os.geteuid() != 0:
        raise BuildFailed(
            "Making the base image needs root: run this with sudo, or give the engine the image "
            "python:3.11-slim-bookworm (`docker load`) and run it again."
        )
    if shutil.which("debootstrap") is None:
        raise BuildFailed(
            "Making the base image needs debootstrap: run `apt-get install debootstrap`, or give "
            "the engine the image python:3.11-slim-bookworm (`docker load`), and run it again."
        )
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "this release")


def _mirror(release: str) -> str:
    """Address from which this host installs the main packages of its own release."""
    targets = ["apt-get", "indextargets", "--format", "$(SITE) $(CODENAME) $(COMPONENT)"]
    listed = subprocess.run(  # noqa: S603  fixed program, no shell
        [*targets, "Created-By: Packages"], capture_output=True, text=True, check=False
    )
    for line in listed.stdout.splitlines():
        site, _, rest = line.partition(" ")
        if rest == f"{release} main":
            return site
    raise BuildFailed(
        f"apt names no mirror of {release}: add one to the apt sources, run "
        "`apt-get update` and then this again."
    )


def _debootstrap(folder: Path, *, release: str, mirror: str) -> None:
    log = folder / "debootstrap.log"
    command = ["debootstrap", "--variant=minbase", f"--include={','.join(BASE_PACKAGES)}"]
    command += [release, str(folder / "root"), mirror]
    with log.open("wb") as output:
        ended = subprocess.run(command, stdout=output, stderr=output, check=False)  # noqa: S603  no shell
    if ended.returncode != 0:
        last = log.read_text(errors="replace").strip().splitlines()[-1:]
        raise BuildFailed(f"debootstrap of {release} from {mirror} failed: {''.join(last)}")


@contextmanager
def _workspace() -> Iterator[Path]:
    """Make room for the new system: in memory if it fits, which halves the time (no fsync)."""
    folder = Path(tempfile.mkdtemp(prefix="base-", dir=_MEMORY if _fits_in_memory() else None))
    try:
        yield folder
    finally:
        # One file system only: an interrupted debootstrap may have left /proc mounted in it.
        subprocess.run(["rm", "-rf", "--one-file-system", str(folder)], check=True)  # noqa: S603, S607  no shell


def _fits_in_memory() -> bool:
    if not _MEMORY.is_dir():
        return False
    mount = os.statvfs(_MEMORY)
    refused = os.ST_NOEXEC | os.ST_NODEV  # debootstrap runs programs in it and makes device nodes
    return mount.f_bavail * mount.f_frsize > _ROOM and not mount.f_flag & refused
