"""How much an archive may hold, counted while it is read, whatever it says of itself."""

from dataclasses import dataclass

from sandbox.archive.problems import ArchiveProblem, Problem, Words, refuse

MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class ArchiveLimits:
    """What an archive may hold: members, bytes unpacked in all and of one file, names.

    `ratio` is how many times larger than packed it may be unpacked, past the first `free` bytes.
    A name has at most `name` bytes in UTF-8 and `depth` parts.
    """

    members: int = 10_000
    unpacked: int = 256 * MIB
    file: int = 128 * MIB
    ratio: int = 100
    free: int = 10 * MIB
    depth: int = 16
    name: int = 200


class Meter:
    """Counts what comes out of an archive of `packed` bytes and stops it at a limit."""

    def __init__(self, limits: ArchiveLimits, /, *, packed: int) -> None:
        self.limits = limits
        self.unpacked = 0
        self._packed = packed
        self._members = 0

    def member(self) -> None:
        """Count one more member, be it a file, a folder or a record about one."""
        self._members += 1
        if self._members > self.limits.members:
            refuse(too_many_members(self.limits))

    def add(self, count: int, /) -> None:
        """Count bytes that were unpacked."""
        self.unpacked += count
        if self.unpacked > self.limits.unpacked:
            refuse(_unpacks_too_large(self.limits))
        if self.unpacked > self.limits.free + self.limits.ratio * self._packed:
            refuse(_packed_too_tightly(self.limits, packed=self._packed))


def too_many_members(limits: ArchiveLimits, /) -> Problem:
    """Say that there are more files and folders than are allowed."""
    return Problem(
        code=ArchiveProblem.TOO_MANY_MEMBERS,
        found=Words("more than {most:,} files and folders", most=limits.members),
        expected=Words("at most {most:,} files and folders", most=limits.members),
        repair=Words("leave out what the program does not need, such as .git or an environment"),
    )


def member_too_large(limits: ArchiveLimits, /, *, member: str) -> Problem:
    """Say that one file is larger than is allowed."""
    return Problem(
        code=ArchiveProblem.MEMBER_TOO_LARGE,
        member=member,
        found=Words("more than {most:,} bytes", most=limits.file),
        expected=Words("files of at most {most:,} bytes each", most=limits.file),
        repair=Words("make the file smaller, or split it"),
    )


def _unpacks_too_large(limits: ArchiveLimits) -> Problem:
    return Problem(
        code=ArchiveProblem.UNPACKS_TOO_LARGE,
        found=Words("more than {most:,} bytes when unpacked", most=limits.unpacked),
        expected=Words("at most {most:,} bytes when unpacked", most=limits.unpacked),
        repair=Words("leave out what the program does not need, such as data and old models"),
    )


def _packed_too_tightly(limits: ArchiveLimits, *, packed: int) -> Problem:
    return Problem(
        code=ArchiveProblem.PACKED_TOO_TIGHTLY,
        found=Words(
            "more than {ratio} times the {packed:,} bytes of the archive",
            ratio=limits.ratio,
            packed=packed,
        ),
        expected=Words("at most {ratio} times as many bytes as are packed", ratio=limits.ratio),
        repair=Words("leave out files that are almost empty, or make them when the program runs"),
    )
