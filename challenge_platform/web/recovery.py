"""Getting back in without the password: by a link that an administrator made, or by mail."""

from http import HTTPStatus

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_security.recoverable import generate_reset_password_token

from challenge_platform.config import Settings
from challenge_platform.core.recovery import find_by_link
from challenge_platform.errors import NotFound
from challenge_platform.web import current
from challenge_platform.web.account_store import Account
from challenge_platform.web.language import gettext

pages = Blueprint("recovery", __name__)


def register(app: Flask, settings: Settings, /) -> None:
    """Say plainly that there is no mail, where there is none."""
    if settings.mail_server is None:
        app.view_functions["security.forgot_password"] = _without_mail


@pages.get("/recovery/<key>")
def follow(key: str) -> ResponseReturnValue:
    """Lead from an administrator's link to the form for a new password.

    Opening the link uses nothing up, since mail programs open links too; setting the password does.
    """
    platform = current.platform()
    try:
        with platform.database.reading() as session:
            person = find_by_link(session, key, now=platform.clock())
    except NotFound:
        message = gettext("This link was used already, has ended, or is not complete.")
        flash(message, "error")
        return redirect(url_for("security.forgot_password"), HTTPStatus.SEE_OTHER)
    token = generate_reset_password_token(Account(person))  # type: ignore[no-untyped-call]  # has no annotations
    return redirect(url_for("security.reset_password", token=token), HTTPStatus.SEE_OTHER)


def _without_mail() -> ResponseReturnValue:
    return render_template("accounts/recover.html", forgot_password_form=None)
