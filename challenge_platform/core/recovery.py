"""Links by which a person who lost the password sets a new one, made by an administrator."""

import secrets
from datetime import datetime, timedelta

from sqlmodel import Field, Session, SQLModel

from challenge_platform.core import account, audit
from challenge_platform.core.account import User
from challenge_platform.core.secret import digest_of, is_secret_of
from challenge_platform.database import UTCDateTime, hold
from challenge_platform.errors import NotFound

LIFETIME = timedelta(hours=1)


class RecoveryLink(SQLModel, table=True):
    """The one link that a person may have; it ends with `fs_uniquifier`, so by being used."""

    __tablename__ = "recovery_link"

    user_id: int = Field(foreign_key="user.id", primary_key=True)
    digest: str = Field(max_length=64)
    fs_uniquifier: str = Field(max_length=64)
    expires_at: datetime = Field(sa_type=UTCDateTime)


def issue_link(session: Session, user: User, /, *, now: datetime) -> str:
    """Make the person's link anew and give its key, which is not kept.

    An older link that was not used ends, and with it what opening it led to, and every session.
    """
    hold(session, f"recovery link of user {user.id}")
    older = session.get(RecoveryLink, user.id)
    if older is not None and older.fs_uniquifier == user.fs_uniquifier:
        account.end_sessions(session, user)
    secret = secrets.token_urlsafe(32)
    session.merge(
        RecoveryLink(
            user_id=user.id,
            digest=digest_of(secret),
            fs_uniquifier=user.fs_uniquifier,
            expires_at=now + LIFETIME,
        )
    )
    audit.record(session, action="recovery link made", subject=f"user {user.id}", now=now)
    return f"{user.id}.{secret}"


def find_by_link(session: Session, key: str, /, *, now: datetime) -> User:
    """Give the person whose link it is; raise NotFound when it was used, is over or was never."""
    user_id, _, secret = key.partition(".")
    known = user_id.isascii() and user_id.isdecimal() and len(user_id) <= len(str(2**31 - 1))
    link = session.get(RecoveryLink, int(user_id)) if known else None
    if link is None or not is_secret_of(link.digest, secret):
        raise NotFound("this recovery link is not known; ask an administrator for a new one")
    user = session.get(User, link.user_id)
    stands = user is not None and user.active and user.fs_uniquifier == link.fs_uniquifier
    if user is None or not stands or link.expires_at <= now:
        raise NotFound("this recovery link has ended; ask an administrator for a new one")
    return user
