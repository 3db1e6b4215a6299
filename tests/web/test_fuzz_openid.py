"""Hostile input on the way through an OpenID provider: of browsers, and of the provider itself."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.routing import Rule

from challenge_platform.bootstrap import Platform
from challenge_platform.web.openid_provider import Refusal
from tests.conftest import Participant
from tests.postgresql import on_both_databases
from tests.web.conftest import Answer, Browser, csrf_token, logged_in
from tests.web.hostile_requests import HOSTILE, Hostile, bounded, few_and_many, hostile, values
from tests.web.lying_provider import (
    NOWHERE,
    Provider,
    Say,
    come_back,
    is_page,
    sent_to,
    serving,
    with_provider,
)
from tests.web.routes import PLAUSIBLE, page_routes, unlimited_app

CALLBACK = "/login/openid/callback"
FIELDS = [
    *("next", "afresh", "code", "state", "error", "error_description", "iss", "session_state"),
    *("name", "password", "issuer", "email", "sub"),
]
"""What these pages and the return from the provider may be sent."""

OF_A_PERSON = ("sub", "email", "email_verified", "name", "preferred_username", "auth_time")
OF_A_LOG_IN = ("iss", "aud", "azp", "exp", "iat", "nonce")
OF_THE_PROVIDER = (
    *("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"),
    *("id_token_signing_alg_values_supported", "token_endpoint_auth_methods_supported"),
    "authorization_response_iss_parameter_supported",
)
OF_A_TOKEN = ("access_token", "token_type", "expires_in", "id_token", "error", "refresh_token")

pytestmark = on_both_databases
anything: st.SearchStrategy[object] = (
    values
    | st.sampled_from([None, True, False, 0, -1, 10**400, 1e300, float("nan"), "http://["])
    | st.just([])
    | st.lists(values, max_size=2)
    | st.dictionaries(values, values, max_size=2)
)


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Give a provider that is there."""
    with serving() as provider:
        yield provider


@pytest.fixture
def app(platform: Platform, provider: Provider) -> Flask:
    """Give the application as it runs, answering its own errors with 500, but without limits."""
    return unlimited_app(with_provider(platform, provider.issuer))


def stands(answer: Answer, /, *, away: bool = False) -> bool:
    """Whether an answer is no error; that the provider is away is one of the provider."""
    if away and is_page(answer, Refusal.UNAVAILABLE):
        return True
    return answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR


@few_and_many
@pytest.mark.parametrize("away", [False, True], ids=["there", "away"])
@pytest.mark.parametrize("persona", ["somebody new", "somebody with her address", "Alice"])
def test_no_page_breaks_for_whoever_is_back_from_the_provider(
    persona: str,
    away: bool,
    examples: int,
    app: Flask,
    platform: Platform,
    provider: Provider,
    alice: Participant,
) -> None:
    browser = logged_in(app, alice.user) if persona == "Alice" else Browser(app.test_client())
    if persona == "somebody with her address":
        provider.claims = {"email": alice.user.email}
    come_back(browser, provider)
    asked = sent_to(browser)  # so the cookie has who is back, and that another log-in has begun
    provider.nonce = asked["nonce"]
    token = csrf_token(browser.get("/profile/password" if persona == "Alice" else "/login"))
    cookie = browser.client.get_cookie("session")
    assert cookie
    reached = unlimited_app(with_provider(platform, NOWHERE)) if away else app

    for rule, method in page_routes(reached):
        if rule.endpoint.startswith("openid."):
            fuzz_page(
                reached,
                rule,
                method=method,
                cookie=cookie.value,
                form={**PLAUSIBLE, "issuer": provider.issuer, "csrf_token": token},
                query={"code": "a code", "state": asked["state"]} if CALLBACK in str(rule) else {},
                examples=examples,
                away=away,
            )


def fuzz_page(
    app: Flask,
    rule: Rule,
    /,
    *,
    method: str,
    cookie: str,
    form: dict[str, str],
    query: dict[str, str],
    examples: int,
    away: bool,
) -> None:
    """Send hostile requests to a route, each with the cookie, and check that none breaks it."""

    @bounded(examples)
    @given(request=hostile(FIELDS))
    def holds(*, request: Hostile) -> None:
        browser = Browser(app.test_client())
        browser.client.set_cookie("session", cookie)
        answer = browser.open(
            f"{rule}?{urlencode({**query, **request.query})}",
            method=method,
            data=None if method == "GET" else {**form, **request.form, "csrf_token": token},
            headers={name: text for name, text in request.headers.items() if name != "Cookie"},
        )
        assert stands(answer, away=away), f"{method} {rule}"

    token = form["csrf_token"]
    holds()


def go_through(app: Flask, provider: Provider, /, *, name: str) -> list[int]:
    """Log in by the provider, choose a name, see and unlink the log-in; give the statuses."""
    browser = Browser(app.test_client())
    answers = [browser.get("/login/openid")]
    asked = parse_qs(urlsplit(answers[0].location or "").query)
    provider.nonce = asked.get("nonce", ["none"])[0]
    back = {"code": "a code", "state": asked.get("state", ["none"])[0]}
    answers += [browser.get(CALLBACK, query_string=back)]
    answers += [browser.get(f"/login/openid/{page}") for page in ("link", "name")]
    if answers[-1].status_code == HTTPStatus.OK:
        answers += [browser.send("/login/openid/name", {"name": name})]
        answers += [browser.get("/profile"), browser.get("/profile/openid")]
    for answer in answers:
        assert stands(answer, away=True), (answer.status, answer.request.path)
    return [answer.status_code for answer in answers]


@pytest.mark.parametrize("field", ["sub", "name", "preferred_username"])
def test_no_text_in_a_claim_breaks_the_way_in(field: str, app: Flask, provider: Provider) -> None:
    entered = 0
    for number, text in enumerate(HOSTILE):
        person = {"sub": f"ada-{number}", "email": f"ada{number}@hospital.example"}
        provider.claims = {**person, field: text}

        statuses = go_through(app, provider, name=f"Ada {number}")

        assert HTTPStatus.SERVICE_UNAVAILABLE not in statuses, text
        entered += statuses[-1] == HTTPStatus.OK

    assert entered > 0


@few_and_many
@pytest.mark.parametrize(
    ("part", "fields"),
    [
        ("claims", OF_A_PERSON),
        ("claims", OF_A_LOG_IN),
        ("document", OF_THE_PROVIDER),
        ("token", OF_A_TOKEN),
        ("userinfo", OF_A_PERSON),
    ],
    ids=["person", "log-in", "document", "token", "userinfo"],
)
def test_nothing_that_a_provider_says_breaks_a_page(
    part: str, fields: tuple[str, ...], examples: int, platform: Platform, provider: Provider
) -> None:
    named = with_provider(platform, provider.issuer)

    @bounded(examples)
    @given(said=st.dictionaries(st.sampled_from(fields), anything, min_size=1), name=values)
    def holds(*, said: Say, name: str) -> None:
        endpoint = {"userinfo_endpoint": f"{provider.issuer}/userinfo"}
        provider.claims, provider.document, provider.token = {}, {}, {}
        if part == "userinfo":
            provider.claims, provider.document = {"email": None}, dict[str, Any](endpoint)
            said = {"sub": "ada-1", **said}
        setattr(provider, part, said)
        go_through(unlimited_app(named), provider, name=name)

    holds()
