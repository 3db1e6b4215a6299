"""`challenge auth`: signing in with an API token, which the platform's account page issues."""

import sys
from typing import Annotated

import typer

from challenge_platform.cli.client import Client
from challenge_platform.cli.credentials import platform_url
from challenge_platform.cli.session import Session, session_of
from challenge_platform.cli.terminal import note, say
from challenge_platform.errors import InvalidInput

app = typer.Typer()


@app.command()
def login(
    context: typer.Context,
    *,
    token_stdin: Annotated[
        bool, typer.Option("--token-stdin", help="Read the token from the standard input.")
    ] = False,
) -> None:
    """Check an API token and keep it.

    Create the token on your account page of the platform. Without options, the address and the
    token are asked for; in a script, give --url (or CHALLENGE_URL) and --token-stdin. The token
    is kept in a file that only you can read.
    """
    session = session_of(context)
    url = _ask_url(session)
    token = _read_token(session, from_stdin=token_stdin)
    with Client(url, token=token) as client:
        me = client.me()
    session.store.login(url, token=token)
    if url.startswith("http://") and "://127.0.0.1" not in url and "://localhost" not in url:
        note(f"{url} is not encrypted: others on the network can read your token.")
    say(f"Signed in to {url} as {me['name']} ({me['role']}).")


@app.command()
def status(context: typer.Context) -> None:
    """Tell where you are signed in, and as whom.

    The token is sent to the platform, so this also tells whether it still works.
    """
    session = session_of(context)
    with session.client() as client:
        me = client.me()
    source = "--token or CHALLENGE_TOKEN" if session.token else session.store.path
    say(f"Platform: {client.url}")
    say(f"Account:  {me['name']} <{me['email']}>, {me['role']}")
    say(f"Token:    from {source}")


@app.command()
def logout(context: typer.Context) -> None:
    """Forget the token kept on this machine.

    The token itself stays valid; revoke it on your account page of the platform.
    """
    session = session_of(context)
    url = session.require_url()
    found = session.store.logout(url)
    say(
        f"The token for {url} is forgotten; it works until you revoke it on your account page."
        if found
        else f"There was no token for {url}."
    )


def _ask_url(session: Session) -> str:
    """Give the address that was given, else ask, proposing the one of the last login."""
    if session.url or not sys.stdin.isatty():
        return session.require_url()
    return platform_url(str(typer.prompt("Address of the platform", default=session.known_url())))


def _read_token(session: Session, *, from_stdin: bool) -> str:
    if from_stdin:
        token = sys.stdin.readline()
    elif session.token:
        token = session.token
    elif sys.stdin.isatty():
        token = typer.prompt("API token (not shown)", hide_input=True)
    else:
        raise InvalidInput("no token: pass it on the standard input with --token-stdin")
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidInput("this is not a token: expected one line like chp_…, without spaces")
    return token
