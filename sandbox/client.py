"""The Runner that asks the launcher over its unix socket: what workers run sandboxes with."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import BinaryIO

from sandbox import Outcome, Run, SandboxUnavailable, Status
from sandbox.wire import decode_outcome, decode_status, encode_run

_SECONDS = 30.0  # to connect, and for each piece of the input to be taken
# Beyond a run's own seconds: a wait for a slot, a start and a kill, each at its slowest.
_ENGINE_SECONDS = 120.0
_KEEP_SECONDS = 1800.0  # for the engine to take in what it was sent
_BLOCK = 256 * 1024


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

    def acknowledge(self, run_id: str, /) -> None:
        """Forget a detached run's outcome, which the caller has recorded."""
        with self._answer("DELETE", f"/outcomes/{run_id}"):
            pass

    def cancel(self, run_id: str, /) -> bool:
        """Kill a run and confirm that it is gone; False when no such run is under way."""
        with self._answer("DELETE", f"/runs/{run_id}") as body:
            return bool(json.loads(body)["cancelled"])

    def has_files(self, digest: str, /) -> bool:
        """Whether the tar of this SHA-256 is kept, so that a run may have its files."""
        return self._has(f"/files/{digest}")

    def keep_files(self, digest: str, archive: BinaryIO, /, *, size: int) -> None:
        """Keep a plain tar of `size` bytes, which is sent in pieces; see `Runner.keep_files`."""
        self._keep(f"/files/{digest}", archive, size=size)

    def has_image(self, image_id: str, /) -> bool:
        """Whether the submitted image of this `sha256:…` id is kept, so that it may be run."""
        return self._has(f"/images/{image_id}")

    def keep_image(self, image_id: str, archive: BinaryIO, /, *, size: int) -> None:
        """Keep an image's archive of `size` bytes, sent in pieces; see `Runner.keep_image`."""
        self._keep(f"/images/{image_id}", archive, size=size)

    def status(self) -> Status:
        """Ask what could run now."""
        with self._answer("GET", "/status") as body:
            return decode_status(body)

    def _has(self, path: str) -> bool:
        with self._answer("GET", path) as body:
            return bool(json.loads(body)["kept"])

    def _keep(self, path: str, archive: BinaryIO, *, size: int) -> None:
        with self._answer("PUT", path, body=archive, size=size, seconds=_KEEP_SECONDS):
            pass

    @contextmanager
    def _answer(
        self,
        method: str,
        path: str,
        *,
        body: bytes | BinaryIO = b"",
        size: int | None = None,
        seconds: float = _ENGINE_SECONDS,
    ) -> Iterator[bytes]:
        """Give the body of a good answer to be read; whatever is wrong is SandboxUnavailable."""
        try:
            with closing(_UnixConnection(self._path)) as connection:
                status, answer = connection.ask(method, path, body=body, size=size, seconds=seconds)
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
        super().__init__("launcher", timeout=_SECONDS, blocksize=_BLOCK)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(str(self._path))  # if refused, the socket is closed with the connection

    def ask(
        self, method: str, path: str, *, body: bytes | BinaryIO, size: int | None, seconds: float
    ) -> tuple[int, bytes]:
        """Send a request and give the status and the body of its answer, awaited so long.

        `size` is that of a body which is a file.
        """
        headers = {} if size is None else {"Content-Length": str(size)}
        # Refused before it was read to its end: the answer says why.
        with suppress(BrokenPipeError):
            self.request(method, path, body=body, headers=headers)
        self.sock.settimeout(seconds)
        response = self.getresponse()
        return response.status, response.read()
