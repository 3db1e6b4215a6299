"""The operator's commands on accounts: making them, helping people back in, closing them."""

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session

from challenge_platform.bootstrap import Platform
from challenge_platform.cli.organizer import DataDir, prepared_platform
from challenge_platform.core import account, ban, recovery, second_factor
from challenge_platform.core.account import Role, Scope, User
from challenge_platform.core.departure import partings_of

app = typer.Typer()


@contextmanager
def _changing(email: str, data_dir: Path | None) -> Iterator[tuple[Platform, Session, User]]:
    """Give an account to change, in a transaction; raise NotFound when there is none."""
    platform = prepared_platform(data_dir)
    with platform.database.writing() as session:
        yield platform, session, account.find_user(session, email=email)


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
def reset_password(
    email: str,
    *,
    set_password: Annotated[
        bool,
        typer.Option(
            "--set", help="Set a random password at once and print it, instead of a link."
        ),
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Print a link by which a person sets a new password: once, within the hour.

    A new password, by the link or by --set, ends their sessions and API tokens.
    """
    with _changing(email, data_dir) as (platform, session, user):
        now = platform.clock()
        if set_password:
            password = secrets.token_urlsafe(12)
            account.reset_password(session, user, password=password, now=now)
            result = f"password: {password}"
        else:
            key = recovery.issue_link(session, user, now=now)
            result = f"{platform.settings.public_url}/recovery/{key}"
    typer.echo(result)


@app.command("reset-totp")
def reset_second_factor(email: str, *, data_dir: DataDir = None) -> None:
    """Take a lost second factor away from an account, with its recovery codes."""
    with _changing(email, data_dir) as (platform, session, user):
        second_factor.remove(session, user, now=platform.clock())
    typer.echo(f"{email}: logs in with the password alone")


@app.command("ban")
def ban_user(
    email: str,
    *,
    reason: Annotated[str, typer.Option(help="Why; kept in the audit trail.")],
    data_dir: DataDir = None,
) -> None:
    """Close an account: its sessions end, its tokens are refused, its submissions stay."""
    with _changing(email, data_dir) as (platform, session, user):
        ban.ban(session, user, reason=reason, now=platform.clock())
    typer.echo(f"{email}: closed")


@app.command("unban")
def unban_user(email: str, *, data_dir: DataDir = None) -> None:
    """Open an account that was closed, with its tokens."""
    with _changing(email, data_dir) as (platform, session, user):
        ban.unban(session, user, now=platform.clock())
    typer.echo(f"{email}: open")


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
    with _changing(email, data_dir) as (platform, session, user):
        token = account.issue_token(
            session,
            user,
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
