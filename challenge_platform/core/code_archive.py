"""Checking an archive of code when it is sent in; it is unpacked in the sandbox alone."""

from dataclasses import replace

from challenge_platform.errors import InvalidUpload
from sandbox.archive import (
    ArchiveLimits,
    InvalidArchive,
    Listing,
    Problem,
    Words,
    check_archive,
)
from sandbox.entry import MAIN
from scorers.message import Message


def check_code(content: bytes, /, *, scratch: int | None = None) -> Listing:
    """List what an archive of code holds, all of which must fit into `scratch` bytes, if given.

    Raise InvalidUpload, with its problems, when it cannot be unpacked or has no main.py.
    """
    limits = ArchiveLimits()
    if scratch is not None:
        limits = replace(limits, unpacked=min(scratch, limits.unpacked))
    try:
        return check_archive(content, limits=limits, must_have=(MAIN,))
    except InvalidArchive as invalid:
        problems = [_told(problem) for problem in invalid.problems]
        raise InvalidUpload(str(invalid), problems=problems, total=invalid.total) from invalid


def _told(problem: Problem) -> dict[str, str | int | None]:
    return {
        "code": problem.code,
        "line": None,
        "column": None,
        "member": problem.member,
        "found": _message(problem.found),
        "expected": _message(problem.expected),
        "repair": _message(problem.repair),
    }


def _message(words: Words) -> Message:
    return Message(words.template, **words.values)
