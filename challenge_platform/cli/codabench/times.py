"""The times of a bundle: read as they were meant, and told where Codabench reads another one."""

import re
from datetime import UTC, datetime, time
from typing import Any

from challenge_platform.cli.codabench.report import Report
from challenge_platform.cli.codabench.yamls import UnquotedTime

_MONTH_FIRST = re.compile(r"(\d{1,2})-(\d{1,2})-(\d{4})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_LONE = re.compile(r"(?<=[-+T ])(\d)(?=[-:T ]|$)", re.ASCII)
"""A digit that stands where two are usual."""
_MONTHS = 12


def read_time(value: Any, /, *, place: str, report: Report) -> datetime | None:  # noqa: ANN401 -- what YAML gives
    """Give a time in UTC; None, with a line in the report, if there is none or it cannot be read.

    A time without a zone is one of UTC, as Codabench has it.
    """
    if value is None or value == "":
        return None
    text = str(value).strip()
    found = _month_first(text, place=place, report=report) or _iso(text)
    if found is None:
        report.decide(place, f"{text!r} is no time that can be read; write 2026-10-01T08:00:00Z")
        return None
    if isinstance(value, UnquotedTime) and found.time() != time():
        report.changed(
            place,
            "an unquoted time, which Codabench reads as the midnight of its day",
            old=datetime.combine(found.date(), time()).isoformat(),
            new=found.isoformat(),
        )
    if found.tzinfo is None:
        return found.replace(tzinfo=UTC)
    meant = found.astimezone(UTC)
    if found.utcoffset():
        report.changed(
            place,
            "its zone is heeded, which Codabench throws away",
            old=found.replace(tzinfo=UTC).isoformat(),
            new=meant.isoformat(),
        )
    return meant


def _iso(text: str) -> datetime | None:
    """Read a time with the year first; its day and its hour may have one digit, as in YAML."""
    joined = re.sub(r"\s+(?=[+-]\d|Z$)", "", text)
    try:
        return datetime.fromisoformat(_LONE.sub(r"0\1", joined))
    except ValueError:
        return None


def _month_first(text: str, /, *, place: str, report: Report) -> datetime | None:
    """Read `8-7-2019`, whose month comes first; say so where it could be the other way round."""
    if not (match := _MONTH_FIRST.fullmatch(text)):
        return None
    month, day, year = (int(match[index]) for index in (1, 2, 3))
    hour, minute, second = (int(match[index] or 0) for index in (4, 5, 6))
    try:
        found = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 -- the caller gives it its zone
    except ValueError:
        return None
    if day <= _MONTHS and day != month:
        report.changed(
            place,
            f"{text!r} is read with the month first, as Codabench does; it could be the day",
            old=f"{year}-{day:02}-{month:02}",
            new=f"{year}-{month:02}-{day:02}",
        )
    return found
