"""The names in an archive: which may be used, and whether two mean the same file."""

import re
import sys
import unicodedata
from collections.abc import Iterable

from sandbox.archive.limits import ArchiveLimits, too_many_members
from sandbox.archive.problems import ArchiveProblem, Problem, Words, refuse, visible

# No file can have these names on Windows, with any ending; a challenge's readers may use it.
RESERVED = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?: *\..*)?", re.IGNORECASE
)
SPECIAL = re.compile(r'[<>:"|?*]')
LEFTOVERS = re.compile(r"(?:.*/)?(?:__MACOSX|__pycache__|\.DS_Store|Thumbs\.db|\._[^/]*)(?:/.*)?")
"""What systems and Python leave in folders, which no program needs: it is not unpacked."""


class Names:
    """The names met so far, each as it will be written; says what is wrong with another."""

    def __init__(self, limits: ArchiveLimits, /) -> None:
        self._limits = limits
        self._known: dict[str, tuple[str, bool]] = {}

    def place(self, name: str, /, *, folder: bool) -> str | Problem:
        """Give the path below the archive's root, "" for the root itself, or what is wrong.

        Raises InvalidArchive when there are too many, the folders above files counted as well.
        """
        parts = unicodedata.normalize("NFC", name).split("/")
        while parts and parts[0] == ".":
            parts = parts[1:]
        if folder and not any(parts):
            return ""
        path = "/".join(parts)
        refusal = self._refusal(name, path, folder=folder)
        if len(self._known) > self._limits.members:  # with the folders that names imply
            refuse(too_many_members(self._limits))
        return refusal or path

    def _refusal(self, name: str, path: str, *, folder: bool) -> Problem | None:
        shown = visible(name)
        if len(path.encode()) > self._limits.name:
            return _name_too_long(shown, most=self._limits.name)
        if wrong := _wrong(path):
            return _unsafe(shown, found=wrong)
        if path.count("/") >= self._limits.depth:
            return _too_deep(shown, most=self._limits.depth)
        other = self._enter(path, folder=folder)
        return None if other is None else _same_name(shown, other=other)

    def _enter(self, path: str, *, folder: bool) -> str | None:
        """Remember a path and the folders above it; give the name that one of them collides with.

        A folder may be named again, but by the same letters.
        """
        parts = path.split("/")
        for count in range(1, len(parts) + 1):
            whole = count == len(parts)
            found = ("/".join(parts[:count]), folder or not whole)
            known = self._known.setdefault(_folded(found[0]), found)
            if known is not found and (known != found or not found[1]):
                return known[0]
        return None


def unusable_name(names: Iterable[str], /) -> tuple[int, Words] | None:
    """Give the place of the first file that an archive cannot bring under its name, and why.

    None if an archive can bring them all.
    """
    known = Names(ArchiveLimits(members=sys.maxsize))
    for place, name in enumerate(names):
        path = known.place(name, folder=False)
        if isinstance(path, Problem):
            return place, path.found
        if path != name:
            return place, Words("letters that are not in Unicode's form NFC")
        if is_leftover(path):
            return place, Words("the name of what systems leave in folders")
    return None


def is_leftover(path: str, /) -> bool:
    """Whether it is what a system leaves in folders, which is not unpacked."""
    return LEFTOVERS.fullmatch(path) is not None


def _folded(path: str) -> str:
    """Give what is the same for names that some file system takes for one."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", path).casefold())


def _wrong(path: str) -> Words | None:
    """Say why a path cannot be used on every system; None if it can."""
    parts = path.split("/")
    wrongs = {
        Words("a character that cannot be seen"): not path.isprintable(),
        Words("a backslash"): "\\" in path,
        Words("an absolute path"): path.startswith("/"),
        Words("a drive letter"): re.match("[A-Za-z]:", path),
        Words("one of the characters {characters}", characters='< > : " | ? *'): (
            SPECIAL.search(path)
        ),
        Words("a step up, “..”"): ".." in parts,
        Words("a part without a name"): not {".", ""}.isdisjoint(parts),
        Words("a name that Windows keeps for a device"): any(map(RESERVED.fullmatch, parts)),
        Words("a part that begins with a space, or ends with a space or a dot"): any(
            part != part.strip(" ") or part.endswith(".") for part in parts
        ),
    }
    return next((words for words, wrong in wrongs.items() if wrong), None)


def _unsafe(shown: str, *, found: Words) -> Problem:
    return Problem(
        code=ArchiveProblem.UNSAFE_NAME,
        member=shown,
        found=found,
        expected=Words("a name below the archive's own folder that every system can write"),
        repair=Words("rename the file, go into its folder and pack it from there"),
    )


def _name_too_long(shown: str, *, most: int) -> Problem:
    return Problem(
        code=ArchiveProblem.NAME_TOO_LONG,
        member=shown,
        found=Words("a longer name"),
        expected=Words("names of at most {most} bytes, their folders included", most=most),
        repair=Words("give the file and its folders shorter names"),
    )


def _too_deep(shown: str, *, most: int) -> Problem:
    return Problem(
        code=ArchiveProblem.TOO_DEEP,
        member=shown,
        found=Words("more than {most} parts in the name", most=most),
        expected=Words("at most {most} parts in a name", most=most),
        repair=Words("move the file up"),
    )


def _same_name(shown: str, *, other: str) -> Problem:
    return Problem(
        code=ArchiveProblem.SAME_NAME,
        member=shown,
        found=Words("a name that some systems take for that of {other}", other=visible(other)),
        expected=Words("each name once, capital and small letters taken as the same"),
        repair=Words("rename or remove one of the two"),
    )
