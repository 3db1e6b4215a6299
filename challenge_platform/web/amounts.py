"""Amounts as people say them: how long something took, by how much two scores differ."""

from datetime import timedelta

from babel.units import format_unit

from challenge_platform.web.language import current_locale, format_decimal
from challenge_platform.web.times import lasting

MINUTE = 60.0
HOUR = 3600.0
FEW = 10.0
"""From here on, fractions of a second are not told."""


def elapsed(seconds: float, /) -> str:
    """Write a number of seconds as people say it."""
    if seconds >= HOUR:
        return lasting(timedelta(seconds=seconds))
    if seconds < MINUTE:
        return _unit(round(seconds, 2 if seconds < 1 else 1 if seconds < FEW else 0), "second")
    minutes, rest = divmod(round(seconds), 60)
    parts = [_unit(minutes, "minute"), *([_unit(rest, "second")] if rest else [])]
    return " ".join(parts)


def plain(number: float, /) -> str:
    """Write a number with at most four significant digits, and no zeros after them."""
    return str(format_decimal(number, "@###")) if number else "0"


def _unit(number: float, name: str) -> str:
    return format_unit(number, f"duration-{name}", length="long", locale=current_locale())
