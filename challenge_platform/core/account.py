"""Accounts: people, their roles, and the API tokens that act for them."""

import re
import secrets
import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum

from argon2 import PasswordHasher
from sqlalchemy import JSON, bindparam
from sqlmodel import Field, Session, SQLModel, col, select

from challenge_platform.core import audit, login
from challenge_platform.core.login import LoginSession
from challenge_platform.core.name import look_of, normalize_name
from challenge_platform.core.secret import digest_of, is_secret_of
from challenge_platform.core.timezone import LONGEST_NAME
from challenge_platform.database import UTCDateTime, enum_column, hold
from challenge_platform.errors import Conflict, InvalidInput, NotAllowed, NotAuthenticated, NotFound

PASSWORD_LENGTH = range(12, 129)
TOKEN_PREFIX = "chp"  # noqa: S105 -- the public first part of every token, so that scanners find leaks
TOKEN_LIFETIME = timedelta(days=30)
LAST_USED_GRAIN = timedelta(minutes=1)

# OWASP's minimum for Argon2id.
HASH_PASSES, HASH_KIBIBYTES, HASH_LANES = 2, 19456, 1
_HASHER = PasswordHasher(time_cost=HASH_PASSES, memory_cost=HASH_KIBIBYTES, parallelism=HASH_LANES)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


class Role(StrEnum):
    """What a person may do beyond taking part."""

    PARTICIPANT = "participant"
    ORGANIZER = "organizer"


class Scope(StrEnum):
    """What an API token may do."""

    READ = "read"
    SUBMIT = "submit"


class User(SQLModel, table=True):
    """A person with an account; `fs_uniquifier` names their sessions and changes to end them.

    Since `unconfirmed_since` the address waits for a proof by mail that it is theirs. `totp_secret`
    and `recovery_codes` are encrypted; `totp_counter` is that of the code used last. `language` and
    `timezone` are what they chose to read in; `seen_at` is up to when they have read the news on
    their dashboard.
    """

    __tablename__ = "user"

    id: int = Field(default=None, primary_key=True)
    email: str = Field(max_length=255, unique=True)
    name: str = Field(max_length=80)
    password: str = Field(max_length=255)
    active: bool = True
    role: Role = Field(default=Role.PARTICIPANT, sa_type=enum_column(Role))
    fs_uniquifier: str = Field(
        default_factory=lambda: secrets.token_hex(32), max_length=64, unique=True
    )
    created_at: datetime = Field(sa_type=UTCDateTime)
    unconfirmed_since: datetime | None = Field(default=None, sa_type=UTCDateTime)
    totp_secret: str | None = Field(default=None, max_length=500)
    totp_counter: int | None = None
    recovery_codes: list[str] | None = Field(default=None, sa_type=JSON)
    language: str | None = Field(default=None, max_length=8)
    timezone: str | None = Field(default=None, max_length=LONGEST_NAME)
    seen_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class ApiToken(SQLModel, table=True):
    """A token that acts for its owner; only the SHA-256 of its 256-bit secret is kept."""

    __tablename__ = "api_token"

    id: str = Field(primary_key=True, max_length=16)
    user_id: int = Field(foreign_key="user.id", index=True)
    name: str = Field(max_length=80)
    digest: str = Field(max_length=64)
    scopes: list[str] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


def normalize_email(email: str, /) -> str:
    """Give the form under which an address is stored; raise InvalidInput when it is not one."""
    email = email.strip().lower()
    if not _EMAIL.fullmatch(email) or not email.isprintable():
        raise InvalidInput(
            "{email!r} is not an e-mail address such as name@example.org", email=email
        )
    return email


def check_password(password: str, /) -> None:
    """Raise InvalidInput unless the password has an allowed length."""
    if len(password) not in PASSWORD_LENGTH:
        raise InvalidInput(
            "a password has {least} to {most} characters, this one has {length}",
            least=PASSWORD_LENGTH.start,
            most=PASSWORD_LENGTH.stop - 1,
            length=len(password),
        )


def normalize_password(password: str, /) -> str:
    """Give the form that is hashed: NFKD, so that é is one password on every keyboard."""
    return unicodedata.normalize("NFKD", password)


def hash_password(password: str, /) -> str:
    """Give the Argon2id hash of a password; raise InvalidInput for a length that is not allowed."""
    check_password(password)
    return _HASHER.hash(normalize_password(password))


def check_name(session: Session, name: str, /) -> None:
    """Raise Conflict when a normalized name is another account's but for case or width."""
    hold(session, "accounts")
    look = look_of(name)
    if any(look_of(other) == look for other in session.exec(select(User.name))):
        raise Conflict(
            "the name {name!r} is another account's; choose one that differs more", name=name
        )


def create_user(
    session: Session,
    /,
    *,
    email: str,
    name: str,
    password: str,
    role: Role = Role.PARTICIPANT,
    now: datetime,
) -> User:
    """Add a person; raise Conflict when address or name is taken, InvalidInput when malformed."""
    hashed = hash_password(password)
    return add_user(session, email=email, name=name, hashed=hashed, role=role, now=now)


def add_user(
    session: Session,
    /,
    *,
    email: str,
    name: str,
    hashed: str,
    role: Role = Role.PARTICIPANT,
    now: datetime,
) -> User:
    """Add a person whose password is hashed already; raise as `create_user` does."""
    email, name = normalize_email(email), normalize_name(name)
    hold(session, "accounts")
    if session.exec(select(User).where(User.email == email)).first():
        raise Conflict("there is an account for {email} already", email=email)
    check_name(session, name)
    user = User(email=email, name=name, password=hashed, role=role, created_at=now)
    session.add(user)
    session.flush()
    audit.record(session, action="user created", subject=f"user {user.id}", now=now, role=role)
    return user


def find_user(session: Session, /, *, email: str) -> User:
    """Give the person with this address; raise NotFound when there is none."""
    user = session.exec(select(User).where(User.email == normalize_email(email))).first()
    if user is None:
        raise NotFound("there is no account for {email}", email=email)
    return user


def change_email(
    session: Session, user: User, /, *, email: str, now: datetime, keep: str | None = None
) -> None:
    """Give the person another address; raise Conflict when it is taken, InvalidInput if it is none.

    The address counts as confirmed: whoever calls has had it proved, or takes it on trust. Links
    sent to the old address end, and every session but the one with the id `keep`.
    """
    email = normalize_email(email)
    hold(session, "accounts")
    if session.exec(select(User.id).where(User.email == email)).first() is not None:
        raise Conflict("this address cannot be used; give another")
    user.email, user.unconfirmed_since = email, None
    end_sessions(session, user, keep=keep)
    subject = f"user {user.id}"
    audit.record(session, action="e-mail address changed", subject=subject, actor=subject, now=now)


def reset_password(session: Session, user: User, /, *, password: str, now: datetime) -> None:
    """Set a new password, end every session of the person and revoke every token of theirs."""
    user.password = hash_password(password)
    end_sessions(session, user)
    revoke_tokens(session, user, now=now)
    audit.record(session, action="password reset", subject=f"user {user.id}", now=now)


def end_sessions(session: Session, user: User, /, *, keep: str | None = None) -> None:
    """End every session of the person and every link sent to them: what both name changes.

    The session with the id `keep` goes on in a browser whose cookie is given the new name.
    """
    login.end_all(session, user_id=user.id, but=keep)
    user.fs_uniquifier = secrets.token_hex(32)
    session.add(user)


_BY_SESSION = (
    select(User, LoginSession)
    .join(LoginSession, col(LoginSession.user_id) == User.id)
    .where(col(LoginSession.id) == bindparam("id"), col(User.active))
)


def find_by_session(
    session: Session, key: str, /, *, now: datetime
) -> tuple[User, LoginSession] | None:
    """Give the person and the session that a key opens, or None when it has ended."""
    found = session.exec(_BY_SESSION, params={"id": login.identifier_of(key)}).first()
    if found is None or not login.is_opened_by(found[1], key) or found[1].is_idle(at=now):
        return None
    return found[0], found[1]


def issue_token(
    session: Session,
    user: User,
    /,
    *,
    name: str,
    now: datetime,
    scopes: tuple[Scope, ...] = (Scope.READ, Scope.SUBMIT),
    lifetime: timedelta = TOKEN_LIFETIME,
) -> str:
    """Make a token for a person and give its text, which is shown this once."""
    identifier, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    token = ApiToken(
        id=identifier,
        user_id=user.id,
        name=name[:80],
        digest=digest_of(secret),
        scopes=[str(scope) for scope in scopes],
        created_at=now,
        expires_at=now + lifetime,
    )
    session.add(token)
    audit.record(
        session, action="token issued", subject=f"user {user.id}", now=now, token=identifier
    )
    return f"{TOKEN_PREFIX}_{identifier}_{secret}"


def revoke_token(session: Session, user: User, /, *, token_id: str, now: datetime) -> None:
    """End a token of the person; raise NotFound when it is not theirs."""
    token = session.get(ApiToken, token_id)
    if token is None or token.user_id != user.id:
        raise NotFound("you have no token {token_id}", token_id=token_id)
    token.revoked_at = token.revoked_at or now
    session.add(token)
    audit.record(
        session, action="token revoked", subject=f"user {user.id}", now=now, token=token_id
    )


def revoke_tokens(session: Session, user: User, /, *, now: datetime) -> None:
    """End every token of the person that has not ended yet."""
    for token in tokens_of(session, user):
        if token.revoked_at is None:
            revoke_token(session, user, token_id=token.id, now=now)


def tokens_of(session: Session, user: User, /) -> list[ApiToken]:
    """List a person's tokens, the newest first."""
    query = select(ApiToken).where(ApiToken.user_id == user.id)
    return list(session.exec(query.order_by(col(ApiToken.created_at).desc())))


def authenticate(session: Session, text: str, /, *, scope: Scope, now: datetime) -> User:
    """Give the owner of a token; raise NotAuthenticated, or NotAllowed when the scope lacks."""
    parts = text.split("_", 2)
    token = session.get(ApiToken, parts[1]) if len(parts) == 3 else None  # noqa: PLR2004 -- prefix, id, secret
    if token is None or not is_secret_of(token.digest, parts[2]):
        raise NotAuthenticated("this API token is not known; make one on your profile page")
    if token.revoked_at is not None or token.expires_at <= now:
        raise NotAuthenticated("this API token has ended; make a new one on your profile page")
    if scope not in token.scopes:
        raise NotAllowed("this API token lacks the scope {scope}", scope=scope)
    user = session.get(User, token.user_id)
    if user is None or not user.active:
        raise NotAuthenticated("this account is closed; ask an administrator of the platform why")
    return user


def is_use_noted(session: Session, text: str, /, *, now: datetime) -> bool:
    """Whether a token's last use is known to the minute, so that there is nothing to write."""
    token = session.get(ApiToken, text.split("_", 2)[1])
    used = token.last_used_at if token else now
    return used is not None and now - used <= LAST_USED_GRAIN


def note_token_use(session: Session, text: str, /, *, now: datetime) -> None:
    """Keep the time of a token's last use, to the minute."""
    token = session.get(ApiToken, text.split("_", 2)[1])
    if token and (token.last_used_at is None or now - token.last_used_at > LAST_USED_GRAIN):
        token.last_used_at = now
        session.add(token)
