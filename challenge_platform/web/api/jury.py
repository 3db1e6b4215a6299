"""The final ranking of a challenge with a jury, for anybody once its private board is open."""

from http import HTTPStatus

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import Field

from challenge_platform.core.leaderboard import shown_phase
from challenge_platform.web import current
from challenge_platform.web.api.answer import refusals
from challenge_platform.web.api.challenges import ChallengePath
from challenge_platform.web.api.documents import FinalRankingDocument
from challenge_platform.web.api.parameters import Parameters
from challenge_platform.web.freshness import conditional
from challenge_platform.web.jury import required

api = APIBlueprint(
    "api_jury",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="leaderboards")],
    abp_responses=refusals(
        HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY
    ),
)


class FinalQuery(Parameters):
    """Which phase; the one whose board is shown unless said otherwise."""

    phase: str | None = Field(default=None, max_length=64)


@api.get("/challenges/<slug:slug>/final", responses={200: FinalRankingDocument})
def show(path: ChallengePath, query: FinalQuery) -> Response:
    """Give the ranking by the score alone and the final one with the jury's marks."""
    platform = current.platform()
    with platform.database.reading() as session:
        challenge = platform.catalogue.find(session, path.slug)
        phase = query.phase or shown_phase(challenge, at=current.opened_at()).key
        found = required(session, challenge, phase=phase)
    document = FinalRankingDocument.model_validate(found)
    return conditional(Response(document.model_dump_json(), mimetype="application/json"))
