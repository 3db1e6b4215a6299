"""Who calls the API: the owner of the bearer token, and never of the session cookie."""

from flask import request
from flask_openapi3.types import SecuritySchemesDict

from challenge_platform.core import account
from challenge_platform.core.account import Scope, User
from challenge_platform.errors import NotAuthenticated
from challenge_platform.web import current

SECURITY_SCHEMES: SecuritySchemesDict = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API token from your profile page: `Authorization: Bearer chp_…`",
    }
}
TOKEN_REQUIRED: list[dict[str, list[str]]] = [{"token": []}]
TOKEN_OPTIONAL: list[dict[str, list[str]]] = [{}, {"token": []}]


def caller(scope: Scope, /) -> User:
    """Give the token's owner; raise NotAuthenticated, or NotAllowed when the scope lacks."""
    person = optional_caller(scope)
    if person is None:
        raise NotAuthenticated("send an API token as `Authorization: Bearer chp_…`")
    return person


def optional_caller(scope: Scope, /) -> User | None:
    """Give the token's owner, or None when no token was sent; a bad token is refused."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise NotAuthenticated("the API knows `Authorization: Bearer` only")
    platform, now = current.platform(), current.opened_at()
    with platform.database.reading() as session:
        person = account.authenticate(session, token.strip(), scope=scope, now=now)
        noted = account.is_use_noted(session, token.strip(), now=now)
    if not noted:
        with platform.database.writing() as session:
            account.note_token_use(session, token.strip(), now=now)
    return person
