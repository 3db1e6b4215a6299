"""The plot of ranks: for each team its rank and the ranks that are plausible for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from challenge_platform.core.leaderboard import Row
from challenge_platform.web.drawings.frame import Frame
from challenge_platform.web.drawings.rows import Interval, Rows, axis_of, draw_rows, sized
from challenge_platform.web.language import format_decimal, gettext

MOST_DRAWN = 60
"""Teams in the picture; the board has all."""

WIDE = Frame(width=860, height=0, left=230, right=110, top=42, bottom=8, x_ticks=14)
NARROW = Frame(width=358, height=0, left=124, right=16, top=42, bottom=8, x_ticks=7)


@dataclass(frozen=True, kw_only=True)
class RankPlot:
    """The ranks of the first teams, drawn for wide and narrow screens.

    `first` counts the ranked teams of the whole board whose interval reaches rank 1, `left` those
    that are not drawn.
    """

    drawn: Mapping[str, Rows]
    teams: tuple[Row, ...]
    first: int
    left: int


def rank_plot(rows: Sequence[Row], /) -> RankPlot | None:
    """Draw the ranks of teams with their intervals; None where no team has a rank interval.

    A line across ends a group.
    """
    ranked = [row for row in rows if row.rank is not None and row.rank_low is not None]
    if not ranked:
        return None
    shown = ranked[:MOST_DRAWN]
    last = max(row.rank_high or 1 for row in shown)
    intervals = [_interval(row, before, after) for before, row, after in _neighbours(shown)]
    drawn = {}
    for name, empty in {"wide": WIDE, "narrow": NARROW}.items():
        frame = sized(empty, len(shown))
        axis = axis_of(frame, 1, max(last, 2))
        ticks = axis.whole_ticks(most=frame.x_ticks)
        drawn[name] = draw_rows(intervals, frame=frame, axis=axis, ticks=ticks)
    return RankPlot(
        drawn=drawn,
        teams=tuple(shown),
        first=sum(row.rank_low == 1 for row in ranked),
        left=sum(row.rank is not None for row in rows) - len(shown),
    )


def _neighbours(rows: Sequence[Row]) -> list[tuple[Row | None, Row, Row | None]]:
    return list(zip([None, *rows[:-1]], rows, [*rows[1:], None], strict=True))


def _interval(row: Row, before: Row | None, after: Row | None) -> Interval:
    """Give a row with its group's name where the group begins."""
    begins = row.group is not None and (before is None or before.group != row.group)
    group = gettext("Group %(group)s", group=format_decimal(row.group)) if begins else ""
    return Interval(
        name=row.team,
        value=row.rank,
        low=row.rank_low,
        high=row.rank_high,
        note=str(group),
        closes=after is not None and after.group != row.group,
    )
