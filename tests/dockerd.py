"""A dockerd of a test's own, which must not touch the network of the machine's."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sandbox.engine import ENGINE_SOCKET, connect
from scripts.provisioning.engine import OwnDockerd

needs_dockerd = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("dockerd") is None, reason="only root can run a dockerd"
)


REMAPPED = "nobody:nogroup"
FIRST_UID = 300_000
"""To whom a dockerd maps the users of containers, and which id is its root."""


@dataclass
class Dockerd:
    """A dockerd of the test's own, that can be ended and started again."""

    own: OwnDockerd
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.process = self.own.start()

    def end(self, number: signal.Signals) -> None:
        """End it, and wait until it has ended."""
        self.process.send_signal(number)
        self.process.wait(30)
        # A new one waits for the containerd of a stale file as long as nobody has reaped it.
        folder = self.own.log.parent
        (folder / "exec/containerd/containerd.pid").unlink(missing_ok=True)


def in_network_of_its_own(folder: Path, /, *, remapped: bool = False) -> Path:
    """Give a folder with a dockerd that does not see the machine's bridge: it would remove it.

    One that maps users has files of its own that say to which; nobody else sees them.
    """
    program = folder / "bin" / "dockerd"
    program.parent.mkdir()
    dockerd = shutil.which("dockerd")
    script = f'exec unshare --net {dockerd} "$@"'
    if remapped:
        users = folder / "users"
        users.write_text(f"{REMAPPED.partition(':')[0]}:{FIRST_UID}:65536\n")
        binds = " && ".join(
            f"mount --bind {users} {file}" for file in ("/etc/subuid", "/etc/subgid")
        )
        script = f'exec unshare --net --mount sh -c \'{binds} && exec {dockerd} "$@"\' dockerd "$@"'
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program.parent


@contextlib.contextmanager
def running_dockerd(*, images: Sequence[str], remapped: bool = False) -> Iterator[Dockerd]:
    """Run a dockerd that has these images of the machine's; nothing of it is left at the end.

    Its socket is `docker.sock`, alone in a folder. It maps users if it is `remapped`.
    """
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        tempfile.TemporaryDirectory(prefix="engine") as name,
    ):  # short: it holds a unix socket
        folder = Path(name)
        folder.chmod(0o711)  # the root of one that maps users goes through it
        (folder / "run").mkdir()
        socket = folder / "run" / "docker.sock"
        dockerd = Dockerd(
            OwnDockerd(
                pid_file=folder / "dockerd.pid",
                log=folder / "dockerd.log",
                socket=socket,
                arguments=(
                    f"--host=unix://{socket}",
                    f"--data-root={folder}/data",
                    f"--exec-root={folder}/exec",
                    "--bridge=none",
                    "--iptables=false",
                    *([f"--userns-remap={REMAPPED}"] if remapped else ()),
                ),
            )
        )
        monkeypatch.setenv(
            "PATH",
            f"{in_network_of_its_own(folder, remapped=remapped)}:{os.defpath}:/usr/sbin:/sbin",
        )
        dockerd.start()
        monkeypatch.undo()
        try:
            with connect(socket) as engine, connect(ENGINE_SOCKET) as machines:
                for image in images:
                    engine.load_image(machines.get_image(image))  # type: ignore[no-untyped-call]  # stub without types
            yield dockerd
        finally:
            dockerd.end(signal.SIGTERM)
            for shim in _processes_of(folder):  # one that was killed cannot end all that it started
                os.kill(shim, signal.SIGKILL)
            for mount in reversed(_mounts_in(folder)):
                subprocess.run(["umount", mount], check=True)


def _processes_of(folder: Path) -> list[int]:
    """Give the processes whose command line names a folder of the test's own."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if f"{folder}/".encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found


def _mounts_in(folder: Path) -> list[str]:
    """Name what is mounted in a folder, in the order of mounting."""
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return [path for path in (line.split()[1] for line in lines) if path.startswith(str(folder))]
