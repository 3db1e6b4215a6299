"""What a form names or brings beside its file: an upload that has arrived, and the weights."""

import hashlib
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from flask import request

from challenge_platform.core.account import User
from challenge_platform.core.transfer import Transfer
from challenge_platform.core.weights import WEIGHTS, NamedWeights
from challenge_platform.errors import InvalidInput
from challenge_platform.storage import CheckedFile
from challenge_platform.web import current

_SHA256 = re.compile(r"[0-9a-f]{64}")


def find_transfer(person: User, /, *, field: str) -> Transfer | None:
    """Find the upload that a field of the form names instead of having a file."""
    named = request.form.get(field, "")
    if not named:
        return None
    transfer = current.platform().transfers.find(named, user_id=person.id)
    if transfer.challenge != (request.view_args or {}).get("slug"):
        raise InvalidInput(
            "the upload {transfer} is for {challenge}; submit it there",
            transfer=transfer.id,
            challenge=transfer.challenge,
        )
    return transfer


@contextmanager
def found_weights(person: User, /) -> Iterator[NamedWeights | None]:
    """Find the weights that the form names, by their digest or their upload, or that it brings.

    An archive that came with the form is gone afterwards unless it was stored.
    """
    sent = request.files.get(WEIGHTS)
    if sent is None or not sent.filename:
        yield _named_weights(person)
        return
    if request.form.get(WEIGHTS):
        raise InvalidInput(
            "the form names weights and has an archive of others; choose the one or the other"
        )
    path = current.platform().store.scratch / uuid.uuid4().hex
    try:
        with path.open("w+b") as file:
            shutil.copyfileobj(sent.stream, file)
            size = file.tell()
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        archive = CheckedFile(path=path, digest=digest, size=size)
        yield NamedWeights(digest=digest, file=archive)
    finally:
        path.unlink(missing_ok=True)


def _named_weights(person: User) -> NamedWeights | None:
    named = request.form.get(WEIGHTS, "")
    if not named:
        return None
    if _SHA256.fullmatch(named):
        return NamedWeights(digest=named)
    transfer = find_transfer(person, field=WEIGHTS)
    if transfer is None or transfer.kind != WEIGHTS:
        raise InvalidInput(
            "the field `weights` names an upload of another kind; begin the upload with the kind "
            "`weights`, or name weights that your team has sent by their SHA-256"
        )
    file = current.platform().transfers.file(transfer.id, user_id=person.id)
    return NamedWeights(digest=file.digest, file=file)
