"""The dockerd that set-up starts: a real one, in folders of its own, beside the machine's."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.provisioning.engine import EngineState, OwnDockerd, engine_state
from scripts.provisioning.errors import SetupError
from tests.dockerd import in_network_of_its_own, needs_dockerd

pytestmark = [pytest.mark.docker, needs_dockerd]


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnDockerd]:
    with tempfile.TemporaryDirectory(prefix="engine") as name:  # short: it holds a unix socket
        folder = Path(name)
        monkeypatch.setenv("PATH", str(in_network_of_its_own(folder)), prepend=os.pathsep)
        dockerd = OwnDockerd(
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
        yield dockerd
        dockerd.stop()


def test_it_answers_once_started_and_is_gone_once_stopped(own: OwnDockerd) -> None:
    process = own.start()

    assert own.pid() == process.pid
    assert engine_state(own.socket) is EngineState.ANSWERS

    assert own.stop()

    assert process.wait() == 0
    assert own.pid() is None
    assert engine_state(own.socket) is EngineState.SILENT
    assert not own.stop()


def test_a_process_that_took_over_its_pid_is_left_alone(own: OwnDockerd) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        own.pid_file.parent.mkdir()
        own.pid_file.write_text(str(other.pid))

        assert not own.stop()

        assert other.poll() is None
        other.kill()


def test_a_dockerd_that_cannot_start_says_why(own: OwnDockerd) -> None:
    wrong = OwnDockerd(
        pid_file=own.pid_file,
        log=own.log,
        socket=own.socket,
        arguments=(*own.arguments, "--config-file=/nonsense.json"),
    )

    with pytest.raises(SetupError, match="nonsense"):
        wrong.start()


def test_another_dockerd_is_not_ours(own: OwnDockerd) -> None:
    process = own.start()
    other = OwnDockerd(pid_file=own.pid_file.with_name("other.pid"), log=own.log)
    other.pid_file.write_text(str(process.pid))

    assert not other.stop()

    assert process.poll() is None
    own.stop()
    process.wait()
