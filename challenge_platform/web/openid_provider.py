"""The OpenID Connect provider: where a browser is sent to log in, and what may be believed after.

Authlib speaks the protocol: authorization code with PKCE, state and nonce, discovery, the check of
the ID token. Here is what this platform asks for beyond its defaults, and what each failure means.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import structlog
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]  # ships no types
from authlib.integrations.base_client.errors import MismatchingStateError  # type: ignore[import-untyped]  # ships no types
from authlib.integrations.flask_client import OAuth  # type: ignore[import-untyped]  # ships no types
from flask import Flask, Response, request, session
from joserfc.errors import JoseError
from requests import RequestException

from challenge_platform.config import Settings
from challenge_platform.core import account
from challenge_platform.core.identity import Claims
from challenge_platform.errors import InvalidInput

ANSWER_SECONDS = 10
SUBJECT_LENGTH = 255
CLIENT = "openid"
STATES = f"_state_{CLIENT}_"
"""How the keys begin under which Authlib keeps, in the cookie, what it needs at the return."""

SIGNATURES = frozenset(
    {f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)} | {"EdDSA"}
)
"""The signatures that only the holder of a private key can make; no shared secret, and not none."""

_MALFORMED = (
    *(JoseError, AttributeError, KeyError, OverflowError, RuntimeError, TypeError, ValueError),
)
"""What Authlib raises, beside its own errors, when an answer is not what the protocol says."""

log = structlog.get_logger()


class Refusal(StrEnum):
    """Why somebody who came back from the provider was not let in."""

    UNAVAILABLE = "unavailable"
    DECLINED = "declined"
    LOST = "lost"
    INVALID = "invalid"
    NOT_AFRESH = "not_afresh"
    UNVERIFIED = "unverified"
    UNREGISTERED = "unregistered"
    CLOSED = "closed"
    ANOTHER = "another"
    NO_PASSWORD = "no_password"  # noqa: S105 -- the name of a refusal


class LoginRefused(Exception):
    """A log-in by the provider came to nothing; `why` is for the log, not for readers."""

    def __init__(self, refusal: Refusal, *, why: str = "") -> None:
        super().__init__(why)
        self.refusal = refusal


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Who came back, and when they last proved to the provider who they are, if it tells."""

    claims: Claims
    proved_at: datetime | None


class Provider:
    """The one provider of the settings; made at the start, asked at the first log-in."""

    def __init__(self, app: Flask, settings: Settings, /) -> None:
        self.name = settings.oidc_name
        self.issuer = settings.oidc_issuer or ""
        self._client = OAuth(app).register(
            CLIENT,
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_secret,
            server_metadata_url=f"{self.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": settings.oidc_scopes,
                "code_challenge_method": "S256",
                "default_timeout": ANSWER_SECONDS,
            },
        )

    def send(self, *, back_to: str, afresh: bool) -> Response:
        """Send the browser to the provider; `afresh` asks it for the password again.

        Raise LoginRefused when the provider cannot be asked where that is.
        """
        for key in [key for key in session if key.startswith(STATES)]:
            session.pop(key)  # one log-in at a time, as a cookie holds 4 kB
        wanted: dict[str, Any] = {"prompt": "login", "max_age": 0} if afresh else {}
        with _refusing():
            self._metadata()
            sent: Response = self._client.authorize_redirect(back_to, **wanted)
        return sent

    def receive(self) -> Arrival:
        """Give who came back with the request at hand; raise LoginRefused unless it is proved."""
        with _refusing():
            metadata = self._metadata()
            _check_sender(self.issuer, metadata)
            token = self._client.authorize_access_token(
                claims_options={
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self._client.client_id},
                }
            )
            said = dict(token["userinfo"])
            if "email" not in said and "userinfo_endpoint" in metadata:
                said = self._ask_more(token, said)
            at = said.get("auth_time")
            return Arrival(
                claims=Claims(
                    issuer=self.issuer,
                    subject=_subject(said),
                    email=_verified_address(said),
                    name=str(said.get("name") or said.get("preferred_username") or ""),
                ),
                proved_at=None if at is None else datetime.fromtimestamp(int(at), UTC),
            )

    def _ask_more(self, token: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
        """Add the claims of the userinfo endpoint, which must be about the same person."""
        more = dict(self._client.userinfo(token=token))
        if more.get("sub") != said["sub"]:
            raise LoginRefused(Refusal.INVALID, why="the userinfo is about somebody else")
        return {**more, **said}

    def _metadata(self) -> dict[str, Any]:
        """Give what the provider says of itself; raise LoginRefused when it is another one."""
        metadata: dict[str, Any] = self._client.load_server_metadata()
        if metadata.get("issuer") != self.issuer:
            metadata.pop("_loaded_at", None)  # ask again the next time
            raise LoginRefused(
                Refusal.INVALID,
                why=f"its issuer is {metadata.get('issuer')!r}, not {self.issuer!r}",
            )
        algorithms = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = sorted(SIGNATURES & set(algorithms))
        methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if "client_secret_basic" not in methods and "client_secret_post" in methods:
            metadata["token_endpoint_auth_method"] = "client_secret_post"  # noqa: S105 -- the name of a way
        return metadata


def _check_sender(issuer: str, metadata: dict[str, Any]) -> None:
    """Refuse an answer that another provider sent (RFC 9207), or that brings no code."""
    named, has_failed = request.args.get("iss"), "error" in request.args
    is_named = metadata.get("authorization_response_iss_parameter_supported") and not has_failed
    if named != issuer and (named is not None or is_named):
        raise LoginRefused(Refusal.INVALID, why="the answer names another issuer, or none")
    if not has_failed and "code" not in request.args:
        raise LoginRefused(Refusal.LOST, why="the answer has no code")


def _subject(said: dict[str, Any]) -> str:
    """Give who it is at the provider: by OpenID Connect Core 2, at most 255 characters."""
    subject = str(said["sub"])
    if not (0 < len(subject) <= SUBJECT_LENGTH and subject.isprintable()):
        raise ValueError(f"the subject is not of 1 to {SUBJECT_LENGTH} printable characters")
    return subject


def _verified_address(said: dict[str, Any]) -> str:
    """Give the e-mail address, where the provider says that it is this person's, else nothing."""
    if said.get("email_verified") not in {True, "true"}:
        return ""
    try:
        return account.normalize_email(str(said.get("email", "")))
    except InvalidInput:
        return ""


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn whatever the provider's answers cause into a refusal that says what it means."""
    try:
        yield
    except RequestException as error:
        raise LoginRefused(Refusal.UNAVAILABLE, why=str(error)) from error
    except MismatchingStateError as error:
        raise LoginRefused(Refusal.LOST, why=str(error)) from error
    except AuthlibBaseError as error:
        by_name = {"access_denied": Refusal.DECLINED, "invalid_grant": Refusal.LOST}
        raise LoginRefused(
            by_name.get(str(error.error), Refusal.INVALID), why=str(error)
        ) from error
    except _MALFORMED as error:
        raise LoginRefused(Refusal.INVALID, why=repr(error)) from error
