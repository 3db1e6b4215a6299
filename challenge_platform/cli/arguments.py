"""The arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from challenge_platform.cli.output import Format

SlugArgument = Annotated[
    str, typer.Argument(metavar="SLUG", help="Short name of the challenge, as in its address.")
]
IdArgument = Annotated[
    str, typer.Argument(metavar="ID", help="Id of the submission, as `submit` printed it.")
]
FormatOption = Annotated[
    Format,
    typer.Option(
        "--format", help="How to print: as a table, as CSV, or as the platform's own JSON."
    ),
]
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
FolderOption = Annotated[
    Path | None,
    typer.Option(
        "-p",
        "--path",
        metavar="DIR",
        help="Folder of the challenge's files; by default ./SLUG.",
    ),
]
EngineOption = Annotated[Path, typer.Option(metavar="SOCKET", help="Socket of the Docker Engine.")]
