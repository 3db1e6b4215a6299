"""`challenge validate`: the platform's own check of a predictions file, without a network."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from challenge_platform.cli.arguments import FileOption, FolderOption, SlugArgument
from challenge_platform.cli.data import CHALLENGE_FILE, SAMPLE, sha256_of
from challenge_platform.cli.refusal import naming
from challenge_platform.cli.terminal import say
from challenge_platform.core.submitted_files import check_files
from challenge_platform.errors import InvalidInput, InvalidUpload
from scorers.definition import ScoringDefinition
from scorers.predictions.table import InvalidPredictions, check_size, read_ids, read_predictions
from scorers.tables import SubmissionDefinition

app = typer.Typer()


@app.command()
def validate(slug: SlugArgument, *, file: FileOption, path: FolderOption = None) -> None:
    """Check a predictions file on this machine, as the platform will.

    Needs the files of `challenge data download`, and no network; it uses no quota. Each problem
    is told with its line, column, what was found, what was expected and how to repair it.
    """
    with naming(file):
        rows = check(file, slug=slug, folder=path or Path(slug))
    say(f"{file} is valid: {rows:,} predictions, as {slug} asks for.")


def check(file: Path, /, *, slug: str, folder: Path) -> int:
    """Give the number of predictions, or files, in a file; raise InvalidUpload if it is not valid.

    Raise InvalidInput if the challenge's own files in `folder` are missing or changed.
    """
    submission, scoring, ids = _read_challenge(slug, folder)
    if submission.format == "files":
        return len(check_files(file.read_bytes(), most=int(submission.max_bytes)).files)
    try:
        check_size(file.stat().st_size, submission=submission)
        read_predictions(file.read_bytes(), submission=submission, ids=ids, scoring=scoring)
    except InvalidPredictions as invalid:
        problems = [asdict(problem) for problem in invalid.problems]
        raise InvalidUpload(str(invalid), problems=problems, total=invalid.total) from invalid
    return len(ids)


def _read_challenge(
    slug: str, folder: Path
) -> tuple[SubmissionDefinition, ScoringDefinition, tuple[str, ...]]:
    """Give what a submission must be like and the ids to predict, from the downloaded files."""
    again = f"run: challenge data download {slug} -p {folder}"
    try:
        document: dict[str, Any] = json.loads((folder / CHALLENGE_FILE).read_bytes())
        found = document["slug"]
        submission = SubmissionDefinition.model_validate(document["definition"]["submission"])
        scoring = ScoringDefinition.model_validate(document["definition"]["scoring"])
        published = {each["name"]: each["sha256"] for each in document["files"]}
        if submission.format == "files":
            return submission, scoring, ()
        name = submission.ids if submission.ids in published else SAMPLE + submission.ids
        table = folder / name
        if sha256_of(table) != published.get(name):
            raise InvalidInput(f"{table} is not the file that the platform publishes; {again}")
        ids = read_ids(table.read_bytes(), id_column=submission.id, sizes=submission.sizes)
    except FileNotFoundError as error:
        raise InvalidInput(f"{error.filename} is missing; {again}") from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InvalidInput(f"the files in {folder} cannot be used: {error}; {again}") from error
    if found != slug:
        raise InvalidInput(
            f"{folder} holds the challenge {found!r}, not {slug!r}; name its folder with -p"
        )
    return submission, scoring, ids
