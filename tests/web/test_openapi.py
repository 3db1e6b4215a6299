"""The OpenAPI document: valid, complete, and true about who needs a token."""

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.web.conftest import API, Visitor

PUBLIC = {
    ("/api/v1/challenges", "get"),
    ("/api/v1/challenges/{slug}", "get"),
    ("/api/v1/challenges/{slug}/final", "get"),
    ("/api/v1/challenges/{slug}/leaderboard", "get"),
    ("/api/v1/receipt-key", "get"),
}


def test_the_document_is_openapi_3_1(anonymous: Visitor) -> None:
    document = anonymous.get("/openapi.json").json

    assert document["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document).validate()


def test_every_route_of_the_api_is_described(app: Flask, anonymous: Visitor) -> None:
    paths = anonymous.get("/openapi.json").json["paths"]
    described = {(path, method) for path, methods in paths.items() for method in methods}
    routes = {
        (str(rule).replace("<slug:", "{").replace("<hex:", "{").replace("<file:", "{"), method)
        for rule in app.url_map.iter_rules()
        if str(rule).startswith(API)
        for method in rule.methods or ()
        if method not in {"HEAD", "OPTIONS"}
    }

    assert described == {(path.replace(">", "}"), method.lower()) for path, method in routes}


@pytest.mark.usefixtures("challenge")
def test_an_operation_that_needs_a_token_says_so(anonymous: Visitor) -> None:
    paths = anonymous.get("/openapi.json").json["paths"]
    for path, methods in paths.items():
        for method, operation in methods.items():
            concrete = path.format(slug="tiny-survival", id="0", name="x")
            answer = anonymous.open(concrete, method=method.upper(), json={"agreement_version": ""})
            assert (answer.status_code == 401) is ((path, method) not in PUBLIC)
            required = operation.get("security") == [{"token": []}]
            assert required is ((path, method) not in PUBLIC)
            assert operation["summary"]
