"""The organizer's and operator's commands: preparing, building a challenge's data, the reveal."""

import json
from pathlib import Path
from typing import Annotated

import typer

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import datadir
from challenge_platform.cli.build import build_challenge
from challenge_platform.config import Settings
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.definition_file import json_schema
from challenge_platform.core.reveal import reveal
from challenge_platform.errors import InvalidInput

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", "-D", help="Folder of the platform's data; CHALLENGE_DATA_DIR when not given."
    ),
]
Challenges = Annotated[
    Path, typer.Option("--challenges", help="Folder that holds a folder for each challenge.")
]

AllowOption = Annotated[
    bool,
    typer.Option(
        "--allow-scoring-program",
        help="Let the organizers' own program score (scoring.program), which sees the truth; it is "
        "recorded.",
    ),
]

app = typer.Typer()


def open_platform(data_dir: Path | None, /) -> Platform:
    """Wire the platform on a data folder."""
    return Platform.from_settings(settings(data_dir))


def existing_platform(data_dir: Path | None, /) -> Platform:
    """Wire the platform that there is; raise InvalidInput if its database would be in no folder."""
    chosen = settings(data_dir)
    if not chosen.database_url and not (chosen.data_dir / "db").is_dir():
        raise InvalidInput(
            f"{chosen.data_dir} is not the data folder of a platform; name it by --data-dir, or "
            "by CHALLENGE_DATA_DIR"
        )
    return Platform.from_settings(chosen)


def prepared_platform(data_dir: Path | None, /) -> Platform:
    """Wire the platform on a data folder, make what is missing there, and give root up."""
    platform = open_platform(data_dir)
    datadir.prepare(platform)
    datadir.run_as_worker(platform)
    return platform


def settings(data_dir: Path | None, /, **others: str) -> Settings:
    """Read the settings, with the data folder of the command line when one is given.

    Its whole path is kept: a process that gives root up goes to another folder.
    """
    given = others if data_dir is None else {"data_dir": data_dir.absolute(), **others}
    return Settings().model_copy(update=given)


@app.command("prepare")
def prepare(*, data_dir: DataDir = None) -> None:
    """Make the folders, keys and tables that are missing, and give each to its owner.

    `challenge up` does this by itself; run it before the processes are started one by one.
    """
    platform = open_platform(data_dir)
    datadir.prepare(platform)
    typer.echo(f"prepared: keys in {platform.keys.folder}, tables of this version in the database")


@app.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of challenge.yaml, by which an editor completes and checks the file."""
    typer.echo(json.dumps(json_schema(), indent=2))


@app.command("build")
def build_data(
    slug: str,
    *,
    challenges: Challenges = Path("challenges"),
    source: Annotated[
        Path | None, typer.Option("--from", help="Folder with the real files, for its recipe.")
    ] = None,
    scale: Annotated[
        float, typer.Option(help="Part of the data that its recipe is to make, up to 1.")
    ] = 1.0,
    allow_program: AllowOption = False,
    data_dir: DataDir = None,
) -> None:
    """Run a challenge's recipe on this machine, encrypt its truth and publish it (operator)."""
    folder = challenge_folder(slug, challenges=challenges)
    source = source.absolute() if source else None
    platform = open_platform(data_dir)
    datadir.prepare(platform, slugs=[slug])
    reach = [folder, *([source] if source else [])]
    datadir.run_as_worker(platform, reach=reach)
    for each in reach:
        datadir.require_readable(each)
    build_challenge(
        platform,
        folder,
        say=typer.echo,
        source=source,
        scale=scale,
        allow_program=allow_program,
    )


def challenge_folder(slug: str, /, *, challenges: Path) -> Path:
    """Give the whole path of a challenge's folder; raise InvalidInput with those there are."""
    folder = challenges / slug
    if not folder.is_dir():
        there = ", ".join(sorted(path.parent.name for path in challenges.glob("*/challenge.yaml")))
        raise InvalidInput(
            f"there is no folder {folder}; {challenges} holds: {there or 'no challenge'}; name "
            "another folder of challenges by --challenges"
        )
    return folder.absolute()


@app.command("reveal")
def reveal_private(
    slug: str,
    *,
    phase: Annotated[str, typer.Option(help="The phase whose private scores are opened.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Open a phase's private scores for everybody; this cannot be taken back (operator)."""
    platform = existing_platform(data_dir)
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
