"""`challenge worker --drain`: let no submission begin, and tell when none is under way."""

import time

import typer

from challenge_platform.bootstrap import Platform
from challenge_platform.core import worker
from challenge_platform.core.submission import State, count_by_state

POLL_SECONDS = 0.5


def drain(platform: Platform, /) -> None:
    """Drain the platform, and wait until nothing is under way; Ctrl-C ends the waiting only."""
    with platform.database.writing() as session:
        worker.ask_to_drain(session, now=platform.clock())
    typer.echo("draining: no submission begins; those that are sent in wait")
    told = -1
    while (left := _under_way(platform)) > 0:
        if left != told:
            typer.echo(f"{left} under way; Ctrl-C stops this waiting, and the platform stays so")
            told = left
        time.sleep(POLL_SECONDS)
    typer.echo("drained: nothing is under way; `challenge worker --resume` goes on")


def resume(platform: Platform, /) -> None:
    """Let submissions begin again."""
    with platform.database.writing() as session:
        worker.resume(session)
    typer.echo("resumed: what waits is evaluated")


def _under_way(platform: Platform) -> int:
    with platform.database.reading() as session:
        return count_by_state(session)[State.RUNNING]
