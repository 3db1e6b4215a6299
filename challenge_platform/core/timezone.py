"""Time zones by their IANA names, such as Europe/Paris: which there are, and which was meant."""

import difflib
from functools import cache
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator

from challenge_platform.errors import InvalidInput
from scorers.message import Message

UTC_NAME = "UTC"
LONGEST_NAME = 64
_REGIONS = frozenset(
    {
        *("Africa", "America", "Antarctica", "Arctic", "Asia"),
        *("Atlantic", "Australia", "Europe", "Indian", "Pacific"),
    }
)
_NO_ZONES = frozenset({"localtime", "posixrules", "Factory"})
"""Names that are files of a machine's own and say something else on each."""


@cache
def zone_names() -> frozenset[str]:
    """Give every name that is understood, old ones such as `GB` included."""
    return frozenset(available_timezones() - _NO_ZONES)


@cache
def offered_names() -> tuple[str, ...]:
    """Give the names to choose from: UTC, then a place of every region in alphabetical order."""
    places = sorted(name for name in zone_names() if name.partition("/")[0] in _REGIONS)
    return (UTC_NAME, *places)


def find_zone(name: str, /) -> ZoneInfo:
    """Give the zone of this name; raise InvalidInput with the name that was probably meant."""
    if name not in zone_names():
        meant = closest_name(name)
        advice = (
            Message("did you mean {meant!r}?", meant=meant)
            if meant
            else Message("write one such as 'Europe/Paris', or UTC")
        )
        raise InvalidInput(
            "there is no time zone {name!r}; {advice}", name=name[:LONGEST_NAME], advice=advice
        )
    return ZoneInfo(name)


def closest_name(name: str, /) -> str | None:
    """Give the name that a misspelt one, or a city alone, probably means; None when none is."""
    whole = {_fold(known): known for known in zone_names()}
    cities = {_fold(known.rpartition("/")[2]): known for known in offered_names()}
    for table in (whole, cities):
        if close := difflib.get_close_matches(_fold(name), table, n=1, cutoff=0.75):
            return table[close[0]]
    return None


def _fold(name: str) -> str:
    return name.strip()[:LONGEST_NAME].casefold().replace(" ", "_")


def _check(name: str) -> str:
    try:
        find_zone(name)
    except InvalidInput as error:
        raise ValueError(str(error)) from error  # what pydantic reports with its place
    return name


ZoneName = Annotated[str, AfterValidator(_check)]
"""A field that holds the name of a zone that exists."""
