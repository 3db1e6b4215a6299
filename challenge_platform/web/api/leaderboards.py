"""Leaderboards, for anybody."""

from http import HTTPStatus

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import Field

from challenge_platform.core.definition import Board
from challenge_platform.core.leaderboard import Leaderboard, latest, latest_key, shown_phase
from challenge_platform.web import current
from challenge_platform.web.api.answer import answer, conditional, refusals
from challenge_platform.web.api.challenges import ChallengePath
from challenge_platform.web.api.documents import (
    ComparisonDocument,
    GroupDocument,
    JudgedDocument,
    LeaderboardDocument,
    RowDocument,
)
from challenge_platform.web.api.parameters import Parameters

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


class BoardQuery(Parameters):
    """Which board of which phase, that of the open phase unless said otherwise; which hundred."""

    phase: str | None = Field(default=None, max_length=64)
    board: Board | None = None
    page: int = Field(default=1, ge=1, le=10_000)


@api.get("/challenges/<slug:slug>/leaderboard", responses={200: LeaderboardDocument})
def show(path: ChallengePath, query: BoardQuery) -> Response:
    """Give a page of a leaderboard; private boards are sealed until their reveal."""
    platform = current.platform()
    with platform.database.reading() as session:
        challenge = platform.catalogue.find(session, path.slug)
        phase = (
            challenge.definition.phase(query.phase)
            if query.phase
            else shown_phase(challenge, at=current.opened_at())
        )
        board = query.board or phase.board
        number, digest = latest_key(session, challenge, phase=phase, board=board)
        etag = f"{number}-{digest}"
        if request.if_none_match.contains(etag):
            return conditional(Response(), etag=etag)
        found = latest(session, platform.board_states, challenge, phase=phase, board=board)
    return conditional(answer(_document(found, page=query.page)), etag=etag)


def _document(found: Leaderboard, *, page: int) -> LeaderboardDocument:
    return LeaderboardDocument(
        challenge=found.challenge,
        phase=found.phase,
        board=found.board,
        number=found.number,
        digest=found.digest,
        built_at=found.built_at,
        version=found.version,
        permalink=_permalink(found),
        judged=JudgedDocument.model_validate(found.judged) if found.judged else None,
        groups=[
            GroupDocument(group=group, head=teams[0].team, teams=len(teams))
            for group, teams in found.groups.items()
        ],
        comparisons=[ComparisonDocument.model_validate(one) for one in found.comparisons],
        total=found.total,
        page=page,
        rows=[RowDocument.model_validate(row) for row in found.page(page, per_page=PER_PAGE)],
    )


def _permalink(found: Leaderboard) -> str | None:
    """Give the path at which this state stays; a board that was never built has none."""
    if found.built_at is None:
        return None
    name = f"{found.built_at:%Y-%m-%d}-{found.number}"
    return f"/challenges/{found.challenge}/leaderboard/{found.phase}/{found.board}/{name}"
