"""What a reader prefers: asked for in the address, remembered by a cookie, kept with the account.

The address wins, for one page; then the cookie that it leaves; then the account. Who logs in starts
with what the account says, whatever a cookie of this browser said before.
"""

from collections.abc import Collection, Mapping

from flask import Flask, Response, after_this_request, current_app, request
from flask_login import user_logged_in  # type: ignore[import-untyped]  # ships no types

from challenge_platform.core.timezone import zone_names
from challenge_platform.web import current

LANGUAGE, TIMEZONE = "language", "timezone"
LANGUAGES = {"en": "English", "fr": "Français"}
"""The languages by code, each by its own name."""

COOKIE_SECONDS = 365 * 24 * 3600


def known() -> Mapping[str, Collection[str]]:
    """Give what may be chosen, by the name that parameter, cookie and column share."""
    return {LANGUAGE: LANGUAGES, TIMEZONE: zone_names()}


def preferred(name: str, /) -> str | None:
    """Give what the reader chose, or None when they never did."""
    person = current.user()
    kept = getattr(person, name) if person else None
    for asked in (request.args.get(name), request.cookies.get(name), kept):
        if asked is not None and asked in known()[name]:
            return str(asked)
    return None


def current_timezone() -> str | None:
    """Give the name of the reader's time zone, or None when they never said."""
    return preferred(TIMEZONE)


def is_program() -> bool:
    """Whether the request is for the API, where nobody prefers anything."""
    return request.path.startswith("/api/")


def forget(response: Response, /) -> Response:
    """Take the cookies away, so that what is kept with the account holds."""
    for name in known():
        response.delete_cookie(name)
    return response


def register(app: Flask, /) -> None:
    """Remember what is asked for in the address of a page."""

    @app.after_request
    def remember(response: Response) -> Response:
        if is_program():
            return response
        for name, values in known().items():
            asked = request.args.get(name)
            if asked is not None and asked in values:
                keep(response, name, value=asked)
        response.vary.update(["Cookie", "Accept-Language"])
        return response

    user_logged_in.connect(_begin, app)


def keep(response: Response, name: str, /, *, value: str) -> None:
    """Remember a choice in a cookie of its own."""
    response.set_cookie(
        name,
        value,
        max_age=COOKIE_SECONDS,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def _begin(_app: Flask, **_: object) -> None:
    after_this_request(forget)
