"""How much and how often one may ask: sizes, refused before they are read, and rates of log-ins."""

from typing import Any

from flask import Flask, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from challenge_platform.config import Settings
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.upload import SOURCE_BYTES
from challenge_platform.web import current

FORM_BYTES = 64 * 1024
FORM_PARTS = 16
PARSED_BYTES = 512 * 1024
"""What the parser of forms may hold at once, and so a text field; files are spooled to disk.

It must exceed the 64 KiB that Werkzeug reads at a time by what is carried over from the last time,
or files are refused by where their line ends fall.
"""
UPLOADS = frozenset(
    {
        "submissions.submit",
        "api_submissions.submit",
        "api_submissions.validate",
    }
)
"""The endpoints that take a predictions file; the pages among them need a session first."""

LOG_IN = "security.login"
RATED = (
    LOG_IN,
    "security.register",
    "security.change_password",
    "openid.link",
    "openid.choose_name",
)
REDIS_SECONDS = 1


def register_sizes(app: Flask, /) -> None:
    """Bound every request; must come before anything that reads a form, such as the CSRF check."""
    app.config.update(
        MAX_CONTENT_LENGTH=FORM_BYTES, MAX_FORM_MEMORY_SIZE=PARSED_BYTES, MAX_FORM_PARTS=FORM_PARTS
    )

    @app.before_request
    def bound() -> None:
        g.opened_at = current.platform().clock()
        if request.endpoint in UPLOADS and request.method == "POST":
            request.max_content_length = _upload_bytes() + FORM_BYTES


def _upload_bytes() -> int:
    """Give the bytes that an upload to the challenge may have; raise NotFound without one."""
    if request.blueprint == "submissions":
        current.require_user()
    slug = (request.view_args or {})["slug"]
    with current.platform().database.reading() as session:
        asked = find_challenge(session, slug).definition.submission
    return asked.max_bytes + (0 if asked.source == "none" else SOURCE_BYTES)


def register_rates(app: Flask, settings: Settings, /) -> None:
    """Bound attempts to log in or register, counted in Redis, or in memory while it is down.

    They are counted by the address that they come from, and log-ins by the account as well, since
    one who guesses may have many addresses.
    """
    limiter = Limiter(
        get_remote_address,
        app=app,
        storage_uri=_storage(settings.redis_address),
        storage_options={
            "socket_connect_timeout": REDIS_SECONDS,
            "socket_timeout": REDIS_SECONDS,
        },
        in_memory_fallback_enabled=True,
    )
    of_an_address: Any = limiter.limit(settings.login_limit, methods=["POST"])
    of_an_account: Any = limiter.limit(settings.login_limit, key_func=_account, methods=["POST"])
    views = app.view_functions
    for endpoint in RATED:
        if endpoint in views:
            views[endpoint] = of_an_address(views[endpoint])
    views[LOG_IN] = of_an_account(views[LOG_IN])


def _account() -> str:
    """Name the account that somebody tries to open, from wherever they try."""
    return f"account {request.form.get('email', '').strip().lower()}"


def _storage(redis_address: str) -> str:
    return f"redis+{redis_address}" if redis_address.startswith("unix:") else redis_address
