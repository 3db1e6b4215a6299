"""`challenge import` and `challenge export`: challenges from and for other programs."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from docker.errors import DockerException

from challenge_platform.cli.arguments import SlugArgument
from challenge_platform.cli.codabench.importing import Scoring, import_bundle
from challenge_platform.cli.codabench.report import ACCEPTABLE, Kind, Report
from challenge_platform.cli.exits import ExitCode, PlatformFault
from challenge_platform.cli.local_run import RUNTIME, local_runner
from challenge_platform.cli.organizer import DataDir, open_platform
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
    """Whose bundles are read."""

    CODABENCH = "codabench"


IMPORTERS = {Source.CODABENCH: import_bundle}
"""What reads each kind of file into the draft of a challenge."""


@app.command("import")
def import_challenge(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, readable=True, help="The bundle."
        ),
    ],
    *,
    source: Annotated[
        Source, typer.Option("--from", help="Whose bundle it is: Codabench's, or CodaLab's.")
    ] = Source.CODABENCH,
    to: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write a draft of the challenge into this new folder."),
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Print the whole report, not only what is undecided.")
    ] = False,
    accept: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help=f"Take a decision: {', '.join(ACCEPTABLE)}."),
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="A score that the first solution must get."),
    ] = None,
    run: Annotated[
        bool, typer.Option(help="Score the bundle's solutions in the sandbox, which needs Docker.")
    ] = True,
    engine: Annotated[
        Path, typer.Option(metavar="SOCKET", help="Socket of the Docker Engine.")
    ] = ENGINE_SOCKET,
) -> None:
    """Import a bundle of Codabench or CodaLab as the draft of a challenge, and tell what changed.

    Nothing is published. The bundle is read as data; its own scoring program runs in the sandbox,
    without a network, on the solutions that come with it. Ends with status 2 while something needs
    a decision.
    """
    scores = _expected(expect or [])
    scoring = Scoring(runner=_runner(engine), runtime=RUNTIME, expected=scores) if run else None
    try:
        found = IMPORTERS[source](file, to, accepted=accept or [], scoring=scoring)
    except (SandboxUnavailable, BuildFailed, DockerException) as error:
        raise PlatformFault(
            f"the solutions could not be scored on this machine: {error}; --no-run leaves it out"
        ) from error
    _tell(found, whole=report, title=file.name, to=to)
    raise typer.Exit(ExitCode.INVALID if found.undecided else ExitCode.DONE)


@app.command("export")
def export_challenge(
    slug: SlugArgument,
    *,
    bias: Annotated[
        bool, typer.Option("--bias", help="The answered questions of the BIAS statement.")
    ] = False,
    croissant: Annotated[
        bool, typer.Option("--croissant", help="The public files, described in Croissant 1.0.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --bias: for programs, in both languages.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Print what a published challenge says of itself, for papers and for other programs."""
    if bias == croissant:
        raise InvalidInput("give either --bias or --croissant")
    platform = open_platform(data_dir)
    with platform.database.reading() as session:
        challenge = find_challenge(session, slug)
    if croissant:
        url = platform.settings.public_url
        say(_json(described(challenge, store=platform.store, public_url=url)))
        return
    chapters = report_bias(challenge.definition, files=challenge.files)
    title = f"{challenge.definition.title.en}: transparency"
    say(_json(document(chapters)) if as_json else markdown(chapters, title=title))


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
        key, _, value = each.rpartition("=")
        try:
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
