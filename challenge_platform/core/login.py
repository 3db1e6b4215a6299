"""Sessions on the pages: a row each, so that a person sees them and ends one without the others.

The browser keeps a key in its signed cookie, the database the SHA-256 of the key's 256-bit secret.
No network address is kept: when and from what kind of browser is enough to know one's own sessions.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import update
from sqlmodel import Field, Session, SQLModel, col, delete, select

from challenge_platform.core import audit
from challenge_platform.core.secret import digest_of, is_secret_of
from challenge_platform.database import UTCDateTime, enum_column
from challenge_platform.errors import NotFound

IDLE = timedelta(hours=12)
"""A session that was not used for this long has ended."""

SEEN_GRAIN = timedelta(minutes=1)


class Way(StrEnum):
    """How a session was begun, before any second factor."""

    PASSWORD = "password"  # noqa: S105 -- the name of a way to log in
    OPENID = "openid"


class LoginSession(SQLModel, table=True):
    """A browser in which a person has logged in; `browser` and `system` are empty if unknown."""

    __tablename__ = "login_session"

    id: str = Field(primary_key=True, max_length=16)
    user_id: int = Field(foreign_key="user.id", index=True)
    digest: str = Field(max_length=64)
    way: Way = Field(sa_type=enum_column(Way))
    second_factor: bool = False
    browser: str = Field(default="", max_length=20)
    system: str = Field(default="", max_length=20)
    created_at: datetime = Field(sa_type=UTCDateTime)
    seen_at: datetime = Field(sa_type=UTCDateTime)

    def is_idle(self, *, at: datetime) -> bool:
        """Whether the session has ended by not being used."""
        return at - self.seen_at >= IDLE


def begin(
    session: Session,
    /,
    *,
    user_id: int,
    way: Way,
    second_factor: bool,
    browser: str,
    system: str,
    now: datetime,
) -> str:
    """Begin a session and give its key; the person's sessions that have ended are forgotten."""
    ended = delete(LoginSession).where(
        col(LoginSession.user_id) == user_id, col(LoginSession.seen_at) <= now - IDLE
    )
    session.exec(ended)
    identifier, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    session.add(
        LoginSession(
            id=identifier,
            user_id=user_id,
            digest=digest_of(secret),
            way=way,
            second_factor=second_factor,
            browser=browser[:20],
            system=system[:20],
            created_at=now,
            seen_at=now,
        )
    )
    return f"{identifier}.{secret}"


def identifier_of(key: str, /) -> str:
    """Give the id of the session that a key is for."""
    return key.partition(".")[0]


def is_opened_by(login: LoginSession, key: str, /) -> bool:
    """Whether a key is the session's."""
    return is_secret_of(login.digest, key.partition(".")[2])


def note_seen(session: Session, login_id: str, /, *, now: datetime) -> None:
    """Keep the time of a session's last use."""
    # Not by the row that was read: it may have ended meanwhile.
    seen = update(LoginSession).where(col(LoginSession.id) == login_id).values(seen_at=now)
    session.execute(seen)


def logins_of(session: Session, /, *, user_id: int, now: datetime) -> Sequence[LoginSession]:
    """List a person's sessions, the one used last first."""
    query = select(LoginSession).where(
        LoginSession.user_id == user_id, col(LoginSession.seen_at) > now - IDLE
    )
    return session.exec(query.order_by(col(LoginSession.seen_at).desc())).all()


def end(session: Session, login_id: str, /, *, user_id: int, now: datetime) -> None:
    """End one session; raise NotFound when the person has no such session."""
    login = session.get(LoginSession, login_id)
    if login is None or login.user_id != user_id:
        raise NotFound(
            "you have no session {login_id}; it may have ended already", login_id=login_id
        )
    session.delete(login)
    subject = f"user {user_id}"
    audit.record(session, action="session ended", subject=subject, actor=subject, now=now)


def end_all(session: Session, /, *, user_id: int, but: str | None = None) -> None:
    """End every session of a person, except the one with the id `but`."""
    session.exec(
        delete(LoginSession).where(
            col(LoginSession.user_id) == user_id, col(LoginSession.id) != (but or "")
        )
    )
