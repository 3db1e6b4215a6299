"""Large uploads by the tus protocol 1.0 (core, creation, checksum, expiration, termination).

A file arrives in parts, each added at the offset where the one before ended, and goes on after an
interruption; when all of it has arrived and has the SHA-256 that was announced, a submission names
it. Refused are `Upload-Defer-Length` and `X-HTTP-Method-Override`.
"""

import base64
import binascii
import time
from collections.abc import Iterator
from http import HTTPStatus

from flask import Response, abort, request, url_for
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel
from werkzeug.http import http_date

from challenge_platform.core.account import Scope, User
from challenge_platform.core.admission import require_upload
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.submission import Kind
from challenge_platform.core.transfer import ALGORITHMS, Checksum, Transfer
from challenge_platform.core.weights import WEIGHTS
from challenge_platform.errors import ChecksumMismatch, InvalidInput
from challenge_platform.web import current, reception
from challenge_platform.web.api.answer import answer, refusals
from challenge_platform.web.api.challenges import ChallengePath
from challenge_platform.web.api.documents import TransferDocument
from challenge_platform.web.api.tokens import TOKEN_REQUIRED, caller
from challenge_platform.web.lanes import lane
from challenge_platform.web.problem import MEDIA_TYPE, Problem

VERSION = "1.0.0"
CONTENT_TYPE = "application/offset+octet-stream"
CHECKSUM_MISMATCH = 460
"""The protocol's own status, which HTTP does not know."""

HEADERS = {
    "Tus-Resumable": VERSION,
    "Tus-Version": VERSION,
    "Tus-Extension": "creation,checksum,expiration,termination",
    "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    "Cache-Control": "no-store",
}
PART_SECONDS = 300
"""After this time a part ends where it is, so that nobody keeps a thread for ever."""

_PIECE = 1 << 20

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


@api.after_request
def name_protocol(response: Response) -> Response:
    """Say which protocol this is, on refusals as well."""
    response.headers.extend(HEADERS)
    return response


@api.errorhandler(ChecksumMismatch)
def tell_mismatch(error: ChecksumMismatch) -> Response:
    """Answer with the protocol's own status."""
    problem = Problem(
        title="Checksum Mismatch",
        status=CHECKSUM_MISMATCH,
        code="checksum_mismatch",
        detail=str(error),
    )
    return Response(problem.model_dump_json(exclude_none=True), problem.status, mimetype=MEDIA_TYPE)


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

    `Upload-Metadata` has `filename`, `sha256` (of the whole file, in hexadecimal), and may have
    `kind` (container unless said otherwise; `weights` of those that a submission is to name) and
    `phase`.
    """
    person = caller(Scope.SUBMIT)
    _require_protocol()
    metadata, size = _metadata(), _number("Upload-Length")
    kind = metadata.get("kind") or Kind.CONTAINER
    if kind not in (known := {*Kind, WEIGHTS}):
        raise InvalidInput(
            "the field `kind` is {kind!r}; it is one of {known}",
            kind=kind,
            known=", ".join(sorted(known)),
        )
    with current.platform().database.reading() as session:
        require_upload(
            session,
            find_challenge(session, path.slug),
            user=person,
            kind=kind,
            phase=metadata.get("phase") or None,
            size=size,
            now=current.opened_at(),
        )
    transfer = current.platform().transfers.begin(
        user_id=person.id,
        challenge=path.slug,
        kind=kind,
        filename=reception.file_name(metadata.get("filename", "")) or "upload",
        size=size,
        sha256=metadata.get("sha256", ""),
    )
    address = url_for("api_uploads.show", id=transfer.id)
    return _described(Response(status=HTTPStatus.CREATED, headers={"Location": address}), transfer)


@api.get("/uploads/<hex:id>", responses={200: TransferDocument})
def show(path: TransferPath) -> Response:
    """Tell how much of an upload has arrived; `HEAD` is the protocol's own way to ask."""
    transfer = current.platform().transfers.find(path.id, user_id=caller(Scope.SUBMIT).id)
    return _described(answer(TransferDocument.model_validate(transfer)), transfer)


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
    person = caller(Scope.SUBMIT)
    transfer = current.platform().transfers.find(path.id, user_id=person.id)
    _require_protocol()
    if request.content_type != CONTENT_TYPE:
        abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send a part as {CONTENT_TYPE}")
    with lane():
        transfer = current.platform().transfers.append(
            path.id,
            _pieces(transfer.size - transfer.offset),
            user_id=person.id,
            offset=_number("Upload-Offset"),
            checksum=_checksum(),
        )
    return _described(Response(status=HTTPStatus.NO_CONTENT), transfer)


@api.delete(
    "/uploads/<hex:id>",
    responses={204: None, **refusals(HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED)},
)
def discard(path: TransferPath) -> Response:
    """Give an upload up, and free its room."""
    person: User = caller(Scope.SUBMIT)
    current.platform().transfers.find(path.id, user_id=person.id)
    _require_protocol()
    current.platform().transfers.discard(path.id, user_id=person.id)
    return Response(status=HTTPStatus.NO_CONTENT)


def _require_protocol() -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        abort(
            HTTPStatus.PRECONDITION_FAILED,
            f"large uploads need the tus protocol: send `Tus-Resumable: {VERSION}`",
        )


def _described(response: Response, transfer: Transfer) -> Response:
    response.headers["Upload-Offset"] = str(transfer.offset)
    response.headers["Upload-Length"] = str(transfer.size)
    response.headers["Upload-Expires"] = http_date(transfer.expires)
    return response


def _number(header: str) -> int:
    """Read a header that must be a number of bytes."""
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):  # noqa: PLR2004  a petabyte
        raise InvalidInput(
            "the header {header} is {text!r}; send a number of bytes", header=header, text=text[:40]
        )
    return int(text)


def _metadata() -> dict[str, str]:
    """Read `Upload-Metadata`: pairs of a key and a value in base64, with commas in between."""
    sent = request.headers.get("Upload-Metadata", "")
    pairs = [pair.split(" ") for pair in sent.split(",") if pair.strip()]
    try:
        return {
            key: base64.b64decode("".join(value), validate=True).decode() for key, *value in pairs
        }
    except ValueError:
        raise InvalidInput(
            "the header Upload-Metadata cannot be read; send `filename BASE64,sha256 BASE64`"
        ) from None


def _checksum() -> Checksum | None:
    sent = request.headers.get("Upload-Checksum")
    if sent is None:
        return None
    algorithm, _, digest = sent.partition(" ")
    try:
        wanted = base64.b64decode(digest.strip(), validate=True)
    except binascii.Error:
        wanted = b""
    if not wanted or algorithm not in ALGORITHMS:
        known = ", ".join(ALGORITHMS)
        abort(HTTPStatus.BAD_REQUEST, f"Upload-Checksum is one of {known}, a space, and base64")
    return Checksum(algorithm=algorithm, digest=wanted)


def _pieces(most: int) -> Iterator[bytes]:
    """Read the body, at most `most` bytes and for PART_SECONDS."""
    # One more than may come: gunicorn's stream, read at its limit, is refused and not ended.
    request.max_content_length = most + 1
    deadline = time.monotonic() + PART_SECONDS
    while time.monotonic() < deadline and (piece := request.stream.read(_PIECE)):
        yield piece
