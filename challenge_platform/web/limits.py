"""How much and how often one may ask: sizes, refused before they are read, and rates of log-ins."""

from typing import Any

from flask import Flask, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from challenge_platform.config import Settings
from challenge_platform.core.challenge import find_challenge
from challenge_platform.web import current

FORM_BYTES = 64 * 1024
FORM_PARTS = 16
UPLOADS = frozenset(
    {
        "submissions.submit",
        "api_submissions.submit",
        "api_submissions.validate",
    }
)
"""The endpoints that take a predictions file; the pages among them need a session first."""

RATED = ("security.login", "security.register", "security.change_password")
REDIS_SECONDS = 1


def register_sizes(app: Flask, /) -> None:
    """Bound every request; must come before anything that reads a form, such as the CSRF check."""
    app.config.update(
        MAX_CONTENT_LENGTH=FORM_BYTES, MAX_FORM_MEMORY_SIZE=FORM_BYTES, MAX_FORM_PARTS=FORM_PARTS
    )

    @app.before_request
    def bound() -> None:
        g.opened_at = current.platform().clock()
        if request.endpoint in UPLOADS and request.method == "POST":
            request.max_content_length = _upload_bytes() + FORM_BYTES


def _upload_bytes() -> int:
    """Give the bytes that the challenge's file may have; raise NotFound without the challenge."""
    if request.blueprint == "submissions":
        current.require_user()
    slug = (request.view_args or {})["slug"]
    with current.platform().database.reading() as session:
        return find_challenge(session, slug).definition.submission.max_bytes


def register_rates(app: Flask, settings: Settings, /) -> None:
    """Bound attempts to log in or register, counted in Redis, or in memory while it is down."""
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
    for endpoint in RATED:
        if endpoint in app.view_functions:
            limited: Any = limiter.limit(settings.login_limit, methods=["POST"])
            app.view_functions[endpoint] = limited(app.view_functions[endpoint])


def _storage(redis_address: str) -> str:
    return f"redis+{redis_address}" if redis_address.startswith("unix:") else redis_address
