"""The pages that explain: how sure a ranking is, and what a submission's scores are made of.

They draw what a board's state and a result hold, and compute nothing anew.
"""

from itertools import pairwise

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from challenge_platform.core.challenge import PublishedChallenge, find_challenge
from challenge_platform.core.comparison import Comparison
from challenge_platform.core.definition import Board, Disclosure
from challenge_platform.core.glance import Glance
from challenge_platform.core.history import read_submission
from challenge_platform.core.leaderboard import Leaderboard
from challenge_platform.web import current
from challenge_platform.web.drawings.differences import differences
from challenge_platform.web.drawings.pictures import shown_of
from challenge_platform.web.drawings.ranks import rank_plot
from challenge_platform.web.drawings.significance import significance_map
from challenge_platform.web.drawings.subgroups import forest, value_name
from challenge_platform.web.follow import Followed, follow
from challenge_platform.web.freshness import conditional_page
from challenge_platform.web.leaderboards import seen_board
from challenge_platform.web.plain_words import plain_words
from challenge_platform.web.report_words import SCHEMES, reason_words

pages = Blueprint("reports", __name__)
pages.add_app_template_filter(reason_words)

MOST_NEIGHBOURS = 20
"""Teams whose difference to the next one is drawn."""


@pages.get("/challenges/<slug:slug>/leaderboard/report")
def board(slug: str) -> ResponseReturnValue:
    """Show how sure the ranking of a board is; or that the board is sealed."""
    with current.platform().database.reading() as session:
        seen = seen_board(session, slug)
    return conditional_page(
        *(seen.challenge.version.digest, seen.phase.key, seen.board, seen.key),
        render=lambda: _board_report(seen),
    )


@pages.get("/submissions/<hex:id_>/report")
def submission(id_: str) -> ResponseReturnValue:
    """Show what is told of a submission of the reader's team beside its scores."""
    person = current.require_user()
    with current.platform().database.reading() as session:
        found = read_submission(session, id_, user=person)
        followed = follow(session, found, now=current.opened_at())
        challenge = find_challenge(session, found.challenge.slug)
    return conditional_page(
        *(challenge.version.digest, found.id, found.state, found.scores, found.report),
        *(followed.row, followed.comparisons),
        render=lambda: _submission_report(challenge, followed),
    )


def _submission_report(challenge: PublishedChallenge, followed: Followed) -> str:
    found = followed.submission
    phase = found.challenge.definition.phase(found.phase)
    revealed = found.report.board is Board.PRIVATE
    return render_template(
        "reports/submission.html",
        challenge=challenge,
        submission=found,
        row=followed.row,
        stands=followed.row is not None,
        differences=differences([(one.other, one) for one in followed.comparisons]),
        forest=forest(None if revealed else found.score, found.subgroups),
        subgroup_name=value_name,
        pictures=shown_of(found.pictures),
        tells_subgroups=revealed or Disclosure.SUBGROUPS in phase.disclosure,
        tells_curves=revealed or Disclosure.CURVES in phase.disclosure,
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
        neighbours=differences(_neighbours(shown)),
        significance=significance_map(shown.significance),
        schemes=SCHEMES,
    )


def _neighbours(board: Leaderboard) -> list[tuple[str, Comparison]]:
    """Pair each of the first teams with its comparison with the next one."""
    ranked = [row.team for row in board.rows if row.rank is not None]
    made = {(found.team, found.other): found for found in board.comparisons}
    return [
        (team, made[team, following])
        for team, following in list(pairwise(ranked))[:MOST_NEIGHBOURS]
        if (team, following) in made
    ]
