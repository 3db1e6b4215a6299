"""The organizer's commands on teams: how each takes part in the ranking of its challenge."""

from typing import Annotated

import typer
from sqlmodel import select

from challenge_platform.cli.organizer import DataDir, prepared_platform
from challenge_platform.cli.output import Column, write_table
from challenge_platform.core import entry_state
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.team import Team
from scorers.ranking.entry_state import EntryState

app = typer.Typer()


@app.command("list")
def list_teams(slug: str, *, data_dir: DataDir = None) -> None:
    """List a challenge's teams and how each takes part, by name."""
    platform = prepared_platform(data_dir)
    with platform.database.reading() as session:
        challenge = find_challenge(session, slug)
        query = select(Team).where(Team.challenge_id == challenge.id).order_by(Team.name)
        teams = session.exec(query).all()
        write_table(teams, columns=_COLUMNS)


@app.command("state")
def set_state(
    slug: str,
    team: Annotated[str, typer.Argument(help="Name of the team.")],
    state: Annotated[EntryState, typer.Argument(help="How it takes part from now on.")],
    *,
    reason: Annotated[
        str,
        typer.Option(help="Why; recorded, and public on the leaderboard for `disqualified`."),
    ] = "",
    data_dir: DataDir = None,
) -> None:
    """Change how a team takes part; boards show it from their next state on.

    `ranked` has a rank; `not_eligible` stands where its score is, without one; `disqualified`
    stands below all with the reason; `withdrawn` stands nowhere.
    """
    platform = prepared_platform(data_dir)
    with platform.database.writing() as session:
        challenge = find_challenge(session, slug)
        found = entry_state.find_team(session, challenge, team)
        entry_state.set_state(session, challenge, found, state, reason=reason, now=platform.clock())
    typer.echo(f"{team}: {state}")


_COLUMNS: list[Column[Team]] = [
    Column(heading="TEAM", wraps=True, text=lambda team: team.name),
    Column(heading="STATE", text=lambda team: team.state),
    Column(heading="REASON", text=lambda team: team.reason or "-"),
]
