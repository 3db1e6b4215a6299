"""A state of a board to take away: as CSV, as the document of its digest, and as a citation."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask import Response, url_for

from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.definition import Board
from challenge_platform.core.leaderboard import Leaderboard, Row
from challenge_platform.web import current
from challenge_platform.web.attachment import attached
from challenge_platform.web.freshness import answers, conditional, release_digest
from challenge_platform.web.language import current_language, format_datetime, gettext
from challenge_platform.web.spreadsheet import defused, table

_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{char: f"\\{char}" for char in "&%$#_"},
    }
)


def state_name(board: Leaderboard, /) -> str:
    """Give the last part of a state's permanent address: the UTC day it was built, its number."""
    return f"{state_day(board.built_at)}-{board.number}"


def state_day(built_at: datetime | None, /) -> str:
    """Give the UTC day of a state; that of one that was never built is empty."""
    return built_at.date().isoformat() if built_at else ""


def to_csv(board: Leaderboard, /) -> bytes:
    """Write all rows of a board, with every score that is disclosed and its interval."""
    scores = board.rows[0].scores if board.rows else ()
    metrics = [f"{score.key}{end}" for score in scores for end in ("", "_low", "_high")]
    heading = [
        *("rank", "rank_low", "rank_high", "first", "group", "team", "state", "baseline"),
        *metrics,
        *("entries", "last_submission"),
    ]
    return table(heading, (_cells(row) for row in board.rows))


def _cells(row: Row) -> Iterator[object]:
    yield from (row.rank, row.rank_low, row.rank_high, row.first, row.group)
    yield from (defused(row.team), row.state, "true" if row.baseline else "false")
    for score in row.scores:
        yield from (score.value, score.low, score.high)
    yield from (row.entries, row.last_submission.isoformat())


def send_csv(board: Leaderboard, /) -> Response:
    """Give a board as a CSV file, under a name that says which state it is."""
    etag = f"{board.digest}-{release_digest()}-csv"
    content = answers().get(etag, make=lambda: to_csv(board))
    response = Response(content, mimetype="text/csv")
    return _file(response, board, extension="csv", etag=etag)


def send_document(board: Leaderboard, /) -> Response:
    """Give the very bytes that the digest of a state was taken of."""
    content = (
        current.platform().board_states.content(board.digest) if board.number else board.content()
    )
    response = Response(content, mimetype="application/json")
    return _file(response, board, extension="json", etag=board.digest)


def _file(response: Response, board: Leaderboard, *, extension: str, etag: str) -> Response:
    parts = [board.challenge, board.phase, board.board, state_name(board).lstrip("-")]
    return conditional(attached(response, name=f"{'-'.join(parts)}.{extension}"), etag=etag)


@dataclass(frozen=True, kw_only=True)
class Citation:
    """How to cite a state of a board, and how to check what was downloaded from its address."""

    name: str
    address: str
    plain: str
    bibtex: str
    commands: str


def citation_of(board: Leaderboard, /, *, challenge: PublishedChallenge) -> Citation:
    """Cite a state that was built, in the reader's language."""
    if board.built_at is None:
        raise ValueError("a board that was never built has no state to cite")
    address = current.platform().settings.public_url + state_path(board)
    title = challenge.definition.title.get(current_language())
    date = format_datetime(board.built_at, "d MMMM yyyy")
    named = {"phase": board.phase, "number": board.number, "date": date}
    if board.board is Board.PUBLIC:
        what = gettext(
            "Public leaderboard of the phase %(phase)s, state %(number)s of %(date)s", **named
        )
    else:
        what = gettext(
            "Private leaderboard of the phase %(phase)s, state %(number)s of %(date)s", **named
        )
    year, digest = board.built_at.year, board.digest
    key = f"{board.challenge}-{board.phase}-{board.board}-{board.number}"
    bibtex = (
        f"@misc{{{key.replace('_', '-')},\n"
        f"  author = {{{{{title.translate(_TEX)}}}}},\n"
        f"  title = {{{{{what.translate(_TEX)}}}}},\n"
        f"  year = {{{year}}},\n"
        f"  url = {{{address}}},\n"
        f"  note = {{SHA-256 {digest}}}\n"
        "}"
    )
    return Citation(
        name=state_name(board),
        address=address,
        plain=f"{title} ({year}). {what}. {address}. SHA-256 {digest}.",
        bibtex=bibtex,
        commands=(
            f'curl -o board.json {address}.json\necho "{digest}  board.json" | sha256sum --check'
        ),
    )


def state_path(board: Leaderboard, /) -> str:
    """Give the path of a state's permanent address."""
    return url_for(
        "leaderboards.state",
        slug=board.challenge,
        phase=board.phase,
        board=board.board,
        name=state_name(board),
    )
