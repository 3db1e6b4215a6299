"""The page of a leaderboard, for anybody."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.definition import Board
from challenge_platform.core.leaderboard import latest, shown_phase
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
        key = request.args.get("phase")
        shown = shown_phase(challenge, at=current.opened_at())
        phase = challenge.definition.phase(key) if key else shown
        board, page = _board(default=phase.board), current.page_number()
        try:
            reader = current.platform().board_states
            found = latest(session, reader, challenge, phase=phase, board=board)
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
        page=page,
        rows=found.page(page, per_page=PER_PAGE) if found else (),
        pages=1 + (found.total - 1) // PER_PAGE if found else 0,
    )


def _board(*, default: Board) -> Board:
    name = request.args.get("board", default)
    if name not in set(Board):
        raise InvalidInput(f"there is no board {name!r}; there is {', '.join(Board)}")
    return Board(name)
