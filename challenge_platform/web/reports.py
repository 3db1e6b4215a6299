"""The pages that explain: how sure a ranking is, from what the board's state holds."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from challenge_platform.core.definition import Board
from challenge_platform.core.glance import Glance
from challenge_platform.web import current
from challenge_platform.web.drawings.ranks import rank_plot
from challenge_platform.web.freshness import conditional_page
from challenge_platform.web.leaderboards import seen_board
from challenge_platform.web.plain_words import plain_words

pages = Blueprint("reports", __name__)


@pages.get("/challenges/<slug:slug>/leaderboard/report")
def board(slug: str) -> ResponseReturnValue:
    """Show how sure the ranking of a board is; or that the board is sealed."""
    with current.platform().database.reading() as session:
        seen = seen_board(session, slug)
    return conditional_page(
        *(seen.challenge.version.digest, seen.phase.key, seen.board, seen.key),
        render=lambda: _board_report(seen),
    )


def _board_report(seen: Glance) -> str:
    frame = {
        "challenge": seen.challenge,
        "phase": seen.phase,
        "board": seen.board,
        "boards": list(Board),
    }
    if seen.key is None:
        return render_template("reports/board.html", **frame, is_sealed=True)
    shown = seen.read(current.platform().board_states)
    return render_template(
        "reports/board.html",
        **frame,
        shown=shown,
        words=plain_words(shown),
        ranks=rank_plot(shown.rows),
    )
