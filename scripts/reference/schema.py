"""Tables of JSON Schema: what a document or a section has in it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.reference.markdown import inline, table

Schema = Mapping[str, Any]
RANGES = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} of them",
    "pattern": "matches `{}`",
}


def properties(schema: Schema, /, *, definitions: Schema) -> str:
    """Give the table of an object's properties."""
    needed = schema.get("required", ())
    rows = [
        (
            inline(name),
            kind(told, definitions=definitions),
            "required" if name in needed else _default(told),
            _meaning(told, definitions=definitions),
        )
        for name, told in schema.get("properties", {}).items()
    ]
    return table(("key", "value", "default", "meaning"), rows)


def kind(schema: Schema, /, *, definitions: Schema) -> str:
    """Say what a value is: a link to a section of the page, the words allowed, or a simple type."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        found = definitions[name]
        if "properties" in found:
            return f"[{name}](#{name.lower()})"
        return kind(found, definitions=definitions)
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(kind(option, definitions=definitions) for option in options)
    if schema.get("type") == "array" and "items" in schema:
        return f"list of {kind(schema['items'], definitions=definitions)}"
    values = schema.get("additionalProperties")
    if isinstance(values, Mapping):
        return f"map to {kind(values, definitions=definitions)}"
    return _simple(schema)


def _simple(schema: Schema) -> str:
    if "enum" in schema or "const" in schema:
        return ", ".join(inline(value) for value in schema.get("enum", [schema.get("const")]))
    types = schema.get("type", "anything")
    text = " or ".join(types) if isinstance(types, list) else types
    return f"{text} ({schema['format']})" if "format" in schema else str(text)


def _default(schema: Schema) -> str:
    if schema.get("default") is None:
        return "unset" if "default" in schema else ""
    return inline(json.dumps(schema["default"], ensure_ascii=False))


def _meaning(schema: Schema, *, definitions: Schema) -> str:
    referred = definitions.get(schema.get("$ref", "").rpartition("/")[2], {})
    said = schema.get("description") or " ".join(referred.get("description", "").split())
    examples = [inline(value) for value in schema.get("examples", ())]
    notes = [*_ranges(schema), *([f"such as {', '.join(examples)}"] if examples else [])]
    return f"{said} ({'; '.join(notes)})" if notes else said


def _ranges(schema: Schema) -> Iterator[str]:
    for option in (schema, *schema.get("anyOf", ())):
        for name, text in RANGES.items():
            if name in option:
                yield text.format(option[name])
