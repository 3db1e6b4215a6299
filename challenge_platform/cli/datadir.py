"""The data folder: who owns which part of it, so that web cannot read what only the worker may."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.privileges import REDIS, SHARED, WEB, WORKER, can_separate
from challenge_platform.config import Settings
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
    Part("log", ROOT, ROOT, 0o700),
    Part("run", ROOT, SHARED, 0o751),
    Part("run/redis", REDIS.uid, SHARED, 0o750),
    Part("run/launcher", ROOT, SHARED, 0o750),
    Part("keys", ROOT, SHARED, 0o750),
    Part("keys/web", WEB.uid, ROOT, 0o700),
    Part("keys/shared", ROOT, SHARED, 0o750),
    Part("keys/worker", WORKER.uid, ROOT, 0o700),
    Part("keys/operator", ROOT, ROOT, 0o700),
)


def prepare(platform: Platform, /) -> None:
    """Make the data folder, its keys and its database, and give each part to its owner.

    Safe to repeat: nothing that exists is made again, owners and modes are put right.
    """
    for part in PARTS:
        folder = _place(part, platform.settings)
        folder.mkdir(parents=True, exist_ok=True)
        if can_separate():
            os.chown(folder, part.uid, part.gid)
        folder.chmod(part.mode)
    platform.keys.create()
    upgrade(platform.database)
    platform.database.engine.dispose()
    settle(platform)


def _place(part: Part, settings: Settings) -> Path:
    """Give the folder of a part; that of the keys may be outside the data folder."""
    path = Path(part.path)
    if path.is_relative_to("keys"):
        return settings.keys / path.relative_to("keys")
    return settings.data_dir.absolute() / path


def settle(platform: Platform, /) -> None:
    """Give every key and every file that was made meanwhile to the owner of its folder."""
    keys = platform.keys.folder
    data = platform.settings.data_dir.absolute()
    _hand_over(keys / "web", uid=WEB.uid, gid=ROOT, mode=0o400)
    _hand_over(keys / "shared", uid=ROOT, gid=SHARED, mode=0o440)
    _hand_over(keys / "worker", uid=WORKER.uid, gid=ROOT, mode=0o400)
    _hand_over(keys / "operator", uid=ROOT, gid=ROOT, mode=0o400)
    if can_separate():
        _hand_over(data / "db", uid=ROOT, gid=SHARED, mode=0o660)
        _hand_over(data / "objects", uid=ROOT, gid=SHARED, mode=0o660)


def _hand_over(folder: Path, *, uid: int, gid: int, mode: int) -> None:
    """Give what root owns below `folder` away; what a process made itself stays as it is."""
    for path in folder.rglob("*"):
        status = path.stat()
        if can_separate():
            if status.st_uid not in {ROOT, uid}:
                continue
            os.chown(path, uid, gid)
        wanted = (mode | 0o100 | (mode & 0o040) >> 2) if stat.S_ISDIR(status.st_mode) else mode
        if stat.S_IMODE(status.st_mode) != wanted:
            path.chmod(wanted)
