"""`challenge data check`: what would stop the publication of a challenge, before it is built."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from challenge_platform.cli.arguments import SlugArgument
from challenge_platform.cli.build import make_files
from challenge_platform.cli.exits import ExitCode
from challenge_platform.cli.findings import line, power_line
from challenge_platform.cli.flaws import DEFINITION
from challenge_platform.cli.organizer import Challenges, challenge_folder
from challenge_platform.cli.output import Column, Format, write_csv, write_json, write_table
from challenge_platform.cli.recipe import RecipeOptions, check_truth
from challenge_platform.cli.terminal import note
from challenge_platform.core.definition_file import read_definition
from challenge_platform.preflight.check import check
from challenge_platform.preflight.finding import Probe, Report, Severity
from challenge_platform.vault import KeyRing

app = typer.Typer()


@app.command("check")
def check_data(
    slug: SlugArgument,
    *,
    challenges: Challenges = Path("challenges"),
    source: Annotated[
        Path | None, typer.Option("--from", help="Folder with the real files, for its recipe.")
    ] = None,
    scale: Annotated[
        float, typer.Option(help="Part of the data that its recipe is to make, up to 1.")
    ] = 1.0,
    form: Annotated[
        Format, typer.Option("--format", help="How to print what was found.")
    ] = Format.TABLE,
) -> None:
    """Look for what would stop a challenge's publication, and publish nothing.

    Its recipe runs here. Submissions whose score is known are scored, and leaks are looked for,
    people who are in both halves, files that are not as their dictionary says, and identities;
    and it says how surely scores tell teams apart. The exit code is 2 if anything would stop it.
    A table is dealt out by a key that is thrown away: `data build` deals it out, and looks, anew.
    """
    folder = challenge_folder(slug, challenges=challenges)
    definition = read_definition(folder / DEFINITION)
    options = RecipeOptions(say=note, source=source.absolute() if source else None, scale=scale)
    with tempfile.TemporaryDirectory(prefix="challenge-check-") as temporary:
        keys, files = Path(temporary, "keys"), Path(temporary, "files")
        for each in (keys, files):
            each.mkdir()
        ring = KeyRing(keys, "scoring")
        ring.create(slug)
        made = make_files(
            folder, files, definition=definition, key=ring.open(slug), options=options
        )
        check_truth(made, definition=definition)
        report = check(
            definition, public=made.public, hidden=made.hidden, sample=made.sample, truth=made.truth
        )
    match form:
        case Format.JSON:
            write_json(report.document())
        case Format.CSV:
            write_csv(report.document()["findings"])
        case Format.TABLE:
            write_report(report, say=typer.echo)
    if report.blocking:
        raise typer.Exit(ExitCode.INVALID)


def write_report(report: Report, /, *, say: Callable[[str], None]) -> None:
    """Print the probes, then the findings, then what scores will tell.

    Of the probes of one feature that found nothing, the most suspicious is printed.
    """
    write_table(
        list(_told(report.probes)),
        columns=(
            Column[Probe](heading="Probe", text=lambda probe: probe.name),
            Column[Probe](heading="Of", text=lambda probe: probe.metric),
            Column[Probe](heading="Score", text=_score, right=True),
            Column[Probe](heading="Expected", text=lambda probe: probe.expected, wraps=True),
            Column[Probe](heading="", text=lambda probe: "ok" if probe.holds else "FOUND"),
        ),
    )
    say("")
    for finding in sorted(report.findings, key=lambda each: each.severity is not Severity.BLOCK):
        say(line(report, finding))
    for unused in report.unused:
        say(f"preflight.accept has {unused.code}, which was not found: take it out")
    if report.power is not None:
        say(power_line(report.power))
    accepted, blocking = len(report.known), len(report.blocking)
    say(
        f"{report.slug}: {len(report.findings)} findings, {accepted} of which are accepted, and "
        f"{blocking} stop the publication"
    )


def _told(probes: Sequence[Probe]) -> Iterator[Probe]:
    least: dict[str, float] = {}
    for probe in probes:
        if probe.p is not None and probe.holds:
            least[probe.name] = min(probe.p, least.get(probe.name, 1.0))
    for probe in probes:
        if probe.p is None or not probe.holds or probe.p == least.get(probe.name):
            if probe.p is not None and probe.holds:
                del least[probe.name]
            yield probe


def _score(probe: Probe) -> str:
    if probe.score is None:
        return "-"
    told = f"{probe.score:.4f}"
    return told if probe.p is None else f"{told} (p {max(probe.p, 1e-6):.1g})"
