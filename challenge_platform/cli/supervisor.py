"""`challenge up`: start every process, restart what dies, stop them all together."""

import contextlib
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from challenge_platform.cli.privileges import (
    REDIS,
    WEB,
    WORKER,
    Identity,
    can_separate,
    preparation,
)
from challenge_platform.errors import InvalidInput

STOP_SECONDS = 10.0
POLL_SECONDS = 0.1
STABLE_SECONDS = 5.0
MAX_PAUSE = 5.0

ACCESS_LOG_FORMAT = '%(h)s %(t)s "%(r)s" %(s)s %(b)s "%(a)s"'
"""A line of web's access log; no Referer, which may be the address of a link with a secret."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """One process: what to run and as whom; None is the user who started `challenge up`."""

    name: str
    command: tuple[str, ...]
    identity: Identity | None = None


@dataclass(kw_only=True)
class _Child:
    program: Program
    process: subprocess.Popen[bytes]
    started: float
    restarts: int = 0
    not_before: float = 0.0


@dataclass(kw_only=True)
class Supervisor:
    """Keeps programs running until told to stop; each writes its own log file."""

    programs: Iterable[Program]
    environment: Mapping[str, str]
    logs: Path
    reach: tuple[Path, ...]
    say: Callable[[str], None]
    stopped: threading.Event = field(default_factory=threading.Event)
    _children: list[_Child] = field(default_factory=list)

    def start(self) -> None:
        """Start every program, in order."""
        self.logs.mkdir(parents=True, exist_ok=True)
        for program in self.programs:
            process = self.spawn(program, output=self._log(program))
            self._children.append(
                _Child(program=program, process=process, started=time.monotonic())
            )

    def watch(self) -> None:
        """Restart whatever ends, with a growing pause while it keeps ending, until stopped."""
        while not self.stopped.wait(POLL_SECONDS):
            for child in self._children:
                self._look_after(child)

    def stop(self) -> None:
        """End every program, the last started first, by SIGTERM and, when deaf to it, SIGKILL."""
        self.stopped.set()
        for child in reversed(self._children):
            child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in reversed(self._children):
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.say(f"{child.program.name} did not stop within {STOP_SECONDS:.0f} s: killed")
                child.process.kill()
                child.process.wait()

    def _look_after(self, child: _Child) -> None:
        code = child.process.poll()
        now = time.monotonic()
        if code is None:
            return
        if child.not_before == 0.0:
            stable = now - child.started > STABLE_SECONDS
            child.restarts = 0 if stable else child.restarts + 1
            pause = 0.0 if stable else min(MAX_PAUSE, 0.1 * 2.0**child.restarts)
            child.not_before = now + pause
            log = self._log(child.program)
            if code != 0:
                self.say(f"{child.program.name} ended with {_how(code)}; starting it again ({log})")
        if now >= child.not_before:
            child.process = self.spawn(child.program, output=self._log(child.program))
            child.started, child.not_before = now, 0.0

    def spawn(self, program: Program, *, output: Path | None) -> subprocess.Popen[bytes]:
        """Start a program as its user; it writes to the file `output`, or where we write."""
        identity = program.identity if can_separate() else None
        with contextlib.ExitStack() as stack:
            log = stack.enter_context(output.open("ab")) if output else None
            return subprocess.Popen(  # noqa: S603 -- the commands are this module's own
                program.command,
                env=dict(self.environment),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT if log else None,
                preexec_fn=preparation(identity, reach=self.reach),  # noqa: PLW1509 -- it takes no lock
                start_new_session=True,
            )

    def _log(self, program: Program) -> Path:
        return self.logs / f"{program.name}.log"


def _how(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit status {code}"


def programs(
    *,
    redis_socket: Path | None,
    bind: str,
    web_threads: int,
    workers: int,
    program_workers: int,
) -> list[Program]:
    """Give the platform's processes; `redis_socket` None means that Redis is run elsewhere.

    `workers` score files, `program_workers` run code and containers, which may take hours.
    """
    python = sys.executable
    found: list[Program] = []
    if redis_socket is not None:
        found.append(Program(name="redis", command=redis_command(redis_socket), identity=REDIS))
    found.append(
        Program(name="launcher", command=(python, "-m", "challenge_platform.cli", "launcher"))
    )
    found.extend(
        Program(
            name=f"{name}-{number}",
            command=(python, "-m", "challenge_platform.jobs", "worker", *options),
            identity=WORKER,
        )
        for name, options, count in (
            ("worker", ("--queue", "scoring"), workers),
            ("worker-programs", ("--queue", "code", "--queue", "container"), program_workers),
        )
        for number in range(1, count + 1)
    )
    found.append(
        Program(
            name="reaper",
            command=(python, "-m", "challenge_platform.jobs", "reaper"),
            identity=WORKER,
        )
    )
    found.append(
        Program(name="web", command=web_command(bind=bind, threads=web_threads), identity=WEB)
    )
    return found


def web_command(*, bind: str, threads: int) -> tuple[str, ...]:
    """Give the command that serves the pages and the API."""
    return (
        sys.executable,
        "-m",
        "gunicorn",
        "--bind",
        bind,
        "--workers",
        "1",
        "--worker-class",
        "challenge_platform.serving.Worker",
        "--threads",
        str(threads),
        "--worker-tmp-dir",
        "/dev/shm",  # noqa: S108 -- gunicorn's heartbeat file; its name is random
        *("--forwarder-headers", ""),  # or SCRIPT_NAME, sent from this machine, moves every page
        "--no-control-socket",
        *("--access-logfile", "-", "--access-logformat", ACCESS_LOG_FORMAT),
        *("--logger-class", "challenge_platform.serving.AccessLogger"),
        "challenge_platform.web:from_environment()",
    )


def redis_command(socket: Path, /) -> tuple[str, ...]:
    """Give the command of a Redis that only listens on a unix socket and keeps nothing on disk.

    The queue is a hint and the database is the truth, so Redis has nothing worth keeping.
    Raise InvalidInput when no redis-server is installed.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise InvalidInput(
            "redis-server is not installed: `apt-get install redis-server`, or set "
            "CHALLENGE_REDIS_URL to a Redis that runs elsewhere"
        )
    return (
        program,
        *("--port", "0"),
        *("--unixsocket", str(socket)),
        *("--unixsocketperm", "777"),  # the folder, closed to all but web and worker, decides
        *("--save", ""),
        *("--appendonly", "no"),
        *("--dir", str(socket.parent)),
        *("--maxmemory", "64mb"),
        *("--maxmemory-policy", "noeviction"),
    )
