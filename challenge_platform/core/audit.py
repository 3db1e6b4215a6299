"""The audit trail: who did what, when, kept in append-only rows."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel

from challenge_platform.database import UTCDateTime

PLATFORM = "platform"


class AuditEvent(SQLModel, table=True):
    """One thing that happened; never changed, never deleted with its subject."""

    __tablename__ = "audit_event"

    id: int = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UTCDateTime, index=True)
    actor: str = Field(max_length=80)
    action: str = Field(max_length=80)
    subject: str = Field(max_length=120, index=True)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


def record(
    session: Session,
    /,
    *,
    action: str,
    subject: str,
    now: datetime,
    actor: str = PLATFORM,
    **detail: str | float | bool | None,
) -> None:
    """Add an event to the caller's transaction; `detail` holds facts, never data of patients."""
    session.add(AuditEvent(at=now, actor=actor, action=action, subject=subject, detail=detail))
