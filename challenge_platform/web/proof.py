"""Asking again who somebody is, before something that a thief of their session would do."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from time import time
from typing import Any, cast

from flask import Flask, redirect, request, session, url_for
from flask.typing import ResponseValue
from flask_security import Security, auth_required, current_user

from challenge_platform.core import identity
from challenge_platform.errors import NotAuthenticated
from challenge_platform.web import current, openid

FRESH = timedelta(minutes=15)
"""How long after a log-in nothing is asked again."""

GRACE = timedelta(minutes=10)
"""How long after each such page the next one is not asked for either."""


def register(app: Flask, security: Security, /) -> None:
    """Say what Flask-Security does with who is not logged in, or was long ago."""
    security.unauthn_handler(_refuse)
    security.reauthn_handler(_ask)
    views = app.view_functions
    views["security.change_email"] = _asking_itself(views["security.change_email"])


def require_proof(view: Callable[..., Any], /) -> Callable[..., Any]:
    """Let a page be seen only by who logged in, or gave the password, a short while ago."""
    minute = timedelta(minutes=1)
    required = auth_required("session", within=FRESH / minute, grace=GRACE / minute)
    return cast("Callable[..., Any]", required(view))


def _refuse(
    mechanisms: list[str] | None = None, headers: dict[str, str] | None = None
) -> ResponseValue:
    del mechanisms, headers
    raise NotAuthenticated("log in to see this page")


def _ask(_within: timedelta, _grace: timedelta) -> ResponseValue:
    """Ask for the password, or take what a provider has proved a moment ago."""
    if openid.has_proved(current.require_user()):
        session["fs_paa"] = time()
        return redirect(request.path, HTTPStatus.SEE_OTHER)
    return redirect(url_for("security.verify", next=request.path), HTTPStatus.SEE_OTHER)


def _asking_itself(view: Callable[..., Any]) -> Callable[[], Any]:
    """Let a form that has the password in it be seen, however old the log-in is."""
    as_is = auth_required("session")(view.__wrapped__)  # type: ignore[attr-defined]  # what it wraps

    def asked() -> Any:  # noqa: ANN401 -- what a view of Flask may give
        has_password = current_user.is_authenticated and identity.has_password(current_user.user)
        return as_is() if has_password else view()

    return asked
