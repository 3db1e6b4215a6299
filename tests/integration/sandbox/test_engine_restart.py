"""A dockerd that stops or is killed during a run: nobody's fault but ours, and nothing is left."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from sandbox import End, Limits, Run, SandboxUnavailable
from sandbox.client import LauncherClient
from sandbox.engine import ENGINE_SOCKET, Engine, connect
from scripts.provisioning.engine import OwnDockerd
from tests.dockerd import in_network_of_its_own
from tests.integration.sandbox.conftest import Background, Launch, case_run, wait_until

pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("dockerd") is None, reason="only root can run a dockerd"
    ),
]


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
        (self.own.socket.parent / "exec/containerd/containerd.pid").unlink(missing_ok=True)


@pytest.fixture(scope="module")
def dockerd(case_image: str) -> Iterator[Dockerd]:
    """Give a dockerd that has the test runtime."""
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        tempfile.TemporaryDirectory(prefix="engine") as name,
    ):  # short: it holds a unix socket
        folder = Path(name)
        dockerd = Dockerd(
            OwnDockerd(
                pid_file=folder / "run" / "dockerd.pid",
                log=folder / "dockerd.log",
                socket=folder / "docker.sock",
                arguments=(
                    f"--host=unix://{folder}/docker.sock",
                    f"--data-root={folder}/data",
                    f"--exec-root={folder}/exec",
                    "--bridge=none",
                    "--iptables=false",
                ),
            )
        )
        monkeypatch.setenv("PATH", f"{in_network_of_its_own(folder)}:{os.defpath}:/usr/sbin:/sbin")
        dockerd.start()
        with connect(dockerd.own.socket) as engine, connect(ENGINE_SOCKET) as machines:
            engine.load_image(machines.get_image(case_image))  # type: ignore[no-untyped-call]  # stub without types
        yield dockerd
        dockerd.end(signal.SIGTERM)
        for shim in processes_of(folder):  # one that was killed cannot end all that it started
            os.kill(shim, signal.SIGKILL)
        for mount in reversed(mounts_in(folder)):
            subprocess.run(["umount", mount], check=True)


def processes_of(folder: Path) -> list[int]:
    """Give the processes whose command line names a folder of the test's own."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if f"{folder}/".encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found


def mounts_in(folder: Path) -> list[str]:
    """Name what is mounted in a folder, in the order of mounting."""
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return [path for path in (line.split()[1] for line in lines) if path.startswith(str(folder))]


@pytest.fixture
def restarted(dockerd: Dockerd) -> Iterator[Engine]:
    """Give the engine of that dockerd, which is asked only while it answers."""
    engine = Engine(dockerd.own.socket)
    yield engine
    engine.close()


def code_of(client: LauncherClient, run: Run) -> str:
    """Give how a run ended, or the code of its failure."""
    try:
        return client.run(run).end
    except SandboxUnavailable as error:
        return error.code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("collect", [None, "predictions.csv"], ids=["attached", "detached"])
def test_a_run_fails_as_ours_and_nothing_of_it_is_left(
    dockerd: Dockerd,
    restarted: Engine,
    launch: Launch,
    client: LauncherClient,
    label: str,
    number: signal.Signals,
    collect: str | None,
) -> None:
    launcher = launch(engine=dockerd.own.socket)
    run = replace(
        case_run("import time; time.sleep(50)", limits=Limits(seconds=55)), collect=collect
    )
    background = Background(lambda: code_of(client, run))
    wait_until(lambda: run.id in restarted.containers(label=label).values(), seconds=20)
    wait_until(lambda: client.status().active == (run.id,))
    time.sleep(1)  # until its program runs

    dockerd.end(number)
    said = background.join()
    dockerd.start()

    assert said == "engine"
    assert client.run(case_run("print(1)")).end is End.FINISHED
    launcher.terminate()
    launcher.wait()
    launch(engine=dockerd.own.socket)
    wait_until(lambda: restarted.containers(label=label) == {})
    wait_until(lambda: restarted.volumes(label=label) == {})
