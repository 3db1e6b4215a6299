"""People as Flask-Security wants them, and the store that it reads and writes them by.

Flask-Security knows a person as an `Account`, a copy of the row; `Accounts` writes what it changes
back in one short transaction a change, because a session that lasts as long as a request would hold
SQLite's write lock while a password is hashed or an upload is read.
"""

from datetime import datetime
from typing import Any

from flask import session as cookie
from flask_security import RoleMixin, UserMixin, current_user
from flask_security.datastore import UserDatastore
from sqlmodel import Session, select

from challenge_platform.bootstrap import Platform
from challenge_platform.core import account, audit, login
from challenge_platform.core.account import User
from challenge_platform.core.login import LoginSession
from challenge_platform.errors import Conflict, NotAuthenticated

AUTHENTICATOR = "authenticator"
"""Flask-Security's name of the only second factor that there is: an app that shows codes."""


class Account(UserMixin):
    """A person as Flask-Security wants one; `user` is the row as it was read.

    `login` is the session that the request came with, None for anybody but its person.
    """

    email: str = ""
    name: str = ""
    password: str | None = None
    active: bool = False
    fs_uniquifier: str = ""
    confirmed_at: datetime | None = None
    tf_primary_method: str | None = None
    tf_totp_secret: str | None = None
    tf_phone_number: str | None = None
    mf_recovery_codes: list[str] | None = None

    def __init__(self, user: User, *, login: LoginSession | None = None) -> None:
        self.login = login
        self.take(user)

    def take(self, user: User) -> None:
        """Become a copy of the row."""
        self.user = user
        self.id = user.id
        self.email = user.email
        self.name = user.name
        self.password = user.password
        self.active = user.active
        self.fs_uniquifier = user.fs_uniquifier
        self.confirmed_at = None if user.unconfirmed_since else user.created_at
        self.tf_totp_secret = user.totp_secret
        self.tf_primary_method = AUTHENTICATOR if user.totp_secret else None
        self.mf_recovery_codes = user.recovery_codes
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
        """Add a person who registered; the password is hashed already.

        Where there is mail, the address waits to be confirmed.
        """
        platform = self._platform
        now = platform.clock()
        with platform.database.writing() as writing:
            user = account.add_user(
                writing,
                email=kwargs["email"],
                name=kwargs["name"],
                hashed=kwargs["password"],
                now=now,
            )
            user.unconfirmed_since = now if platform.settings.mail_server else None
        return Account(user)

    def put(self, model: Account) -> None:
        """Write what Flask-Security changed of a person, and record it.

        What it did not change may be newer in the row than in the copy. Raise NotAuthenticated when
        the copy is of a person whose sessions have ended meanwhile.
        """
        now, before = self._platform.clock(), model.user
        with self._platform.database.writing() as writing:
            user = writing.get_one(User, model.id, with_for_update=True)
            if not user.active or user.fs_uniquifier != before.fs_uniquifier:
                raise NotAuthenticated("your sessions were ended meanwhile; log in again")
            if model.fs_uniquifier != before.fs_uniquifier:
                _end_access(writing, user, now=now)
                user.fs_uniquifier = model.fs_uniquifier
            if model.password and model.password != before.password:
                user.password = model.password
            if model.email != before.email:
                keep = _login_here(user)
                account.change_email(writing, user, email=model.email, now=now, keep=keep)
            if model.confirmed_at and before.unconfirmed_since:
                user.unconfirmed_since = None
            _put_second_factor(writing, user, model=model, now=now)
            writing.add(user)
        if model.email != before.email:
            keep_here(user)
        model.take(user)

    def tf_reset(self, user: UserMixin) -> None:
        """Take the second factor away, and the recovery codes with it."""
        user.mf_recovery_codes = None
        super().tf_reset(user)

    def commit(self) -> None:
        """Do nothing: every call has committed."""


def keep_here(user: User, /) -> None:
    """Let the person's session in this browser, if any, go on under their new `fs_uniquifier`."""
    if _login_here(user):
        cookie["_user_id"] = user.fs_uniquifier


def _login_here(user: User) -> str | None:
    """Give the id of the session that the request came with, if it is the person's."""
    here = current_user
    mine = here.is_authenticated and here.id == user.id
    return here.login.id if mine else None


def _end_access(session: Session, user: User, *, now: datetime) -> None:
    """End sessions and tokens with the password, as a reset does.

    Who changes a password may have lost the old one to somebody who made a token with it.
    """
    account.end_sessions(session, user)
    account.revoke_tokens(session, user, now=now)
    subject = f"user {user.id}"
    audit.record(session, action="password changed", subject=subject, actor=subject, now=now)


def _make_way(session: Session, user: User) -> None:
    """End the sessions begun without the factor that is set up; raise Conflict if there is one."""
    if user.totp_secret:
        raise Conflict("another second factor was set up meanwhile; switch it off first")
    login.end_all(session, user_id=user.id, but=_login_here(user))


def _put_second_factor(session: Session, user: User, *, model: Account, now: datetime) -> None:
    subject = f"user {user.id}"
    if model.mf_recovery_codes != model.user.recovery_codes:
        user.recovery_codes = model.mf_recovery_codes
        if model.mf_recovery_codes:
            audit.record(
                session, action="recovery codes made", subject=subject, actor=subject, now=now
            )
    if model.tf_totp_secret != model.user.totp_secret:
        if model.tf_totp_secret:
            _make_way(session, user)
        user.totp_secret = model.tf_totp_secret
        action = "second factor set up" if user.totp_secret else "second factor switched off"
        audit.record(session, action=action, subject=subject, actor=subject, now=now)
