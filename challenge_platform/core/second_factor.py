"""The second factor of a log-in: each code of the app, and each recovery code, opens once."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from challenge_platform.core import audit
from challenge_platform.core.account import User
from challenge_platform.errors import NotFound


def use_counter(session: Session, /, *, user_id: int, counter: int) -> bool:
    """Keep that the code with this counter was used; tell whether none as late was before."""
    done = session.execute(
        update(User)
        .where(
            col(User.id) == user_id,
            or_(col(User.totp_counter).is_(None), col(User.totp_counter) < counter),
        )
        .values(totp_counter=counter)
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]  # an UPDATE's result has it


def use_recovery_code(
    session: Session, /, *, user_id: int, fits: Callable[[str], bool], now: datetime
) -> bool:
    """Take away the recovery code that `fits`; tell whether there was one."""
    query = select(User).where(User.id == user_id).with_for_update()
    user = session.exec(query).one()
    codes = user.recovery_codes or []
    used = next((code for code in codes if fits(code)), None)
    if used is None:
        return False
    user.recovery_codes = [code for code in codes if code != used]
    session.add(user)
    subject = f"user {user_id}"
    audit.record(session, action="recovery code used", subject=subject, actor=subject, now=now)
    return True


def remove(session: Session, user: User, /, *, now: datetime) -> None:
    """Take away the second factor of a person who lost it; raise NotFound when there is none."""
    if user.totp_secret is None:
        raise NotFound("the account of {email} has no second factor", email=user.email)
    user.totp_secret = user.totp_counter = user.recovery_codes = None
    session.add(user)
    audit.record(session, action="second factor removed", subject=f"user {user.id}", now=now)
