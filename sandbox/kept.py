"""The list of what a launcher keeps on the engine's disk, and what makes room for what is new.

A thing is on the list only when it is whole: what is not on it was left by a launcher that was
killed, and is swept. The time of a list entry's file is that of its last use.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox import MIB, SandboxUnavailable

_SUFFIX = ".json"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A thing that is kept: its key on the list, its name at the engine, its bytes, its last use.

    The key is a kind, a dash, and a digest.
    """

    key: str
    name: str
    size: int
    used: float


class KeptList:
    """Lists what is kept, as files in a folder, at most `budget` bytes altogether."""

    def __init__(self, folder: Path, /, *, budget: int) -> None:
        self._folder = folder
        self._budget = budget
        self._lock = threading.Lock()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for partial in folder.glob(".*"):  # of a launcher that was killed
            partial.unlink()

    def find(self, key: str, /) -> Kept | None:
        """Give a thing on the list, None when it is not there."""
        path = self._folder / (key + _SUFFIX)
        try:
            entry = json.loads(path.read_text(encoding="utf-8"))
            return Kept(key=key, name=entry["name"], size=entry["size"], used=path.stat().st_mtime)
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):  # damaged: what it named is swept
            path.unlink(missing_ok=True)
            return None

    def use(self, key: str, /) -> Kept | None:
        """Give a thing on the list, whose last use this is."""
        found = self.find(key)
        if found is not None:
            os.utime(self._folder / (key + _SUFFIX))
        return found

    def all(self) -> Iterator[Kept]:
        """Give what is on the list."""
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            if (found := self.find(path.name.removesuffix(_SUFFIX))) is not None:
                yield found

    def add(self, key: str, /, *, name: str, size: int) -> None:
        """Put on the list what is whole now."""
        partial = self._folder / f".{key}.{os.getpid()}"
        with partial.open("w", encoding="utf-8") as file:
            json.dump({"name": name, "size": size}, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self._folder / (key + _SUFFIX))

    def drop(self, key: str, /) -> None:
        """Take a thing off the list, before it is removed."""
        (self._folder / (key + _SUFFIX)).unlink(missing_ok=True)

    def make_room(self, size: int, /, *, remove: Callable[[Kept], bool]) -> None:
        """Have `remove` take away what was not used for longest until `size` bytes fit.

        It says whether it could: what is in use stays. Raises SandboxUnavailable, with code
        "disk_full", when not enough can be removed.
        """
        with self._lock:
            kept = sorted(self.all(), key=lambda one: one.used)
            excess = sum(one.size for one in kept) + size - self._budget
            if size <= self._budget:
                for one in kept:
                    if excess <= 0:
                        break
                    if remove(one):
                        self.drop(one.key)
                        excess -= one.size
        if excess > 0:
            raise SandboxUnavailable(
                f"{size // MIB} MiB do not fit into the {self._budget // MIB} MiB that the "
                "launcher may keep on the engine's disk, beside what is in use. Raise "
                "CHALLENGE_SANDBOX_DISK.",
                code="disk_full",
            )
