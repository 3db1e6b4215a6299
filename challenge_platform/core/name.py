"""Names that people give themselves: one form each, nothing hidden in them, none like another's."""

import re
import unicodedata

from challenge_platform.errors import InvalidInput

LENGTH = range(1, 81)
MARKS_IN_A_ROW = 2
RESERVED = "baseline"
"""The word that leaderboards put beside an organizer's entries."""

_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
"""What Python calls printable though it shows nothing: fillers, selectors, the Braille blank.

Unicode's property Default_Ignorable_Code_Point, without what is not printable anyway, and U+2800.
"""

_ADDRESS = re.compile(r"://|www\.", re.IGNORECASE)
_ENDED_TEAM = re.compile(r"deleted team \d+( \(\d+\))?")
"""What `departure` calls a team whose members are gone."""

_LIKE_LATIN = frozenset({"CYRILLIC", "GREEK"})
"""The scripts, beside Latin, whose letters pass for Latin ones."""


def normalize_name(name: str, /, *, is_baseline: bool = False) -> str:
    """Give the form in which a name is stored: NFKC, with single spaces.

    Raise InvalidInput when it has not 1 to 80 visible characters with a letter or digit among them,
    piles up marks, mixes Latin with letters that look like it, is an address or a name of a deleted
    team, or has the word "baseline" in it, which only `is_baseline` allows.
    """
    name = unicodedata.normalize("NFKC", name.strip())
    spaced = "".join(" " if unicodedata.category(char) == "Zs" else char for char in name)
    name = re.sub(" +", " ", spaced).strip()
    if len(name) not in LENGTH or not name.isprintable() or _INVISIBLE.search(name):
        raise InvalidInput("a name has 1 to 80 printable characters, none of them invisible")
    if not any(char.isalnum() for char in name):
        raise InvalidInput("a name has at least one letter or digit")
    if _longest_pile(name) > MARKS_IN_A_ROW:
        raise InvalidInput(
            "a name has at most {most} combining marks on a letter",
            most=MARKS_IN_A_ROW,
        )
    scripts = {unicodedata.name(char, "").split(" ")[0] for char in name if char.isalpha()}
    if "LATIN" in scripts and scripts & _LIKE_LATIN:
        raise InvalidInput("a name does not mix Latin with Cyrillic or Greek letters; use one")
    if _ADDRESS.search(name):
        raise InvalidInput("a name is no address of a page; leave :// and www. out")
    if _ENDED_TEAM.fullmatch(look_of(name)):
        raise InvalidInput("a name is not that of a deleted team; choose another")
    if RESERVED in look_of(name) and not is_baseline:
        raise InvalidInput(
            "a name has not the word {word!r}, which marks organizers' entries",
            word=RESERVED,
        )
    return name


def look_of(name: str, /) -> str:
    """Give what two names have in common that differ in case or compatible characters only."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _longest_pile(name: str) -> int:
    marks = "".join("m" if unicodedata.category(char)[0] == "M" else " " for char in name)
    return max(map(len, marks.split()), default=0)
