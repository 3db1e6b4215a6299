"""Sessions on the pages: begun with a log-in, found again by a key in the cookie, ended by name."""

from contextlib import suppress
from datetime import datetime

import structlog
from flask import Flask, Response, after_this_request, g, request, session
from flask_login import user_logged_out  # type: ignore[import-untyped]  # ships no types
from flask_security.signals import user_authenticated, user_failed_authn
from flask_security.tf_plugin import tf_clean_session
from flask_security.utils import set_request_attr
from sqlalchemy.exc import OperationalError

from challenge_platform.bootstrap import Platform
from challenge_platform.core import account, login
from challenge_platform.core.login import LoginSession, Way
from challenge_platform.errors import NotFound
from challenge_platform.web import browsers, current
from challenge_platform.web.account_store import Account

KEY = "login"
"""Where the cookie has the key of its session."""

WAY = "first_factor"
"""Where the cookie has the way of a log-in that waits for its second factor."""

log = structlog.get_logger()


def register(app: Flask, /) -> None:
    """Begin, find and end sessions by the rows of `core.login`."""
    app.login_manager.user_loader(_find)  # type: ignore[attr-defined]  # set by Flask-Login
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]  # as above
    user_authenticated.connect(_begin, app)
    user_logged_out.connect(_end, app)
    user_failed_authn.connect(_note_failure, app)


def _begin(_app: Flask, *, user: Account, authn_via: list[str] | None, **_: object) -> None:
    """Begin a session, and leave nothing of the one before that somebody else might know.

    Flask-Security names the way for all but a log-in that ends with a second factor.
    """
    session.pop("csrf_token", None)
    g.pop("csrf_token", None)
    tf_clean_session()  # type: ignore[no-untyped-call]  # has no annotations
    before = user.login if authn_via == ["change"] else None
    way = Way(session.pop(WAY, Way.PASSWORD))
    browser, system = browsers.kind_of(request.user_agent.string)
    platform = current.platform()
    with platform.database.writing() as writing:
        session[KEY] = login.begin(
            writing,
            user_id=user.id,
            way=before.way if before else way,
            second_factor=before.second_factor if before else authn_via is None,
            browser=browser,
            system=system,
            now=platform.clock(),
        )
    log.info("logged in", user=user.id)


def _find(uniquifier: str) -> Account | None:
    """Give the person whose session the cookie has the key of, unless it has ended."""
    platform, now = current.platform(), current.opened_at()
    with platform.database.reading() as reading:
        found = account.find_by_session(reading, session.get(KEY, ""), now=now)
    if found is None or found[0].fs_uniquifier != uniquifier:
        return None
    user, opened = found
    set_request_attr("fs_authn_via", "session")
    set_request_attr("fs_paa", session.get("fs_paa", 0))
    if now - opened.seen_at >= login.SEEN_GRAIN:
        _note_use(platform, opened, now=now)
    return Account(user, login=opened)


def _note_use(platform: Platform, opened: LoginSession, *, now: datetime) -> None:
    """Keep that the session is in use, once a minute, when the answer has been sent.

    The cookie is signed anew as well, since its signature is good for as long as a session may be
    idle. Where the database is too busy to write, the next use is kept instead.
    """
    session.modified = True

    @after_this_request
    def write_at_the_end(response: Response) -> Response:
        response.call_on_close(write)
        return response

    def write() -> None:
        with suppress(OperationalError), platform.database.writing() as writing:
            login.note_seen(writing, opened.id, now=now)


def _end(_app: Flask, *, user: object, **_: object) -> None:
    """End the session of whoever logs out, for a copy of its cookie too; others go on."""
    session.pop(KEY, None)
    if isinstance(user, Account) and user.login is not None:
        platform = current.platform()
        with suppress(NotFound), platform.database.writing() as writing:
            login.end(writing, user.login.id, user_id=user.id, now=platform.clock())


def _note_failure(_app: Flask, *, user: Account, **_: object) -> None:
    log.warning("log-in failed", user=user.id)
