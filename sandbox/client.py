"""The Runner that asks the launcher over its unix socket: what workers run sandboxes with."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
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

# Of a detached run: how long a launcher may take to be started again, and what passes meanwhile.
_PATIENCE_SECONDS = 90.0
_PASSING = {"launcher_down", "stopping"}
_PAUSE_SECONDS = 0.5
_LATEST_SECONDS = 600.0  # beyond its own seconds, whatever happens to launchers


class LauncherClient:
    """A Runner on the launcher that listens on `socket_path`; may be shared by threads.

    Each call has a connection of its own, and raises SandboxUnavailable when nobody answers it.
    """

    def __init__(self, socket_path: Path) -> None:
        self._path = socket_path

    def run(self, run: Run, /) -> Outcome:
        """Run it once and give what came of it; raise SandboxUnavailable when it could not run.

        The launcher kills the run when this process ends before it, unless it is detached: then
        whoever asks for the same id again joins it.
        """
        if run.detached:
            return self._join(run)
        seconds = run.limits.seconds + _ENGINE_SECONDS
        with self._answer("POST", "/runs", body=encode_run(run), seconds=seconds) as answer:
            return decode_outcome(answer.body)

    def _join(self, run: Run) -> Outcome:
        """Start or join a detached run and ask until it has ended, also of another launcher."""
        until = time.monotonic() + run.limits.seconds + _LATEST_SECONDS
        start = partial(self._answer, "POST", "/runs", body=encode_run(run))
        ask, is_taken, last_heard = start, False, time.monotonic()
        while time.monotonic() < until:
            try:
                with ask() as answer:
                    if answer.status is HTTPStatus.OK:
                        return decode_outcome(answer.body)
                ask, is_taken = partial(self._answer, "GET", f"/runs/{run.id}"), True
            except SandboxUnavailable as error:
                if not is_taken or time.monotonic() - last_heard > _PATIENCE_SECONDS:
                    raise
                if error.code == "unknown_run":  # its launcher was killed before it had its input
                    ask, is_taken = start, False
                elif error.code not in _PASSING:
                    raise
                time.sleep(_PAUSE_SECONDS)
            else:
                last_heard = time.monotonic()
        raise SandboxUnavailable(
            f"The launcher has not ended the run {run.id} by its time.", code="launcher_slow"
        )

    def acknowledge(self, run_id: str, /) -> None:
        """Forget a detached run's outcome, which the caller has recorded."""
        with self._answer("DELETE", f"/outcomes/{run_id}"):
            pass

    def cancel(self, run_id: str, /) -> bool:
        """Kill a run and confirm that it is gone; False when no such run is under way."""
        with self._answer("DELETE", f"/runs/{run_id}") as answer:
            return bool(json.loads(answer.body)["cancelled"])

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
        with self._answer("GET", "/status") as answer:
            return decode_status(answer.body)

    def _has(self, path: str) -> bool:
        with self._answer("GET", path) as answer:
            return bool(json.loads(answer.body)["kept"])

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
    ) -> Iterator["_Answer"]:
        """Give a good answer to be read; whatever is wrong is SandboxUnavailable."""
        try:
            with closing(_UnixConnection(self._path)) as connection:
                answer = connection.ask(method, path, body=body, size=size, seconds=seconds)
            if answer.status not in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
                problem = json.loads(answer.body)
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


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """What the launcher says: that it is done, that it goes on, or what is wrong."""

    status: HTTPStatus
    body: bytes


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
    ) -> _Answer:
        """Send a request and give its answer, awaited so long.

        `size` is that of a body which is a file.
        """
        headers = {} if size is None else {"Content-Length": str(size)}
        # Refused before it was read to its end: the answer says why.
        with suppress(BrokenPipeError):
            self.request(method, path, body=body, headers=headers)
        self.sock.settimeout(seconds)
        response = self.getresponse()
        return _Answer(status=HTTPStatus(response.status), body=response.read())
