"""The one process that holds the Docker socket; what it answers is in `api`.

The runs that a caller waits for end with the caller, so those of a killed worker end at once.
Detached runs go on without anybody: the next launcher of the same label adopts them, and removes
what else a killed one left behind.
"""

import errno
import fcntl
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from sandbox import Limits, SandboxUnavailable
from sandbox.api import MAXIMA, Server
from sandbox.detached import Detached
from sandbox.docker import DISK, DockerRunner
from sandbox.engine import ENGINE_SOCKET, Engine
from sandbox.selftest import quick_cases
from sandbox.selftest.guard import Guard
from sandbox.stopping import Signals

_SWEEP_SECONDS = 60.0

_log = logging.getLogger(__name__)


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
    disk: int = DISK,
    memory: int | None = None,
    runtime: str | None = None,
    selftest: bool = False,
    engine_socket: Path = ENGINE_SOCKET,
) -> None:
    """Listen on `socket_path` until SIGTERM or SIGINT; call it in the main thread.

    `runtimes` gives an image for each name that callers may run. `allowed_uids` may call beside
    this process's own user; `socket_owner` (user, group) gets the socket, which no other user can
    open. `label` must be this installation's own: whatever container bears it and is not a run
    under way is removed, now, then and at the end. `warm` sandboxes are kept ready of the kinds
    that were run last, and end with this process however it ends. `disk`, `memory` and `runtime`
    are those of DockerRunner. With `selftest` no run begins before hostile programs were contained
    on this engine (`guard.Guard`), for which "selftest" must be among the runtimes. Neither an
    engine that is down nor a missing image stops it: `GET /status` says so, and runs fail until it
    is mended. After SIGTERM detached runs go on, for the next launcher; after SIGINT none does.

    Raises SandboxUnavailable with code "already_running" when the socket has a launcher, and with
    "runtime_missing" when the engine has no such runtime.
    """
    signals = Signals()  # a thread that nobody tells to stop would outlive the signal
    engine = Engine(engine_socket)
    _check_runtime(engine, runtime=runtime)
    callers = frozenset({os.geteuid()}) | (allowed_uids or frozenset())
    with _sole_launcher(socket_path), closing(engine):
        runner = DockerRunner(
            engine,
            runtimes=runtimes,
            label=label,
            slots=slots,
            warm=warm,
            folder=_private(socket_path.with_suffix(".state")),
            disk=disk,
            memory=memory,
            runtime=runtime,
        )
        detached = Detached(runner, at_once=2 * slots)
        _adopt(detached)
        cases = quick_cases() if selftest else ()
        guard = Guard(runner, cases=cases, facts=partial(engine.facts, runtime=runtime))
        server = Server(
            socket_path,
            owner=socket_owner,
            runner=runner,
            detached=detached,
            guard=guard,
            maxima=maxima,
            callers=callers,
            at_once=2 * slots,
        )
        signals.end(server)
        _serve(server, signals=signals, socket_path=socket_path)


def _serve(server: Server, *, signals: Signals, socket_path: Path) -> None:
    """Serve until a signal; then leave nothing but what the next launcher takes over."""
    runner, detached, guard = server.runner, server.detached, server.guard
    stopping = threading.Event()
    sweeper = threading.Thread(target=_sweep, args=(runner, detached, stopping), name="sweep")
    watch = threading.Thread(target=guard.watch, args=(stopping,), name="guard")
    sweeper.start()
    watch.start()
    try:
        _log.info("listening on %s", socket_path)
        server.serve_forever()
    finally:
        stopping.set()
        sweeper.join()
        socket_path.unlink(missing_ok=True)
        detached.close()
        _close(runner, leaving=signals.leaves_runs)
        detached.join()
        watch.join()
        server.server_close()


def _check_runtime(engine: Engine, *, runtime: str | None) -> None:
    """Refuse to start without the runtime that is set: sandboxes would be weaker than asked for."""
    if runtime is None:
        return
    try:
        facts = engine.facts(runtime=runtime)
    except SandboxUnavailable as error:
        _log.warning("could not ask for the runtime %s: %s", runtime, error)
        return
    if not facts.has_runtime:
        raise SandboxUnavailable(
            f"CHALLENGE_SANDBOX_RUNTIME is {runtime!r}, and the Docker Engine has no such runtime. "
            "Install it and name it in the engine's daemon.json, or unset the setting.",
            code="runtime_missing",
        )


def _private(folder: Path) -> Path:
    """Make a folder that this user alone can enter."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    return folder


def _adopt(detached: Detached) -> None:
    try:
        if adopted := detached.adopt():
            _log.info("adopted %d runs of the launcher before", adopted)
    except SandboxUnavailable as error:
        _log.warning("runs of the launcher before are not adopted yet: %s", error)


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


def _sweep(runner: DockerRunner, detached: Detached, stopping: threading.Event) -> None:
    """Remove what has no run under way, at once and then again and again, until told to stop."""
    while True:
        _adopt(detached)
        detached.expire()
        try:
            if removed := runner.sweep():
                _log.warning("removed %d containers that no run owns", removed)
        except SandboxUnavailable as error:
            _log.warning("could not look for containers that no run owns: %s", error)
        if stopping.wait(_SWEEP_SECONDS):
            return


def _close(runner: DockerRunner, *, leaving: bool) -> None:
    try:
        runner.close(leaving=leaving)
    except SandboxUnavailable as error:
        _log.warning("containers may be left, which the next start removes: %s", error)
