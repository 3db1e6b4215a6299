"""Leaderboards, for anybody."""

from dataclasses import asdict
from http import HTTPStatus

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import Field

from challenge_platform.core.definition import Board
from challenge_platform.core.glance import Glance
from challenge_platform.core.leaderboard import Leaderboard
from challenge_platform.web import current
from challenge_platform.web.api.answer import refusals
from challenge_platform.web.api.challenges import ChallengePath
from challenge_platform.web.api.documents import (
    AlternativeDocument,
    ComparisonDocument,
    GroupDocument,
    JudgedDocument,
    LeaderboardDocument,
    RowDocument,
    SignificanceDocument,
)
from challenge_platform.web.api.parameters import Parameters
from challenge_platform.web.board_files import state_path
from challenge_platform.web.freshness import answers, conditional, is_known, release_digest

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
        seen = platform.glances.at(
            session, path.slug, phase=query.phase, board=query.board, now=current.opened_at()
        )
        key = seen.opened()
        etag = f"{key.number}-{key.digest}-{release_digest()}"
        if is_known(etag):
            return conditional(Response(), etag=etag)
        content = answers().get((etag, query.page), make=lambda: _content(seen, page=query.page))
    return conditional(Response(content, mimetype="application/json"), etag=etag)


def _content(seen: Glance, *, page: int) -> bytes:
    found = seen.read(current.platform().board_states)
    return _document(found, page=page).model_dump_json().encode()


def _document(found: Leaderboard, *, page: int) -> LeaderboardDocument:
    compared: dict[str, list[ComparisonDocument]] = {}
    for one in found.comparisons:
        compared.setdefault(one.team, []).append(ComparisonDocument.model_validate(one))
    first = next((row.team for row in found.rows if row.rank is not None), "")
    return LeaderboardDocument(
        challenge=found.challenge,
        phase=found.phase,
        board=found.board,
        number=found.number,
        digest=found.digest,
        built_at=found.built_at,
        version=found.version,
        permalink=state_path(found) if found.built_at else None,
        judged=JudgedDocument.model_validate(found.judged) if found.judged else None,
        groups=[
            GroupDocument(group=group, head=teams[0].team, teams=len(teams))
            for group, teams in found.groups.items()
        ],
        comparisons=compared.get(first, []),
        significance=(
            SignificanceDocument.model_validate(found.significance) if found.significance else None
        ),
        robustness=[AlternativeDocument.model_validate(one) for one in found.robustness],
        total=found.total,
        page=page,
        rows=[
            RowDocument.model_validate(
                {
                    **asdict(row),
                    "baseline": row.baseline,
                    "comparisons": compared.get(row.team, []),
                }
            )
            for row in found.page(page, per_page=PER_PAGE)
        ],
    )
