"""Every message that the program makes for a reader, found in its source."""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

import challenge_platform
import sandbox.archive
import sandbox.oci
import scorers
from challenge_platform import errors
from challenge_platform.errors import InvalidUpload, RequestRefused, Sealed

PLATFORM = Path(challenge_platform.__file__).parent
SOURCES = [
    path
    for package in (challenge_platform, sandbox.archive, sandbox.oci, scorers)
    for path in sorted(Path(str(package.__file__)).parent.rglob("*.py"))
    if not {PLATFORM / "cli", PLATFORM / "spreadsheet"} & set(path.parents)
]
"""The modules whose messages a page may show; those of the command line are read by it alone."""

MAKERS = {
    name
    for name, error in inspect.getmembers(errors, inspect.isclass)
    if issubclass(error, RequestRefused | Sealed)
    and error is not InvalidUpload  # which carries problems, each with messages of its own
} | {"Message", "Words"}
"""The names of what is made of a template and of the values for its places."""

NO_VALUES = {"next_slot"}
"""What some of them take besides."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A message as it is made: where, of which literal (None if it is none), with which values."""

    place: str
    template: str | None
    values: frozenset[str]


def made() -> Iterator[Made]:
    """Find every place where a message is made; a copy, which passes `**` on, is none."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in MAKERS:
                values = {keyword.arg for keyword in node.keywords} - NO_VALUES
                if None not in values:
                    yield Made(
                        place=f"{path.parent.name}/{path.name}:{node.lineno}",
                        template=_literal(node.args),
                        values=frozenset(filter(None, values)),
                    )


def places(template: str, /) -> list[tuple[str, str, str]]:
    """List the places of a template by name, each with its conversion and its format.

    The format of a date is left out, for each language has its own.
    """
    return sorted(
        (name, conversion or "", "" if "%" in (spec or "") else spec or "")
        for _, name, spec, conversion in Formatter().parse(template)
        if name is not None
    )


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _literal(arguments: list[ast.expr]) -> str | None:
    match arguments:
        case [ast.Constant(value=str(text))]:
            return text
    return None
