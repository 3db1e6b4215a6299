"""Taking a predictions file out of a request, and handing it to the platform."""

import hashlib
import ntpath

import structlog
from flask import request

from challenge_platform.core import team
from challenge_platform.core.account import User
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.reaper import enqueue_evaluation
from challenge_platform.core.submission import Kind
from challenge_platform.core.turn import Hint
from challenge_platform.core.upload import Accepted, Upload
from challenge_platform.errors import InvalidInput, QueueUnavailable
from challenge_platform.web import current

FILENAME_LENGTH = 200
MESSAGE_LENGTH = 500
KEY_LENGTH = 80
FORM_KEY_LENGTH = 32

log = structlog.get_logger()


def read_upload(*, form_key: str = "") -> Upload:
    """Read the form of this request; raise InvalidInput naming the field that is wrong.

    `form_key` is what a page's form was rendered with: without the header Idempotency-Key, what is
    sent twice from one form is one submission, as long as it is the same file.
    """
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise InvalidInput("the form has no file in its field `file`; choose a predictions file")
    kind = request.form.get("kind") or Kind.PREDICTIONS
    if kind not in set(Kind):
        raise InvalidInput(
            "the field `kind` is {kind!r}; it is one of {known}", kind=kind, known=", ".join(Kind)
        )
    content = sent.stream.read()
    return Upload(
        content=content,
        filename=file_name(sent.filename),
        kind=Kind(kind),
        phase=request.form.get("phase") or None,
        message=_line(request.form.get("message", ""), name="message", most=MESSAGE_LENGTH),
        idempotency_key=_header_key() or _key_of(form_key, content) or None,
        source=_source(),
        opened_at=current.opened_at(),
    )


def _header_key() -> str:
    sent = request.headers.get("Idempotency-Key", "")
    return _line(sent, name="Idempotency-Key", most=KEY_LENGTH)


def _key_of(form_key: str, content: bytes) -> str:
    """Make a key of a form and a file, since another file in the same form is meant as another."""
    form_key = _line(form_key, name="form_key", most=FORM_KEY_LENGTH)
    return f"{form_key}-{hashlib.sha256(content).hexdigest()[:32]}" if form_key else ""


def _source() -> bytes | None:
    """Read the notebook or archive sent along; an empty field is none."""
    sent = request.files.get("source")
    return sent.stream.read() if sent is not None and sent.filename else None


def submit(slug: str, /, *, person: User, form_key: str = "") -> Accepted:
    """Have the file of this request accepted and queued, at once or by the reaper."""
    platform = current.platform()
    accepted = platform.uploads.submit(slug, read_upload(form_key=form_key), user_id=person.id)
    try:
        hint = Hint(submission_id=accepted.submission_id, token=0, queue=accepted.queue)
        enqueue_evaluation(platform.queue, hint)
    except QueueUnavailable as error:
        log.warning(
            "not enqueued, the reaper will", submission=accepted.submission_id, error=str(error)
        )
    return accepted


def check(slug: str, /, *, person: User) -> int:
    """Give the rows of the file of this request if it can be scored; it is not kept."""
    platform = current.platform()
    with platform.database.reading() as session:
        challenge = find_challenge(session, slug)
        team.require_access(session, challenge, user=person)
    return platform.uploads.check(challenge, read_upload())


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
