"""`challenge doctor`: what this machine has, what is missing, and what to do about it."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated

import typer

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.organizer import DataDir, open_platform
from challenge_platform.cli.privileges import can_separate
from challenge_platform.core.challenge import list_challenges
from challenge_platform.core.submission import QueueName
from challenge_platform.errors import PlatformError
from sandbox import SandboxUnavailable, Status, selftest
from sandbox.selftest.case import read_cases
from sandbox.selftest.guard import Verdict

app = typer.Typer()


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at; `repair` says what to do when it is not well."""

    subject: str
    well: bool
    found: str
    repair: str = ""


@app.command("doctor")
def doctor(
    *,
    data_dir: DataDir = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Run every hostile program too, for about a minute.")
    ] = False,
) -> None:
    """Check this machine and a running platform; exit status 4 when something is not well."""
    all_well = True
    for finding in examine(open_platform(data_dir), sandbox=sandbox):
        all_well &= finding.well
        mark = "ok     " if finding.well else "PROBLEM"
        typer.echo(f"{mark} {finding.subject}: {finding.found}")
        if not finding.well:
            typer.echo(f"        {finding.repair}")
    if not all_well:
        raise typer.Exit(4)


def examine(platform: Platform, /, *, sandbox: bool = False) -> Iterator[Finding]:
    """Look at each part in turn; nothing is changed. With `sandbox`, run each hostile program."""
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
    if sandbox:
        yield from _hostile_programs(platform)


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
        status = platform.runner.status()
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
        repair="see the launcher's log; the images are made by python -m sandbox.images.build",
    )
    for note in status.notes:
        yield Finding(subject="engine", well=True, found=note)
    yield Finding(
        subject="self-test",
        well=status.selftest in {Verdict.CONTAINED, Verdict.OFF},
        found=_VERDICTS.get(status.selftest, status.selftest),
        repair="`challenge doctor --sandbox` runs every hostile program and says what to look at",
    )


_VERDICTS: dict[str, str] = {
    Verdict.OFF: "off (CHALLENGE_SELFTEST): nothing tells whether sandboxes hold here",
    Verdict.UNDER_WAY: "it has not come to an end, and no run begins before it has",
    Verdict.CONTAINED: "the hostile programs of its start were contained",
    Verdict.ESCAPED: "a hostile program was not contained, so no run begins",
}


def _hostile_programs(platform: Platform) -> Iterator[Finding]:
    """Try each case that needs no image of its own, through the launcher."""
    cases = [case for case in read_cases() if case.image is None]
    for finding in selftest.examine(platform.runner, cases):
        yield Finding(
            subject=f"hostile program {finding.case.name}",
            well=finding.is_contained,
            found=finding.told() or "contained",
            repair="; ".join(finding.repairs()) or "see the launcher's log",
        )
