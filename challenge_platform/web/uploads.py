"""Large uploads from the form's page: as programs send them, by the session and its token."""

from http import HTTPStatus

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue

from challenge_platform.core.transfer import Transfer
from challenge_platform.errors import ChecksumMismatch
from challenge_platform.web import current, large_uploads

pages = Blueprint("uploads", __name__)
pages.after_request(large_uploads.name_protocol)
pages.register_error_handler(ChecksumMismatch, large_uploads.tell_mismatch)


@pages.post("/challenges/<slug:slug>/uploads")
def begin(slug: str) -> ResponseReturnValue:
    """Begin an upload, whose address the answer gives."""
    transfer = large_uploads.begin(slug, person=current.require_user())
    answer = _told(transfer, HTTPStatus.CREATED)
    answer.headers["Location"] = url_for("uploads.show", id_=transfer.id)
    return answer


@pages.get("/uploads/<hex:id_>")
def show(id_: str) -> ResponseReturnValue:
    """Tell how much of an upload has arrived."""
    person = current.require_user()
    return _told(current.platform().transfers.find(id_, user_id=person.id), HTTPStatus.OK)


@pages.patch("/uploads/<hex:id_>")
def append(id_: str) -> ResponseReturnValue:
    """Add a part."""
    person = current.require_user()
    return _told(large_uploads.append(id_, person=person), HTTPStatus.NO_CONTENT)


@pages.delete("/uploads/<hex:id_>")
def discard(id_: str) -> ResponseReturnValue:
    """Give an upload up."""
    large_uploads.discard(id_, person=current.require_user())
    return Response(status=HTTPStatus.NO_CONTENT)


def _told(transfer: Transfer, status: HTTPStatus) -> Response:
    return large_uploads.described(Response(status=status), transfer)
