"""The description of the API: as an OpenAPI 3.1 document, and as a page made from it."""

from typing import Any, cast

from flask import Blueprint, current_app, jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_openapi3.openapi import OpenAPI

pages = Blueprint("reference", __name__)


@pages.get("/openapi.json")
def document() -> ResponseReturnValue:
    """Give the OpenAPI document."""
    return jsonify(_described())


@pages.get("/api-reference")
def page() -> ResponseReturnValue:
    """Show the operations of the API with their parameters and answers."""
    described = _described()
    operations = [
        {"method": method.upper(), "path": path, **operation}
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    return render_template(
        "reference.html", operations=operations, schemas=described["components"]["schemas"]
    )


def _described() -> dict[str, Any]:
    return cast("OpenAPI", current_app).api_doc
