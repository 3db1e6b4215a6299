"""The part of a leaderboard's page that is the same for all its readers in one language."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import current_app, render_template
from markupsafe import Markup
from sqlmodel import Session

from challenge_platform.core.challenge import PublishedChallenge, version_of_digest
from challenge_platform.core.definition import Phase
from challenge_platform.core.leaderboard import Curve, Leaderboard, history
from challenge_platform.core.ranking import RANK_INTERVALS_FOR
from challenge_platform.recent import Recent
from challenge_platform.web.board_files import citation_of
from challenge_platform.web.board_table import Kind, Table, Wanted, table_of
from challenge_platform.web.drawings import over_time
from challenge_platform.web.drawings.lines import STYLES
from challenge_platform.web.language import current_language
from challenge_platform.web.plain_words import code, codes, plain_words

KEPT_TABLES = 64
KEPT_CHARACTERS = 8_000_000

DRAWN_TEAMS = STYLES
DRAWN_BASELINES = 3
LISTED_POINTS = 10
"""How many of its last points the table beside the picture lists for each line."""


@dataclass(frozen=True, kw_only=True)
class BoardPage:
    """What a page shows of a board: `path` and `fixed` make its address, `own` is a team's name."""

    board: Leaderboard
    phase: Phase
    wanted: Wanted
    path: str
    fixed: Mapping[str, str]
    own: str | None = None

    def link(self, **changes: str | int) -> str:
        """Give the address of the same board with another search, order or page."""
        query = self.wanted.query(self.fixed, **changes)
        return f"{self.path}?{query}" if query else self.path


@dataclass(frozen=True, kw_only=True)
class Picture:
    """The scores over time, drawn for wide and narrow screens, and listed."""

    drawn: Mapping[str, over_time.Chart]
    time_title: str
    curves: tuple[Curve, ...]

    @property
    def is_cut(self) -> bool:
        """Whether a line has more points than are listed."""
        return any(len(curve.points) > LISTED_POINTS for curve in self.curves)


def render_board(session: Session, challenge: PublishedChallenge, page: BoardPage, /) -> Markup:
    """Render a board that has rows, or give what was rendered of the same before.

    The reader's own team is part of what names a fragment only where its row is on the page. Raise
    InvalidInput for an order that there is not, NotFound for a page past the last.
    """
    tables: Recent[Table] = current_app.extensions.setdefault(
        "board_tables", Recent(most=KEPT_TABLES)
    )
    fragments: Recent[Markup] = current_app.extensions.setdefault(
        "board_fragments", Recent(most=KEPT_CHARACTERS, weigh=len)
    )
    table = tables.get(
        (page.board.digest, page.wanted), make=lambda: table_of(page.board, page.wanted)
    )
    own = page.own if any(placed.row.team == page.own for placed in table.rows) else None
    key = (page.board.digest, page.board.number, page.path, *page.fixed.items(), table.wanted, own)
    return fragments.get(
        (*key, challenge.version.digest, current_language()),
        make=lambda: _render(session, challenge, page, table=table, own=own),
    )


def _render(
    session: Session,
    challenge: PublishedChallenge,
    page: BoardPage,
    *,
    table: Table,
    own: str | None,
) -> Markup:
    board = page.board
    built_under = version_of_digest(session, challenge, digest=board.version)
    html = render_template(
        "leaderboards/board.html",
        board=board,
        page=page,
        table=table,
        own=own,
        kinds=Kind,
        words=plain_words(board),
        picture=_picture(session, challenge, board, phase=page.phase),
        definition=built_under.definition,
        code=code,
        codes=codes,
        compared=RANK_INTERVALS_FOR,
        listed=LISTED_POINTS,
        drawn_teams=DRAWN_TEAMS,
        drawn_baselines=DRAWN_BASELINES,
        citation=citation_of(board, challenge=built_under),
    )
    return Markup(html)  # noqa: S704 -- a template's own output, escaped there


def _picture(
    session: Session, challenge: PublishedChallenge, board: Leaderboard, *, phase: Phase
) -> Picture | None:
    """Draw the first teams and baselines; None unless scores stood at two moments at least."""
    teams = [row.team for row in board.rows if row.rank is not None][:DRAWN_TEAMS]
    baselines = [row.team for row in board.rows if row.baseline][:DRAWN_BASELINES]
    curves = history(
        session,
        challenge,
        phase=phase,
        board=board.board,
        teams=[*teams, *baselines],
        until=board.built_at,
    )
    curves = tuple(curve for curve in curves if curve.points)
    times = {at for curve in curves for at, _ in curve.points}
    if len(times) <= 1 or board.built_at is None:
        return None
    series = [
        over_time.Series(name=curve.team, points=curve.points, reference=curve.baseline)
        for curve in curves
    ]
    frames = {"wide": over_time.WIDE, "narrow": over_time.NARROW}
    return Picture(
        drawn={
            name: over_time.step_chart(series, until=board.built_at, frame=frame)
            for name, frame in frames.items()
        },
        time_title=over_time.time_title(min(times), board.built_at),
        curves=curves,
    )
