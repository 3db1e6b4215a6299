"""The organizer's and operator's commands: users, building a challenge's data, the reveal."""

import secrets
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import datadir
from challenge_platform.cli.build import build_challenge
from challenge_platform.config import Settings
from challenge_platform.core import account
from challenge_platform.core.account import Role, Scope
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.departure import partings_of
from challenge_platform.core.reveal import reveal
from challenge_platform.errors import InvalidInput

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", "-D", help="Folder of the platform's data; CHALLENGE_DATA_DIR when not given."
    ),
]
Challenges = Annotated[
    Path, typer.Option("--from", help="Folder that holds a folder for each challenge.")
]

app = typer.Typer()


def open_platform(data_dir: Path | None, /) -> Platform:
    """Wire the platform on a data folder."""
    return Platform.from_settings(settings(data_dir))


def prepared_platform(data_dir: Path | None, /) -> Platform:
    """Wire the platform on a data folder, make what is missing there, and give root up."""
    platform = open_platform(data_dir)
    datadir.prepare(platform)
    datadir.run_as_worker(platform)
    return platform


def settings(data_dir: Path | None, /, **others: str) -> Settings:
    """Read the settings, with the data folder of the command line when one is given."""
    given = others if data_dir is None else {"data_dir": data_dir, **others}
    return Settings().model_copy(update=given)


@app.command("prepare")
def prepare(*, data_dir: DataDir = None) -> None:
    """Make the folders, keys and tables that are missing, and give each to its owner.

    `challenge up` does this by itself; run it before the processes are started one by one.
    """
    platform = open_platform(data_dir)
    datadir.prepare(platform)
    typer.echo(f"prepared: keys in {platform.keys.folder}, tables of this version in the database")


@app.command("create")
def create_user(
    email: str,
    *,
    name: Annotated[str, typer.Option(help="Name shown on leaderboards.")],
    role: Annotated[Role, typer.Option(help="What the person may do.")] = Role.PARTICIPANT,
    password_stdin: Annotated[
        bool, typer.Option(help="Read the password from standard input.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Make an account; without --password-stdin a random password is made and printed."""
    platform = prepared_platform(data_dir)
    password = sys.stdin.readline().rstrip("\n") if password_stdin else secrets.token_urlsafe(12)
    with platform.database.writing() as session:
        account.create_user(
            session, email=email, name=name, password=password, role=role, now=platform.clock()
        )
    typer.echo(f"{email}: made, {role}")
    if not password_stdin:
        typer.echo(f"password: {password}")


@app.command("reset-password")
def reset_password(email: str, *, data_dir: DataDir = None) -> None:
    """Give an account a new random password, print it, and end its sessions and API tokens."""
    platform = prepared_platform(data_dir)
    password = secrets.token_urlsafe(12)
    with platform.database.writing() as session:
        user = account.find_user(session, email=email)
        account.reset_password(session, user, password=password, now=platform.clock())
    typer.echo(f"password: {password}")


@app.command("token")
def issue_token(
    email: str,
    *,
    name: Annotated[str, typer.Option(help="What the token is for.")] = "command line",
    days: Annotated[int, typer.Option(min=1, max=366, help="Days until it ends.")] = 30,
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What it may do; repeat for several.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Make an API token for an account and print it; it cannot be shown again."""
    platform = prepared_platform(data_dir)
    with platform.database.writing() as session:
        token = account.issue_token(
            session,
            account.find_user(session, email=email),
            name=name,
            now=platform.clock(),
            scopes=tuple(scope or (Scope.READ, Scope.SUBMIT)),
            lifetime=timedelta(days=days),
        )
    typer.echo(token)


@app.command("delete")
def delete_user(
    email: str,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Delete an account for good, with the files of the teams that nobody is left in."""
    platform = prepared_platform(data_dir)
    with platform.database.reading() as session:
        user = account.find_user(session, email=email)
        partings = partings_of(session, user)
    for parting in partings:
        end = "loses its name and files" if parting.ends else "has other members and stays"
        typer.echo(f"team {parting.team!r} {end}: {parting.submissions} submission(s)")
    if not yes:
        typer.confirm(f"Delete the account of {email}? This cannot be undone.", abort=True)
    departed = platform.departures.depart(user.id, by="administrator")
    typer.echo(
        f"{email}: deleted; account {departed.user_id} has {len(departed.digests)} file(s) fewer"
    )


@app.command("build")
def build_data(
    slug: str, *, source: Challenges = Path("challenges"), data_dir: DataDir = None
) -> None:
    """Run a challenge's recipe on this machine, encrypt its truth and publish it (operator)."""
    folder = source / slug
    if not folder.is_dir():
        there = ", ".join(sorted(path.parent.name for path in source.glob("*/challenge.yaml")))
        raise InvalidInput(
            f"there is no folder {folder}; {source} holds: {there or 'no challenge'}"
        )
    platform = open_platform(data_dir)
    datadir.prepare(platform, slugs=[slug])
    folder = folder.absolute()
    datadir.run_as_worker(platform, reach=[folder])
    build_challenge(platform, folder, say=typer.echo)


@app.command("reveal")
def reveal_private(
    slug: str,
    *,
    phase: Annotated[str, typer.Option(help="The phase whose private scores are opened.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Open a phase's private scores for everybody; this cannot be taken back (operator)."""
    platform = open_platform(data_dir)
    if not yes:
        question = f"Show the private scores of {slug}, phase {phase}, to everybody?"
        typer.confirm(question, abort=True)
    key = platform.keys.release.open(slug)
    datadir.run_as_worker(platform)
    with platform.database.writing() as session:
        opened = reveal(
            session,
            platform.store,
            find_challenge(session, slug),
            phase=phase,
            release_key=key,
            now=platform.clock(),
        )
    typer.echo(f"{slug}: the private scores of {opened} teams are open")
