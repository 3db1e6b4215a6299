"""The server's commands: `up` for everything on one machine, or each process by itself."""

import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Annotated

import httpx
import typer

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import datadir, demo, drain
from challenge_platform.cli.exits import ExitCode
from challenge_platform.cli.organizer import DataDir, existing_platform, settings
from challenge_platform.cli.privileges import UMASK, WORKER, can_separate, code_folders
from challenge_platform.cli.supervisor import Program, Supervisor, programs, web_command
from challenge_platform.config import Settings
from challenge_platform.core.submission import QueueName
from challenge_platform.errors import InvalidInput
from sandbox import SandboxUnavailable

app = typer.Typer()

READY_SECONDS = 120.0
POLL_SECONDS = 0.1
SOCKET_PATH_LIMIT = 107

Port = Annotated[int, typer.Option("--port", "-p", min=1, max=65535, help="Port of the pages.")]
Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every one.")]


@app.command("up")
def up(
    *,
    port: Port = 8080,
    host: Host = "127.0.0.1",
    data_dir: DataDir = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Worker processes that score predictions.")
    ] = 1,
    program_workers: Annotated[
        int, typer.Option(min=0, help="Worker processes that run code and containers.")
    ] = 1,
    with_demo: Annotated[
        bool, typer.Option("--demo", help="Load challenges and submit their baselines.")
    ] = False,
    challenge: demo.Slugs = None,
    leave: Annotated[
        bool, typer.Option("--exit", help="With --demo: stop after the printing.")
    ] = False,
) -> None:
    """Run the whole platform on this machine until Ctrl-C: web, worker, launcher, reaper, Redis."""
    chosen = settings(data_dir)
    address = f"http://{_shown(host)}:{port}"
    if "public_url" not in chosen.model_fields_set:
        chosen = settings(data_dir, public_url=address)
    _check_port(host, port)
    _check_socket_path(chosen.launcher_address)
    loaded = demo.chosen(challenge) if with_demo else []
    datadir.prepare(Platform.from_settings(chosen), slugs=loaded)
    supervisor = _supervisor(
        chosen, bind=f"{host}:{port}", workers=workers, program_workers=program_workers
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: supervisor.stopped.set())
    _say_separation()
    guide = _Guide(supervisor, address=address, settings=chosen, loaded=loaded, leave=leave)
    try:
        supervisor.start()
        guide.start()
        supervisor.watch()  # in this thread, as a child ends with the thread that started it
    finally:
        supervisor.stop()
        guide.join()
    raise typer.Exit(guide.status)


class _Guide(threading.Thread):
    """Waits until all is ready, says so, and runs the demo, while the main thread watches."""

    def __init__(
        self,
        supervisor: Supervisor,
        *,
        address: str,
        settings: Settings,
        loaded: list[str],
        leave: bool,
    ) -> None:
        super().__init__(name="guide")
        self.status = ExitCode.PLATFORM
        self._supervisor = supervisor
        self._address = address
        self._settings = settings
        self._loaded = loaded
        self._leave = leave

    def run(self) -> None:
        """Go through it once; a failure stops everything."""
        try:
            _wait_until_ready(self._address, self._supervisor, settings=self._settings)
            typer.echo(f"ready: {self._settings.public_url} (logs in {self._supervisor.logs})")
            self.status = self._demo() if self._loaded else ExitCode.DONE
        except InvalidInput as error:
            typer.echo(f"challenge: {error}", err=True)
            self._supervisor.stopped.set()
            return
        if self._leave:
            self._supervisor.stopped.set()
        else:
            typer.echo("press Ctrl-C to stop")

    def _demo(self) -> ExitCode:
        """Run the demo as the worker, so that root keeps away from what web can write."""
        named = [part for slug in self._loaded for part in ("--challenge", slug)]
        command = (sys.executable, "-m", "challenge_platform.cli", "demo", *named)
        program = Program(name="demo", command=command, identity=WORKER)
        process = self._supervisor.spawn(program, output=None)
        while process.poll() is None:
            if self._supervisor.stopped.wait(POLL_SECONDS):
                process.terminate()
                process.wait()
        return ExitCode.DONE if process.returncode == 0 else ExitCode.USAGE


@app.command("web")
def web(*, bind: str = "127.0.0.1:8080", data_dir: DataDir = None) -> None:
    """Serve the pages and the API (one process of `challenge up`)."""
    chosen = settings(data_dir)
    _replace(web_command(bind=bind, threads=chosen.web_threads), chosen)


@app.command("worker")
def worker(
    *,
    queue: Annotated[
        list[QueueName] | None,
        typer.Option(
            help="A queue to work off, may be given several times; all that fit when unset."
        ),
    ] = None,
    drains: Annotated[
        bool,
        typer.Option(
            "--drain", help="Let no worker of the platform begin anything, and wait until all rest."
        ),
    ] = False,
    resumes: Annotated[bool, typer.Option("--resume", help="Let all workers go on.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Work the queue off, or those named (one process of `challenge up`)."""
    if drains or resumes:
        if queue or (drains and resumes):
            raise InvalidInput("--drain and --resume are for the whole platform: give one, alone")
        platform = existing_platform(data_dir)
        datadir.run_as_worker(platform)
        (drain.drain if drains else drain.resume)(platform)
        return
    options = tuple(word for name in queue or () for word in ("--queue", name.value))
    command = (sys.executable, "-m", "challenge_platform.jobs", "worker", *options)
    _replace(command, settings(data_dir))


@app.command("reaper")
def reaper(*, data_dir: DataDir = None) -> None:
    """Find forgotten work (one process of `challenge up`)."""
    _replace((sys.executable, "-m", "challenge_platform.jobs", "reaper"), settings(data_dir))


def _supervisor(chosen: Settings, *, bind: str, workers: int, program_workers: int) -> Supervisor:
    redis_socket = None if chosen.redis_url else chosen.run_dir / "redis" / "redis.sock"
    return Supervisor(
        programs=programs(
            redis_socket=redis_socket,
            bind=bind,
            web_threads=chosen.web_threads,
            workers=workers,
            program_workers=program_workers,
        ),
        environment=chosen.environment(),
        logs=chosen.data_dir.absolute() / "log",
        reach=(*code_folders(), chosen.data_dir.absolute()),
        say=lambda line: typer.echo(line, err=True),
    )


def _replace(command: tuple[str, ...], chosen: Settings) -> None:
    """Become another program; the process keeps its id, so a supervisor sees it end.

    Web and worker are two users of one group, and both write to the object store.
    """
    os.umask(UMASK)
    os.execve(command[0], command, chosen.environment())  # noqa: S606 -- the commands are ours


def _wait_until_ready(address: str, supervisor: Supervisor, *, settings: Settings) -> None:
    deadline = time.monotonic() + READY_SECONDS
    problem = "no answer yet"
    while not supervisor.stopped.is_set() and time.monotonic() < deadline:
        try:
            answer = httpx.get(f"{address}/readyz", timeout=2)
            parts = answer.json()
            if answer.is_success and all(parts.values()):
                return
            problem = ", ".join(name for name, ready in parts.items() if not ready) + " not ready"
        except (httpx.HTTPError, ValueError) as error:
            problem = str(error)
        time.sleep(0.1)
    raise InvalidInput(
        f"the platform did not become ready within {READY_SECONDS:.0f} s ({problem}); "
        f"see the files in {supervisor.logs}{_launcher_problems(settings)}"
    )


def _launcher_problems(settings: Settings) -> str:
    """Give what the launcher says is wrong, a line each, or nothing."""
    try:
        problems = Platform.from_settings(settings).runner.status().problems
    except SandboxUnavailable as error:
        problems = (str(error),)
    return "".join(f"\nlauncher: {problem}" for problem in problems)


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InvalidInput(
                f"port {port} of {host} cannot be used: {error.strerror}; choose another --port"
            ) from error


def _check_socket_path(path: Path) -> None:
    if len(str(path)) > SOCKET_PATH_LIMIT:
        raise InvalidInput(
            f"the data folder's path is too long for a socket ({path}): choose a shorter --data-dir"
        )


def _say_separation() -> None:
    if can_separate():
        typer.echo("web, worker and Redis run as users of their own, who cannot read each other")
    else:
        typer.echo(
            "started without root: web and worker share your user, so the web process could read "
            "the scoring key; run as root, or with compose, where truth must stay hidden",
            err=True,
        )


def _shown(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 -- compared, not bound
