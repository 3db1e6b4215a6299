"""What was wrong with predictions that a program made, kept for its team in any language.

Of a file that was made on hidden data hardly anything is kept: ids, lines, columns, cells and
counts of it may be hidden data, or say some.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from challenge_platform.core.feature_audit import Broken
from scorers.message import Message
from scorers.predictions.problems import InvalidPredictions, Problem, ProblemCode

Item = Mapping[str, str | int | None]

SEVERAL = 2

_OF_IDS = {
    ProblemCode.MISSING_ID,
    ProblemCode.UNKNOWN_ID,
    ProblemCode.MISSING_FILE,
    ProblemCode.EXTRA_FILE,
}


@dataclass(frozen=True, kw_only=True)
class Refused:
    """The problems that are told of a file, and how many there are; at least so many, if hidden."""

    problems: tuple[Item, ...] = ()
    total: int = 0


NOTHING = Refused()


def keep(invalid: InvalidPredictions, /, *, hidden: bool) -> dict[str, Any]:
    """Write what is wrong with a file as JSON values; of one made on hidden data hardly anything.

    A program chooses what is wrong, and how often, and could say much by it: the first kind of
    problem in the order of ProblemCode is told, and whether there is one problem or several.
    """
    problems = [_coarse(invalid)] if hidden else invalid.problems
    return {
        "total": min(invalid.total, SEVERAL) if hidden else invalid.total,
        "problems": [_document(problem) for problem in problems],
    }


def keep_broken(broken: Broken, /) -> dict[str, Any]:
    """Write which rule about features a program broke, as a problem without a place in a file."""
    return {
        "total": 1,
        "problems": [
            {
                "code": broken.rule.value,
                "line": None,
                "column": broken.target,
                "found": _write(broken.found),
                "expected": _write(broken.expected),
                "repair": _write(broken.repair),
            }
        ],
    }


def read(document: Mapping[str, Any] | None, /) -> Refused:
    """Read what `keep` wrote; NOTHING of a file that was not refused."""
    if document is None:
        return NOTHING
    return Refused(
        problems=tuple(_item(problem) for problem in document["problems"]),
        total=document["total"],
    )


def _coarse(invalid: InvalidPredictions) -> Problem:
    """Tell the kind of the first problem in a fixed order, and whether there are several."""
    found = {problem.code for problem in invalid.problems}
    code = next(code for code in ProblemCode if code in found)
    several = invalid.total >= SEVERAL
    return Problem(
        code=code,
        found=Message("several problems") if several else Message("one problem"),
        expected=Message("none"),
        repair=_repair(code),
    )


def _repair(code: ProblemCode) -> Message:
    if code in _OF_IDS:
        return Message("read the ids from the file in /input, and from nowhere else")
    return Message("look at what the program writes for unusual cells of its input, such as none")


def _document(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "line": problem.line,
        "column": problem.column,
        "member": problem.member,
        "found": _write(problem.found),
        "expected": _write(problem.expected),
        "repair": _write(problem.repair),
    }


def _item(document: Mapping[str, Any]) -> Item:
    texts = {name: _read(document[name]) for name in ("found", "expected", "repair")}
    # A file that was refused before archives were read has no member.
    return {name: document.get(name) for name in ("code", "line", "column", "member")} | texts


def _write(message: Message) -> dict[str, Any]:
    """Keep a message as its template and values, by which it can be said in other languages."""
    values = {
        name: _write(value)
        if isinstance(value, Message)
        else value
        if isinstance(value, int | float)
        else str(value)
        for name, value in message.values.items()
    }
    return {"template": message.template, "values": values}


def _read(document: Mapping[str, Any]) -> Message:
    values = {
        name: _read(value) if isinstance(value, dict) else value
        for name, value in document["values"].items()
    }
    return Message(document["template"], **values)
