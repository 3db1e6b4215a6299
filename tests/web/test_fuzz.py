"""Hostile input to every operation of the API and every page: refused in words, never a 5xx."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from werkzeug.routing import Rule

from challenge_platform.bootstrap import Platform
from challenge_platform.core.account import User
from challenge_platform.core.challenge import PublishedChallenge
from tests.conftest import Participant, participant
from tests.postgresql import on_both_databases
from tests.web.conftest import Browser, Program, Visitor, csrf_token, predictions
from tests.web.hostile_requests import Hostile, bounded, few_and_many, hostile
from tests.web.lying_provider import Provider, serving, with_provider
from tests.web.routes import PLAUSIBLE, Values, address_of, known_values, page_routes, unlimited_app

load_all_checks()
HOLDING: list[Any] = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "ignored_auth",
    ]
)
"""What must hold of every answer of the API."""

personas = pytest.mark.parametrize("persona", ["participant", "anonymous"])
pytestmark = on_both_databases


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """Give a provider by which people may log in."""
    with serving() as provider:
        yield provider


@pytest.fixture
def app(platform: Platform, provider: Provider) -> Flask:
    """Give the application as it runs, answering its own errors with 500, but without limits."""
    return unlimited_app(with_provider(platform, provider.issuer))


@pytest.fixture
def known(platform: Platform, alice: Participant) -> Values:
    """Give values that exist: of Alice's scored submission, and of the challenge."""
    return known_values(platform, alice)


def fuzz_operation(
    operation: APIOperation[Any, Any, Any, Any],
    /,
    *,
    mode: GenerationMode,
    known: Mapping[str, Any],
    headers: Mapping[str, str],
    examples: int,
) -> Counter[int]:
    """Send cases, half of them with what is known, and check the answers; give their statuses."""
    seen: Counter[int] = Counter()

    @bounded(examples)
    @given(
        case=operation.as_strategy(generation_mode=mode),
        keys=st.sets(st.sampled_from(sorted(known))),
        found=st.booleans(),
    )
    def holds(*, case: schemathesis.Case[Any], keys: set[str], found: bool) -> None:
        keys = keys | set(case.path_parameters or ()) if found else keys
        for part in (case.path_parameters, case.query, case.body):
            if isinstance(part, dict):
                part.update({key: known[key] for key in part if key in known and key in keys})
        seen[case.call_and_validate(headers=dict(headers), checks=HOLDING).status_code] += 1

    with suppress(Unsatisfiable):  # an operation without input has none that is wrong
        holds()
    return seen


@few_and_many
@personas
def test_what_the_api_answers_is_what_it_documents(
    persona: str, examples: int, app: Flask, alices: Program, known: Values
) -> None:
    headers = {"Authorization": f"Bearer {alices.token}"} if persona == "participant" else {}
    existing = {**PLAUSIBLE, **known, "name": known["file:name"], "file": predictions()}
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)

    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        seen: Counter[int] = Counter()
        for mode in GenerationMode:
            seen += fuzz_operation(
                operation, mode=mode, known=existing, headers=headers, examples=examples
            )
        assert set(seen) - {HTTPStatus.NOT_FOUND}, f"nothing is ever found: {operation.label}"


def fields_of(app: Flask, visitor: Visitor, known: Values) -> list[str]:
    """List the names of all fields of all forms, and of the parts of all addresses."""
    names = {"next", "q", "sort", "page", "language"}
    for rule, _ in page_routes(app, method="GET"):
        names |= rule.arguments
        answer = visitor.get(address_of(rule, known))
        if answer.mimetype == "text/html":
            names |= set(re.findall(r'name="(\w+)"', answer.text))
    return sorted(names - {"csrf_token", "viewport"})


@few_and_many
@personas
def test_no_page_breaks(
    persona: str,
    examples: int,
    app: Flask,
    platform: Platform,
    challenge: PublishedChallenge,
    alice: Participant,
    browser: Callable[[User], Browser],
    known: Values,
) -> None:
    fields = fields_of(app, browser(alice.user), known)
    for number, (rule, method) in enumerate(page_routes(app)):
        visitor, form = Browser(app.test_client()), "/login"
        if persona == "participant":
            # What changes an account gets one of its own, so that Alice's stays as it is.
            own = method != "GET" and not rule.endpoint.startswith(("challenges", "submissions"))
            who = participant(platform, challenge, name=f"person{number}") if own else alice
            visitor, form = browser(who.user), "/profile/password"
        fuzz_page(
            visitor,
            rule,
            method=method,
            known=known,
            fields=fields,
            token=csrf_token(visitor.get(form)),
            examples=examples,
        )


def fuzz_page(
    visitor: Browser,
    rule: Rule,
    /,
    *,
    method: str,
    known: Values,
    fields: list[str],
    token: str,
    examples: int,
) -> None:
    """Send hostile requests to a route and check that none is an error of ours."""

    @bounded(examples)
    @given(request=hostile(fields))
    def stands(*, request: Hostile) -> None:
        form: dict[str, Any] = {**PLAUSIBLE, **request.form, "csrf_token": token}
        if "submit" in rule.endpoint:
            form["file"] = (BytesIO(predictions()), request.filename)
        answer = visitor.open(
            f"{address_of(rule, known, instead=request.places)}?{urlencode(request.query)}",
            method=method,
            data=None if method == "GET" else form,
            headers=request.headers,
        )
        assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, f"{method} {rule}"

    stands()
