"""Times that cannot be misread: in UTC, in the organizers' zone and in the reader's own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from babel.dates import format_datetime
from babel.units import format_unit
from flask import Flask

from challenge_platform.core.definition import Phase
from challenge_platform.core.phase import Status, status_of
from challenge_platform.core.timezone import UTC_NAME, find_zone
from challenge_platform.core.upload import GRACE
from challenge_platform.web import current
from challenge_platform.web.language import current_locale, gettext
from challenge_platform.web.preferences import current_timezone

_UNITS = (
    ("duration-day", timedelta(days=1)),
    ("duration-hour", timedelta(hours=1)),
    ("duration-minute", timedelta(minutes=1)),
)
_PARTS = 2
"""Of a duration the two greatest units are said: 3 days 4 hours, or 4 hours 5 minutes."""

_DAYS_ALONE_FROM = timedelta(days=10)
"""Hours are of no interest any more."""


class Whose(StrEnum):
    """For whom a time is written in a zone."""

    ORGANIZERS = "organizers"
    READER = "reader"


@dataclass(kw_only=True)
class Reading:
    """What clocks that agree show at a moment: `zones` by IANA name, `offset` such as UTC+1."""

    text: str
    offset: str
    zones: list[str]
    whose: list[Whose]

    @property
    def place(self) -> str:
        """The zones in words, with the offset unless UTC itself is among them."""
        names = ", ".join(name.replace("_", " ") for name in self.zones)
        return names if UTC_NAME in self.zones else f"{names} ({self.offset})"


def register(app: Flask, /) -> None:
    """Give the templates the names of this module."""
    app.jinja_env.globals.update(
        current_timezone=current_timezone,
        grace=lambda: lasting(GRACE),
        lasting=lasting,
        phase_status=phase_status,
        own_reading=own_reading,
        readings=readings,
        relative=relative,
        window=window,
    )


def phase_status(phase: Phase, /) -> Status:
    """Say what a phase is while this request lasts, where a reveal is of no concern."""
    return status_of(phase, at=current.opened_at())


def readings(when: datetime, /, *, organizers: str) -> list[Reading]:
    """Give what clocks show in UTC, then in the organizers' zone, then in the reader's.

    Clocks that agree at that moment share a reading, so that there are one to three of them.
    """
    found: dict[str, Reading] = {}
    wanted: list[tuple[str, list[Whose]]] = [
        (UTC_NAME, []),
        (organizers, [Whose.ORGANIZERS]),
        *([(zone, [Whose.READER])] if (zone := current_timezone()) else []),
    ]
    for name, whose in wanted:
        local = when.astimezone(find_zone(name))
        offset = _offset(local)
        reading = found.setdefault(
            offset, Reading(text=_written(local), offset=offset, zones=[], whose=[])
        )
        reading.zones += [] if name in reading.zones else [name]
        reading.whose += whose
    return list(found.values())


def own_reading(when: datetime, /, *, organizers: str) -> Reading:
    """Give the one reading that concerns the reader most: theirs, or the organizers'."""
    found = readings(when, organizers=organizers)
    mine = (reading for reading in found if Whose.READER in reading.whose)
    theirs = next(reading for reading in found if Whose.ORGANIZERS in reading.whose)
    return next(mine, theirs)


def relative(when: datetime, /) -> str:
    """Say how far a moment is from now, in words: in 3 days 4 hours, 5 hours ago."""
    left = when - current.opened_at()
    if abs(left) < _UNITS[-1][1]:
        return str(gettext("in less than a minute") if left > timedelta() else gettext("just now"))
    if left > timedelta():
        return str(gettext("in %(duration)s", duration=lasting(left)))
    return str(gettext("%(duration)s ago", duration=lasting(-left)))


def lasting(duration: timedelta, /) -> str:
    """Write a duration with its two greatest units; what is left of the smaller ones is dropped."""
    said: list[str] = []
    parts = 1 if duration >= _DAYS_ALONE_FROM else _PARTS
    for name, unit in _UNITS[_first(duration) :][:parts]:
        amount, duration = divmod(duration, unit)
        if amount or not said:
            said.append(_amount(amount, name))
    return " ".join(said)


def window(duration: timedelta, /) -> str:
    """Write the length of a sliding window: in hours up to two days, for it is no calendar day."""
    if duration > 2 * _UNITS[0][1]:
        return lasting(duration)
    name, hour = _UNITS[1]
    return _amount(duration / hour, name)


def _amount(amount: float, unit: str) -> str:
    """Write a number and its unit, which no line break parts."""
    text = format_unit(amount, unit, length="long", locale=current_locale())
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _first(duration: timedelta) -> int:
    """Give the index of the greatest unit that the duration has, or of the smallest there is."""
    fits = (index for index, (_, unit) in enumerate(_UNITS) if duration >= unit)
    return next(fits, len(_UNITS) - 1)


def _written(local: datetime) -> str:
    seconds = ":ss" if local.second else ""
    return format_datetime(local, f"EEE d MMM yyyy, HH:mm{seconds}", locale=current_locale())


def _offset(local: datetime) -> str:
    minutes = int((local.utcoffset() or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    sign = "\N{MINUS SIGN}" if minutes < 0 else "+"
    return UTC_NAME + (f"{sign}{hours}" + (f":{rest:02}" if rest else "") if minutes else "")
