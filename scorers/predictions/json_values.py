"""JSON read strictly: small, flat, of few values, no key twice; each value as the text of a cell.

RFC 8259. Numbers stay the text that they are written as, so that the readers of tables judge them.
A place is told as a path of RFC 9535, such as `$[2].score`.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from scorers.message import Message
from scorers.predictions.nearest import nearest
from scorers.predictions.problems import Problem, ProblemCode, shown, visible
from scorers.tables import CodesColumn, Column, LabelColumn

DEPTH = 3
"""Brackets within one another: a list of objects with lists."""

# Possessive, and always matching to a quote or to the end: in one pass whatever it holds.
_TEXT = re.compile(rb'"(?:[^"\\]++|\\[\s\S])*+(?:"|\\?\Z)')
_BRACKETS = re.compile(rb"[\[\]{}]")


class Number(str):
    """The text of a number, `NaN` and the infinities included, which JSON does not have."""

    __slots__ = ()


class Members(tuple[tuple[str, Any], ...]):
    """The keys of an object and what they hold, in the order of the text."""

    __slots__ = ()


class Refused(Exception):
    """A document is not what was asked for; the problem says where."""

    def __init__(self, problem: Problem, /) -> None:
        self.problem = problem
        super().__init__(str(problem))


def refuse(
    path: str,
    /,
    *,
    found: Message,
    expected: Message,
    repair: Message,
    code: ProblemCode = ProblemCode.WRONG_DOCUMENT,
) -> NoReturn:
    """Raise Refused for what is at a path."""
    raise Refused(Problem(code=code, column=path, found=found, expected=expected, repair=repair))


def parsed(data: bytes, /, *, most: int) -> Any:  # noqa: ANN401 -- what JSON may hold
    """Return what a text of JSON holds: lists, Members, Number, str, bool and None.

    Raises Refused unless it is JSON in UTF-8, at most DEPTH deep, of about `most` values or fewer.
    """
    _require_small(data, most=most)
    try:
        return json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=Members,
            parse_float=Number,
            parse_int=Number,
            parse_constant=Number,
        )
    except json.JSONDecodeError as error:
        _refuse_text(
            Message(
                "no JSON at line {line}, column {column}", line=error.lineno, column=error.colno
            )
        )
    except UnicodeDecodeError as error:
        _refuse_text(Message("the byte 0x{byte:02x}, which is not UTF-8", byte=data[error.start]))


def _require_small(data: bytes, *, most: int) -> None:
    """Raise Refused for what would take more memory, or more of the stack, than was asked for."""
    bare = _TEXT.sub(b"", data)
    if bare.count(b",") + bare.count(b"[") + bare.count(b"{") > most:
        _refuse_text(Message("more values than are asked for"))
    depth = 0
    for bracket in _BRACKETS.findall(bare):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEPTH:
            _refuse_text(Message("brackets more than {most} deep", most=DEPTH))


def _refuse_text(found: Message) -> NoReturn:
    refuse(
        "$",
        code=ProblemCode.UNREADABLE_DOCUMENT,
        found=found,
        expected=Message("one whole text of JSON, in UTF-8"),
        repair=Message("write the file with a library, such as json.dump"),
    )


def members_of(value: Any, /, *, wanted: Collection[str], path: str) -> Mapping[str, Any]:  # noqa: ANN401 -- what JSON may hold
    """Return what an object holds by its keys; raise Refused unless they are those wanted."""
    if not isinstance(value, Members):
        refuse(
            path,
            found=described(value),
            expected=Message("an object with {names}", names=", ".join(wanted)),
            repair=Message("put the values between braces, each after its key"),
        )
    found = dict(value)
    if len(found) == len(value) and found.keys() == set(wanted):
        return found
    for key, count in Counter(key for key, _ in value).items():
        if count > 1:
            refuse(
                f"{path}.{visible(key)}",
                found=Message("the key {key} twice", key=shown(key)),
                expected=Message("each key once"),
                repair=Message("remove one of the two"),
            )
    missing = [name for name in wanted if name not in found]
    for key in found:
        if key in wanted:
            continue
        meant = nearest(key.casefold(), among={name.casefold(): name for name in missing})
        refuse(
            f"{path}.{visible(key)}",
            found=Message("the key {key}, which was not asked for", key=shown(key)),
            expected=Message("an object with {names}", names=", ".join(wanted)),
            repair=Message("write {meant}, if that is meant", meant=shown(meant))
            if meant
            else Message("remove it"),
        )
    refuse(
        path,
        found=Message("no key {key}", key=shown(missing[0])),
        expected=Message("an object with {names}", names=", ".join(wanted)),
        repair=Message("add it"),
    )


def cell_of(value: Any, /, *, column: Column, path: str) -> str:  # noqa: ANN401 -- what JSON may hold
    """Return a value as the text of a cell; raise Refused if it is of another kind."""
    if isinstance(column, CodesColumn):
        return _codes(value, column=column, path=path)
    if isinstance(column, LabelColumn) and isinstance(column.classes[0], str):
        return _text(value, path=path)
    if not isinstance(value, Number):
        refuse(
            path,
            found=described(value),
            expected=Message("a number"),
            repair=Message("write the number itself, without quotes"),
        )
    return str(value)


def _text(value: Any, *, path: str) -> str:  # noqa: ANN401 -- as above
    if not isinstance(value, str) or isinstance(value, Number):
        refuse(
            path,
            found=described(value),
            expected=Message("a text"),
            repair=Message("write it between quotes"),
        )
    if not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
        refuse(
            path,
            found=Message("half of a character"),
            expected=Message("a text"),
            repair=Message("write the whole character"),
        )
    return value


def _codes(value: Any, *, column: CodesColumn, path: str) -> str:  # noqa: ANN401 -- as above
    """Join a list of codes, none of which could be taken for two or for none."""
    if not isinstance(value, list):
        refuse(
            path,
            found=described(value),
            expected=Message("a list of codes, empty if there are none"),
            repair=Message("put the codes between [ and ]"),
        )
    codes = [_text(code, path=f"{path}[{number}]") for number, code in enumerate(value)]
    for number, code in enumerate(codes):
        if not code or column.separator in code:
            refuse(
                f"{path}[{number}]",
                found=shown(code),
                expected=Message('a code without "{separator}"', separator=column.separator),
                repair=Message("write each code as a text of its own"),
            )
    return column.separator.join(codes)


def described(value: Any, /) -> Message:  # noqa: ANN401 -- what JSON may hold
    """Say what a value is."""
    if isinstance(value, Number):
        return Message("the number {number}", number=visible(value))
    if isinstance(value, str):
        return Message("the text {text}", text=shown(value))
    if isinstance(value, list):
        return Message("a list of {count:,}", count=len(value))
    if isinstance(value, Members):
        return Message("an object")
    return Message("the word {word}", word=json.dumps(value))
