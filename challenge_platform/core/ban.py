"""Closing an account against its person's will, and opening it again; nothing of it is deleted."""

from datetime import datetime

from sqlmodel import Session

from challenge_platform.core import account, audit
from challenge_platform.core.account import User
from challenge_platform.errors import Conflict

BANNED = "user banned"
"""What the audit trail calls it."""


def ban(session: Session, user: User, /, *, reason: str, now: datetime) -> None:
    """Close an account: its sessions end, its tokens are refused, nobody can log in.

    The reason is kept in the audit trail. Raise Conflict when the account is closed already.
    """
    if not user.active:
        raise Conflict("the account of {email} is closed already", email=user.email)
    user.active = False
    account.end_sessions(session, user)
    subject = f"user {user.id}"
    audit.record(session, action=BANNED, subject=subject, now=now, reason=reason)


def unban(session: Session, user: User, /, *, now: datetime) -> None:
    """Open an account again, tokens that have not ended included; raise Conflict if it is open."""
    if user.active:
        raise Conflict("the account of {email} is open", email=user.email)
    user.active = True
    session.add(user)
    audit.record(session, action="user unbanned", subject=f"user {user.id}", now=now)
