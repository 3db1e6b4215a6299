"""`challenge health`: whether one process of the platform can do its work, for a health check."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated

import typer

from challenge_platform.bootstrap import Platform, read_secret
from challenge_platform.cli.organizer import DataDir, open_platform
from challenge_platform.core import heartbeat
from challenge_platform.core.heartbeat import Part
from challenge_platform.errors import PlatformError
from sandbox import SandboxUnavailable

app = typer.Typer()


class Process(StrEnum):
    """A process that has no page to ask; web answers at /healthz."""

    WORKER = "worker"
    LAUNCHER = "launcher"
    REAPER = "reaper"


@app.command("health")
def health(
    process: Annotated[Process, typer.Argument(help="The process in whose place this is asked.")],
    *,
    data_dir: DataDir = None,
) -> None:
    """Tell whether a process can do its work; exit status 4 and one sentence when it cannot.

    It must run where the process runs, as the same user: in its container.
    """
    CHECKS[process](open_platform(data_dir))
    typer.echo(f"{process}: well")


def check_worker(platform: Platform, /) -> None:
    """Raise a PlatformError unless a worker here reaches the queue, its keys and the launcher."""
    platform.queue.ping()
    read_secret(platform.keys.folder / "worker" / "receipt.key")
    check_launcher(platform)


def check_launcher(platform: Platform, /) -> None:
    """Raise a PlatformError unless the launcher answers and can start sandboxes."""
    try:
        problems = platform.runner.status().problems
    except SandboxUnavailable as error:
        raise PlatformError(str(error)) from error
    if problems:
        raise PlatformError("; ".join(problems))


def check_reaper(platform: Platform, /) -> None:
    """Raise a PlatformError unless the reaper has just written that it lives."""
    with platform.database.reading() as session:
        well = heartbeat.is_well(session, Part.REAPER, now=platform.clock())
    if not well:
        raise PlatformError("the reaper has not been heard of lately; see its log")


CHECKS: Mapping[Process, Callable[[Platform], None]] = {
    Process.WORKER: check_worker,
    Process.LAUNCHER: check_launcher,
    Process.REAPER: check_reaper,
}
