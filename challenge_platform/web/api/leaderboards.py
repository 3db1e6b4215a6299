"""Leaderboards, for anybody."""

from http import HTTPStatus

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from challenge_platform.core.challenge import PublishedChallenge, find_challenge
from challenge_platform.core.definition import Board
from challenge_platform.core.leaderboard import Leaderboard, leaderboard
from challenge_platform.web import current
from challenge_platform.web.api.answer import answer, conditional, refusals
from challenge_platform.web.api.challenges import ChallengePath
from challenge_platform.web.api.documents import (
    LeaderboardDocument,
    RowDocument,
)

api = APIBlueprint(
    "api_leaderboards",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="leaderboards")],
    abp_responses=refusals(
        HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY
    ),
)


class BoardQuery(BaseModel):
    """Which board of which phase, the first phase's own unless said otherwise; which hundred."""

    phase: str | None = Field(default=None, max_length=64)
    board: Board | None = None
    page: int = Field(default=1, ge=1, le=10_000)


@api.get("/challenges/<slug:slug>/leaderboard", responses={200: LeaderboardDocument})
def show(path: ChallengePath, query: BoardQuery) -> Response:
    """Give a page of a leaderboard; private boards are sealed until their reveal."""
    with current.platform().database.reading() as session:
        challenge = find_challenge(session, path.slug)
        phases = challenge.definition.phases
        phase = challenge.definition.phase(query.phase) if query.phase else phases[0]
        found = leaderboard(
            session, challenge, phase=phase, board=query.board or phase.board, page=query.page
        )
    document = _document(found, challenge=challenge)
    return conditional(answer(document), etag=state_of(found, challenge=challenge))


def state_of(found: Leaderboard, /, *, challenge: PublishedChallenge) -> str:
    """Name what is shown: the snapshot, and the version whose disclosure it is shown under."""
    return f"{found.digest}-{challenge.version.digest[:16]}"


def _document(found: Leaderboard, *, challenge: PublishedChallenge) -> LeaderboardDocument:
    return LeaderboardDocument(
        challenge=challenge.slug,
        phase=found.phase,
        board=found.board,
        number=found.number,
        digest=found.digest,
        built_at=found.built_at,
        total=found.total,
        page=found.page,
        rows=[RowDocument.model_validate(row) for row in found.rows],
    )
