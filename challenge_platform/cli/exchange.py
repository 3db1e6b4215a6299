"""`challenge import` and `challenge export`: challenges from and for other programs."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from docker.errors import DockerException

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import datadir
from challenge_platform.cli.arguments import EngineOption, SlugArgument
from challenge_platform.cli.codabench.importing import Scoring, import_bundle
from challenge_platform.cli.codabench.report import ACCEPTABLE, Kind, Report
from challenge_platform.cli.exits import ExitCode, PlatformFault
from challenge_platform.cli.exporting import (
    public_members,
    require_unchanged,
    secret_members,
    write_export,
)
from challenge_platform.cli.importing import Export, is_export, publish_export, write_folder
from challenge_platform.cli.local_run import RUNTIME, local_runner
from challenge_platform.cli.organizer import (
    AllowOption,
    Challenges,
    DataDir,
    challenge_folder,
    existing_platform,
    open_platform,
)
from challenge_platform.cli.terminal import note, say
from challenge_platform.core.bias import report as report_bias
from challenge_platform.core.bias_document import document, markdown
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.croissant import described
from challenge_platform.errors import InvalidInput
from sandbox import Runner, SandboxUnavailable
from sandbox.engine import ENGINE_SOCKET
from sandbox.images import BuildFailed
from sandbox.images.build import build_image

app = typer.Typer()

SCORER_IMAGE = "python"
"""The runtime in which the scoring programs of others run."""


class Source(StrEnum):
    """Whose files are read."""

    PLATFORM = "platform"
    CODABENCH = "codabench"


FileArgument = Annotated[
    Path,
    typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True, help="The bundle."),
]
SourceOption = Annotated[
    Source | None,
    typer.Option(
        "--from",
        help="Whose file it is: codabench also reads CodaLab's. Without it, the file says.",
    ),
]
ToOption = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Write the challenge into this new folder."),
]
PublishOption = Annotated[
    bool,
    typer.Option("--publish", help="Publish what a platform exported with --with-sources."),
]
ReportOption = Annotated[
    bool, typer.Option("--report", help="Print the whole report, not only what is undecided.")
]
AcceptOption = Annotated[
    list[str] | None,
    typer.Option(metavar="CODE", help=f"Take a decision: {', '.join(ACCEPTABLE)}."),
]
ExpectOption = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY=VALUE", help="A score that the first solution must get."),
]
SolutionOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="A submission to a bundle, as participants pack it; it is scored before its own.",
    ),
]
RunOption = Annotated[
    bool, typer.Option(help="Score the bundle's solutions in the sandbox, which needs Docker.")
]


@app.command("import")
def import_challenge(
    file: FileArgument,
    *,
    source: SourceOption = None,
    to: ToOption = None,
    publish: PublishOption = False,
    report: ReportOption = False,
    accept: AcceptOption = None,
    expect: ExpectOption = None,
    solution: SolutionOption = None,
    run: RunOption = True,
    allow_program: AllowOption = False,
    engine: EngineOption = ENGINE_SOCKET,
    data_dir: DataDir = None,
) -> None:
    """Import a challenge: what a platform exported, or a bundle of Codabench or CodaLab.

    What a platform exported is written into a folder, challenges/SLUG unless --to names another.
    With --publish it is published as it was, with its truth; nothing of it is run.

    A bundle becomes the draft of a challenge, with a report of what changed; nothing is published.
    It is read as data; its own scoring program runs in the sandbox, without a network, on the
    solutions that come with it. Ends with status 2 while something needs a decision.
    """
    source = source or (Source.PLATFORM if is_export(file) else Source.CODABENCH)
    if source is Source.PLATFORM:
        _import_export(file, to=to, publish=publish, allow_program=allow_program, data_dir=data_dir)
        return
    if publish:
        raise InvalidInput("--publish is for what a platform exported; a bundle becomes a draft")
    scores = _expected(expect or [])
    scoring = Scoring(runner=_runner(engine), runtime=RUNTIME, expected=scores) if run else None
    found = _import_bundle(file, to=to, accept=accept, scoring=scoring, solution=solution)
    _tell(found, whole=report, title=file.name, to=to)
    raise typer.Exit(ExitCode.INVALID if found.undecided else ExitCode.DONE)


BiasOption = Annotated[
    bool, typer.Option("--bias", help="The answered questions of the BIAS statement.")
]
CroissantOption = Annotated[
    bool, typer.Option("--croissant", help="The public files, described in Croissant 1.0.")
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="With --bias: for programs, in both languages.")
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FILE", help="All that is public, as this ZIP file."),
]
WithSourcesOption = Annotated[
    bool,
    typer.Option(
        "--with-sources",
        help="With --out: its folder too, and the hidden truth and input in clear (operator).",
    ),
]


@app.command("export")
def export_challenge(
    slug: SlugArgument,
    *,
    bias: BiasOption = False,
    croissant: CroissantOption = False,
    as_json: JsonOption = False,
    out: OutOption = None,
    with_sources: WithSourcesOption = False,
    challenges: Challenges = Path("challenges"),
    data_dir: DataDir = None,
) -> None:
    """Export a published challenge, as a file or as what it says of itself."""
    if [bias, croissant, out is not None].count(True) != 1:
        raise InvalidInput("give one of --bias, --croissant and --out FILE")
    if out is not None:
        folder = challenge_folder(slug, challenges=challenges) if with_sources else None
        _export(slug, out.absolute(), folder=folder, platform=existing_platform(data_dir))
        return
    platform = existing_platform(data_dir)
    with platform.database.reading() as session:
        challenge = find_challenge(session, slug)
    if croissant:
        url = platform.settings.public_url
        say(_json(described(challenge, store=platform.store, public_url=url)))
        return
    chapters = report_bias(challenge.definition, files=challenge.files)
    title = f"{challenge.definition.title.en}: transparency"
    say(_json(document(chapters)) if as_json else markdown(chapters, title=title))


def _export(slug: str, out: Path, /, *, folder: Path | None, platform: Platform) -> None:
    """Write the file, readable by its owner alone, then give root up and fill it."""
    key = platform.keys.scoring.open(slug) if folder else None
    with platform.database.reading() as session:
        challenge = find_challenge(session, slug)
    if folder is not None:
        require_unchanged(challenge, folder)
    try:
        number = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise InvalidInput(
            f"{out} cannot be written: {error.strerror}; name a new file in a folder that is there"
        ) from error
    with os.fdopen(number, "wb") as file:
        datadir.run_as_worker(platform, reach=[folder] if folder else [])
        members = public_members(platform, challenge)
        if folder is not None and key is not None:
            members |= secret_members(platform, challenge, folder, key=key)
        write_export(file, slug=slug, members=members)
    say(f"{slug}: version {challenge.version.number} is in {out}, {len(members)} files")
    if folder is not None:
        say(f"{slug}: it has the hidden truth in clear; keep it as you keep the truth")


def _import_bundle(
    file: Path,
    /,
    *,
    to: Path | None,
    accept: list[str] | None,
    scoring: Scoring | None,
    solution: Path | None,
) -> Report:
    """Import a bundle; raise PlatformFault where its solutions cannot be scored here."""
    try:
        return import_bundle(file, to, accepted=accept or [], scoring=scoring, solution=solution)
    except (SandboxUnavailable, BuildFailed, DockerException) as error:
        raise PlatformFault(
            f"the solutions could not be scored on this machine: {error}; --no-run leaves it out"
        ) from error


def _import_export(
    file: Path, /, *, to: Path | None, publish: bool, allow_program: bool, data_dir: Path | None
) -> None:
    with Export.open(file) as export:
        slug = export.definition.slug
        folder = (to or Path("challenges") / slug).absolute()
        write_folder(export, folder)
        say(f"{slug}: its folder is {folder}")
        if not publish:
            return
        platform = open_platform(data_dir)
        datadir.prepare(platform, slugs=[slug])
        datadir.run_as_worker(platform)
        with tempfile.TemporaryDirectory(prefix="challenge-import-") as temporary:
            publish_export(platform, export, Path(temporary), say=say, allow_program=allow_program)


def _json(values: object, /) -> str:
    return json.dumps(values, ensure_ascii=False, indent=2)


@contextmanager
def _runner(engine: Path) -> Iterator[Runner]:
    """Give what runs scoring programs, having made its image unless it is there."""
    image = build_image(SCORER_IMAGE, say=note, engine_socket=engine)
    with local_runner(engine, image=image) as runner:
        yield runner


def _expected(given: list[str]) -> dict[str, float]:
    expected = {}
    for each in given:
        try:
            key, value = each.rsplit("=", maxsplit=1)
            expected[key] = float(value)
        except ValueError as error:
            raise InvalidInput(
                f"--expect {each}: write KEY=VALUE, such as accuracy=0.75"
            ) from error
    return expected


def _tell(report: Report, *, whole: bool, title: str, to: Path | None) -> None:
    if whole:
        say(report.markdown(title=title))
    counts = ", ".join(f"{len(report.of(kind))} {kind}" for kind in Kind)
    say(f"{title}: {counts}")
    if not whole:
        for item in report.undecided:
            say(f"  {item.place}: {item.text}")
    if to is not None:
        say(f"the draft is in {to}; go on with its challenge.yaml and report.md")
