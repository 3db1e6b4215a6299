"""Leaderboards, for anybody."""

from http import HTTPStatus

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from challenge_platform.core.challenge import PublishedChallenge, find_challenge
from challenge_platform.core.definition import Board
from challenge_platform.core.leaderboard import Leaderboard, latest, shown_phase
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


PER_PAGE = 100


class BoardQuery(BaseModel):
    """Which board of which phase, that of the open phase unless said otherwise; which hundred."""

    phase: str | None = Field(default=None, max_length=64)
    board: Board | None = None
    page: int = Field(default=1, ge=1, le=10_000)


@api.get("/challenges/<slug:slug>/leaderboard", responses={200: LeaderboardDocument})
def show(path: ChallengePath, query: BoardQuery) -> Response:
    """Give a page of a leaderboard; private boards are sealed until their reveal."""
    with current.platform().database.reading() as session:
        challenge = find_challenge(session, path.slug)
        phase = (
            challenge.definition.phase(query.phase)
            if query.phase
            else shown_phase(challenge, at=current.opened_at())
        )
        reader = current.platform().board_states
        found = latest(session, reader, challenge, phase=phase, board=query.board or phase.board)
    document = _document(found, challenge=challenge, page=query.page)
    return conditional(answer(document), etag=found.digest)


def _document(
    found: Leaderboard, *, challenge: PublishedChallenge, page: int
) -> LeaderboardDocument:
    return LeaderboardDocument(
        challenge=challenge.slug,
        phase=found.phase,
        board=found.board,
        number=found.number,
        digest=found.digest,
        built_at=found.built_at,
        total=found.total,
        page=page,
        rows=[RowDocument.model_validate(row) for row in found.page(page, per_page=PER_PAGE)],
    )
