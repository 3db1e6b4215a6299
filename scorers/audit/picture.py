"""The ranks of teams with their intervals as one picture, readable in grey."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise

from scorers.audit.document import TeamResult

MOST_DRAWN = 60
"""Teams in the picture; the table beside it has all."""

WIDTH = 400
LABELS = 124
RIGHT = 12
TOP = 26
ROW = 20
LONGEST = 17
"""Characters of a name that have room beside the picture."""

STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
MOST_TICKS = 8


DESCRIPTION = """<desc id="plot-text">A row for each team, the best above: a dot at its rank and a
line over the ranks that are plausible. The table has the numbers.</desc>"""


def rank_plot(teams: Sequence[TeamResult], /) -> str:
    """Draw a mark at each team's rank and a line over its interval; a dashed line ends a group.

    It is SVG, "" if no team has a rank.
    """
    ranked = [team for team in teams if team.rank is not None][:MOST_DRAWN]
    if not ranked:
        return ""
    last = max(team.rank_high or team.rank or 1 for team in ranked)
    height = TOP + ROW * len(ranked) + 8
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="plot-title plot-text">',
        '<title id="plot-title">Ranks with their 95 % intervals</title>',
        DESCRIPTION,
        *(_tick(rank, last=last, height=height) for rank in _ticks(last)),
        *(_row(team, index=index, last=last) for index, team in enumerate(ranked)),
        *(
            f'<path class="border" d="M0 {_middle(index) + ROW / 2:g}H{WIDTH}"/>'
            for index, (one, following) in enumerate(pairwise(ranked))
            if one.group != following.group
        ),
        "</svg>",
    ]
    return "\n".join(parts)


def _ticks(last: int) -> list[int]:
    step = next((step for step in STEPS if last <= MOST_TICKS * step), STEPS[-1])
    return list(dict.fromkeys([1, *range(step, last + 1, step)]))


def _tick(rank: int, *, last: int, height: int) -> str:
    at = _place(rank, last=last)
    return (
        f'<path class="grid" d="M{at:g} {TOP - 6}V{height}"/>'
        f'<text x="{at:g}" y="{TOP - 11}" text-anchor="middle">{rank}</text>'
    )


def _row(team: TeamResult, *, index: int, last: int) -> str:
    middle = _middle(index)
    rank = team.rank or 1
    low, high = (_place(end or rank, last=last) for end in (team.rank_low, team.rank_high))
    at = _place(rank, last=last)
    name = team.team if len(team.team) <= LONGEST else f"{team.team[: LONGEST - 1]}…"
    return (
        f'<text x="0" y="{middle + 4:g}">{escape(name)}</text>'
        f'<path class="interval" d="M{low:g} {middle:g}H{high:g}M{low:g} {middle - 4:g}v8'
        f'M{high:g} {middle - 4:g}v8"/>'
        f'<circle cx="{at:g}" cy="{middle:g}" r="4.5"/>'
    )


def _middle(index: int) -> float:
    return TOP + ROW * (index + 0.5)


def _place(rank: int, *, last: int) -> float:
    share = (rank - 1) / max(last - 1, 1)
    return round(LABELS + 8 + share * (WIDTH - RIGHT - LABELS - 8), 1)
