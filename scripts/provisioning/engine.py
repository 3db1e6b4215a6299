"""The Docker Engine of this machine: whether it answers, and the one that set-up itself starts."""

import http.client
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from pathlib import Path

from scripts.provisioning.errors import SetupError

SOCKET = Path("/var/run/docker.sock")
PAUSE = 0.1  # seconds between two looks at a process that starts or stops


class EngineState(Enum):
    """What the engine's socket says to this user."""

    ANSWERS = "answers"
    REFUSES = "refuses"  # it is there, but this user may not use it
    SILENT = "silent"


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, /) -> None:
        super().__init__("localhost", timeout=5)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def ask(path: str, /, *, at: Path) -> int:
    """Return the HTTP status of `GET path` at the socket `at`; OSError when nobody answers."""
    connection = _UnixConnection(at)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except http.client.HTTPException as error:
        raise ConnectionError(f"{at} does not speak HTTP: {error!r}") from error
    finally:
        connection.close()


def engine_state(at: Path, /) -> EngineState:
    """Whether an engine answers at the socket `at`."""
    try:
        status = ask("/_ping", at=at)
    except PermissionError:
        return EngineState.REFUSES
    except OSError:
        return EngineState.SILENT
    return EngineState.ANSWERS if status == HTTPStatus.OK else EngineState.SILENT


def has_image(name: str, /, *, at: Path) -> bool:
    """Whether the engine at the socket `at` answers and has the image."""
    try:
        return bool(name) and ask(f"/images/{name}/json", at=at) == HTTPStatus.OK
    except OSError:
        return False


@dataclass(frozen=True, kw_only=True)
class OwnDockerd:
    """The dockerd that set-up starts where no service manager does; known by its own pid file.

    The files are the machine's, not the clone's: the engine outlives a clone, and any may stop it.
    """

    pid_file: Path = Path("/run/challenge-platform/dockerd.pid")
    log: Path = Path("/var/log/challenge-platform-dockerd.log")
    socket: Path = SOCKET
    arguments: tuple[str, ...] = ()

    def pid(self) -> int | None:
        """Find the process that we started and that still runs, else None.

        It is ours only if its command line is a dockerd with our pid file: pids are used again.
        """
        try:
            number = int(self.pid_file.read_text())
            words = Path(f"/proc/{number}/cmdline").read_text().split("\0")
        except (OSError, ValueError):
            return None
        ours = Path(words[0]).name == "dockerd" and f"--pidfile={self.pid_file}" in words
        return number if ours else None

    def start(self, *, seconds: float = 60) -> subprocess.Popen[bytes]:
        """Start dockerd in a session of its own and wait until it answers.

        Raises:
            SetupError: it ended, or did not answer within `seconds`.

        """
        self.pid_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                ["dockerd", f"--pidfile={self.pid_file}", *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,  # Ctrl-C at the command that started it must not end it
            )
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if engine_state(self.socket) is EngineState.ANSWERS:
                return process
            if process.poll() is not None:
                raise SetupError(f"dockerd ended at once; {self._last_words()}")
            time.sleep(PAUSE)
        process.terminate()
        process.wait()
        raise SetupError(f"dockerd did not answer within {seconds:.0f} s; {self._last_words()}")

    def stop(self, *, seconds: float = 60) -> bool:
        """End the dockerd that we started, and no other; answers whether there was one.

        Raises:
            SetupError: it still runs after `seconds`.

        """
        pid = self.pid()
        if pid is None:
            return False
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while self.pid() == pid:
            if time.monotonic() > deadline:
                raise SetupError(
                    f"dockerd (pid {pid}) still runs {seconds:.0f} s after SIGTERM; see {self.log}"
                )
            time.sleep(PAUSE)
        return True

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines() or ["(empty)"]
        return f"the last line of {self.log} is: {lines[-1]}"
