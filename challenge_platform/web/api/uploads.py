"""Large uploads by the tus protocol 1.0, for programs; what it is to us is in `large_uploads`.

A file arrives in parts, each added at the offset where the one before ended, and goes on after an
interruption; when all of it has arrived and has the SHA-256 that was announced, a submission names
it.
"""

from http import HTTPStatus

from flask import Response, url_for
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel

from challenge_platform.core.account import Scope
from challenge_platform.errors import ChecksumMismatch
from challenge_platform.web import current, large_uploads
from challenge_platform.web.api.answer import answer, refusals
from challenge_platform.web.api.challenges import ChallengePath
from challenge_platform.web.api.documents import TransferDocument
from challenge_platform.web.api.tokens import TOKEN_REQUIRED, caller
from challenge_platform.web.large_uploads import described

api = APIBlueprint(
    "api_uploads",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="uploads")],
    abp_security=TOKEN_REQUIRED,
    abp_responses=refusals(
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
)


class TransferPath(BaseModel):
    """Which upload."""

    id: str


api.after_request(large_uploads.name_protocol)
api.register_error_handler(ChecksumMismatch, large_uploads.tell_mismatch)


@api.post(
    "/challenges/<slug:slug>/uploads",
    responses={
        201: None,
        **refusals(
            HTTPStatus.CONFLICT,
            HTTPStatus.PRECONDITION_FAILED,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.TOO_MANY_REQUESTS,
            HTTPStatus.INSUFFICIENT_STORAGE,
        ),
    },
)
def begin(path: ChallengePath) -> Response:
    """Begin an upload of `Upload-Length` bytes; nothing of it is read before it is admitted.

    `Upload-Metadata` has `filename`, and may have `sha256` (of the whole file, in hexadecimal;
    without it only parts can be checked, by `Upload-Checksum`), `phase` and `kind`: container
    unless said otherwise, `weights` of those that a submission is to name.
    """
    transfer = large_uploads.begin(path.slug, person=caller(Scope.SUBMIT))
    address = url_for("api_uploads.show", id=transfer.id)
    return described(Response(status=HTTPStatus.CREATED, headers={"Location": address}), transfer)


@api.get("/uploads/<hex:id>", responses={200: TransferDocument})
def show(path: TransferPath) -> Response:
    """Tell how much of an upload has arrived; `HEAD` is the protocol's own way to ask."""
    transfer = current.platform().transfers.find(path.id, user_id=caller(Scope.SUBMIT).id)
    return described(answer(TransferDocument.model_validate(transfer)), transfer)


@api.patch(
    "/uploads/<hex:id>",
    responses={
        204: None,
        **refusals(
            HTTPStatus.CONFLICT,
            HTTPStatus.PRECONDITION_FAILED,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.SERVICE_UNAVAILABLE,
        ),
    },
)
def append(path: TransferPath) -> Response:
    """Add a part, which begins at `Upload-Offset`; what arrived stays if the connection ends."""
    transfer = large_uploads.append(path.id, person=caller(Scope.SUBMIT))
    return described(Response(status=HTTPStatus.NO_CONTENT), transfer)


@api.delete(
    "/uploads/<hex:id>",
    responses={204: None, **refusals(HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED)},
)
def discard(path: TransferPath) -> Response:
    """Give an upload up, and free its room."""
    large_uploads.discard(path.id, person=caller(Scope.SUBMIT))
    return Response(status=HTTPStatus.NO_CONTENT)
