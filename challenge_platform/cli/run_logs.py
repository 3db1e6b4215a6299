"""`challenge submission log`: what a program said, on hidden data too; each look is recorded."""

import os
import pwd

import typer

from challenge_platform.cli.arguments import IdArgument
from challenge_platform.cli.organizer import DataDir, prepared_platform
from challenge_platform.cli.terminal import say
from challenge_platform.core.challenge import challenge_version
from challenge_platform.core.run_log import RunLog, read_logs
from challenge_platform.core.submission import find_submission

app = typer.Typer()


@app.command("log")
def show_log(submission_id: IdArgument, *, data_dir: DataDir = None) -> None:
    """Print what a submission's program said at each stage.

    What it said on hidden data may be hidden data: do not pass it on. That you read it is recorded.
    """
    actor = f"operator {_account()}"
    platform = prepared_platform(data_dir)
    with platform.database.writing() as session:
        submission = find_submission(session, submission_id)
        slug = challenge_version(session, submission.version_id).slug
        logs = read_logs(
            session,
            submission.id,
            key=platform.keys.scoring.open(slug),
            actor=actor,
            now=platform.clock(),
        )
    if not logs:
        say("No program of this submission has run.")
    for log in logs:
        _print(log)


def _print(log: RunLog) -> None:
    code = "" if log.exit_code is None else f", exit code {log.exit_code}"
    say(f"{log.stage}: {log.end or 'under way'}{code}")
    if log.text is None:
        why = "it has not ended" if log.end is None else "there was no room: program.log_bytes"
        say(f"  nothing is kept of what it said, since {why}")
        return
    for line in log.text.decode(errors="replace").splitlines():
        say(f"  {line}")


def _account() -> str:
    """Name the account of the machine that runs this command."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
