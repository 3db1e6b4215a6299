"""Identities: the accounts of an OpenID Connect provider by which people log in here."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Field, Session, SQLModel, UniqueConstraint, select

from challenge_platform.core import account, audit
from challenge_platform.core.account import User
from challenge_platform.database import UTCDateTime, hold
from challenge_platform.errors import Conflict, NotFound

NO_PASSWORD = ""
"""What stands in the place of a hash where somebody logs in by a provider only; nothing fits it."""


class Identity(SQLModel, table=True):
    """An account at a provider (issuer and subject) that opens an account here."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("user_id", "issuer"),)

    issuer: str = Field(primary_key=True, max_length=255)
    subject: str = Field(primary_key=True, max_length=255)
    user_id: int = Field(foreign_key="user.id", index=True)
    linked_at: datetime = Field(sa_type=UTCDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What a provider says of whoever logged in; only issuer and subject identify them.

    `email` is empty unless the provider says that it verified the address.
    """

    issuer: str
    subject: str
    email: str
    name: str = ""


def person_of(session: Session, claims: Claims, /) -> User | None:
    """Give the person whom the identity opens, or None while it is linked to nobody."""
    identity = session.get(Identity, (claims.issuer, claims.subject))
    return session.get_one(User, identity.user_id) if identity else None


def has_password(user: User, /) -> bool:
    """Whether the person can log in without a provider."""
    return user.password != NO_PASSWORD


def identities_of(session: Session, user: User, /) -> list[Identity]:
    """List the identities that open the person's account."""
    query = select(Identity).where(Identity.user_id == user.id).order_by(Identity.issuer)
    return list(session.exec(query))


def register(session: Session, claims: Claims, /, *, name: str, now: datetime) -> User:
    """Make an account without a password for a new identity.

    Raise Conflict when address or name is taken, InvalidInput when one is malformed.
    """
    user = account.add_user(session, email=claims.email, name=name, hashed=NO_PASSWORD, now=now)
    link(session, user, claims, now=now)
    return user


def link(session: Session, user: User, claims: Claims, /, *, now: datetime) -> None:
    """Let an identity open the person's account.

    Raise Conflict when it opens another account, or the account has one of this provider already.
    """
    hold(session, "identities")
    owner = person_of(session, claims)
    if owner is not None and owner.id != user.id:
        raise Conflict("this log-in opens another account already; unlink it there first")
    if owner is None and any(one.issuer == claims.issuer for one in identities_of(session, user)):
        raise Conflict("this account has another log-in of this provider; unlink that one first")
    if owner is not None:
        return
    if claims.email == user.email:
        user.unconfirmed_since = None
        session.add(user)
    session.add(
        Identity(issuer=claims.issuer, subject=claims.subject, user_id=user.id, linked_at=now)
    )
    subject = f"user {user.id}"
    audit.record(session, action="identity linked", subject=subject, actor=subject, now=now)


def unlink(session: Session, user: User, /, *, issuer: str, now: datetime) -> None:
    """Take an identity away; raise NotFound without one, Conflict when it is the only way in."""
    identity = next((one for one in identities_of(session, user) if one.issuer == issuer), None)
    if identity is None:
        raise NotFound("your account has no log-in of {issuer}", issuer=issuer)
    if not has_password(user):
        raise Conflict("this log-in is the only way into your account; set a password first")
    session.delete(identity)
    subject = f"user {user.id}"
    audit.record(session, action="identity unlinked", subject=subject, actor=subject, now=now)


def note_use(session: Session, claims: Claims, /, *, now: datetime) -> None:
    """Keep the time of the last log-in by the identity."""
    identity = session.get_one(Identity, (claims.issuer, claims.subject))
    identity.used_at = now
    session.add(identity)
