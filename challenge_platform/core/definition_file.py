"""Reading challenge.yaml, with every mistake named, its place and its repair; its JSON Schema."""

import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import ValidationError

from challenge_platform.core.data_section import Data
from challenge_platform.core.definition import ChallengeDefinition, suggest
from challenge_platform.core.table_section import Table
from challenge_platform.core.yaml_places import Document, Path_, Place, read_document
from challenge_platform.errors import InvalidInput

_DOTTED = re.compile(r"\b[a-z_]+(?:\.[a-z_]+)+\b")
_QUOTED = re.compile(r"'([^']+)'")
SHOWN = 60
"""Characters of a wrong value that a message repeats."""

REPAIRS = {
    "missing": "add this key",
    "string_type": "write a text, in quotes if it looks like a number or a date",
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "int_type": "write a whole number",
    "int_parsing": "write a whole number",
    "int_from_float": "write a whole number",
    "float_type": "write a number",
    "float_parsing": "write a number",
    "dict_type": "write keys with values, one a line and indented, or {key: value}",
    "model_type": "write keys with values, one a line and indented, or {key: value}",
    "model_attributes_type": "write keys with values, one a line and indented, or {key: value}",
    "tuple_type": "write a list: [one, two], or a line that begins with a dash for each",
    "list_type": "write a list: [one, two], or a line that begins with a dash for each",
    "timezone_aware": "write a time with its offset, such as 2026-11-01T09:00:00+01:00",
    "timezone_offset": "write a time with its offset, such as 2026-11-01T09:00:00+01:00",
    "time_delta_parsing": "write a period such as 24h, 7d or 90m",
    "byte_size": "write a size such as 10MB or 4GiB",
    "byte_size_unit": "write a size such as 10MB or 4GiB",
    "union_tag_invalid": "write one of these",
    "union_tag_not_found": "add the key `type`",
    "string_pattern_mismatch": "leave out spaces and other signs, and begin as the pattern does",
    "too_short": "add to it",
    "string_too_short": "write something",
    "string_too_long": "write less",
    "greater_than": "write a larger number",
    "greater_than_equal": "write a larger number",
    "less_than": "write a smaller number",
    "less_than_equal": "write a smaller number",
}
"""What to do about each of pydantic's kinds of error; the others say it themselves."""


@dataclass(frozen=True, kw_only=True)
class Flaw:
    """One mistake in a file of a challenge: where it is, what it is, how it is repaired."""

    file: Path
    place: Place | None = None
    key: str = ""
    what: str
    repair: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.place}" if self.place else str(self.file)
        what = f"{self.key}: {self.what}" if self.key else self.what
        return f"{where}: {what}; {self.repair}" if self.repair else f"{where}: {what}"


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of challenge.yaml, for editors and other programs."""
    schema = ChallengeDefinition.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def read_definition(path: Path, /) -> ChallengeDefinition:
    """Read challenge.yaml; raise InvalidInput naming the file and each place that is wrong."""
    definition, flaws, _ = examine(path)
    if definition is None:
        lines = "".join(f"\n  {flaw}" for flaw in flaws)
        raise InvalidInput("{path} is not a valid challenge:{lines}", path=path, lines=lines)
    return definition


def examine(path: Path, /) -> tuple[ChallengeDefinition | None, list[Flaw], Document]:
    """Read challenge.yaml; give the definition unless it has flaws, all of them, and its places."""
    empty = Document(value=None)
    try:
        document = read_document(path.read_text(encoding="utf-8"))
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        return None, [Flaw(file=path, what=what, repair="write it, or name another folder")], empty
    except UnicodeDecodeError as error:
        what = f"cannot be read: byte {error.start} is not UTF-8"
        return None, [Flaw(file=path, what=what, repair="save it as UTF-8")], empty
    except yaml.YAMLError as error:
        return None, [_not_yaml(path, error)], empty
    flaws = [_twice(path, key, document=document) for key in document.twice]
    try:
        definition = ChallengeDefinition.model_validate(document.value)
    except ValidationError as error:
        details = _causes(error.errors(include_url=False))
        flaws += [_flaw(path, detail, document=document) for detail in details]
        return None, sorted(flaws, key=lambda flaw: flaw.place or Place(0, 0)), document
    return (None if flaws else definition), flaws, document


def _causes(details: list[Any]) -> list[Any]:
    """Leave out lists that are too short only because what is in them is wrong."""
    places = [detail["loc"] for detail in details]
    return [
        detail
        for detail in details
        if detail["type"] != "too_short"
        or not any(
            len(place) > len(detail["loc"]) and place[: len(detail["loc"])] == detail["loc"]
            for place in places
        )
    ]


def _not_yaml(path: Path, error: yaml.YAMLError) -> Flaw:
    mark = getattr(error, "problem_mark", None)
    place = None if mark is None else Place(mark.line + 1, mark.column + 1)
    what = getattr(error, "problem", None) or str(error)
    repair = "look at the indentation, and put texts with a colon or a # in quotes"
    return Flaw(file=path, place=place, what=f"cannot be read as YAML: {what}", repair=repair)


def _twice(path: Path, key: Path_, *, document: Document) -> Flaw:
    return Flaw(
        file=path,
        place=document.place_of(key, key=True),
        key=_dotted(key),
        what="the key is there twice, and the first is lost",
        repair="keep one of them",
    )


def _flaw(path: Path, detail: Any, *, document: Document) -> Flaw:  # noqa: ANN401 -- pydantic's ErrorDetails
    location, kind = detail["loc"], detail["type"]
    known = document.path_of(location)
    if kind == "extra_forbidden":
        return Flaw(
            file=path,
            place=document.place_of(known, key=True),
            key=_dotted(known),
            what="unknown key",
            repair=_nearest(location[-1], _known_keys(location[:-1])) or "take it out",
        )
    shown = known if kind != "missing" else (*known, location[-1])
    what = str(detail["msg"]).removeprefix("Value error, ")
    if kind not in {"missing", "value_error"}:
        what += f"; found {_shown(detail['input'])}"
    return Flaw(
        file=path,
        place=document.place_of(_pointed_at(what, within=known, document=document)),
        key=_dotted(shown) or "the document",
        what=what,
        repair=_repair(detail),
    )


def _repair(detail: Any) -> str:  # noqa: ANN401 -- pydantic's ErrorDetails
    if detail["type"] in {"literal_error", "enum"}:
        allowed = str(detail["ctx"]["expected"]).replace(" or ", ", ").split(", ")
        words = [word.strip("'") for word in allowed]
        return _nearest(detail["input"], words)
    return REPAIRS.get(detail["type"], "")


def _nearest(word: object, known: list[str]) -> str:
    return str(suggest(str(word), known)).removeprefix("; ")


def _pointed_at(what: str, *, within: Path_, document: Document) -> Path_:
    """Give the path of the key, or else of the value, that a message about a section names."""
    for words in (words.split(".") for words in _DOTTED.findall(what)):
        for path in ((*within, *words), tuple(words), (*within, *words[1:])):
            if document.path_of(path) == path:
                return path
    named = set(_QUOTED.findall(what))
    inside = (path for path in document.values if path[: len(within)] == within)
    return next((path for path in inside if str(document.at(path)) in named), within)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _dotted(path: Path_) -> str:
    return ".".join(str(part) for part in path)


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    """Give the keys of the section at a location, in which tags of unions are steps too."""
    model: Any = ChallengeDefinition
    for part, after in itertools.pairwise((*location, "")):
        if isinstance(part, str) and part in getattr(model, "model_fields", {}):
            model = _model_in(model.model_fields[part].annotation, tag=_tag_in(location))
        if part == "data" and model is Data and after == "(table)":
            model = Table
    fields = getattr(model, "model_fields", {})
    return [field.alias or name for name, field in fields.items()]


def _tag_in(location: tuple[int | str, ...]) -> str:
    """Give the last part of a location: the tag, where it leads to one of several models."""
    return str(location[-1]) if location else ""


def _model_in(annotation: Any, /, *, tag: str) -> Any:  # noqa: ANN401 -- any type there is
    """Give the model within a type: the values' of a map, the one with this tag of several."""
    if hasattr(annotation, "model_fields"):
        return annotation
    inner = getattr(annotation, "__args__", ())
    if get_origin(annotation) is dict:
        inner = inner[-1:]
    models = [_model_in(each, tag=tag) for each in inner if each is not type(None)]
    told = [each for each in models if tag in _tags(each)]
    return next(iter(told or models), None)


def _tags(model: Any, /) -> tuple[str, ...]:  # noqa: ANN401 -- a model or nothing
    field = getattr(model, "model_fields", {}).get("type")
    return get_args(field.annotation) if field else ()
