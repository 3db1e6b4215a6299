"""What can be wrong with an archive of code, told so that its author can repair it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NoReturn, Self

MAX_PROBLEMS = 20
"""Problems told for one archive; the others are only counted."""

MAX_SHOWN = 60
"""Characters of a name that a problem repeats."""


class ArchiveProblem(StrEnum):
    """Every reason for which an archive is refused."""

    NOT_AN_ARCHIVE = "not_an_archive"
    DAMAGED_ARCHIVE = "damaged_archive"
    CONTRADICTORY_ARCHIVE = "contradictory_archive"
    HIDDEN_DATA = "hidden_data"
    UNSUPPORTED_ARCHIVE = "unsupported_archive"
    ENCRYPTED_MEMBER = "encrypted_member"
    NOT_A_REGULAR_FILE = "not_a_regular_file"
    UNSAFE_NAME = "unsafe_name"
    NAME_TOO_LONG = "name_too_long"
    TOO_DEEP = "too_deep"
    SAME_NAME = "same_name"
    TOO_MANY_MEMBERS = "too_many_members"
    MEMBER_TOO_LARGE = "member_too_large"
    UNPACKS_TOO_LARGE = "unpacks_too_large"
    PACKED_TOO_TIGHTLY = "packed_too_tightly"
    MISSING_MEMBER = "missing_member"
    INSIDE_A_FOLDER = "inside_a_folder"


class Words(str):
    """A text in English that remembers its template and values, so that it can be translated.

    It is what `scorers.message.Message` is, which the sandbox must not know.
    """

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Self:
        made = super().__new__(cls, template.format(**values) if values else template)
        made.template, made.values = template, values
        return made


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing to repair: in which member, what is there, what should be, how to get it there.

    `member` is None where the problem is of the whole archive, else its name, made visible.
    """

    code: ArchiveProblem
    member: str | None = None
    found: Words
    expected: Words
    repair: Words

    def __str__(self) -> str:
        place = "archive" if self.member is None else f"member {self.member}"
        return f"{place}: found {self.found}, expected {self.expected}; {self.repair}"


class InvalidArchive(Exception):
    """The archive cannot be used; `problems` tells the first of all `total` that were met.

    What breaks a limit, or the archive's own form, ends the reading: what follows is not known.
    """

    def __init__(self, problems: Iterable[Problem], *, total: int) -> None:
        self.problems = tuple(problems)[:MAX_PROBLEMS]
        self.total = total
        others = total - len(self.problems)
        told = [str(problem) for problem in self.problems]
        super().__init__("\n".join([*told, f"and {others} more"] if others else told))


@dataclass
class Findings:
    """The problems met while one archive is read: the first are kept, all are counted."""

    kept: list[Problem] = field(default_factory=list)
    total: int = 0

    def add(self, problem: Problem) -> None:
        self.total += 1
        if len(self.kept) < MAX_PROBLEMS:
            self.kept.append(problem)

    def stop_if_any(self) -> None:
        """Raise InvalidArchive if a problem was met."""
        if self.total:
            raise InvalidArchive(self.kept, total=self.total)


def visible(text: str, /) -> str:
    """Return `text` cut after 60 characters, its invisible characters written out."""
    cut = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text[:MAX_SHOWN]
    )
    return cut if len(text) <= MAX_SHOWN else f"{cut}…"


def refuse(problem: Problem, /) -> NoReturn:
    """Raise InvalidArchive for one problem."""
    raise InvalidArchive([problem], total=1)
