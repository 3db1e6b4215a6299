"""The page of challenge.yaml: one section for each section of the file, from its JSON Schema."""

from collections.abc import Iterator

from challenge_platform.core.definition_file import json_schema
from scripts.reference.markdown import code
from scripts.reference.markdown import page as make_page
from scripts.reference.schema import Schema, properties


def page() -> str:
    """Give the page."""
    schema = json_schema()
    definitions = schema["$defs"]
    return make_page(
        "challenge.yaml",
        "The file `challenges/<slug>/challenge.yaml` says everything that the platform must know "
        "about a challenge. An unknown key is an error that names the nearest known one; times "
        "carry an offset; every path is inside the challenge's folder.",
        "`challenge schema` prints this as JSON Schema, by which an editor completes and checks "
        "the file as you write:",
        code("challenge schema > challenge.schema.json", language="sh"),
        "Put `# yaml-language-server: $schema=challenge.schema.json` into its first line.",
        "## The whole file",
        properties(schema, definitions=definitions),
        *(part for name in sorted(definitions) for part in _section(name, definitions)),
    )


def _section(name: str, definitions: Schema) -> Iterator[str]:
    schema = definitions[name]
    if "properties" in schema:
        yield f"## {name}"
        yield " ".join(schema.get("description", "").split())
        yield properties(schema, definitions=definitions)
