"""`challenge`, the command line: `main` and the options that stand before every command."""

import traceback
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup
from typer.main import get_group

from challenge_platform.cli.commands import Group, add_commands
from challenge_platform.cli.exits import ExitCode, exit_code_of
from challenge_platform.cli.session import Session, session_of
from challenge_platform.cli.terminal import note
from challenge_platform.errors import AgreementRequired, NotAuthenticated

HINTS: dict[type[Exception], str] = {
    NotAuthenticated: "Run `challenge auth login`, or set CHALLENGE_TOKEN.",
    AgreementRequired: "Run `challenge challenges join SLUG`.",
}


def _print_version(wanted: bool) -> None:  # noqa: FBT001 -- the form that Typer calls
    if wanted:
        typer.echo(f"challenge {version('challenge-platform')}")
        raise typer.Exit


def _options(
    context: typer.Context,
    *,
    url: Annotated[
        str | None,
        typer.Option(envvar="CHALLENGE_URL", help="Address of the platform, e.g. https://host."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="CHALLENGE_TOKEN", help="API token, instead of the one kept by login."),
    ] = None,
    config_dir: Annotated[
        Path | None,
        typer.Option(envvar="CHALLENGE_CONFIG_DIR", help="Folder where login keeps tokens."),
    ] = None,
    language: Annotated[
        str,
        typer.Option(
            envvar=["CHALLENGE_LANGUAGE", "LC_ALL", "LANG"],
            help="Language of the challenges' texts, en or fr.",
            show_default=False,
        ),
    ] = "en",
    verbose: Annotated[bool, typer.Option("--verbose", help="Show tracebacks of errors.")] = False,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Take part in data challenges: download data, check and submit predictions, read scores.

    Start with `challenge auth login`, then `challenge challenges list`.
    Exit codes: 0 done or scored, 1 usage, 2 invalid or rejected, 3 failed, 4 fault of the platform,
    5 wait timed out, 6 authentication, 7 quota, 8 cancelled.
    """
    session = session_of(context)
    session.url, session.token, session.verbose = url, token, verbose
    session.language = "fr" if language.lower().startswith("fr") else "en"
    session.config_dir = config_dir or session.config_dir


def program() -> TyperGroup:
    """Assemble the command line."""
    root = typer.Typer(name="challenge", cls=Group, rich_markup_mode=None)
    root.callback()(_options)
    return add_commands(get_group(root))


def main(args: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code; errors are one sentence on the standard error."""
    session = Session()
    try:
        result = program().main(args, prog_name="challenge", standalone_mode=False, obj=session)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except typer.TyperException as error:
        return _report(_usage(error), code=ExitCode.USAGE, session=session)
    except Exception as error:  # noqa: BLE001 -- the outermost point: each error is reported, none hidden
        code = exit_code_of(error)
        if code is None:
            kind = type(error).__name__
            text = f"this is a bug, {kind}: {error}. Please report it with what --verbose shows."
            return _report(text, code=ExitCode.PLATFORM, session=session)
        return _report(_with_hint(error), code=code, session=session)
    return result if isinstance(result, int) else ExitCode.DONE


def _report(text: str, *, code: ExitCode, session: Session) -> ExitCode:
    """Print an error, and its traceback if asked for; called while the error is handled."""
    if session.verbose:
        traceback.print_exc()
    note(f"challenge: {text}")
    return code


def _usage(error: typer.TyperException) -> str:
    """Say what was wrong with the arguments, and where to read more."""
    context = getattr(error, "ctx", None)
    text = error.format_message()
    option = getattr(error, "option_name", None)
    if context is None:
        return text
    root = context.find_root()
    if context is not root and option in {
        name for each in root.command.params for name in each.opts
    }:
        return f"{option} stands before the command: challenge {option} … {context.info_name} …"
    return f"{text.rstrip('.')}. Run `{context.command_path} --help` for help."


def _with_hint(error: Exception) -> str:
    hint = next((HINTS[kind] for kind in type(error).__mro__ if kind in HINTS), None)
    text = str(error)
    return text if hint is None or "challenge " in text else f"{text.rstrip('.')}. {hint}"
