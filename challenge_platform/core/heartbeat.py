"""Heartbeats: the reaper says that it lives and whether the launcher answers; web reads it.

Web cannot ask the launcher itself: its socket is for the worker only.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Field, Session, SQLModel

from challenge_platform.database import UTCDateTime, enum_column, hold

FRESH = timedelta(seconds=15)


class Part(StrEnum):
    """A process whose life is told through the database."""

    REAPER = "reaper"
    LAUNCHER = "launcher"


class Heartbeat(SQLModel, table=True):
    """What was last heard of a process; `problem` is empty when it is well."""

    __tablename__ = "heartbeat"

    part: Part = Field(primary_key=True, sa_type=enum_column(Part))
    at: datetime = Field(sa_type=UTCDateTime)
    problem: str = Field(default="", max_length=500)


def beat(session: Session, part: Part, /, *, now: datetime, problem: str = "") -> None:
    """Write down that a process was heard of."""
    hold(session, "heartbeats")
    session.merge(Heartbeat(part=part, at=now, problem=problem[:500]))


def is_well(session: Session, part: Part, /, *, now: datetime) -> bool:
    """Whether a process was heard of lately and had no problem."""
    heard = session.get(Heartbeat, part)
    return heard is not None and now - heard.at < FRESH and not heard.problem
