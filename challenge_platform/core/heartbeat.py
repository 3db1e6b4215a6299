"""Heartbeats: the reaper says that it lives and whether the launcher answers; web reads it.

Web cannot ask the launcher itself: its socket is for the worker only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel, select

from challenge_platform.database import UTCDateTime, enum_column, hold

FRESH = timedelta(seconds=15)


class Part(StrEnum):
    """A process whose life is told through the database."""

    REAPER = "reaper"
    LAUNCHER = "launcher"


class Heartbeat(SQLModel, table=True):
    """What was last heard of a process; `problem` is empty when it is well.

    `counts` are those of the launcher's sandboxes, by their names in `sandbox.Status.pool`.
    """

    __tablename__ = "heartbeat"

    part: Part = Field(primary_key=True, sa_type=enum_column(Part))
    at: datetime = Field(sa_type=UTCDateTime)
    problem: str = Field(default="", max_length=500)
    counts: dict[str, int] | None = Field(default=None, sa_type=JSON(none_as_null=True))


def beat(
    session: Session,
    part: Part,
    /,
    *,
    now: datetime,
    problem: str = "",
    counts: Mapping[str, int] | None = None,
) -> None:
    """Write down that a process was heard of, and what it counted."""
    hold(session, "heartbeats")
    told = None if counts is None else dict(counts)
    session.merge(Heartbeat(part=part, at=now, problem=problem[:500], counts=told))


@dataclass(frozen=True, kw_only=True)
class Pulse:
    """A process: when it was last heard of, if ever, what it said was wrong, and if it is well."""

    part: Part
    at: datetime | None
    problem: str
    well: bool


def pulses(session: Session, /, *, now: datetime) -> tuple[Pulse, ...]:
    """Feel the pulse of every process: it is well if heard of lately, and without a problem."""
    heard = {beat.part: beat for beat in session.exec(select(Heartbeat))}
    found = []
    for part in Part:
        last = heard.get(part)
        at, problem = (last.at, last.problem) if last else (None, "")
        well = at is not None and now - at < FRESH and not problem
        found.append(Pulse(part=part, at=at, problem=problem, well=well))
    return tuple(found)


def counts_of(session: Session, part: Part, /, *, now: datetime) -> Mapping[str, int]:
    """Give what a process counted, if it was heard of lately; else nothing."""
    last = session.get(Heartbeat, part)
    return last.counts or {} if last and now - last.at < FRESH else {}


def is_well(session: Session, part: Part, /, *, now: datetime) -> bool:
    """Whether a process was heard of lately and had no problem."""
    return next(pulse.well for pulse in pulses(session, now=now) if pulse.part is part)
