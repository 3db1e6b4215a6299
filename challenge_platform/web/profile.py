"""The page of one's own account: who one is, one's sessions, and the tokens that act for one."""

from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import logout_user

from challenge_platform.core import account, login
from challenge_platform.core.account import Scope
from challenge_platform.core.login import Way
from challenge_platform.core.name import normalize_name
from challenge_platform.errors import InvalidInput
from challenge_platform.web import current
from challenge_platform.web.language import gettext
from challenge_platform.web.language import lazy_gettext as _
from challenge_platform.web.proof import require_proof

pages = Blueprint("profile", __name__)
LIFETIMES = (1, 7, 30, 90, 365)
"""Days that a token may last."""

WAYS = {Way.PASSWORD: _("password"), Way.OPENID: _("OpenID Connect")}
SCOPES = {"submit": (Scope.READ, Scope.SUBMIT), "read": (Scope.READ,)}


@pages.get("/profile")
def show() -> ResponseReturnValue:
    """Show the account, its sessions and its tokens."""
    person = current.require_user()
    platform = current.platform()
    now = platform.clock()
    with platform.database.reading() as session:
        tokens = account.tokens_of(session, person)
        logins = login.logins_of(session, user_id=person.id, now=now)
    return render_template(
        "profile/show.html",
        person=person,
        tokens=tokens,
        logins=logins,
        ways=WAYS,
        this=current.require_login().id,
        now=now,
    )


@pages.post("/profile/sessions/<hex:id_>/end")
def end_session(id_: str) -> ResponseReturnValue:
    """End a session of one's own, in whatever browser it is."""
    person = current.require_user()
    if id_ == current.require_login().id:
        logout_user()
        return redirect(url_for("challenges.list_"), HTTPStatus.SEE_OTHER)
    platform = current.platform()
    with platform.database.writing() as session:
        login.end(session, id_, user_id=person.id, now=platform.clock())
    flash(gettext("The session was ended."), "success")
    return redirect(url_for("profile.show", _anchor="sessions"), HTTPStatus.SEE_OTHER)


@pages.post("/profile/sessions/end-others")
def end_other_sessions() -> ResponseReturnValue:
    """End every session of one's own but this."""
    person = current.require_user()
    with current.platform().database.writing() as session:
        login.end_all(session, user_id=person.id, but=current.require_login().id)
    flash(gettext("Every other session was ended."), "success")
    return redirect(url_for("profile.show", _anchor="sessions"), HTTPStatus.SEE_OTHER)


@pages.get("/profile/tokens")
@require_proof
def token_form() -> ResponseReturnValue:
    """Ask what a new token is for."""
    return render_template("profile/token.html", lifetimes=LIFETIMES)


@pages.post("/profile/tokens")
@require_proof
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
    return render_template("profile/token.html", token=token, name=name), HTTPStatus.CREATED


@pages.post("/profile/tokens/<hex:id_>/revoke")
def revoke_token(id_: str) -> ResponseReturnValue:
    """End a token of one's own."""
    person = current.require_user()
    platform = current.platform()
    with platform.database.writing() as session:
        account.revoke_token(session, person, token_id=id_, now=platform.clock())
    flash(gettext("The token was revoked; programs that use it are refused from now on."), "info")
    return redirect(url_for("profile.show", _anchor="tokens"), HTTPStatus.SEE_OTHER)


def _choices() -> tuple[int, tuple[Scope, ...]]:
    days, scope = request.form.get("days", "30"), request.form.get("scope", "submit")
    if days not in {str(lifetime) for lifetime in LIFETIMES} or scope not in SCOPES:
        raise InvalidInput("choose how long the token lasts, and what it may do, from the lists")
    return int(days), SCOPES[scope]
