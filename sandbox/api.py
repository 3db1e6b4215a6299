"""The launcher's closed API, HTTP on a unix socket.

    POST   /runs             a line of JSON, then stdin  ->  200 a line of JSON, then stdout, log,
                                                             and the collected file
                                                             202 {"running": true}, if detached
    GET    /runs/{id}                                    ->  the same, of a detached run
    DELETE /runs/{id}                                    ->  {"cancelled": true | false}
    DELETE /outcomes/{id}                                ->  {"running": false}
    GET    /files/{sha256}   /images/{id}                ->  {"kept": true | false}
    PUT    /files/{sha256}   /images/{id}   an archive   ->  {"kept": true}
    GET    /status                                       ->  what could run now, what is missing

Callers name a runtime of the launcher's own table or a submitted image that it keeps, never an
option or a path.
"""

import json
import logging
import os
import re
import socket
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer

from sandbox import MIB, Limits, Run, SandboxUnavailable
from sandbox.detached import Detached
from sandbox.docker import DockerRunner
from sandbox.selftest.guard import Guard
from sandbox.wire import decode_run, encode_outcome, encode_status

MAXIMA = Limits(
    seconds=24 * 3600,
    memory=65_536 * MIB,
    cpus=64,
    processes=4096,
    scratch=8192 * MIB,
    output=16 * MIB,
    file=256 * MIB,
    gpus=16,
)
MAX_INPUT = 256 * MIB

_POLL_SECONDS = 20.0  # for a detached run to end before its caller is told to ask again
_PEER = struct.Struct("iII")  # Linux's struct ucred: process, user, group
_RUN_ID = re.compile(r"[a-z0-9-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_IMAGE_ID = re.compile(r"sha256:[0-9a-f]{64}")

_log = logging.getLogger(__name__)


class _Refused(Exception):
    """A request that is not run; answered with this status, code and message."""

    def __init__(self, status: HTTPStatus, message: str, *, code: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Server(ThreadingMixIn, UnixStreamServer):
    """A thread for each connection; the socket is its owner's alone from its first moment."""

    request_queue_size = 64

    def __init__(
        self,
        path: Path,
        /,
        *,
        owner: tuple[int, int] | None,
        runner: DockerRunner,
        detached: Detached,
        guard: Guard,
        maxima: Limits,
        callers: frozenset[int],
        at_once: int,
    ) -> None:
        self.runner = runner
        self.detached = detached
        self.guard = guard
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
    server: Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        try:
            status, body = self._respond()
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

    def _respond(self) -> tuple[HTTPStatus, bytes]:
        self._check_caller()
        answer = self._respond_on_runs() or self._respond_on_kept()
        if answer is None:
            raise _Refused(
                HTTPStatus.NOT_FOUND, f"There is no {self.command} {self.path}.", code="not_found"
            )
        return answer

    def _respond_on_runs(self) -> tuple[HTTPStatus, bytes] | None:
        match self.command, self.path.strip("/").split("/"):
            case "POST", ["runs"]:
                return self._run()
            case "GET", ["runs", run_id] if _RUN_ID.fullmatch(run_id):
                return self._outcome(run_id, seconds=_POLL_SECONDS)
            case "DELETE", ["runs", run_id] if _RUN_ID.fullmatch(run_id):
                return HTTPStatus.OK, _json(cancelled=self.server.detached.cancel(run_id))
            case "DELETE", ["outcomes", run_id] if _RUN_ID.fullmatch(run_id):
                self.server.runner.acknowledge(run_id)
                return HTTPStatus.OK, _json(running=False)
        return None

    def _respond_on_kept(self) -> tuple[HTTPStatus, bytes] | None:
        runner = self.server.runner
        match self.command, self.path.strip("/").split("/"):
            case "GET", ["status"]:
                return HTTPStatus.OK, encode_status(self.server.guard.told(runner.status()))
            case "GET", ["files", digest] if _SHA256.fullmatch(digest):
                return HTTPStatus.OK, _json(kept=runner.has_files(digest))
            case "GET", ["images", image] if _IMAGE_ID.fullmatch(image):
                return HTTPStatus.OK, _json(kept=runner.has_image(image))
            case "PUT", ["files", digest] if _SHA256.fullmatch(digest):
                return self._keep(partial(runner.keep_files, digest))
            case "PUT", ["images", image] if _IMAGE_ID.fullmatch(image):
                return self._keep(partial(runner.keep_image, image))
        return None

    def _keep(self, keep: Callable[..., None]) -> tuple[HTTPStatus, bytes]:
        keep(self.rfile, size=self._length("An archive"))
        return HTTPStatus.OK, _json(kept=True)

    def _check_caller(self) -> None:
        peer = self.connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
        _, uid, _ = _PEER.unpack(peer)
        if uid not in self.server.callers:
            raise _Refused(
                HTTPStatus.FORBIDDEN,
                f"The user {uid} may not use this launcher; {sorted(self.server.callers)} may.",
                code="forbidden",
            )

    def _run(self) -> tuple[HTTPStatus, bytes]:
        if not self.server.admission.acquire(blocking=False):
            raise SandboxUnavailable("Too many runs wait for a slot.", code="busy")
        try:
            run = self._read_run()
            self.server.guard.let_in(run.runtime)
            if not run.detached:
                outcome = self.server.runner.run(run, interrupts=[self.connection])
                return HTTPStatus.OK, encode_outcome(outcome)
            self.server.detached.start(run)
        finally:
            self.server.admission.release()
        return self._outcome(run.id, seconds=0)  # at once: its caller knows that it was taken

    def _outcome(self, run_id: str, *, seconds: float) -> tuple[HTTPStatus, bytes]:
        outcome = self.server.detached.answer(run_id, seconds=seconds)
        if outcome is None:
            return HTTPStatus.ACCEPTED, _json(running=True)
        return HTTPStatus.OK, outcome

    def _length(self, what: str) -> int:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise _Refused(
                HTTPStatus.LENGTH_REQUIRED, f"{what} needs a Content-Length.", code="bad_request"
            )
        return int(length)

    def _read_run(self) -> Run:
        length = self._length("A run")
        if length > MAX_INPUT:
            raise _Refused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"The run has {length} bytes; at most {MAX_INPUT} are taken.",
                code="input_too_large",
            )
        body = self.rfile.read(length)
        if len(body) != length:
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
    return _json(code=code, message=message)


def _json(**values: str | bool) -> bytes:
    return json.dumps(values).encode()
