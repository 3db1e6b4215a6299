"""The pages of leaderboards, for anybody: as they stand, as they stood, and as files."""

from datetime import datetime

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlmodel import Session

from challenge_platform.core import team
from challenge_platform.core.challenge import PublishedChallenge, find_phase
from challenge_platform.core.definition import Board, Phase
from challenge_platform.core.glance import Glance
from challenge_platform.core.jury import FinalRanking
from challenge_platform.core.leaderboard import (
    Leaderboard,
    Row,
    latest_key,
    states,
)
from challenge_platform.core.leaderboard import state as find_state
from challenge_platform.errors import InvalidInput, NotFound
from challenge_platform.web import current
from challenge_platform.web.board_files import (
    send_csv,
    send_document,
    state_day,
    state_name,
    state_path,
)
from challenge_platform.web.board_page import BoardPage, render_board
from challenge_platform.web.board_table import BY_RANK, Wanted, page_of, read_wanted
from challenge_platform.web.freshness import conditional_page
from challenge_platform.web.jury import shown_final
from challenge_platform.web.language import format_datetime

pages = Blueprint("leaderboards", __name__)

BOARD = "/challenges/<slug:slug>/leaderboard"
OF_PHASE = f"{BOARD}/<key:phase>/<any(public, private):board>"
STATES_PER_PAGE = 50


@pages.app_template_filter()
def minute(when: datetime, /) -> Markup:
    """Write a time in UTC to the minute, which is enough in a table."""
    text = format_datetime(when, "d MMM yyyy, HH:mm")
    return Markup('<time datetime="{}">{}</time>').format(f"{when:%Y-%m-%dT%H:%MZ}", text)


@pages.app_template_filter()
def day(when: datetime, /) -> str:
    """Write the UTC day of a time in full."""
    return str(format_datetime(when, "d MMMM yyyy"))


@pages.get(BOARD)
def show(slug: str) -> ResponseReturnValue:
    """Show who stands where, how surely, and since when; or that the board is sealed."""
    wanted = _wanted()
    with current.platform().database.reading() as session:
        seen = seen_board(session, slug)
        challenge, phase, board = seen.challenge, seen.phase, seen.board
        own = _own_team(session, challenge, at=seen.key.built_at if seen.key else None)
        final = shown_final(session, seen)

        def render() -> str:
            if seen.key is None:
                return _frame(challenge, phase=phase, board=board, is_sealed=True)
            page = BoardPage(
                board=seen.read(current.platform().board_states),
                phase=phase,
                wanted=wanted,
                path=url_for("leaderboards.show", slug=slug),
                fixed={"phase": phase.key, "board": board},
                own=own,
            )
            return _board_page(session, challenge, page, final=final)

        return conditional_page(
            *(challenge.version.digest, phase.key, board, seen.key, own, final), render=render
        )


@pages.get(f"{OF_PHASE}/<state:name>")
def state(slug: str, phase: str, board: str, name: str) -> ResponseReturnValue:
    """Show how a board stood; a permanent address, which has the day and the state's number."""
    wanted = _wanted()
    with current.platform().database.reading() as session:
        challenge = current.platform().catalogue.find(session, slug)
        found, of = _state(session, challenge, phase=phase, board=board, name=name)
        last = latest_key(session, challenge, phase=of, board=found.board).number
        own = _own_team(session, challenge, at=found.built_at)
        page = BoardPage(
            board=found, phase=of, wanted=wanted, path=state_path(found), fixed={}, own=own
        )
        return conditional_page(
            *(challenge.version.digest, found.digest, found.number, last, own),
            render=lambda: _board_page(session, challenge, page, last=last),
        )


@pages.get(OF_PHASE)
def earlier(slug: str, phase: str, board: str) -> ResponseReturnValue:
    """List the states that a board has had, the newest first."""
    page = current.page_number()
    with current.platform().database.reading() as session:
        challenge = current.platform().catalogue.find(session, slug)
        of, kind = find_phase(session, challenge, key=phase), Board(board)
        last = latest_key(session, challenge, phase=of, board=kind).number
        found = states(
            session, challenge, phase=of, board=kind, page=page, per_page=STATES_PER_PAGE
        )
    pages_ = max(1, -(-last // STATES_PER_PAGE))
    if page > pages_:
        raise NotFound("there is no page {page} here: the last is {pages}", page=page, pages=pages_)
    return render_template(
        "leaderboards/states.html",
        challenge=challenge,
        phase=of,
        board=kind,
        states=[(key, f"{state_day(key.built_at)}-{key.number}") for key in found],
        page=page,
        pages=pages_,
    )


@pages.get(f"{BOARD}.csv")
def latest_csv(slug: str) -> Response:
    """Give the board as it stands as a table."""
    return send_csv(_latest(slug))


@pages.get(f"{BOARD}.json")
def latest_json(slug: str) -> Response:
    """Give the board as it stands as its document."""
    return send_document(_latest(slug))


@pages.get(f"{OF_PHASE}/<state:name>.csv")
def state_csv(slug: str, phase: str, board: str, name: str) -> Response:
    """Give a state of a board as a table."""
    return send_csv(_earlier(slug, phase=phase, board=board, name=name))


@pages.get(f"{OF_PHASE}/<state:name>.json")
def state_json(slug: str, phase: str, board: str, name: str) -> Response:
    """Give the document of a state of a board, whose SHA-256 is the state's digest."""
    return send_document(_earlier(slug, phase=phase, board=board, name=name))


def _wanted() -> Wanted:
    return read_wanted(
        q=request.args.get("q", ""),
        sort=request.args.get("sort") or BY_RANK,
        page=current.page_number(),
    )


def seen_board(session: Session, slug: str, /) -> Glance:
    """Look at the board of the query; raise InvalidInput when there is none of that name."""
    name = request.args.get("board")
    if name is not None and name not in set(Board):
        raise InvalidInput(
            "there is no board {name!r}; there is {known}", name=name[:80], known=", ".join(Board)
        )
    return current.platform().glances.at(
        session,
        slug,
        phase=request.args.get("phase") or None,
        board=Board(name) if name else None,
        now=current.opened_at(),
    )


def _latest(slug: str) -> Leaderboard:
    platform = current.platform()
    with platform.database.reading() as session:
        return seen_board(session, slug).read(platform.board_states)


def _earlier(slug: str, *, phase: str, board: str, name: str) -> Leaderboard:
    with current.platform().database.reading() as session:
        challenge = current.platform().catalogue.find(session, slug)
        return _state(session, challenge, phase=phase, board=board, name=name)[0]


def _state(
    session: Session, challenge: PublishedChallenge, *, phase: str, board: str, name: str
) -> tuple[Leaderboard, Phase]:
    """Find a state by its permanent address; raise NotFound for a wrong phase, day or number."""
    day, _, number = name.rpartition("-")
    of = find_phase(session, challenge, key=phase)
    found = find_state(
        session,
        current.platform().board_states,
        challenge,
        phase=of,
        board=Board(board),
        number=int(number),
    )
    if state_day(found.built_at) != day:
        raise NotFound(
            "state {number} of this board is not of {day}; its address ends with {name}",
            number=number,
            day=day,
            name=state_name(found),
        )
    return found, of


def _own_team(
    session: Session, challenge: PublishedChallenge, *, at: datetime | None
) -> str | None:
    """Give the name of the reader's team on a board of this time, None if the team is younger.

    A younger one may have the name of a team that is gone.
    """
    person = current.user()
    own = team.team_of(session, user_id=person.id, challenge_id=challenge.id) if person else None
    return own.name if own and at and own.created_at <= at else None


def _board_page(
    session: Session,
    challenge: PublishedChallenge,
    page: BoardPage,
    *,
    last: int | None = None,
    final: FinalRanking | None = None,
) -> str:
    """Render the frame of a board; `last` is the latest state's number, beside an earlier one.

    `final` is the final ranking with a jury, which stands above the board as it is now.
    """
    board = page.board
    return _frame(
        challenge,
        phase=page.phase,
        board=board.board,
        shown=board,
        fragment=render_board(session, challenge, page) if board.rows else None,
        own=_own_row(board, page),
        last=last,
        final=final,
    )


def _own_row(board: Leaderboard, page: BoardPage) -> tuple[Row, str] | None:
    """Find the row of the reader's team, and the address that leads to it."""
    for place, row in enumerate(board.rows, 1):
        if row.team == page.own and not row.baseline:
            address = page.link(q="", sort=BY_RANK, page=page_of(place))
            return row, f"{address}#row-{place}"
    return None


def _frame(
    challenge: PublishedChallenge,
    *,
    phase: Phase,
    board: Board,
    shown: Leaderboard | None = None,
    fragment: Markup | None = None,
    own: tuple[Row, str] | None = None,
    last: int | None = None,
    final: FinalRanking | None = None,
    is_sealed: bool = False,
) -> str:
    return render_template(
        "leaderboards/show.html",
        challenge=challenge,
        phase=phase,
        board=board,
        boards=list(Board),
        shown=shown,
        fragment=fragment,
        own=own,
        last=last,
        final=final,
        is_sealed=is_sealed,
    )
