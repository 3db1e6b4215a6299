"""Control groups: totals for all sandboxes of a launcher, and what each run used, read from files.

    <root>/<controller>/challenge-sandboxes/<launcher>/<sandbox>/<container>     version 1
    <root>/challenge-sandboxes/<launcher>/<sandbox>/<container>                  version 2

The engine makes a container's group and removes it; the one of the sandbox around it remains, with
the sums of what was in it, until the launcher has read and removed it. With the systemd driver,
and where the files are not to be had, there are neither totals nor numbers.
"""

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sandbox.facts import EngineFacts
from sandbox.options import PARENT, parent_of

ROOT = Path("/sys/fs/cgroup")
REMOVAL_SECONDS = 1.0
_ENABLED = "+cpu +memory +pids"


@dataclass(frozen=True, kw_only=True)
class Group:
    """The control group of one sandbox; `name` is its path as the engine takes it."""

    root: Path
    version: str
    name: str

    def cpu_seconds(self) -> float | None:
        """Tell the processor seconds that all its processes used until now."""
        if self.version == "1":
            nanoseconds = _number(self._file("cpuacct", "cpuacct.usage"))
            return None if nanoseconds is None else nanoseconds / 1e9
        for line in _text(self._file("", "cpu.stat")).splitlines():
            key, _, value = line.partition(" ")
            if key == "usage_usec":
                return int(value) / 1e6
        return None

    def peak_memory(self) -> int | None:
        """Tell the most bytes that it held at once, what lies in its folders in memory included."""
        if self.version == "1":
            return _number(self._file("memory", "memory.max_usage_in_bytes"))
        return _number(self._file("", "memory.peak"))

    def memory(self) -> int:
        """Tell the bytes that it holds now; 0 when that cannot be read."""
        name = "memory.usage_in_bytes" if self.version == "1" else "memory.current"
        return _number(self._file("memory" if self.version == "1" else "", name)) or 0

    def exists(self) -> bool:
        """Whether it is where this process looks, as it must be once its container has started."""
        return self._file("memory" if self.version == "1" else "", "").is_dir()

    def limit(self, *, memory: int, processes: int) -> None:
        """Make it, and bound what all in it may use together. Raises OSError where that fails."""
        if self.version == "1":
            for controller in ("memory", "pids"):
                self._file(controller, "").mkdir(parents=True, exist_ok=True)
            with suppress(OSError):  # as it is anyhow on newer kernels
                self._file("memory", "memory.use_hierarchy").write_text("1")
            self._limit_both(memory)
            self._file("pids", "pids.max").write_text(str(processes))
            return
        folder = self.root
        for part in ("", *self.name.strip("/").split("/")):  # each lets the next have its limits
            folder /= part
            folder.mkdir(exist_ok=True)
            (folder / "cgroup.subtree_control").write_text(_ENABLED)
        self._file("", "memory.max").write_text(str(memory))
        with suppress(OSError):  # no such file without swap
            self._file("", "memory.swap.max").write_text("0")
        self._file("", "pids.max").write_text(str(processes))

    def _limit_both(self, memory: int) -> None:
        """Bound memory, and memory with swap, which must never be the smaller one of the two."""
        files = [
            self._file("memory", "memory.limit_in_bytes"),
            self._file("memory", "memory.memsw.limit_in_bytes"),
        ]
        files = [file for file in files if file.exists()]
        try:
            for file in files:
                file.write_text(str(memory))
        except OSError:
            for file in reversed(files):
                file.write_text(str(memory))

    def remove(self) -> None:
        """Remove it, if nothing is in it any more."""
        for folder in _folders(self.root, self.name):
            with suppress(OSError):  # a container is in it still
                folder.rmdir()

    def _file(self, controller: str, name: str) -> Path:
        return self.root / controller / self.name.lstrip("/") / name


@dataclass(frozen=True, kw_only=True)
class Groups:
    """The groups of one launcher; `problem` says why there are none, None where there are."""

    parent: str
    root: Path
    version: str
    problem: str | None

    @classmethod
    def open(
        cls,
        facts: EngineFacts,
        /,
        *,
        label: str,
        memory: int,
        processes: int,
        root: Path = ROOT,
    ) -> Self:
        """Make the group of a launcher's sandboxes, which may use so much all together."""
        general = parent_of(facts)
        if facts.cgroup_driver != "cgroupfs":
            problem = (
                f"The engine's control groups are made by {facts.cgroup_driver}: limit the unit "
                f"{general} to bound all sandboxes together; what a run used is not told."
            )
            return cls(parent=general, root=root, version=facts.cgroup_version, problem=problem)
        parent = _name_of(label)
        group = Group(root=root, version=facts.cgroup_version, name=parent)
        try:
            group.limit(memory=memory, processes=processes)
        except OSError as error:
            problem = (
                f"Control groups cannot be written at {root} ({error.strerror}): all sandboxes "
                "together are not bounded, and what a run used is not told. Give the launcher the "
                "machine's own; see the installation guide."
            )
            return cls(parent=general, root=root, version=facts.cgroup_version, problem=problem)
        return cls(parent=parent, root=root, version=facts.cgroup_version, problem=None)

    def of(self, owner: str, /) -> Group | None:
        """Give the group of a sandbox, None where there are none."""
        if self.problem is not None:
            return None
        return Group(root=self.root, version=self.version, name=f"{self.parent}/{owner}")


def sweep(label: str, is_owned: Callable[[str], bool], /, *, root: Path = ROOT) -> None:
    """Remove the groups of a launcher's sandboxes that are gone."""
    for folder in _folders(root, _name_of(label)):
        with suppress(OSError):  # it is gone itself
            for group in folder.iterdir():
                if group.is_dir() and not is_owned(group.name):
                    with suppress(OSError):  # a container is in it still
                        group.rmdir()


def remove_all(label: str, /, *, root: Path = ROOT) -> None:
    """Remove the groups of a launcher that has no sandbox any more.

    The engine takes its own out a moment after it has removed a container, so that it is tried
    again for REMOVAL_SECONDS.
    """
    until = time.monotonic() + REMOVAL_SECONDS
    while True:
        sweep(label, lambda _: False, root=root)
        for folder in (left := _folders(root, _name_of(label))):
            with suppress(OSError):
                folder.rmdir()
        if not left or time.monotonic() > until:
            return
        time.sleep(REMOVAL_SECONDS / 20)


def _name_of(label: str) -> str:
    return f"/{PARENT}/{hashlib.sha256(label.encode()).hexdigest()[:12]}"


def _folders(root: Path, name: str) -> list[Path]:
    """Give where a group is, in each hierarchy that there is, of either version."""
    if not root.is_dir():
        return []
    hierarchies = [root, *(path for path in root.iterdir() if not path.is_symlink())]
    folders = [hierarchy / name.lstrip("/") for hierarchy in hierarchies]
    return [folder for folder in folders if folder.is_dir()]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdigit() else None
