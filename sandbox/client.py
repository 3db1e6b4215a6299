"""The Runner that asks the launcher over its unix socket: what workers run sandboxes with."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from sandbox import Outcome, Run, SandboxUnavailable, Status
from sandbox.wire import decode_outcome, decode_status, encode_run

_SECONDS = 30.0  # to connect, and for each piece of the input to be taken
# Beyond a run's own seconds: a wait for a slot, a start and a kill, each at its slowest.
_ENGINE_SECONDS = 120.0


class LauncherClient:
    """A Runner on the launcher that listens on `socket_path`; may be shared by threads.

    Each call has a connection of its own, and raises SandboxUnavailable when nobody answers it.
    """

    def __init__(self, socket_path: Path) -> None:
        self._path = socket_path

    def run(self, run: Run, /) -> Outcome:
        """Run it once and give what came of it; raise SandboxUnavailable when it could not run.

        The launcher kills the run when this process ends before it.
        """
        seconds = run.limits.seconds + _ENGINE_SECONDS
        with self._answer("POST", "/runs", body=encode_run(run), seconds=seconds) as body:
            return decode_outcome(body)

    def cancel(self, run_id: str, /) -> bool:
        """Kill a run and confirm that it is gone; False when no such run is under way."""
        with self._answer("DELETE", f"/runs/{run_id}") as body:
            return bool(json.loads(body)["cancelled"])

    def status(self) -> Status:
        """Ask what could run now."""
        with self._answer("GET", "/status") as body:
            return decode_status(body)

    @contextmanager
    def _answer(
        self, method: str, path: str, *, body: bytes = b"", seconds: float = _ENGINE_SECONDS
    ) -> Iterator[bytes]:
        """Give the body of a good answer to be read; whatever is wrong is SandboxUnavailable."""
        try:
            with closing(_UnixConnection(self._path)) as connection:
                status, answer = connection.ask(method, path, body=body, seconds=seconds)
            if status != HTTPStatus.OK:
                problem = json.loads(answer)
                raise SandboxUnavailable(problem["message"], code=problem["code"])
            yield answer
        except (OSError, HTTPException) as error:
            raise SandboxUnavailable(
                f"The launcher on {self._path} does not answer: {error!r}. Start it with "
                "`challenge launcher`.",
                code="launcher_down",
            ) from error
        except (ValueError, KeyError) as error:
            raise SandboxUnavailable(
                f"What answers on {self._path} is no launcher of this version: {error!r}.",
                code="launcher_answer",
            ) from error


class _UnixConnection(HTTPConnection):
    """HTTP over a unix socket; the standard library's own, since httpx leaks refused sockets."""

    sock: socket.socket

    def __init__(self, path: Path) -> None:
        super().__init__("launcher", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(str(self._path))  # if refused, the socket is closed with the connection

    def ask(self, method: str, path: str, *, body: bytes, seconds: float) -> tuple[int, bytes]:
        """Send a request and give the status and the body of its answer, awaited so long."""
        with suppress(
            BrokenPipeError
        ):  # refused before it was read to its end: the answer says why
            self.request(method, path, body=body)
        self.sock.settimeout(seconds)
        response = self.getresponse()
        return response.status, response.read()
