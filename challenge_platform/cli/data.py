"""`challenge data download`: the public files of a challenge, each checked against its SHA-256."""

import hashlib
import json
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from challenge_platform.cli.arguments import FolderOption, SlugArgument
from challenge_platform.cli.client import Client
from challenge_platform.cli.documents import Challenge, File
from challenge_platform.cli.exits import PlatformFault
from challenge_platform.cli.output import console, size_text
from challenge_platform.cli.session import session_of
from challenge_platform.cli.terminal import printable, say
from challenge_platform.errors import InvalidInput, NotFound

CHALLENGE_FILE = "challenge.json"
CHUNK = 1 << 16
SAMPLE = "sample/"
"""How the names of files begin that are a sample of hidden ones."""

app = typer.Typer()


@app.command()
def download(
    context: typer.Context,
    slug: SlugArgument,
    *,
    path: FolderOption = None,
    file: Annotated[
        str | None, typer.Option("-f", "--file", metavar="NAME", help="Only this file.")
    ] = None,
) -> None:
    """Download the public files of a challenge and check each one.

    A file that is there and unchanged is not downloaded again, and a download that was
    interrupted goes on where it stopped. The definition of the challenge is kept beside the
    files, so that `challenge validate` works without a network.
    """
    folder = path or Path(slug)
    with session_of(context).client() as client:
        challenge = client.challenge(slug)
        wanted = _choose(challenge, name=file)
        _make_folder(folder)
        save_definition(challenge, folder=folder)
        for each in wanted:
            fetched = _fetch(client, slug, each, folder=folder)
            what = size_text(each["size"]) if fetched else "already there"
            say(f"{folder / each['name']}: {what}, SHA-256 checked")


def save_definition(challenge: Challenge, /, *, folder: Path) -> None:
    """Keep what validation needs, and nothing of the person's account, beside the files."""
    personal = {"joined", "team", "quota"}
    document = {key: value for key, value in challenge.items() if key not in personal}
    text = json.dumps(document, indent=2, ensure_ascii=False)
    (folder / CHALLENGE_FILE).write_text(text + "\n", encoding="utf-8")


def sha256_of(path: Path, /) -> str:
    """Give the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _choose(challenge: Challenge, *, name: str | None) -> list[File]:
    files = [file for file in challenge["files"] if name in (None, file["name"])]
    if not files:
        known = ", ".join(file["name"] for file in challenge["files"])
        raise NotFound(f"{challenge['slug']} has no public file {name!r}; there is {known}")
    for file in files:
        if Path(file["name"]).name != file["name"].removeprefix(SAMPLE):
            raise PlatformFault(f"the platform names a file {file['name']!r}, which is a path")
    return files


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"the folder {folder} cannot be made: {error.strerror}") from error


def _fetch(client: Client, slug: str, file: File, *, folder: Path) -> bool:
    """Download a file unless it is there; raise PlatformFault if what comes is not that file."""
    target, part = folder / file["name"], folder / f"{file['name']}.part"
    _make_folder(target.parent)
    if target.exists() and sha256_of(target) == file["sha256"]:
        return False
    have = part.stat().st_size if part.exists() else 0
    skip = have if have < file["size"] else 0
    with (
        client.download(slug, file["name"], skip=skip, etag=file["sha256"]) as response,
        transfer_bar() as progress,
    ):
        resumed = response.status_code == HTTPStatus.PARTIAL_CONTENT
        task = progress.add_task(
            printable(file["name"]), total=file["size"], completed=skip if resumed else 0
        )
        with part.open("ab" if resumed else "wb") as output:
            for chunk in response.iter_bytes(CHUNK):
                output.write(chunk)
                progress.advance(task, len(chunk))
    if sha256_of(part) != file["sha256"]:
        part.unlink()
        raise PlatformFault(
            f"{file['name']} arrived damaged: its SHA-256 is not the one that the platform "
            "publishes; run the command again"
        )
    part.replace(target)
    return True


def transfer_bar() -> Progress:
    """Give a progress bar of bytes, which a terminal shows until it is full."""
    bar = console(error=True)
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        console=bar,
        transient=True,
        disable=not bar.is_terminal,
    )
