"""`challenge validate`: the platform's own check of a predictions file, without a network."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from scorers.definition import SubmissionDefinition
from scorers.table import InvalidPredictions, InvalidTable, check_size, read_ids, read_predictions

from challenge_platform.cli.challenges import SlugArgument
from challenge_platform.cli.data import CHALLENGE_FILE, FolderOption, sha256_of
from challenge_platform.cli.output import printable
from challenge_platform.errors import InvalidInput

app = typer.Typer(rich_markup_mode=None)

FileOption = Annotated[
    Path,
    typer.Option(
        "-f",
        "--file",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        readable=True,
        help="The predictions file.",
    ),
]


@app.command()
def validate(slug: SlugArgument, *, file: FileOption, path: FolderOption = None) -> None:
    """Check a predictions file on this machine, as the platform will.

    Needs the files of `challenge data download`, and no network; it uses no quota. Each problem
    is told with its line, column, what was found, what was expected and how to repair it.
    """
    rows = check(file, slug=slug, folder=path or Path(slug))
    typer.echo(printable(f"{file} is valid: {rows:,} predictions, as {slug} asks for."))
