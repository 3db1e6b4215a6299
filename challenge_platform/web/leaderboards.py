"""The page of a leaderboard, for anybody."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.definition import Board
from challenge_platform.core.leaderboard import leaderboard
from challenge_platform.errors import InvalidInput, Sealed
from challenge_platform.web import current
from challenge_platform.web.place import place_of

pages = Blueprint("leaderboards", __name__)
PER_PAGE = 100


@pages.get("/challenges/<slug:slug>/leaderboard")
def show(slug: str) -> ResponseReturnValue:
    """Show who stands where, how surely, and since when; or that the board is sealed."""
    with current.platform().database.reading() as session:
        challenge = find_challenge(session, slug)
        phases = challenge.definition.phases
        key = request.args.get("phase")
        phase = challenge.definition.phase(key) if key else phases[0]
        board, page = _board(default=phase.board), current.page_number()
        try:
            found = leaderboard(
                session, challenge, phase=phase, board=board, page=page, per_page=PER_PAGE
            )
        except Sealed:
            found = None
        place = place_of(session, challenge, person=current.user(), now=current.opened_at())
    return render_template(
        "leaderboards/show.html",
        challenge=challenge,
        place=place,
        phase=phase,
        board=board,
        boards=list(Board),
        leaderboard=found,
        pages=1 + (found.total - 1) // PER_PAGE if found else 0,
    )


def _board(*, default: Board) -> Board:
    name = request.args.get("board", default)
    if name not in set(Board):
        raise InvalidInput(f"there is no board {name!r}; there is {', '.join(Board)}")
    return Board(name)
