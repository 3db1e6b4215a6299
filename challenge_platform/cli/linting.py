"""`challenge lint`: everything that is wrong with a challenge's folder, before it is published."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from challenge_platform.cli.exits import ExitCode
from challenge_platform.cli.flaws import DEFINITION, as_document, find_flaws
from challenge_platform.errors import InvalidInput

app = typer.Typer()


class LintFormat(StrEnum):
    """How flaws are printed."""

    TEXT = "text"
    JSON = "json"


@app.command("lint")
def lint(
    folder: Annotated[Path, typer.Argument(help="Folder of the challenge.")],
    *,
    source: Annotated[
        Path | None, typer.Option("--from", help="Folder of its table and pictures, if another.")
    ] = None,
    form: Annotated[
        LintFormat, typer.Option("--format", help="Text for people, JSON for programs.")
    ] = LintFormat.TEXT,
) -> None:
    """Say everything that is wrong with a challenge's folder: file, line, column, and the repair.

    Nothing of it is run. Exit code 0 means that nothing was found, 2 that something was.
    """
    if not folder.is_dir():
        raise InvalidInput(f"there is no folder {folder}; name the one that holds {DEFINITION}")
    flaws = find_flaws(folder, source=source)
    if form is LintFormat.JSON:
        typer.echo(json.dumps([as_document(flaw) for flaw in flaws], indent=2))
    else:
        for flaw in flaws:
            typer.echo(str(flaw))
        found = f"{len(flaws)} to repair" if flaws else "nothing to repair"
        typer.echo(f"{folder}: {found}", err=True)
    if flaws:
        raise typer.Exit(ExitCode.INVALID)
