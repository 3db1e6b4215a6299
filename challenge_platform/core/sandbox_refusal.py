"""What the sandbox's readers refuse, written as the refusal of an upload is."""

from collections.abc import Iterator
from contextlib import contextmanager

from challenge_platform.errors import InvalidUpload
from sandbox.archive import InvalidArchive, Problem
from sandbox.oci.problem import ImageProblem, InvalidImage
from scorers.predictions.archive import message_of


@contextmanager
def refused_as_upload() -> Iterator[None]:
    """Raise InvalidUpload, with the problems, in the place of InvalidArchive and InvalidImage."""
    try:
        yield
    except InvalidArchive as invalid:
        items = [_item(problem, member=problem.member) for problem in invalid.problems]
        raise InvalidUpload(str(invalid), problems=items, total=invalid.total) from invalid
    except InvalidImage as invalid:
        items = [_item(problem, member=problem.where) for problem in invalid.problems]
        raise InvalidUpload(str(invalid), problems=items, total=len(items)) from invalid


def _item(problem: Problem | ImageProblem, *, member: str | None) -> dict[str, str | int | None]:
    return {
        "code": problem.code,
        "line": None,
        "column": None,
        "member": member,
        "found": message_of(problem.found),
        "expected": message_of(problem.expected),
        "repair": message_of(problem.repair),
    }
