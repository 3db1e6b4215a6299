"""The final ranking of a challenge with a jury, as a table of the private board and as a file."""

from flask import Blueprint, Response
from sqlmodel import Session

from challenge_platform.core.challenge import PublishedChallenge, find_phase
from challenge_platform.core.definition import Board
from challenge_platform.core.glance import Glance
from challenge_platform.core.jury import FinalRanking, final_ranking
from challenge_platform.errors import NotFound
from challenge_platform.web import current
from challenge_platform.web.attachment import attached
from challenge_platform.web.freshness import conditional
from challenge_platform.web.spreadsheet import defused, table

pages = Blueprint("jury", __name__)


@pages.get("/challenges/<slug:slug>/leaderboard/<key:phase>/final.csv")
def final_csv(slug: str, phase: str) -> Response:
    """Give both rankings and the mean marks of each team as a table."""
    with current.platform().database.reading() as session:
        challenge = current.platform().catalogue.find(session, slug)
        found = required(session, challenge, phase=phase)
    response = Response(to_csv(found), mimetype="text/csv")
    return conditional(attached(response, name=f"{slug}-{phase}-final.csv"))


def required(session: Session, challenge: PublishedChallenge, /, *, phase: str) -> FinalRanking:
    """Give the final ranking; raise NotFound where there is none, Sealed before the reveal."""
    found = final_ranking(session, challenge, phase=find_phase(session, challenge, key=phase))
    if found is None:
        raise NotFound(
            "phase {phase!r} of {challenge} has no final ranking: no jury marks there, or scores "
            "are not disclosed",
            phase=phase,
            challenge=challenge.slug,
        )
    return found


def shown_final(session: Session, seen: Glance, /) -> FinalRanking | None:
    """Give the final ranking that stands above a board; None above public and sealed ones."""
    if seen.board is not Board.PRIVATE or seen.key is None:
        return None
    return final_ranking(session, seen.challenge, phase=seen.phase)


def to_csv(found: FinalRanking, /) -> bytes:
    """Write a row for each team, in the order of the final ranking."""
    keys = [criterion.key for criterion in found.criteria]
    heading = ["final_rank", "team", "final", "rank", "score", "jury", *keys, "jurors"]
    rows = (
        (
            *(row.final_rank, defused(row.team), row.final, row.rank, row.score, row.jury),
            *(row.marks[key] for key in keys),
            row.jurors,
        )
        for row in found.rows
    )
    return table(heading, rows)
