"""Separate users for the processes: web, worker and Redis each run as a user of their own.

Started as root, `challenge up` gives each process its own user id; the ids need no entry in
/etc/passwd. Started without root there is one user and no separation, and `up` says so.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CLONE_NEWNS = 0x00020000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
PR_SET_PDEATHSIG = 1
UMASK = 0o007
OTHERS_MAY_ENTER = 0o001


@dataclass(frozen=True)
class Identity:
    """A user id with its group; only members of SHARED reach database, files and queue key."""

    uid: int
    gid: int


SHARED = 60610
WEB = Identity(60610, SHARED)
WORKER = Identity(60611, SHARED)
REDIS = Identity(60612, 60612)


def can_separate() -> bool:
    """Whether processes can be given users of their own, which takes root."""
    return os.geteuid() == 0


def preparation(identity: Identity | None, /, *, reach: Iterable[Path]) -> Callable[[], None]:
    """Give what a child process does between fork and exec to become the identity.

    What could take a lock is done here, before the fork, as another thread may hold it then.
    """
    _libc()
    paths = tuple(reach)

    def prepare() -> None:
        if identity is not None:
            become(identity, reach=paths)
        _end_with_parent()

    return prepare


def become(identity: Identity, /, *, reach: Iterable[Path]) -> None:
    """Turn this process into the identity, for good; `reach` stays enterable.

    The code may lie in a folder that only root may enter, such as a home or a temporary folder.
    In a mount namespace of its own, that folder is then replaced by one that holds nothing but
    the paths in `reach`; the rest of it is hidden.
    """
    _open_paths(list(reach))
    os.setgroups([])
    os.setresgid(identity.gid, identity.gid, identity.gid)
    os.setresuid(identity.uid, identity.uid, identity.uid)
    os.umask(UMASK)
    os.chdir("/")


def code_folders() -> tuple[Path, ...]:
    """Give the folders that a process needs to run this code: interpreter, packages, checkout.

    Of a checkout that only root may enter, the folders in it are given, as they can be opened.
    """
    checkout = Path(__file__).resolve().parents[2]
    entered = _may_be_entered(checkout)
    parts = [checkout] if entered else [path for path in checkout.iterdir() if path.is_dir()]
    return (Path(sys.prefix), Path(sys.base_prefix), *parts)


def _end_with_parent() -> None:
    """Have the kernel end this process when its parent dies, even by SIGKILL (Linux only)."""
    if sys.platform == "linux":
        _libc().prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _open_paths(reach: list[Path]) -> None:
    closed = {path: door for path in reach if (door := _closed_folder(path))}
    if not closed:
        return
    libc = _libc()
    _call(libc.unshare(CLONE_NEWNS), "unshare")
    _call(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "make mounts private")
    handles = {path: os.open(path, os.O_PATH | os.O_DIRECTORY) for path in closed}
    for door in set(closed.values()):
        # Python lists the folders that it imports from, and a checkout may be the covered one.
        cover = libc.mount(b"tmpfs", bytes(door), b"tmpfs", 0, b"mode=0755,size=64k")
        _call(cover, f"cover {door}")
    for path, handle in handles.items():
        path.mkdir(parents=True, exist_ok=True)
        source = f"/proc/self/fd/{handle}".encode()
        _call(libc.mount(source, bytes(path), None, MS_BIND | MS_REC, None), f"bind {path}")
        os.close(handle)


def _closed_folder(path: Path) -> Path | None:
    """Give the outermost folder above `path` that other users may not enter."""
    return next((folder for folder in reversed(path.parents) if not _may_be_entered(folder)), None)


def _may_be_entered(folder: Path) -> bool:
    """Whether other users than its own may enter a folder."""
    return bool(folder.stat().st_mode & OTHERS_MAY_ENTER)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"cannot {what}: {os.strerror(number)}")
