"""Reading challenge.yaml, with every mistake named and its place; and the file's JSON Schema."""

from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import ValidationError

from challenge_platform.core.definition import ChallengeDefinition, suggest
from challenge_platform.errors import InvalidInput


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of challenge.yaml, for editors and other programs."""
    schema = ChallengeDefinition.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def read_definition(path: Path, /) -> ChallengeDefinition:
    """Read challenge.yaml; raise InvalidInput naming the file and each place that is wrong."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidInput("{path} cannot be read: {error}", path=path, error=error) from error
    try:
        return ChallengeDefinition.model_validate(document)
    except ValidationError as error:
        lines = "".join(f"\n  {_explain(detail)}" for detail in error.errors(include_url=False))
        raise InvalidInput(
            "{path} is not a valid challenge:{lines}", path=path, lines=lines
        ) from error


def _explain(detail: Any) -> str:  # noqa: ANN401 -- pydantic's ErrorDetails
    place = ".".join(str(part) for part in detail["loc"]) or "the document"
    if detail["type"] == "extra_forbidden":
        known = _known_keys(detail["loc"][:-1])
        return f"{place}: unknown key{suggest(str(detail['loc'][-1]), known)}"
    return f"{place}: {detail['msg']}"


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    model: Any = ChallengeDefinition
    for part in location:
        if isinstance(part, str) and part in getattr(model, "model_fields", {}):
            model = _model_in(model.model_fields[part].annotation, tag=_tag_in(location))
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
