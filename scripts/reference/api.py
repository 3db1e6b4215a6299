"""The page of the API: every operation and document, from the OpenAPI document."""

import tempfile
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from challenge_platform.bootstrap import Platform
from challenge_platform.config import Settings
from challenge_platform.web import create_app
from scripts.reference.markdown import inline, table
from scripts.reference.markdown import page as make_page
from scripts.reference.schema import Schema, kind, properties


def openapi() -> dict[str, Any]:
    """Give the OpenAPI document, from an application that serves nobody."""
    with tempfile.TemporaryDirectory() as folder:
        platform = Platform.from_settings(Settings(data_dir=Path(folder)))
        platform.keys.create()
        answer = create_app(platform).test_client().get("/openapi.json")
    return dict(answer.get_json())


def page() -> str:
    """Give the page."""
    document = openapi()
    schemas = document["components"]["schemas"]
    operations = [
        part
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for part in _operation(f"{method.upper()} {path}", operation, schemas)
    ]
    return make_page(
        "API",
        "A platform gives this as OpenAPI 3.1 at `/openapi.json`, and as a page at "
        "`/api-reference`.",
        "Send a token of your profile page as `Authorization: Bearer chp_…`; a session's cookie "
        "opens nothing here. What is refused is told in `application/problem+json` "
        "([Problem](#problem)).",
        *operations,
        "## Documents",
        *(part for name in sorted(schemas) for part in _document(name, schemas)),
    )


def _operation(title: str, operation: Schema, schemas: Schema) -> Iterator[str]:
    yield f"## {title}"
    yield operation["summary"]
    security = operation.get("security", [])
    needed = "A token is needed." if security == [{"token": []}] else "No token is needed."
    yield "A token is taken but not needed." if len(security) > 1 else needed
    parameters = [
        (
            inline(given["name"]),
            given["in"],
            kind(given["schema"], definitions=schemas),
            "required" if given["required"] else "",
        )
        for given in operation.get("parameters", ())
    ]
    yield table(("parameter", "in", "value", ""), parameters)
    for media, body in operation.get("requestBody", {}).get("content", {}).items():
        yield f"Body, as {inline(media)}:"
        schema = body["schema"]
        found = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        yield properties(found, definitions=schemas)
    yield table(("status", "answer"), _answers(operation, schemas))


def _answers(operation: Schema, schemas: Schema) -> Iterator[tuple[str, str]]:
    for status, answer in operation["responses"].items():
        bodies = [content["schema"] for content in answer.get("content", {}).values()]
        told = [kind(schema, definitions=schemas) for schema in bodies if "$ref" in schema]
        yield (
            f"{status} {HTTPStatus(int(status)).phrase}",
            told[0] if told else answer["description"],
        )


def _document(name: str, schemas: Schema) -> Iterator[str]:
    schema = schemas[name]
    if "properties" in schema:
        yield f"### {name}"
        yield " ".join(schema.get("description", "").split())
        yield properties(schema, definitions=schemas)
