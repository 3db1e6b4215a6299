"""How the API answers: with a document as JSON, or a problem."""

from http import HTTPStatus
from typing import Any

from flask import Response
from pydantic import BaseModel

from challenge_platform.web.problem import MEDIA_TYPE, Problem


def answer(
    document: BaseModel, /, *, status: int = HTTPStatus.OK, location: str | None = None
) -> Response:
    """Give the document as JSON."""
    response = Response(document.model_dump_json(), status, mimetype="application/json")
    if location is not None:
        response.location = location
    return response


def refusals(*statuses: HTTPStatus) -> dict[Any, Any]:
    """Describe, for OpenAPI, the problem documents that an operation may answer with.

    A blueprint must describe 422, or flask-openapi3 describes one that is not ours.
    """
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}}
    return {
        str(int(status)): {"description": status.phrase, "content": content} for status in statuses
    }
