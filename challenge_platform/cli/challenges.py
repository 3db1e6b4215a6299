"""`challenge challenges`: which challenges there are, what each asks for, and joining one."""

import sys
from typing import Annotated

import typer

from challenge_platform.cli.arguments import FormatOption, SlugArgument
from challenge_platform.cli.documents import Challenge, ChallengeSummary, File, Metric, Phase
from challenge_platform.cli.output import (
    Column,
    Format,
    local_time_text,
    size_text,
    time_text,
    write_csv,
    write_json,
    write_table,
)
from challenge_platform.cli.session import Session, session_of
from challenge_platform.cli.terminal import say
from challenge_platform.errors import InvalidInput

app = typer.Typer()


@app.command("list")
def list_challenges(context: typer.Context, *, form: FormatOption = Format.TABLE) -> None:
    """List the challenges.

    Each is shown with its open phase and that phase's deadline.
    """
    session = session_of(context)
    with session.client(signed_in=False) as client:
        found = client.challenges()
    if form is Format.JSON:
        write_json(found)
    elif form is Format.CSV:
        write_csv([_cells(challenge) for challenge in found])
    else:
        write_table(found, columns=_columns(session))


@app.command()
def show(context: typer.Context, slug: SlugArgument, *, form: FormatOption = Format.TABLE) -> None:
    """Show a challenge: phases, limits, files, metrics and your quota."""
    session = session_of(context)
    with session.client(signed_in=False) as client:
        challenge = client.challenge(slug)
    if form is Format.JSON:
        write_json(challenge)
    elif form is Format.CSV:
        write_csv([_cells(challenge)])
    else:
        _print_challenge(challenge, session=session)


@app.command()
def join(
    context: typer.Context,
    slug: SlugArgument,
    *,
    accept_terms: Annotated[
        str | None,
        typer.Option(metavar="VERSION", help="Accept this version of the data-use agreement."),
    ] = None,
) -> None:
    """Join a challenge by accepting its data-use agreement.

    Without --accept-terms, the agreement is shown and you are asked; a script must name the
    version that its author has read. You get a team of your own.
    """
    session = session_of(context)
    with session.client() as client:
        if accept_terms is None:
            accept_terms = _ask_acceptance(client.challenge(slug), session=session)
        team = client.join(slug, agreement_version=accept_terms)
    say(f"You take part in {slug} as team {team}.")
    say(f"Next: challenge data download {slug}")


def _ask_acceptance(challenge: Challenge, *, session: Session) -> str:
    """Show the agreement and give its version once accepted; raise InvalidInput if it is not."""
    agreement = challenge["agreement"]
    version, slug = agreement["version"], challenge["slug"]
    if not sys.stdin.isatty():
        raise InvalidInput(
            f"{slug} is joined by accepting its agreement: read it (`challenge challenges show "
            f"{slug} --format json`), then pass --accept-terms {version}"
        )
    text = agreement["text"]["fr" if session.language == "fr" else "en"]
    say(text)
    if not typer.confirm(f"Do you accept version {version} of this agreement?"):
        raise InvalidInput(f"you have not joined {slug}: its agreement was not accepted")
    return version


def open_phase(challenge: ChallengeSummary, /) -> Phase | None:
    """Give the first phase that accepts submissions now."""
    return next((phase for phase in challenge["phases"] if phase["open"]), None)


def _title(challenge: ChallengeSummary, session: Session) -> str:
    return challenge["title"]["fr" if session.language == "fr" else "en"]


def _columns(session: Session) -> list[Column[ChallengeSummary]]:
    def deadline(challenge: ChallengeSummary) -> str:
        phase = open_phase(challenge)
        if phase is None:
            return "not open"
        return "no deadline" if phase["closes"] is None else time_text(phase["closes"])

    return [
        Column(heading="CHALLENGE", text=lambda challenge: challenge["slug"]),
        Column(heading="TITLE", text=lambda challenge: _title(challenge, session), wraps=True),
        Column(
            heading="OPEN PHASE",
            text=lambda challenge: (open_phase(challenge) or {"key": "-"})["key"],
        ),
        Column(heading="CLOSES", text=deadline),
    ]


def _cells(challenge: ChallengeSummary) -> dict[str, object]:
    phase = open_phase(challenge)
    return {
        "slug": challenge["slug"],
        "title_en": challenge["title"]["en"],
        "title_fr": challenge["title"]["fr"],
        "open_phase": phase and phase["key"],
        "closes": phase and phase["closes"],
        "agreement_version": challenge["agreement_version"],
    }


def _print_challenge(challenge: Challenge, *, session: Session) -> None:
    phase = open_phase(challenge)
    say(f"{_title(challenge, session)} ({challenge['slug']})")
    say(_participation(challenge))
    if phase is None:
        say("No phase is open.")
    elif phase["closes"] is not None:
        say(f"Phase {phase['key']} closes {local_time_text(phase['closes'])}.")
    say()
    write_table(challenge["phases"], columns=_phase_columns(challenge))
    say()
    write_table(challenge["files"], columns=_FILE_COLUMNS)
    say()
    write_table(challenge["metrics"], columns=_METRIC_COLUMNS)
    say()
    wanted = challenge["submission"]
    columns = ", ".join([wanted["id"], *wanted["columns"]])
    say(f"Submit a CSV file with the columns {columns}.")
    say(f"Agreement: version {challenge['agreement']['version']}.")


def _participation(challenge: Challenge) -> str:
    if challenge["joined"] is None:
        return "Sign in to see your team and quota: challenge auth login"
    if not challenge["joined"]:
        return f"You have not joined: challenge challenges join {challenge['slug']}"
    return f"You take part as team {challenge['team']}."


def _phase_columns(challenge: Challenge) -> list[Column[Phase]]:
    quota = challenge["quota"] or {}

    def left(phase: Phase) -> str:
        mine = quota.get(phase["key"])
        return "-" if mine is None else f"{mine['remaining']} of {mine['limit']}"

    return [
        Column(heading="PHASE", text=lambda phase: phase["key"]),
        Column(heading="OPENS", text=lambda phase: time_text(phase["opens"])),
        Column(heading="CLOSES", text=lambda phase: time_text(phase["closes"])),
        Column(heading="LIMIT", text=_limit_text),
        Column(heading="LEFT", text=left),
    ]


def _limit_text(phase: Phase) -> str:
    count, seconds = phase["limit"]["n"], phase["limit"]["per_seconds"]
    return f"{count} in all" if seconds is None else f"{count} per {_period_text(seconds)}"


def _period_text(seconds: float) -> str:
    """Write a period in the largest unit that fits more than once: `24 h`, `7 d`."""
    units = ((86400, "d"), (3600, "h"), (60, "min"))
    fitting = (unit for unit in units if seconds > unit[0] and not seconds % unit[0])
    size, name = next(fitting, (1, "s"))
    return f"{seconds / size:g} {name}"


_BETTER = {"maximize": "higher", "minimize": "lower"}
_FILE_COLUMNS: list[Column[File]] = [
    Column(heading="FILE", text=lambda file: file["name"]),
    Column(heading="SIZE", text=lambda file: size_text(file["size"]), right=True),
]
_METRIC_COLUMNS: list[Column[Metric]] = [
    Column(
        heading="METRIC",
        text=lambda metric: f"{metric['key']} (ranks)" if metric["primary"] else metric["key"],
    ),
    Column(heading="COMPUTED AS", text=lambda metric: metric["metric"]),
    Column(heading="BETTER", text=lambda metric: _BETTER[metric["direction"]]),
]
