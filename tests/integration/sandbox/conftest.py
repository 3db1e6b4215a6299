"""A real engine, the runtime of the hostile cases, and runners that leave nothing behind."""

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Generic, TypeVar

import docker
import pytest
from docker.errors import APIError

from sandbox import Limits, Run, SandboxUnavailable
from sandbox.client import LauncherClient
from sandbox.docker import DockerRunner
from sandbox.engine import ENGINE_SOCKET, Engine
from sandbox.images.build import build_image
from sandbox.images.content import SCORING, SELFTEST
from sandbox.options import LAUNCHER_LABEL
from sandbox.wire import encode_run
from tests.waiting import PATIENCE_SECONDS, listens, wait_until

HERE = Path(__file__).parent
T = TypeVar("T")
Launch = Callable[..., subprocess.Popen[bytes]]


def case_input(program: str, data: bytes = b"") -> bytes:
    """Give the stdin with which the test runtime runs a program, which reads `data` from it."""
    source = program.encode()
    return f"{len(source)}\n".encode() + source + data


def case_run(program: str, data: bytes = b"", *, limits: Limits | None = None) -> Run:
    """Give a run of a program in the test runtime."""
    return Run(
        id=str(uuid.uuid4()),
        runtime="case",
        limits=limits or Limits(seconds=60),
        input=case_input(program, data),
    )


def begins(run_id: str) -> str:
    """Give the line by which a program shows that it has begun."""
    return f"open('/tmp/{run_id}', 'w').close()\n"


HELD = "import os, time\nwhile not os.path.exists('/tmp/released'): time.sleep(0.02)\n"
"""How a program begins that goes on once a test has released it."""


def has_begun(run_id: str) -> bool:
    """Whether a program that began with `begins` has done so, and goes on."""
    return _in_sandbox(run_id, "true")


def release(run_id: str) -> None:
    """Let a program that is held go on, wherever it runs."""
    assert _in_sandbox(run_id, "touch /tmp/released")


def _in_sandbox(run_id: str, script: str) -> bool:
    with closing(docker.from_env()) as client:
        for container in client.containers.list(filters={"label": LAUNCHER_LABEL}, sparse=True):
            with suppress(APIError):  # it has ended meanwhile
                done = container.exec_run(["sh", "-c", f"test -e /tmp/{run_id} && {script}"])
                if done.exit_code == 0:
                    return True
    return False


class Background(Generic[T]):
    """A call in a thread of its own."""

    def __init__(self, call: Callable[[], T], *, seconds: float = PATIENCE_SECONDS) -> None:
        self._seconds = seconds
        self._results: queue.SimpleQueue[T] = queue.SimpleQueue()
        self._thread = threading.Thread(target=lambda: self._results.put(call()))
        self._thread.start()

    def join(self) -> T:
        """Wait for the call and give its result."""
        self._thread.join(self._seconds)
        return self._results.get(timeout=1)


def start_call(socket_path: Path, *, run: Run, uid: int | None = None) -> subprocess.Popen[bytes]:
    """Start a process that asks a launcher for a run."""
    command = [sys.executable, str(HERE / "call.py"), str(socket_path)]
    process = subprocess.Popen(
        command + [str(uid)] * (uid is not None), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(encode_run(run))
    process.stdin.close()
    process.stdin = None
    return process


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Give the Docker Engine; without one the test is skipped, but on CI it fails."""
    engine = Engine()
    try:
        engine.facts()
    except SandboxUnavailable as error:
        if os.environ.get("CI") == "true":  # noqa: TID251  CI's own variable, not a setting
            pytest.fail(f"CI needs a Docker Engine: {error}")
        pytest.skip(f"no Docker Engine: {error}")
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def scoring_image(engine: Engine) -> str:
    """Make the scoring image, if it is not there, and give its tag."""
    assert engine.facts().seccomp
    return build_image(SCORING, say=print)


@pytest.fixture(scope="session")
def case_image(engine: Engine) -> str:
    """Make the self-test's image, if it is not there, and give its tag."""
    assert engine.facts().seccomp
    return build_image(SELFTEST, say=print)


@pytest.fixture
def label() -> str:
    """Give a label that no other launcher on this engine has."""
    return f"test-{uuid.uuid4()}"


@pytest.fixture
def runner(engine: Engine, case_image: str, label: str) -> Iterator[DockerRunner]:
    """Give a runner of the test runtime, whose containers are gone after the test."""
    runner = DockerRunner(engine, runtimes={"case": case_image}, label=label)
    yield runner
    runner.close()
    assert engine.containers(label=label) == {}


@pytest.fixture
def containers(engine: Engine, label: str) -> Callable[[], list[str]]:
    """Give a function that lists the runs whose containers the engine has, running or not."""
    return lambda: sorted(engine.containers(label=label).values())


@pytest.fixture
def socket_path() -> Iterator[Path]:
    """Give the path of a launcher's socket, short and in a folder that every user can enter."""
    with tempfile.TemporaryDirectory(prefix="launcher-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder, "launcher.sock")


@pytest.fixture
def launch(case_image: str, label: str, socket_path: Path) -> Iterator[Launch]:
    """Give a function that starts a launcher of the test's label and waits until it listens."""
    with ExitStack() as running:

        def start(
            *,
            image: str = case_image,
            engine: Path = ENGINE_SOCKET,
            uses: str = label,
            warm: int = 0,
            longest: int = 60,
            runtime: str | None = None,
        ) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(
                [sys.executable, str(HERE / "launch.py"), str(socket_path), image, uses]
                + [f"--engine={engine}", f"--warm={warm}", f"--longest={longest}"]
                + ([f"--runtime={runtime}"] if runtime else [])
            )
            running.enter_context(process)
            running.callback(process.send_signal, signal.SIGINT)  # which leaves no run behind
            wait_until(lambda: listens(socket_path))
            return process

        yield start


@pytest.fixture
def client(socket_path: Path) -> LauncherClient:
    """Give a client of the test's launcher."""
    return LauncherClient(socket_path)
