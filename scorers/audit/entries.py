"""Which teams are ranked in an audit, and why others are not: the table `teams.csv`."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass

from scorers.ranking.entry_state import EntryState

COLUMNS = {"team", "state", "reason"}


class WrongEntries(ValueError):
    """The table of teams cannot be used; the message says where and how to repair it."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """The state of a team, and the reason that the organizer gave for it."""

    state: EntryState = EntryState.RANKED
    reason: str | None = None


Entries = Mapping[str, Entry]
"""The entry of each team that is told in the table; the others are ranked."""


def read_entries(data: bytes, /) -> Entries:
    """Read a table with the columns `team` and `state`, and perhaps `reason`.

    Raises WrongEntries if it is not UTF-8, has other columns, an unknown state or a team twice.
    """
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise WrongEntries(f"teams.csv is not UTF-8: {error.reason}; save it as UTF-8") from None
    try:
        return _read(csv.DictReader([line.removesuffix("\r") for line in lines]))
    except csv.Error as error:
        raise WrongEntries(f"teams.csv cannot be read: {error}; save it as plain CSV") from None


def _read(reader: "csv.DictReader[str]") -> Entries:
    names = list(reader.fieldnames or ())
    header = set(names)
    if len(header) < len(names) or not {"team", "state"} <= header <= COLUMNS:
        raise WrongEntries(
            f"teams.csv has the columns {', '.join(sorted(header)) or 'none'}; expected team, "
            "state and perhaps reason, separated by commas"
        )
    entries: dict[str, Entry] = {}
    for row in reader:
        place = f"teams.csv, line {reader.line_num}"
        team = (row["team"] or "").strip()
        if not team or None in row:
            raise WrongEntries(f"{place}: expected team, state and perhaps reason; found {row}")
        if team in entries:
            raise WrongEntries(f"{place}: {team} is there twice; keep one line")
        entries[team] = Entry(state=_state(row["state"], place), reason=row.get("reason") or None)
    return entries


def _state(told: str | None, place: str) -> EntryState:
    try:
        return EntryState((told or "").strip())
    except ValueError:
        known = ", ".join(EntryState)
        raise WrongEntries(f"{place}: the state is {told!r}; expected one of {known}") from None
