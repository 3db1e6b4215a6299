"""Accounts on the pages: Flask-Security's flows over the platform's own people.

Flask-Security knows a person as an `Account`, a copy of the row; `Accounts` writes what it changes
back in one short transaction a change, because a session that lasts as long as a request would hold
SQLite's write lock while a password is hashed or an upload is read.
"""

from datetime import timedelta
from typing import Any

import structlog
from flask import Flask, g, session
from flask_login import user_logged_in, user_logged_out  # type: ignore[import-untyped]  # ships no types
from flask_security import RoleMixin, Security, UserMixin
from flask_security.datastore import UserDatastore
from flask_security.signals import user_failed_authn
from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.core import account, audit
from challenge_platform.core.account import User
from challenge_platform.web import current
from challenge_platform.web.account_forms import (
    ChangePasswordForm,
    LoginForm,
    MailRules,
    PasswordRules,
    RegisterForm,
)
from challenge_platform.web.language import lazy_gettext as _

log = structlog.get_logger()


class Account(UserMixin):
    """A person as Flask-Security wants one; `user` is the row as it was read."""

    email: str = ""
    name: str = ""
    password: str | None = None
    active: bool = False
    fs_uniquifier: str = ""

    def __init__(self, user: User) -> None:
        self.user = user
        self.id = user.id
        self.email = user.email
        self.name = user.name
        self.password = user.password
        self.active = user.active
        self.fs_uniquifier = user.fs_uniquifier
        self.roles = []


class Accounts(UserDatastore):
    """Flask-Security's store of people, each call a transaction of its own."""

    def __init__(self, platform: Platform) -> None:
        super().__init__(Account, RoleMixin)
        self._platform = platform

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> Account | None:  # noqa: ANN401, FBT001, FBT002 -- the signature that Flask-Security calls
        """Give the person with this one attribute; addresses are kept in lower case."""
        del case_insensitive
        [(attribute, value)] = kwargs.items()
        query = select(User).where(getattr(User, attribute) == value)
        with self._platform.database.reading() as reading:
            user = reading.exec(query).first()
        return Account(user) if user else None

    def find_role(self, role: str) -> None:
        """Give none: the roles of the platform are in `core.account.Role`."""

    def create_user(self, **kwargs: Any) -> Account:  # noqa: ANN401 -- the signature that Flask-Security calls
        """Add a person who registered; the password is hashed already."""
        platform = self._platform
        with platform.database.writing() as writing:
            user = account.add_user(
                writing,
                email=kwargs["email"],
                name=kwargs["name"],
                hashed=kwargs["password"],
                now=platform.clock(),
            )
        return Account(user)

    def put(self, model: Account) -> None:
        """Write a password that was changed, or hashed anew, and the name of the sessions.

        A change revokes the person's tokens, as a reset does: who changes a password may have lost
        the old one to somebody who made a token with it.
        """
        platform = self._platform
        with platform.database.writing() as writing:
            user = writing.get_one(User, model.id)
            if user.fs_uniquifier != model.fs_uniquifier:
                account.revoke_tokens(writing, user, now=platform.clock())
                subject = f"user {user.id}"
                audit.record(
                    writing,
                    action="password changed",
                    subject=subject,
                    actor=subject,
                    now=platform.clock(),
                )
            user.password = model.password or user.password
            user.fs_uniquifier = model.fs_uniquifier
            writing.add(user)

    def commit(self) -> None:
        """Do nothing: every call has committed."""


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
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]  # set by Flask-Login
    user_logged_in.connect(_begin_session, app)
    user_logged_out.connect(_end_sessions, app)
    user_failed_authn.connect(_note_failure, app)


def _begin_session(_app: Flask, *, user: Account, **_: object) -> None:
    """Leave nothing of the session from before the log-in that somebody else might know."""
    session.pop("csrf_token", None)
    g.pop("csrf_token", None)
    log.info("logged in", user=user.id)


def _end_sessions(_app: Flask, *, user: object, **_: object) -> None:
    """End all sessions of whoever logs out, in other browsers too.

    A session is only a signed cookie, so one alone cannot be ended: whoever kept a copy of the
    cookie would still be logged in.
    """
    if isinstance(user, Account):
        with current.platform().database.writing() as writing:
            account.end_sessions(writing, writing.get_one(User, user.id))


def _note_failure(_app: Flask, *, user: Account, **_: object) -> None:
    log.warning("log-in failed", user=user.id)
