"""The page of one's own account: who one is, and the API tokens that act for one."""

from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from challenge_platform.core import account
from challenge_platform.core.account import Scope, User
from challenge_platform.core.name import normalize_name
from challenge_platform.errors import InvalidInput
from challenge_platform.web import current
from challenge_platform.web.language import gettext

pages = Blueprint("profile", __name__)
LIFETIMES = (1, 7, 30, 90, 365)
"""Days that a token may last."""

SCOPES = {"submit": (Scope.READ, Scope.SUBMIT), "read": (Scope.READ,)}


@pages.get("/profile")
def show() -> ResponseReturnValue:
    """Show the account and its tokens."""
    return _page(current.require_user())


@pages.post("/profile/tokens")
def create_token() -> ResponseReturnValue:
    """Make a token and show it, this once."""
    person = current.require_user()
    name = normalize_name(request.form.get("name", ""), is_baseline=True)
    days, scopes = _choices()
    platform = current.platform()
    with platform.database.writing() as session:
        token = account.issue_token(
            session,
            person,
            name=name,
            scopes=scopes,
            lifetime=timedelta(days=days),
            now=platform.clock(),
        )
    return _page(person, token=token), HTTPStatus.CREATED


@pages.post("/profile/tokens/<hex:id_>/revoke")
def revoke_token(id_: str) -> ResponseReturnValue:
    """End a token of one's own."""
    person = current.require_user()
    platform = current.platform()
    with platform.database.writing() as session:
        account.revoke_token(session, person, token_id=id_, now=platform.clock())
    flash(gettext("The token was revoked; programs that use it are refused from now on."), "info")
    return redirect(url_for("profile.show"), HTTPStatus.SEE_OTHER)


def _choices() -> tuple[int, tuple[Scope, ...]]:
    days, scope = request.form.get("days", "30"), request.form.get("scope", "submit")
    if days not in {str(lifetime) for lifetime in LIFETIMES} or scope not in SCOPES:
        raise InvalidInput("choose how long the token lasts, and what it may do, from the lists")
    return int(days), SCOPES[scope]


def _page(person: User, *, token: str | None = None) -> str:
    platform = current.platform()
    with platform.database.reading() as session:
        tokens = account.tokens_of(session, person)
    return render_template(
        "profile/show.html",
        person=person,
        tokens=tokens,
        token=token,
        now=platform.clock(),
        lifetimes=LIFETIMES,
    )
