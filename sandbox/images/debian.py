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
from sandbox.images.content import BASE_EXCLUDES, BASE_PACKAGES, BASE_REFERENCE

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
        root, archive = folder / "root", folder / "base.tar"
        say(f"making a minimal {release} with Python from {mirror} (about a minute)")
        packages = f"--include={','.join(BASE_PACKAGES)}"
        _run("debootstrap", "--variant=minbase", packages, release, str(root), mirror)
        _run(
            "tar",
            "--create",
            f"--file={archive}",
            f"--directory={root}",
            "--one-file-system",
            "--numeric-owner",
            "--sort=name",
            "--mode=ug-s",  # no setuid program is needed
            *(f"--exclude={path}" for path in BASE_EXCLUDES),
            ".",
        )
        with archive.open("rb") as file:
            yield file


def _release() -> str:
    if os.geteuid() != 0:
        raise BuildFailed(
            "Making the base image needs root: run this with sudo, or give the engine the image "
            f"{BASE_REFERENCE} (`docker load`), and run it again."
        )
    if shutil.which("debootstrap") is None:
        raise BuildFailed(
            "Making the base image needs debootstrap: run `apt-get install debootstrap`, or give "
            f"the engine the image {BASE_REFERENCE} (`docker load`), and run it again."
        )
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "this release")


def _mirror(release: str) -> str:
    """Address from which this host installs the main packages of its own release."""
    listing = "--format=$(SITE) $(RELEASE) $(COMPONENT)"
    targets = _run("apt-get", "indextargets", "--no-release-info", listing)
    for line in targets.splitlines():
        site, _, rest = line.partition(" ")
        if rest == f"{release} main":
            return site
    raise BuildFailed(
        f"apt names no mirror of {release} main: add one to this host's apt sources, or give the "
        f"engine the image {BASE_REFERENCE} (`docker load`), and run it again."
    )


def _run(*command: str) -> str:
    """Run a program and give its output; BuildFailed with its last words when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  fixed programs, no shell
    if done.returncode != 0:
        last_words = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise BuildFailed(f"{command[0]} failed: {''.join(last_words)}")
    return done.stdout


@contextmanager
def _workspace() -> Iterator[Path]:
    """Make room for the new system: in memory if it fits, which halves the time (no fsync)."""
    folder = Path(tempfile.mkdtemp(prefix="base-", dir=_MEMORY if _fits_in_memory() else None))
    try:
        yield folder
    finally:
        # One file system only: an interrupted debootstrap may have left /proc mounted in it.
        _run("rm", "-rf", "--one-file-system", str(folder))


def _fits_in_memory() -> bool:
    if not _MEMORY.is_dir():
        return False
    mount = os.statvfs(_MEMORY)
    refused = os.ST_NOEXEC | os.ST_NODEV  # debootstrap runs programs in it and makes device nodes
    return mount.f_bavail * mount.f_frsize > _ROOM and not mount.f_flag & refused
