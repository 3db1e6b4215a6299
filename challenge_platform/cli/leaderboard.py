"""`challenge leaderboard`: standings with the interval of every score and of every rank."""

from collections.abc import Iterator
from typing import Annotated

import typer

from challenge_platform.cli.arguments import FormatOption, SlugArgument
from challenge_platform.cli.documents import Comparison, Group, Judged, Leaderboard, Standing
from challenge_platform.cli.output import (
    Column,
    Format,
    primary_score,
    score_cells,
    score_text,
    time_text,
    write_csv,
    write_json,
    write_table,
)
from challenge_platform.cli.session import session_of
from challenge_platform.cli.terminal import note, say

app = typer.Typer()


@app.command()
def leaderboard(
    context: typer.Context,
    slug: SlugArgument,
    *,
    phase: Annotated[
        str | None, typer.Option(metavar="KEY", help="Phase of the board; by default the open one.")
    ] = None,
    board: Annotated[
        str | None,
        typer.Option(metavar="BOARD", help="Board: public or private; by default the phase's own."),
    ] = None,
    page: Annotated[int, typer.Option(min=1, help="Page of a long board.")] = 1,
    form: FormatOption = Format.TABLE,
) -> None:
    """Show a leaderboard, with the interval of every score and rank.

    Equal scores share a rank. The ranks in brackets are those that the data leave possible, and
    teams of one group cannot be told apart from the best of them. Baselines, and teams that are
    not eligible or disqualified, are marked in place of a rank.
    """
    with session_of(context).client(signed_in=False) as client:
        found = client.leaderboard(slug, phase=phase, board=board, page=page)
    if form is Format.JSON:
        write_json(found)
    elif form is Format.CSV:
        write_csv([_cells(standing) for standing in found["rows"]])
    elif found["rows"]:
        write_table(found["rows"], columns=_COLUMNS)
        for line in _footer(found):
            note(line)
    else:
        say(f"The {found['board']} board of phase {found['phase']} is empty.")


def _footer(found: Leaderboard) -> Iterator[str]:
    text = (
        f"Phase {found['phase']}, {found['board']} board, state {found['number']} of "
        f"{time_text(found['built_at'])}."
    )
    if len(found["rows"]) < found["total"]:
        text += f" Page {found['page']}: {len(found['rows'])} of {found['total']} rows."
    yield text
    if found["judged"]:
        yield _judged_text(found["judged"])
    if found["groups"]:
        yield _group_text(found["groups"][0])
    yield from map(_comparison_text, found["comparisons"])
    for standing in found["rows"]:
        if standing["state"] == "disqualified" and standing["reason"]:
            yield f"{standing['team']} is disqualified: {standing['reason']}"


def _judged_text(judged: Judged) -> str:
    events = ", ".join(f"{key} {n}" for key, n in judged["events"].items() if n is not None)
    text = f"Judged on {judged['units']} units ({judged['unit']})"
    return f"{text}; events: {events}." if events else f"{text}."


def _group_text(group: Group) -> str:
    """Say whom the test set cannot tell apart from the first team."""
    if group["teams"] == 1:
        return f"Group {group['group']} has one team, {group['head']}."
    return (
        f"Group {group['group']} has {group['teams']} teams that this test set cannot tell apart "
        f"from {group['head']}."
    )


def _comparison_text(comparison: Comparison) -> str:
    """Give by how much the first team is better than a baseline: `+0.1312 [+0.0912, +0.1712]`."""
    text = f"{comparison['team']} against {comparison['other']}: {comparison['difference']:+}"
    if comparison["low"] is None or comparison["high"] is None:
        return f"{text}."
    text += f" [{comparison['low']:+}, {comparison['high']:+}]"
    return f"{text}." if comparison["p"] is None else f"{text}, p {comparison['p']}."


def _rank_text(standing: Standing) -> str:
    """Give a rank with its interval: `2 [1, 4]`; without one, why there is none."""
    if standing["rank"] is None:
        return _UNRANKED.get(standing["state"], "-")
    if standing["rank_low"] is None or standing["rank_high"] is None:
        return str(standing["rank"])
    return f"{standing['rank']} [{standing['rank_low']}, {standing['rank_high']}]"


def _score_text(standing: Standing) -> str:
    score = primary_score(standing["scores"])
    return "-" if score is None else score_text(score)


def _cells(standing: Standing) -> dict[str, object]:
    return {
        "rank": standing["rank"],
        "rank_low": standing["rank_low"],
        "rank_high": standing["rank_high"],
        "first": standing["first"],
        "group": standing["group"],
        "team": standing["team"],
        "state": standing["state"],
        "baseline": standing["baseline"],
        "entries": standing["entries"],
        "last_submission": standing["last_submission"],
        **score_cells(standing["scores"]),
    }


_UNRANKED = {
    "baseline": "baseline",
    "not_eligible": "not eligible",
    "disqualified": "disqualified",
}

_COLUMNS: list[Column[Standing]] = [
    Column(heading="RANK", text=_rank_text),
    Column(heading="GROUP", text=lambda standing: str(standing["group"] or "-"), right=True),
    Column(heading="TEAM", wraps=True, text=lambda standing: standing["team"]),
    Column(heading="SCORE [95 % INTERVAL]", text=_score_text),
    Column(heading="ENTRIES", text=lambda standing: str(standing["entries"]), right=True),
    # The day alone, so that the table fits in 80 columns; CSV and JSON have the time.
    Column(heading="LAST", text=lambda standing: time_text(standing["last_submission"])[:10]),
]
