"""Challenges: what they ask, their files, and joining them."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel

from challenge_platform.core import team
from challenge_platform.core.account import Scope
from challenge_platform.core.challenge import (
    PublishedChallenge,
    find_challenge,
    list_challenges,
)
from challenge_platform.core.definition import Phase
from challenge_platform.core.upload import is_open
from challenge_platform.web import current
from challenge_platform.web.api.answer import answer, refusals
from challenge_platform.web.api.documents import (
    AgreementDocument,
    ChallengeDocument,
    ChallengeList,
    ChallengeSummary,
    FileDocument,
    Joined,
    JoinRequest,
    LimitDocument,
    LocalTexts,
    MetricDocument,
    PhaseDocument,
    QuotaDocument,
)
from challenge_platform.web.api.tokens import (
    TOKEN_OPTIONAL,
    TOKEN_REQUIRED,
    caller,
    optional_caller,
)
from challenge_platform.web.files import send_public_file
from challenge_platform.web.freshness import conditional
from challenge_platform.web.place import Place, place_of

api = APIBlueprint(
    "api_challenges",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="challenges")],
    abp_responses=refusals(
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
)


class ChallengePath(BaseModel):
    """Which challenge."""

    slug: str


class FilePath(ChallengePath):
    """Which public file of a challenge."""

    name: str


@api.get("/challenges", responses={200: ChallengeList})
def list_() -> Response:
    """List the challenges."""
    with current.platform().database.reading() as session:
        challenges = list_challenges(session)
    now = current.opened_at()
    documents = [ChallengeSummary(**_summary(challenge, now=now)) for challenge in challenges]
    return conditional(answer(ChallengeList(challenges=documents)))


@api.get("/challenges/<slug:slug>", security=TOKEN_OPTIONAL, responses={200: ChallengeDocument})
def show(path: ChallengePath) -> Response:
    """Describe a challenge, and the caller's place in it."""
    person = optional_caller(Scope.READ)
    now = current.opened_at()
    with current.platform().database.reading() as session:
        challenge = find_challenge(session, path.slug)
        place = place_of(session, challenge, person=person, now=now)
    return conditional(answer(_document(challenge, place=place, now=now)))


@api.get(
    "/challenges/<slug:slug>/files/<file:name>",
    security=TOKEN_REQUIRED,
    responses={
        200: {
            "description": "The file; its ETag is its SHA-256",
            "content": {"application/octet-stream": {"schema": {"type": "string"}}},
        }
    },
)
def download(path: FilePath) -> Response:
    """Give a public file to someone who accepted the agreement."""
    return send_public_file(path.slug, path.name, person=caller(Scope.READ))


@api.post(
    "/challenges/<slug:slug>/join",
    security=TOKEN_REQUIRED,
    responses={200: Joined},
)
def join(path: ChallengePath, body: JoinRequest) -> Response:
    """Accept the agreement in force, in a team of one; repeating it changes nothing."""
    person = caller(Scope.SUBMIT)
    with current.platform().database.writing() as session:
        joined = team.join(
            session,
            find_challenge(session, path.slug),
            user=person,
            agreement_version=body.agreement_version,
            now=current.opened_at(),
        )
        return answer(Joined(team=joined.name))


def _summary(challenge: PublishedChallenge, *, now: datetime) -> dict[str, Any]:
    definition = challenge.definition
    return {
        "slug": challenge.slug,
        "title": LocalTexts.model_validate(definition.title),
        "phases": [_phase(phase, now=now) for phase in definition.phases],
        "agreement_version": definition.agreement.version,
    }


def _phase(phase: Phase, *, now: datetime) -> PhaseDocument:
    per = phase.limit.per
    return PhaseDocument(
        key=phase.key,
        opens=phase.opens,
        closes=phase.closes,
        open=is_open(phase, at=now),
        board=phase.board,
        limit=LimitDocument(n=phase.limit.n, per_seconds=per.total_seconds() if per else None),
    )


def _place(place: Place) -> dict[str, Any]:
    """Give whether the caller joined, their team, and what is left to it; null for nobody."""
    return {
        "joined": None if place.person is None else place.accepted,
        "team": place.team.name if place.team else None,
        "quota": None
        if place.quotas is None
        else {key: QuotaDocument.model_validate(left) for key, left in place.quotas.items()},
    }


def _document(challenge: PublishedChallenge, *, place: Place, now: datetime) -> ChallengeDocument:
    definition = challenge.definition
    return ChallengeDocument(
        **_summary(challenge, now=now),
        **_place(place),
        submission=definition.submission.model_dump(mode="json"),
        metrics=[
            MetricDocument(
                key=metric.key,
                metric=metric.metric,
                primary=metric.primary,
                direction=metric.better,
                params=metric.params,
            )
            for metric in definition.scoring.metrics
        ],
        files=[
            FileDocument(name=file.name, size=file.size, sha256=file.digest)
            for file in challenge.files
        ],
        agreement=AgreementDocument(
            version=definition.agreement.version,
            text=LocalTexts.model_validate(challenge.version.texts["agreement"]),
            sha256=challenge.agreement_digest,
        ),
        definition=definition.document(),
        version=challenge.version.digest,
    )
