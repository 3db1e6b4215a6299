"""The organizer's commands of a jury: entering marks, listing them, and the final ranking."""

from typing import Annotated

import typer

from challenge_platform.cli.organizer import DataDir, prepared_platform
from challenge_platform.cli.output import Column, time_text, write_table
from challenge_platform.core import jury
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.jury import FinalRow, JuryMark
from challenge_platform.errors import Conflict

app = typer.Typer()

PhaseOption = Annotated[str, typer.Option(help="The phase whose private board it is for.")]


@app.command("mark")
def set_mark(
    slug: str,
    *,
    phase: PhaseOption,
    team: Annotated[str, typer.Option(help="Name of the team.")],
    criterion: Annotated[str, typer.Option(help="Key of the criterion in challenge.yaml.")],
    mark: Annotated[float, typer.Option(help="From 0 to the criterion's max.")],
    juror: Annotated[str, typer.Option(help="Who gives it; kept with the mark.")],
    data_dir: DataDir = None,
) -> None:
    """Set what a juror gives a team for a criterion; a second time corrects it, and both are kept.

    Enter marks before the reveal if you can: no juror can then know a score. They are shown with
    the private board and never before.
    """
    platform = prepared_platform(data_dir)
    with platform.database.writing() as session:
        challenge = find_challenge(session, slug)
        jury.mark(
            session,
            challenge,
            phase=phase,
            team=team,
            criterion=criterion,
            mark=mark,
            juror=juror,
            now=platform.clock(),
        )
    typer.echo(f"{team}: {criterion} {mark:g} by {juror}")


@app.command("marks")
def list_marks(slug: str, *, phase: PhaseOption, data_dir: DataDir = None) -> None:
    """List the marks of a phase by team and criterion, with who gave each and when."""
    platform = prepared_platform(data_dir)
    with platform.database.reading() as session:
        challenge = find_challenge(session, slug)
        write_table(jury.marks_of(session, challenge, phase=phase), columns=_MARKS)


@app.command("final")
def show_final(slug: str, *, phase: PhaseOption, data_dir: DataDir = None) -> None:
    """Show both rankings of a revealed phase: by the score alone, and with the jury."""
    platform = prepared_platform(data_dir)
    with platform.database.reading() as session:
        challenge = find_challenge(session, slug)
        of = challenge.definition.phase(phase)
        found = jury.final_ranking(session, challenge, phase=of)
        if found is None:
            raise Conflict(
                "{challenge} has no final ranking: ranking.jury is missing in its challenge.yaml, "
                "or the phase does not disclose scores",
                challenge=slug,
            )
        write_table(found.rows, columns=_FINALS)


_MARKS: list[Column[tuple[str, JuryMark]]] = [
    Column(heading="TEAM", wraps=True, text=lambda one: one[0]),
    Column(heading="CRITERION", text=lambda one: one[1].criterion),
    Column(heading="MARK", text=lambda one: f"{one[1].mark:g}"),
    Column(heading="JUROR", wraps=True, text=lambda one: one[1].juror),
    Column(heading="MARKED", text=lambda one: time_text(one[1].marked_at.isoformat())),
]
_FINALS: list[Column[FinalRow]] = [
    Column(heading="FINAL RANK", text=lambda row: str(row.final_rank or "-")),
    Column(heading="TEAM", wraps=True, text=lambda row: row.team),
    Column(heading="FINAL", text=lambda row: "-" if row.final is None else f"{row.final:.4f}"),
    Column(heading="RANK", text=lambda row: str(row.rank)),
    Column(heading="SCORE", text=lambda row: f"{row.score:.4f}"),
    Column(heading="JURY", text=lambda row: "-" if row.jury is None else f"{row.jury:.4f}"),
    Column(heading="JURORS", text=lambda row: str(row.jurors)),
]
