"""Answers that need not be sent again: each named by an ETag, a page's before it is made."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from flask import Response, current_app, request, session

from challenge_platform.recent import Recent
from challenge_platform.web import current
from challenge_platform.web.language import current_language
from challenge_platform.web.preferences import current_timezone

KEPT_BYTES = 8_000_000

_PACKAGE = Path(__file__).parents[1]
_MADE_OF = ("**/*.py", "web/templates/**/*.html", "web/translations/**/*.po", "web/static/*")


def conditional(
    response: Response, /, *, etag: str | None = None, weak: bool = False, size: int | None = None
) -> Response:
    """Name the answer's state, by its digest unless given, and give 304 when it is known.

    With its `size` in bytes, a part of the answer may be asked for.
    """
    if etag is None:
        response.add_etag()
    else:
        response.set_etag(etag, weak=weak)
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request, accept_ranges=size is not None, complete_length=size)
    return response


def is_known(etag: str, /) -> bool:
    """Whether the reader has the answer of this state, so that it need not be made."""
    return bool(request.if_none_match.contains_weak(etag))


def conditional_page(*state: object, render: Callable[[], str]) -> Response:
    """Give 304 to a reader who has the page of this state, and render it only for others.

    `state` names all that the page shows, beside what every page shows of its reader. A page with a
    message for the reader, which is shown once, is always sent.
    """
    if "_flashes" in session:
        return Response(render())
    etag = _digest(request.full_path, current_language(), *_reader(), release_digest(), *state)
    response = Response() if is_known(etag) else Response(_rendered(etag, render))
    return conditional(response, etag=etag, weak=True)


def _rendered(etag: str, render: Callable[[], str]) -> bytes:
    """Render a page, or give to readers without a session what was rendered of the same before."""
    kept = answers()
    if not session and (found := kept.find(etag)) is not None:
        return found
    page = render().encode()
    if not session:  # rendering a form begins one, and its token is for this reader alone
        kept.keep(etag, page)
    return page


def answers() -> Recent[bytes]:
    """Give the answers of this application that were made lately, each under what it shows."""
    made: Recent[bytes] = current_app.extensions.setdefault(
        "answers", Recent(most=KEPT_BYTES, weigh=len)
    )
    return made


def _reader() -> tuple[object, ...]:
    """Give what pages show of a reader: who it is, the token of forms, what they prefer."""
    person, own = current.user(), current_app.config["SESSION_COOKIE_NAME"]
    preferred = sorted((name, value) for name, value in request.cookies.items() if name != own)
    # The session's cookie is signed anew with each answer: what matters is inside.
    reader = person.id if person else None
    return (reader, session.get("csrf_token"), current_timezone(), preferred)


@cache
def release_digest() -> str:
    """Give the digest of what answers are made from, so that a new release is not taken as old."""
    return digest_of(_PACKAGE)


def digest_of(package: Path, /) -> str:
    """Give the digest of the files of a package that make answers: programs, texts and looks."""
    files = sorted(path for pattern in _MADE_OF for path in package.glob(pattern) if path.is_file())
    return _digest(*(hashlib.sha256(path.read_bytes()).hexdigest() for path in files))


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
