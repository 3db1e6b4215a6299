"""How much and how often one may ask: sizes, refused before they are read, and rates of log-ins."""

from http import HTTPStatus
from typing import Any

from flask import Flask, g, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_security import current_user

from challenge_platform.config import Settings
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.submission import Kind
from challenge_platform.core.upload import SOURCE_BYTES, most_bytes
from challenge_platform.core.weights import most_weights
from challenge_platform.web import current
from challenge_platform.web.large_uploads import PART_BYTES

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
"""The endpoints that take a predictions file or code; the pages among them need a session first."""

PART = "uploads.append"
"""The endpoint by which a page sends a part of a large file."""

LOG_IN = "security.login"
BY_ACCOUNT = (LOG_IN, "security.forgot_password", "security.send_confirmation")
BY_PERSON = ("security.verify", "security.change_email", "security.change_password")
CODES = (
    "security.two_factor_token_validation",
    "security.mf_recovery",
    "security.two_factor_setup",
)
CODE_LIMIT = "5 per minute; 20 per hour"
"""Wrong codes of an account: of a million codes, three are right at a time."""

RATED = (
    *BY_ACCOUNT,
    *BY_PERSON,
    *CODES,
    "security.register",
    "recovery.follow",
    "openid.link",
    "openid.choose_name",
    "departure.delete",
)
TAKEOUT = "departure.hand_over"
TAKEOUT_LIMIT = "10 per hour"
"""Each reads all that a person ever sent."""

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
        elif request.endpoint == PART:
            current.require_user()
            request.max_content_length = PART_BYTES + 1


def _upload_bytes() -> int:
    """Give the bytes that an upload to the challenge may have; raise NotFound without one."""
    if request.blueprint == "submissions":
        current.require_user()
    slug = (request.view_args or {})["slug"]
    with current.platform().database.reading() as reading:
        challenge = find_challenge(reading, slug)
    asked = challenge.definition.submission
    largest = max(most_bytes(challenge, kind=Kind(kind)) for kind in asked.kinds)
    source = 0 if asked.source == "none" else SOURCE_BYTES
    return largest + source + most_weights(challenge, in_parts=False)


def register_rates(app: Flask, settings: Settings, /) -> None:
    """Bound attempts to log in or register, counted in Redis, or in memory while it is down.

    They are counted by the address that they come from, and log-ins by the account as well, since
    one who guesses may have many addresses. Wrong codes are counted by the account more strictly.
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
    of_a_person: Any = limiter.limit(settings.login_limit, key_func=_person, methods=["POST"])
    of_codes: Any = limiter.limit(
        CODE_LIMIT,
        key_func=_person,
        methods=["POST"],
        deduct_when=lambda response: response.status_code == HTTPStatus.OK,  # asks again
    )
    of_takeouts: Any = limiter.limit(TAKEOUT_LIMIT, key_func=_person, methods=["POST"])
    views = app.view_functions
    for endpoints, limit in (
        (RATED, of_an_address),
        (BY_ACCOUNT, of_an_account),
        (BY_PERSON, of_a_person),
        (CODES, of_codes),
        ((TAKEOUT,), of_takeouts),
    ):
        for endpoint in views.keys() & set(endpoints):
            views[endpoint] = limit(views[endpoint])


def _account() -> str:
    """Name the account that somebody tries to open, from wherever they try."""
    return f"account {request.form.get('email', '').strip().lower()}"


def _person() -> str:
    """Name whoever is logged in, or waits for a second factor to be."""
    waiting = session.get("tf_user_id", "")
    return f"person {current_user.fs_uniquifier if current_user.is_authenticated else waiting}"


def _storage(redis_address: str) -> str:
    return f"redis+{redis_address}" if redis_address.startswith("unix:") else redis_address
