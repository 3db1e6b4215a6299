"""`challenge doctor`: what this machine has, what is missing, and what to do about it."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import typer

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.organizer import DataDir, open_platform
from challenge_platform.cli.privileges import can_separate
from challenge_platform.core.challenge import list_challenges
from challenge_platform.core.submission import QueueName
from challenge_platform.errors import PlatformError
from sandbox import SandboxUnavailable, Status
from sandbox.client import LauncherClient

app = typer.Typer()


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at; `repair` says what to do when it is not well."""

    subject: str
    well: bool
    found: str
    repair: str = ""


@app.command("doctor")
def doctor(*, data_dir: DataDir = None) -> None:
    """Check this machine and a running platform; exit status 4 when something is not well."""
    findings = list(examine(open_platform(data_dir)))
    for finding in findings:
        mark = "ok     " if finding.well else "PROBLEM"
        typer.echo(f"{mark} {finding.subject}: {finding.found}")
        if not finding.well:
            typer.echo(f"        {finding.repair}")
    if not all(finding.well for finding in findings):
        raise typer.Exit(4)


def examine(platform: Platform, /) -> Iterator[Finding]:
    """Look at each part in turn; nothing is changed."""
    yield Finding(
        subject="users",
        well=can_separate(),
        found="web and worker have users of their own" if can_separate() else "not started as root",
        repair="without root, web and worker share a user and web could read the scoring key",
    )
    yield _redis_program()
    yield _try("database", lambda: _challenges(platform), repair="run `challenge data build SLUG`")
    yield _try("queue", lambda: _queue(platform), repair="start the platform: `challenge up`")
    yield from _launcher(platform)


def _try(subject: str, look: Callable[[], str], *, repair: str) -> Finding:
    try:
        return Finding(subject=subject, well=True, found=look())
    except Exception as error:  # noqa: BLE001 -- whatever is wrong with a part is what is to be told
        text = str(error).partition("\n")[0] or type(error).__name__
        return Finding(subject=subject, well=False, found=text, repair=repair)


def _challenges(platform: Platform) -> str:
    with platform.database.reading() as session:
        slugs = [challenge.slug for challenge in list_challenges(session)]
    if not slugs:
        raise PlatformError("there is no challenge")
    return f"challenges {', '.join(slugs)}"


def _queue(platform: Platform) -> str:
    platform.queue.ping()
    return f"{sum(platform.queue.length(name) for name in QueueName)} jobs wait"


def _redis_program() -> Finding:
    program = shutil.which("redis-server")
    return Finding(
        subject="redis-server",
        well=program is not None,
        found=program or "not installed",
        repair="apt-get install redis-server, or set CHALLENGE_REDIS_URL",
    )


def _slots(status: Status) -> str:
    pool = status.pool
    return (
        f"{status.slots} slots; {pool['ready']} sandboxes ready ({pool['hits']} runs found one, "
        f"{pool['misses']} did not); engine {status.engine}"
    )


def _launcher(platform: Platform) -> Iterator[Finding]:
    try:
        status = LauncherClient(platform.settings.launcher_address).status()
    except SandboxUnavailable as error:
        yield Finding(
            subject="launcher",
            well=False,
            found=str(error),
            repair="start the platform: `challenge up`",
        )
        return
    yield Finding(
        subject="launcher",
        well=not status.problems,
        found="; ".join(status.problems) or _slots(status),
        repair="see the launcher's log; the image is made by python -m sandbox.images.build",
    )
