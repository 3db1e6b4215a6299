"""Accounts on the pages: which of Flask-Security's flows there are, and how they are set."""

from datetime import timedelta

from flask import Flask
from flask_security import Security

from challenge_platform.bootstrap import Platform
from challenge_platform.core import account
from challenge_platform.web import logins
from challenge_platform.web.account_forms import (
    ChangePasswordForm,
    LoginForm,
    MailRules,
    PasswordRules,
    RegisterForm,
)
from challenge_platform.web.account_store import Accounts
from challenge_platform.web.language import lazy_gettext as _


def register(app: Flask, platform: Platform, /) -> None:
    """Add log-in, log-out, change of password and, if it is allowed, registration."""
    app.config.update(
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 -- the name of an algorithm
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SINGLE_HASH=True,  # as core.account hashes
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS={
            "argon2__type": "ID",
            "argon2__time_cost": account.HASH_PASSES,
            "argon2__memory_cost": account.HASH_KIBIBYTES,
            "argon2__parallelism": account.HASH_LANES,
        },
        SECURITY_PASSWORD_LENGTH_MIN=account.PASSWORD_LENGTH.start,
        SECURITY_RETURN_GENERIC_RESPONSES=True,  # one answer for a wrong address or password
        SECURITY_MSG_GENERIC_AUTHN_FAILED=(_("The address or the password is wrong."), "error"),
        SECURITY_MSG_EMAIL_ALREADY_ASSOCIATED=(_("This address has an account already."), "error"),
        SECURITY_MSG_PASSWORD_CHANGE=(_("Your password was changed."), "success"),
        SECURITY_REGISTERABLE=platform.settings.registration,
        SECURITY_CHANGEABLE=True,
        SECURITY_SEND_REGISTER_EMAIL=False,
        SECURITY_SEND_PASSWORD_CHANGE_EMAIL=False,
        SECURITY_STATIC_FOLDER=None,
        SECURITY_CACHE_CONTROL=None,  # `headers` forbids every page to be kept
        SECURITY_POST_LOGIN_VIEW="/dashboard",
        SECURITY_CHANGE_URL="/profile/password",
        SECURITY_POST_CHANGE_VIEW="/profile",
        SECURITY_LOGOUT_CSRF=True,
        SECURITY_FRESHNESS=timedelta(seconds=-1),  # no page asks for the password again
        SECURITY_LOGIN_USER_TEMPLATE="accounts/login.html",
        SECURITY_REGISTER_USER_TEMPLATE="accounts/register.html",
        SECURITY_CHANGE_PASSWORD_TEMPLATE="accounts/password.html",  # noqa: S106 -- a file name
        SECURITY_CLI_USERS_NAME=False,
        SECURITY_CLI_ROLES_NAME=False,
    )
    security = Security(
        app,
        Accounts(platform),
        login_form=LoginForm,
        register_form=RegisterForm,
        change_password_form=ChangePasswordForm,
        mail_util_cls=MailRules,
        password_util_cls=PasswordRules,
    )
    security.want_json(lambda _request: False)  # programs use the API with its own tokens
    logins.register(app)
