"""A member of an archive as its format tells it, and what is wrong with the archive itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.archive.problems import ArchiveProblem, Problem, Words, visible

CHUNK = 64 * 1024
"""Bytes that are unpacked at once."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file or a folder: its name as it is written, what is wrong with it, and what it holds.

    `chunks` unpacks while it is read, and raises InvalidArchive at a limit, at damage, or unless
    it comes to `size` bytes.
    """

    name: str
    folder: bool = False
    size: int = 0
    problem: Problem | None = None
    chunks: Iterator[bytes] = field(default_factory=lambda: iter(()))


def damaged(found: Words, /, *, member: str | None = None) -> Problem:
    """Say that the archive is not whole."""
    return Problem(
        code=ArchiveProblem.DAMAGED_ARCHIVE,
        member=member,
        found=found,
        expected=Words("a whole archive"),
        repair=Words("make the archive again, and send it as a binary file"),
    )


def contradictory(found: Words, /, *, member: str | None = None) -> Problem:
    """Say that two programs would find different files in the archive."""
    return Problem(
        code=ArchiveProblem.CONTRADICTORY_ARCHIVE,
        member=member,
        found=found,
        expected=Words("an archive in which every program finds the same files"),
        repair=Words("make the archive again with a usual program"),
    )


def hidden_data(found: Words, /, *, member: str | None = None) -> Problem:
    """Say that the archive has bytes that belong to no member."""
    return Problem(
        code=ArchiveProblem.HIDDEN_DATA,
        member=member,
        found=found,
        expected=Words("nothing in the file but one archive"),
        repair=Words("make the archive again with a usual program"),
    )


def unsupported(found: Words, /, *, member: str | None = None) -> Problem:
    """Say that the archive uses what is not read here."""
    return Problem(
        code=ArchiveProblem.UNSUPPORTED_ARCHIVE,
        member=member,
        found=found,
        expected=Words("a plain zip archive, stored or deflated, or a plain tar.gz archive"),
        repair=Words("make the archive with zip -r, or with tar -czf"),
    )


def encrypted(member: str, /) -> Problem:
    """Say that a file is encrypted."""
    return Problem(
        code=ArchiveProblem.ENCRYPTED_MEMBER,
        member=member,
        found=Words("an encrypted file"),
        expected=Words("files without a password"),
        repair=Words("make the archive without a password"),
    )


def not_a_regular_file(found: Words, /, *, member: str) -> Problem:
    """Say that a member is neither a file nor a folder."""
    return Problem(
        code=ArchiveProblem.NOT_A_REGULAR_FILE,
        member=member,
        found=found,
        expected=Words("regular files and folders only"),
        repair=Words("put the file itself in its place, or leave it out"),
    )


def not_utf8(name: bytes, /) -> Problem:
    """Say that a name cannot be read."""
    return Problem(
        code=ArchiveProblem.UNSAFE_NAME,
        member=visible(name.decode("ascii", errors="replace")),
        found=Words("a name that is not in UTF-8"),
        expected=Words("names in UTF-8"),
        repair=Words("rename the file to plain letters"),
    )
