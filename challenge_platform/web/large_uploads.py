"""Large files that arrive in parts: the tus protocol 1.0 as pages and programs alike speak it.

It is the core of the protocol with creation, checksum, expiration and termination. Refused are
`Upload-Defer-Length` and `X-HTTP-Method-Override`.
"""

import base64
import binascii
import time
from collections.abc import Iterator
from http import HTTPStatus

from flask import Response, abort, request
from werkzeug.http import http_date

from challenge_platform.core.account import User
from challenge_platform.core.admission import require_upload
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.submission import Kind
from challenge_platform.core.transfer import ALGORITHMS, Checksum, Transfer
from challenge_platform.core.weights import WEIGHTS
from challenge_platform.errors import ChecksumMismatch, InvalidInput
from challenge_platform.web import current, reception
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
PART_BYTES = 8 * 1024 * 1024
"""What a page sends at once, and so what a reverse proxy must let through."""

PART_SECONDS = 300
"""After this time a part ends where it is, so that nobody keeps a thread for ever."""

_PIECE = 1 << 20


def name_protocol(response: Response) -> Response:
    """Say which protocol this is, on refusals as well."""
    response.headers.extend(HEADERS)
    return response


def tell_mismatch(error: ChecksumMismatch) -> Response:
    """Answer with the protocol's own status."""
    problem = Problem(
        title="Checksum Mismatch",
        status=CHECKSUM_MISMATCH,
        code="checksum_mismatch",
        detail=str(error),
    )
    return Response(problem.model_dump_json(exclude_none=True), problem.status, mimetype=MEDIA_TYPE)


def begin(slug: str, /, *, person: User) -> Transfer:
    """Begin an upload as the headers of this request announce it, once it would be admitted."""
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
            find_challenge(session, slug),
            user=person,
            kind=kind,
            phase=metadata.get("phase") or None,
            size=size,
            now=current.opened_at(),
        )
    return current.platform().transfers.begin(
        user_id=person.id,
        challenge=slug,
        kind=kind,
        filename=reception.file_name(metadata.get("filename", "")) or "upload",
        size=size,
        sha256=metadata.get("sha256", ""),
    )


def append(transfer_id: str, /, *, person: User) -> Transfer:
    """Add the body of this request, which begins at `Upload-Offset`."""
    transfer = current.platform().transfers.find(transfer_id, user_id=person.id)
    _require_protocol()
    if request.content_type != CONTENT_TYPE:
        abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send a part as {CONTENT_TYPE}")
    with lane():
        return current.platform().transfers.append(
            transfer_id,
            _pieces(transfer.size - transfer.offset),
            user_id=person.id,
            offset=_number("Upload-Offset"),
            checksum=_checksum(),
        )


def discard(transfer_id: str, /, *, person: User) -> None:
    """Give an upload up, and free its room."""
    current.platform().transfers.find(transfer_id, user_id=person.id)
    _require_protocol()
    current.platform().transfers.discard(transfer_id, user_id=person.id)


def described(response: Response, transfer: Transfer, /) -> Response:
    """Add what the protocol tells of an upload."""
    response.headers["Upload-Offset"] = str(transfer.offset)
    response.headers["Upload-Length"] = str(transfer.size)
    response.headers["Upload-Expires"] = http_date(transfer.expires)
    return response


def _require_protocol() -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        abort(
            HTTPStatus.PRECONDITION_FAILED,
            f"large uploads need the tus protocol: send `Tus-Resumable: {VERSION}`",
        )


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
