"""The one process that holds the Docker socket: a closed API on a unix socket of its own.

    POST   /runs       a line of JSON, then stdin    ->  a line of JSON, then stdout
    DELETE /runs/{id}                                ->  {"cancelled": true | false}
    GET    /status                                   ->  what could run now, and what is missing

Callers name a runtime of the launcher's own table, never an image, an option or a path. A caller
that hangs up takes its run with it, so the runs of a killed worker end at once; what a killed
launcher leaves behind is removed by the next one of the same label.
"""

import errno
import fcntl
import json
import logging
import os
import signal
import socket
import struct
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import BinaryIO

from sandbox import MIB, Limits, Run, SandboxUnavailable
from sandbox.docker import DockerRunner
from sandbox.engine import ENGINE_SOCKET, Engine
from sandbox.wire import decode_run, encode_outcome, encode_status

MAXIMA = Limits(
    seconds=3600,
    memory=8192 * MIB,
    cpus=64,
    processes=1024,
    scratch=2048 * MIB,
    output=16 * MIB,
    file=256 * MIB,
)
MAX_INPUT = 256 * MIB

_SWEEP_SECONDS = 60.0
_PEER = struct.Struct("iII")  # Linux's struct ucred: process, user, group

_log = logging.getLogger(__name__)


class _Refused(Exception):
    """A request that is not run; answered with this status, code and message."""

    def __init__(self, status: HTTPStatus, message: str, *, code: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def serve(
    *,
    socket_path: Path,
    runtimes: Mapping[str, str],
    label: str,
    allowed_uids: frozenset[int] | None = None,
    socket_owner: tuple[int, int] | None = None,
    slots: int = 4,
    warm: int = 0,
    maxima: Limits = MAXIMA,
    engine_socket: Path = ENGINE_SOCKET,
) -> None:
    """Listen on `socket_path` until SIGTERM or SIGINT; call it in the main thread.

    `runtimes` gives an image for each name that callers may run. `allowed_uids` may call beside
    this process's own user; `socket_owner` (user, group) gets the socket, which no other user can
    open. `label` must be this installation's own: whatever container bears it and is not a run
    under way is removed, now, then and at the end. `warm` sandboxes are kept ready of the kinds
    that were run last, and end with this process however it ends. Neither an engine that is down
    nor a missing image stops it: `GET /status` says so, and runs fail until it is mended.

    Raises SandboxUnavailable with code "already_running" when the socket has a launcher.
    """
    engine = Engine(engine_socket)
    runner = DockerRunner(engine, runtimes=runtimes, label=label, slots=slots, warm=warm)
    callers = frozenset({os.geteuid()}) | (allowed_uids or frozenset())
    with _sole_launcher(socket_path):
        server = _Server(
            socket_path,
            owner=socket_owner,
            runner=runner,
            maxima=maxima,
            callers=callers,
            at_once=2 * slots,
        )
        stopping = threading.Event()
        sweeper = threading.Thread(target=_sweep, args=(runner, stopping), name="sweep")
        sweeper.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            # In a thread: `shutdown` waits for the loop that the signal interrupts.
            signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
        try:
            _log.info("listening on %s", socket_path)
            server.serve_forever()
        finally:
            stopping.set()
            sweeper.join()
            socket_path.unlink(missing_ok=True)
            _close(runner)
            server.server_close()
            engine.close()


@contextmanager
def _sole_launcher(socket_path: Path) -> Iterator[None]:
    """Hold the lock beside the socket, which the kernel frees however its holder ends."""
    with _open_lock(socket_path.with_suffix(".lock")) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SandboxUnavailable(
                f"A launcher listens on {socket_path} already: stop it first.",
                code="already_running",
            ) from None
        socket_path.unlink(missing_ok=True)  # left by a launcher that was killed
        yield


def _open_lock(path: Path) -> BinaryIO:
    """Open a file that this user alone can open, since whoever opens it could hold the lock."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise SandboxUnavailable(
            f"{path} is a link, which no launcher made: remove it.", code="lock_damaged"
        ) from None
    os.fchmod(lock, 0o600)  # earlier versions let everybody read it
    return os.fdopen(lock, "r+b")


def _sweep(runner: DockerRunner, stopping: threading.Event) -> None:
    """Remove what has no run under way, at once and then again and again, until told to stop."""
    while True:
        try:
            if removed := runner.sweep():
                _log.warning("removed %d containers that no run owns", removed)
        except SandboxUnavailable as error:
            _log.warning("could not look for containers that no run owns: %s", error)
        if stopping.wait(_SWEEP_SECONDS):
            return


def _close(runner: DockerRunner) -> None:
    try:
        runner.close()
    except SandboxUnavailable as error:
        _log.warning("containers may be left, which the next start removes: %s", error)


class _Server(ThreadingMixIn, UnixStreamServer):
    """A thread for each connection; the socket is its owner's alone from its first moment."""

    request_queue_size = 64

    def __init__(
        self,
        path: Path,
        /,
        *,
        owner: tuple[int, int] | None,
        runner: DockerRunner,
        maxima: Limits,
        callers: frozenset[int],
        at_once: int,
    ) -> None:
        self.runner = runner
        self.maxima = maxima
        self.callers = callers
        self.admission = threading.BoundedSemaphore(at_once)  # bounds the inputs held in memory
        previous = os.umask(0o177)
        try:
            super().__init__(str(path), _Handler)
        finally:
            os.umask(previous)
        if owner is not None:
            os.chown(path, *owner)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002  socketserver's
        if isinstance(sys.exception(), ConnectionError):
            _log.info("a caller hung up")  # its run was cancelled
        else:
            _log.exception("a request failed")


class _Handler(BaseHTTPRequestHandler):
    """One request of one connection."""

    protocol_version = "HTTP/1.1"
    timeout = 30  # seconds for each read from and write to the caller
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        try:
            status, body = HTTPStatus.OK, self._respond()
        except SandboxUnavailable as error:
            status, body = HTTPStatus.SERVICE_UNAVAILABLE, _problem(error.code, str(error))
        except _Refused as refused:
            status, body = refused.status, _problem(refused.code, str(refused))
        self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _respond(self) -> bytes:
        self._check_caller()
        match self.command, self.path.strip("/").split("/"):
            case "POST", ["runs"]:
                return self._run()
            case "DELETE", ["runs", run_id]:
                return json.dumps({"cancelled": self.server.runner.cancel(run_id)}).encode()
            case "GET", ["status"]:
                return encode_status(self.server.runner.status())
        raise _Refused(
            HTTPStatus.NOT_FOUND, f"There is no {self.command} {self.path}.", code="not_found"
        )

    def _check_caller(self) -> None:
        peer = self.connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
        _, uid, _ = _PEER.unpack(peer)
        if uid not in self.server.callers:
            raise _Refused(
                HTTPStatus.FORBIDDEN,
                f"The user {uid} may not use this launcher; {sorted(self.server.callers)} may.",
                code="forbidden",
            )

    def _run(self) -> bytes:
        if not self.server.admission.acquire(blocking=False):
            raise SandboxUnavailable("Too many runs wait for a slot.", code="busy")
        try:
            run = self._read_run()
            return encode_outcome(self.server.runner.run(run, interrupts=[self.connection]))
        finally:
            self.server.admission.release()

    def _read_run(self) -> Run:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise _Refused(
                HTTPStatus.LENGTH_REQUIRED, "A run needs a Content-Length.", code="bad_request"
            )
        if int(length) > MAX_INPUT:
            raise _Refused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"The run has {length} bytes; at most {MAX_INPUT} are taken.",
                code="input_too_large",
            )
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            raise ConnectionError("the caller hung up within its request")
        try:
            run = decode_run(body)
        except ValueError as error:
            raise _Refused(
                HTTPStatus.BAD_REQUEST, f"The run is malformed: {error}.", code="bad_request"
            ) from error
        _check_limits(run.limits, maxima=self.server.maxima)
        return run

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        _log.debug(format, *args)


def _check_limits(limits: Limits, *, maxima: Limits) -> None:
    """Refuse what is above this launcher's maxima: less than was promised would be unfair."""
    asked, allowed = asdict(limits), asdict(maxima)
    above = [
        f"{name} {asked[name]} > {allowed[name]}" for name in asked if asked[name] > allowed[name]
    ]
    if above:
        raise SandboxUnavailable(
            f"The run asks for more than this launcher allows: {', '.join(above)}. Lower the "
            "challenge's limits or raise the launcher's.",
            code="limits_exceeded",
        )


def _problem(code: str, message: str) -> bytes:
    return json.dumps({"code": code, "message": message}).encode()
