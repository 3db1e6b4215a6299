"""Changing the address of an account: confirmed by mail where there is mail, else at once."""

from http import HTTPStatus

from flask import Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_security.signals import change_email_confirmed
from flask_security.utils import send_mail

from challenge_platform.config import Settings
from challenge_platform.core import account
from challenge_platform.core.account import User
from challenge_platform.web import current, proof
from challenge_platform.web.account_forms import ChangeEmailForm
from challenge_platform.web.account_messages import MESSAGES
from challenge_platform.web.account_store import Account, keep_here
from challenge_platform.web.language import gettext
from challenge_platform.web.language import lazy_gettext as _


def register(app: Flask, settings: Settings, /) -> None:
    """Tell the old address by mail, or change over without any."""
    if settings.mail_server is None:
        app.view_functions["security.change_email"] = proof.require_proof(_change_at_once)
    else:
        change_email_confirmed.connect(_tell_old_address, app)


def _change_at_once() -> ResponseReturnValue:
    """Take the new address on trust; its owner could not be asked."""
    form = ChangeEmailForm()
    person = current.require_user()
    if form.validate_on_submit():
        platform = current.platform()
        with platform.database.writing() as session:
            user = session.get_one(User, person.id)
            account.change_email(
                session,
                user,
                email=form.email.data,
                now=platform.clock(),
                keep=current.require_login().id,
            )
        keep_here(user)
        flash(*MESSAGES["CHANGE_EMAIL_CONFIRMED"])
        return redirect(url_for("profile.show"), HTTPStatus.SEE_OTHER)
    if form.existing_email_user:
        form.email.errors = [gettext("This address cannot be used here; give another.")]
    return render_template(
        "accounts/email.html", change_email_form=form, current_email=person.email
    )


def _tell_old_address(_app: Flask, *, user: Account, old_email: str, **_rest: object) -> None:
    subject = str(_("Your address was changed"))
    send_mail(subject, old_email, "accounts/mail/address_changed", user=user)
