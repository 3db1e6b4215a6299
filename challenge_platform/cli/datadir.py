"""The data folder: who owns which part of it, so that web cannot read what only the worker may."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.privileges import (
    REDIS,
    SHARED,
    WEB,
    WORKER,
    become,
    can_separate,
    code_folders,
    preparation,
)
from challenge_platform.config import Settings
from challenge_platform.errors import InvalidInput
from challenge_platform.migrations import upgrade

ROOT = 0


@dataclass(frozen=True)
class Part:
    """A folder of the data folder with its owner, group and mode."""

    path: str
    uid: int
    gid: int
    mode: int


PARTS = (
    Part(".", ROOT, SHARED, 0o751),
    Part("db", ROOT, SHARED, 0o2770),
    Part("objects", ROOT, SHARED, 0o2770),
    Part("demo", WORKER.uid, SHARED, 0o700),
    Part("log", ROOT, ROOT, 0o700),
    Part("run", ROOT, SHARED, 0o751),
    Part("run/redis", REDIS.uid, SHARED, 0o750),
    Part("run/launcher", ROOT, SHARED, 0o750),
    Part("keys", ROOT, SHARED, 0o750),
    Part("keys/web", ROOT, SHARED, 0o710),
    Part("keys/shared", ROOT, SHARED, 0o750),
    Part("keys/worker", ROOT, SHARED, 0o710),
    Part("keys/worker/scoring", ROOT, SHARED, 0o710),
    Part("keys/operator", ROOT, ROOT, 0o700),
    Part("keys/operator/release", ROOT, ROOT, 0o700),
)


def prepare(
    platform: Platform, /, *, slugs: Iterable[str] = (), separate: bool | None = None
) -> None:
    """Make the data folder, its keys, those of the challenges named, and the database.

    Safe to repeat: nothing that exists is made again, owners and modes are put right. As root this
    only touches folders that nobody else may write to; the database, which web may replace by a
    link to anything, is brought up to date by a child that runs as the worker. `separate` False
    leaves everything to the user who calls, root or not.
    """
    separate = can_separate() if separate is None else separate
    for part in PARTS:
        folder = _place(part, platform.settings)
        folder.mkdir(parents=True, exist_ok=True)
        if separate:
            os.chown(folder, part.uid, part.gid, follow_symlinks=False)
        folder.chmod(part.mode)
    keys = platform.keys
    keys.create()
    for slug in slugs:
        keys.create_for(slug)
    for place, uid, gid, mode in (
        ("web", WEB.uid, ROOT, 0o400),
        ("shared", ROOT, SHARED, 0o440),
        ("worker", WORKER.uid, ROOT, 0o400),
        ("worker/scoring", WORKER.uid, ROOT, 0o400),
        ("operator/release", ROOT, ROOT, 0o400),
    ):
        _hand_over(keys.folder / place, uid=uid, gid=gid, mode=mode, separate=separate)
    if separate:
        _migrate_as_worker(platform)
    else:
        upgrade(platform.database)
        platform.database.close()


def run_as_worker(platform: Platform, /, *, reach: Iterable[Path] = ()) -> None:
    """Turn this process, if it is root, into the worker: root keeps away from what web can write.

    `reach` names more folders that must stay enterable.
    """
    if can_separate():
        data = platform.settings.data_dir.absolute()
        become(WORKER, reach=(*code_folders(), data, platform.settings.keys, *reach))


def require_readable(folder: Path, /) -> None:
    """Raise InvalidInput naming a file or folder within that this process may not read."""
    closed: list[Path] = []

    def note(error: OSError) -> None:
        closed.append(Path(error.filename))

    for place, _, names in os.walk(folder, onerror=note):
        files = (Path(place, name) for name in names)
        closed.extend(path for path in files if not os.access(path, os.R_OK))
    if closed and closed[0].is_symlink():
        raise InvalidInput(
            f"{closed[0]} is a link to {closed[0].readlink()}, which cannot be read by the user "
            f"{os.geteuid()}; put the file itself in its place"
        )
    if closed:
        raise InvalidInput(
            f"{closed[0]} cannot be read by the user {os.geteuid()}, as which root builds "
            f"challenges; let others read what is within: chmod -R o+rX {folder}. The folder above "
            "it may stay closed to them"
        )


def _migrate_as_worker(platform: Platform) -> None:
    data = platform.settings.data_dir.absolute()
    done = subprocess.run(
        [sys.executable, "-m", "challenge_platform.migrations"],
        env=platform.settings.environment(),
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        preexec_fn=preparation(WORKER, reach=(*code_folders(), data)),
    )
    if done.returncode != 0:
        raise InvalidInput(f"the database cannot be brought up to date: {done.stderr.strip()}")


def _place(part: Part, settings: Settings) -> Path:
    """Give the folder of a part; that of the keys may be outside the data folder."""
    path = Path(part.path)
    if path.is_relative_to("keys"):
        return settings.keys / path.relative_to("keys")
    return settings.data_dir.absolute() / path


def _hand_over(folder: Path, *, uid: int, gid: int, mode: int, separate: bool) -> None:
    """Give the key files in a folder, which only root can write to, to their owner."""
    for path in folder.iterdir():
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            continue
        if separate:
            os.chown(path, uid, gid, follow_symlinks=False)
        path.chmod(mode)
