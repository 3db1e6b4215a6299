"""Taking a submitted file out of a request, and handing it to the platform."""

import hashlib
import ntpath
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Lock

import structlog
from flask import request

from challenge_platform.core import team
from challenge_platform.core.account import User
from challenge_platform.core.admission import require_admission
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.program import Program
from challenge_platform.core.reaper import enqueue_evaluation
from challenge_platform.core.registry_image import fetched
from challenge_platform.core.submission import Kind
from challenge_platform.core.turn import Hint
from challenge_platform.core.upload import Accepted, Checked, Upload
from challenge_platform.core.weights import NamedWeights
from challenge_platform.errors import InvalidInput, QueueUnavailable
from challenge_platform.storage import CheckedFile
from challenge_platform.web import current
from challenge_platform.web.lanes import lane
from challenge_platform.web.named_uploads import find_transfer, found_weights

FILENAME_LENGTH = 200
MESSAGE_LENGTH = 500
KEY_LENGTH = 80
FORM_KEY_LENGTH = 32

READING = Lock()
"""For one file to be read at a time: one Python can read no more, and none takes many seconds.

With more of them the thread that accepts connections, a probe's among them, waits for its turn a
second and longer where two hundred hostile files arrive at once.
"""

log = structlog.get_logger()


def read_upload(
    *,
    person: User,
    form_key: str = "",
    image: CheckedFile | None = None,
    weights: NamedWeights | None = None,
) -> Upload:
    """Read the form of this request; raise InvalidInput naming the field that is wrong.

    Its file is in the field `file`, or has arrived in parts before, and `upload` names it, or is
    the `image` that was fetched from a registry; beside it may be `weights`.
    `form_key` is what a page's form was rendered with: without the header Idempotency-Key, what is
    sent twice from one form is one submission, as long as it is the same file.
    """
    sent, transfer = request.files.get("file"), find_transfer(person, field="upload")
    meant = Kind.CONTAINER if image else transfer.kind if transfer else Kind.PREDICTIONS
    kind = request.form.get("kind") or meant
    if kind not in set(Kind):
        raise InvalidInput(
            "the field `kind` is {kind!r}; it is one of {known}", kind=kind, known=", ".join(Kind)
        )
    content: bytes | CheckedFile
    if image is not None:
        content, name = image, request.form["image"][-FILENAME_LENGTH:]
    elif transfer is not None:
        content = current.platform().transfers.file(transfer.id, user_id=person.id)
        name = transfer.filename
    elif sent is not None and sent.filename:
        content, name = sent.stream.read(), file_name(sent.filename)
    else:
        raise InvalidInput("the form has no file in its field `file`; choose a file")
    return Upload(
        content=content,
        filename=name,
        kind=Kind(kind),
        phase=request.form.get("phase") or None,
        message=_line(request.form.get("message", ""), name="message", most=MESSAGE_LENGTH),
        idempotency_key=_header_key() or _key_of(form_key, content, weights) or None,
        source=_source(),
        weights=weights,
        opened_at=current.opened_at(),
    )


@contextmanager
def _fetched(slug: str, *, person: User) -> Iterator[CheckedFile | None]:
    """Fetch the image that the form names in a registry, once a submission would be admitted."""
    reference = request.form.get("image", "")
    if not reference:
        yield None
        return
    platform = current.platform()
    with platform.database.reading() as session:
        challenge = find_challenge(session, slug)
        require_admission(
            session,
            challenge,
            user=person,
            kind=Kind.CONTAINER,
            phase=request.form.get("phase") or None,
            size=1,
            now=current.opened_at(),
        )
    program = challenge.definition.program or Program()
    hosts = platform.settings.registry_hosts
    with lane(), fetched(reference, hosts=hosts, program=program, store=platform.store) as image:
        yield image


def _header_key() -> str:
    sent = request.headers.get("Idempotency-Key", "")
    return _line(sent, name="Idempotency-Key", most=KEY_LENGTH)


def _key_of(form_key: str, content: bytes | CheckedFile, weights: NamedWeights | None) -> str:
    """Make a key of a form and its files, since another file in the same form is meant as such."""
    form_key = _line(form_key, name="form_key", most=FORM_KEY_LENGTH)
    if not form_key:
        return ""
    digest = hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else content.digest
    if weights is not None:
        digest = hashlib.sha256(f"{digest} {weights.digest}".encode()).hexdigest()
    return f"{form_key}-{digest[:32]}"


def _source() -> bytes | None:
    """Read the notebook or archive sent along; an empty field is none."""
    sent = request.files.get("source")
    return sent.stream.read() if sent is not None and sent.filename else None


def submit(slug: str, /, *, person: User, form_key: str = "") -> Accepted:
    """Have the file of this request accepted and queued, at once or by the reaper."""
    platform = current.platform()
    with _fetched(slug, person=person) as image, found_weights(person) as weights:
        upload = read_upload(person=person, form_key=form_key, image=image, weights=weights)
        with _turn(upload, has_lane=image is not None):
            accepted = platform.uploads.submit(slug, upload, user_id=person.id)
    for sent in (upload.content, weights and weights.file):
        if isinstance(sent, CheckedFile) and sent.path.is_relative_to(platform.transfers.folder):
            platform.transfers.release(sent.path.stem, user_id=person.id)
    try:
        hint = Hint(submission_id=accepted.submission_id, token=0, queue=accepted.queue)
        enqueue_evaluation(platform.queue, hint)
    except QueueUnavailable as error:
        log.warning(
            "not enqueued, the reaper will", submission=accepted.submission_id, error=str(error)
        )
    return accepted


def check(slug: str, /, *, person: User) -> Checked:
    """Tell what the file of this request holds if it can be scored or run; it is not kept."""
    platform = current.platform()
    with platform.database.reading() as session:
        challenge = find_challenge(session, slug)
        team.require_access(session, challenge, user=person)
    with found_weights(person) as weights:
        upload = read_upload(person=person, weights=weights)
        with _turn(upload):
            return platform.uploads.check(challenge, upload)


def _turn(upload: Upload, *, has_lane: bool = False) -> AbstractContextManager[object]:
    """Wait for a turn to read a file; images and weights, which may take minutes, need a lane."""
    if upload.kind is not Kind.CONTAINER and (upload.weights is None or not upload.weights.file):
        return READING
    return nullcontext() if has_lane else lane()


def file_name(sent: str) -> str:
    """Give the last part of the name that a browser sent, in characters that can be shown."""
    name = ntpath.basename(sent)
    return "".join(letter if letter.isprintable() else "?" for letter in name)[-FILENAME_LENGTH:]


def _line(text: str, *, name: str, most: int) -> str:
    text = text.strip()
    if len(text) > most or not text.isprintable():
        raise InvalidInput(
            "the field `{name}` has at most {most} printable characters on a line",
            name=name,
            most=most,
        )
    return text
