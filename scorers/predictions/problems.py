"""What can be wrong with a predictions file, told so that its author can repair it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from scorers.message import Message

MAX_PROBLEMS = 20
"""Problems told for one file; the others are only counted."""

MAX_SHOWN = 40
"""Characters of a cell that a problem repeats."""


class ProblemCode(StrEnum):
    """Every reason for which a predictions file is refused."""

    FILE_TOO_LARGE = "file_too_large"
    EMPTY_FILE = "empty_file"
    BINARY_FILE = "binary_file"
    NOT_UTF8 = "not_utf8"
    WRONG_DELIMITER = "wrong_delimiter"
    MISSING_COLUMN = "missing_column"
    EXTRA_COLUMN = "extra_column"
    DUPLICATE_COLUMN = "duplicate_column"
    NO_ROWS = "no_rows"
    TOO_MANY_ROWS = "too_many_rows"
    WRONG_CELL_COUNT = "wrong_cell_count"
    UNBALANCED_QUOTES = "unbalanced_quotes"
    CELL_TOO_LONG = "cell_too_long"
    EMPTY_CELL = "empty_cell"
    MISSING_ID = "missing_id"
    UNKNOWN_ID = "unknown_id"
    DUPLICATE_ID = "duplicate_id"
    NOT_A_NUMBER = "not_a_number"
    NOT_FINITE = "not_finite"
    NOT_AN_INTEGER = "not_an_integer"
    OUT_OF_RANGE = "out_of_range"
    UNKNOWN_LABEL = "unknown_label"
    TOO_MANY_CODES = "too_many_codes"
    TOO_MANY_OBJECTS = "too_many_objects"
    INVALID_ARCHIVE = "invalid_archive"
    MISSING_FILE = "missing_file"
    EXTRA_FILE = "extra_file"
    UNREADABLE_MASK = "unreadable_mask"
    WRONG_MASK_TYPE = "wrong_mask_type"
    WRONG_MASK_SHAPE = "wrong_mask_shape"
    UNREADABLE_DOCUMENT = "unreadable_document"
    WRONG_DOCUMENT = "wrong_document"
    BROKEN_RULE = "broken_rule"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing to repair: where it is, what is there, what should be, and how to get it there.

    `line` counts from 1, the header included; it is None where the problem is of the whole file.
    `member` is a file of an archive, its name made visible; of a document in it `column` is the
    path of a value, such as `$[2].score` (RFC 9535), which counts from 0.
    """

    code: ProblemCode
    line: int | None = None
    column: str | None = None
    member: str | None = None
    found: Message
    expected: Message
    repair: Message

    def __str__(self) -> str:
        where = [f"line {self.line}"] if self.line is not None else []
        where += [f"column {self.column}"] if self.column is not None else []
        where += [f"member {self.member}"] if self.member is not None else []
        place = ", ".join(where) or "file"
        return f"{place}: found {self.found}, expected {self.expected}; {self.repair}"


class InvalidPredictions(Exception):
    """The predictions file cannot be scored; `problems` tells the first of all `total`."""

    def __init__(self, problems: Iterable[Problem], *, total: int) -> None:
        self.problems = tuple(problems)[:MAX_PROBLEMS]
        self.total = total
        others = total - len(self.problems)
        told = [str(problem) for problem in self.problems]
        super().__init__("\n".join([*told, f"and {others} more"] if others else told))


class InvalidTable(ValueError):
    """A table of the organizer cannot be read; the message names no value of it."""


@dataclass
class Findings:
    """The problems met while one file is read: the first are kept, all are counted."""

    kept: list[Problem] = field(default_factory=list)
    total: int = 0
    located: Callable[[Problem], Problem] | None = None
    """Tells where a problem is, where lines do not."""

    @property
    def full(self) -> bool:
        return len(self.kept) >= MAX_PROBLEMS

    def add(self, problem: Problem) -> None:
        self.total += 1
        if not self.full:
            self.kept.append(self.located(problem) if self.located else problem)

    def count(self, others: int) -> None:
        """Count problems that there is no room to tell."""
        self.total += others

    def stop_if_any(self) -> None:
        """Raise InvalidPredictions if a problem was met, the first lines first."""
        if self.total:
            in_order = sorted(self.kept, key=lambda problem: (problem.line is None, problem.line))
            raise InvalidPredictions(in_order, total=self.total)


def visible(text: str) -> str:
    """Return `text` cut after 40 characters, its invisible characters written out."""
    cut = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text[:MAX_SHOWN]
    )
    return cut if len(text) <= MAX_SHOWN else f"{cut}…"


def shown(text: str) -> Message:
    """Return `text` visible and in quotes, with its length if it was cut."""
    if len(text) > MAX_SHOWN:
        return Message('"{text}" ({length:,} characters)', text=visible(text), length=len(text))
    return Message('"{text}"', text=visible(text))
