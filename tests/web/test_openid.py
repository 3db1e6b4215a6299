"""Answers of an OpenID provider that must not be believed: a page each, no session, no account."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any, cast

import pytest
from joserfc.jwk import OctKey
from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.core import identity
from challenge_platform.core.account import User
from challenge_platform.core.identity import Claims
from challenge_platform.web.openid_provider import Refusal
from challenge_platform.web.openid_wording import REFUSED
from tests.conftest import Participant
from tests.web.conftest import Browser, csrf_token
from tests.web.lying_provider import (
    CLIENT,
    NOWHERE,
    SECRET,
    SUBJECT,
    Provider,
    Say,
    come_back,
    is_page,
    key,
    sent_to,
    serving,
    signed,
    site,
)


def unsigned(claims: Say) -> str:
    """Write an ID token that says that it needs no signature."""
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    return ".".join([*(urlsafe_b64encode(part).decode().rstrip("=") for part in parts), ""])


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Give a provider that is there."""
    with serving() as provider:
        yield provider


@pytest.fixture
def visitor(platform: Platform, provider: Provider) -> Browser:
    """Give a browser at a platform that has the provider."""
    return site(platform, provider.issuer)


def people(platform: Platform) -> int:
    """Count the accounts."""
    with platform.database.reading() as session:
        return len(session.exec(select(User)).all())


def test_a_truthful_answer_is_believed(visitor: Browser, provider: Provider) -> None:
    answer = come_back(visitor, provider)

    assert (answer.status_code, answer.location) == (303, "/login/openid/link")
    assert visitor.get(answer.location).location == "/login/openid/name"


def test_state_nonce_and_a_challenge_for_the_code_are_sent_along(visitor: Browser) -> None:
    first, second = sent_to(visitor), sent_to(visitor)

    assert first["code_challenge_method"] == "S256"
    assert first["redirect_uri"] == "http://127.0.0.1:8080/login/openid/callback"
    assert first["scope"] == "openid email profile"
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 20
        assert first[name] != second[name]


UNTRUE: list[tuple[str, Say]] = [
    ("another audience", {"claims": {"aud": "another-client"}}),
    ("several audiences without us", {"claims": {"aud": ["one", "two"], "azp": CLIENT}}),
    ("another party", {"claims": {"aud": [CLIENT, "another"], "azp": "another"}}),
    ("another issuer", {"claims": {"iss": "https://evil.example"}}),
    ("no issuer", {"claims": {"iss": None}}),
    ("no subject", {"claims": {"sub": None}}),
    ("expired", {"claims": {"exp": int(time.time()) - 3600}}),
    ("no end", {"claims": {"exp": None}}),
    ("issued in the future", {"claims": {"iat": int(time.time()) + 3600}}),
    ("another nonce", {"stale_nonce": "of another log-in"}),
    ("no nonce", {"claims": {"nonce": None}}),
    ("another key", {"sign": lambda claims: signed(claims, by=key("second"))}),
    ("no signature", {"sign": unsigned, "document": {
        "id_token_signing_alg_values_supported": ["none", "RS256"]}}),
    ("a shared secret", {"sign": lambda claims: signed(
        claims, by=OctKey.import_key(SECRET), alg="HS256"), "document": {
        "id_token_signing_alg_values_supported": ["HS256", "RS256"]}}),
    ("no token", {"sign": lambda _claims: "no.token"}),
    ("no ID token", {"token": {"id_token": None}}),
    ("an error", {"token": {"error": "invalid_client"}}),
    ("a time that is none", {"claims": {"auth_time": 1e300}}),
    ("userinfo of another", {"document": {"userinfo_endpoint": "/userinfo"}, "claims": {
        "email": None}, "userinfo": {"sub": "eve-2", "email": "e@x.org", "email_verified": True}}),
]  # fmt: skip


@pytest.mark.parametrize("said", [said for _, said in UNTRUE], ids=[name for name, _ in UNTRUE])
def test_what_is_not_proved_is_not_believed(
    said: Say, visitor: Browser, provider: Provider, platform: Platform
) -> None:
    said = {**said}
    if "userinfo_endpoint" in said.get("document", {}):
        said["document"] = {"userinfo_endpoint": f"{provider.issuer}/userinfo"}
    for name, value in said.items():
        setattr(provider, name, value)

    answer = come_back(visitor, provider)

    assert is_page(answer, Refusal.INVALID), answer.text
    assert people(platform) == 0
    assert is_page(visitor.get("/login/openid/link"), Refusal.LOST)


def test_the_userinfo_of_the_same_person_completes_the_token(
    visitor: Browser, provider: Provider
) -> None:
    provider.document = {"userinfo_endpoint": f"{provider.issuer}/userinfo"}
    provider.claims = {"email": None, "email_verified": None}
    provider.userinfo = {"sub": SUBJECT, "email": "ada@x.org", "email_verified": True}

    come_back(visitor, provider)

    assert "ada@x.org" in visitor.get("/login/openid/name").text


def test_a_new_key_of_the_provider_is_fetched(visitor: Browser, provider: Provider) -> None:
    come_back(visitor, provider)
    provider.published = "second"
    provider.sign = lambda claims: signed(claims, by=key("second"))

    assert come_back(visitor, provider).status_code == 303


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"state": "of another browser"}, Refusal.LOST),
        ({"state": ""}, Refusal.LOST),
        ({"error": "access_denied"}, Refusal.DECLINED),
        ({"error": "server_error", "error_description": "<script>x</script>"}, Refusal.INVALID),
        ({"iss": "https://evil.example"}, Refusal.INVALID),
        ({"iss": "https://evil.example", "error": "access_denied"}, Refusal.INVALID),
    ],
)
def test_a_return_that_does_not_fit_is_refused(
    changes: dict[str, str], refusal: Refusal, visitor: Browser, provider: Provider
) -> None:
    answer = come_back(visitor, provider, **changes)

    assert is_page(answer, refusal), answer.text
    assert "<script>x" not in answer.text


def test_a_return_without_a_code_or_a_beginning_is_refused(
    visitor: Browser, provider: Provider
) -> None:
    assert is_page(visitor.get("/login/openid/callback?code=x&state=y"), Refusal.LOST)
    state = sent_to(visitor)["state"]
    assert is_page(visitor.get(f"/login/openid/callback?state={state}"), Refusal.LOST)
    assert provider.nonce == ""


def test_a_log_in_that_failed_once_is_begun_again(visitor: Browser, provider: Provider) -> None:
    asked = sent_to(visitor)
    visitor.get("/login/openid/callback?code=x&state=y")
    provider.nonce = asked["nonce"]

    answer = visitor.get(f"/login/openid/callback?code=x&state={asked['state']}")

    assert is_page(answer, Refusal.LOST)


def test_a_provider_that_names_itself_must_do_so(visitor: Browser, provider: Provider) -> None:
    provider.document = {"authorization_response_iss_parameter_supported": True}

    assert is_page(come_back(visitor, provider), Refusal.INVALID)
    assert come_back(visitor, provider, iss=provider.issuer).status_code == 303


@pytest.mark.parametrize("path", ["/token", "/keys", "/userinfo"])
def test_a_provider_that_breaks_down_is_told_apart_from_a_lie(
    path: str, visitor: Browser, provider: Provider
) -> None:
    provider.document = {"userinfo_endpoint": f"{provider.issuer}/userinfo"}
    provider.claims = {"email": None}
    provider.status = {path: 502}

    assert is_page(come_back(visitor, provider), Refusal.UNAVAILABLE)


def test_a_provider_that_cannot_be_reached_is_asked_again_the_next_time(
    visitor: Browser, provider: Provider
) -> None:
    provider.status = {"/.well-known/openid-configuration": 503}
    assert is_page(visitor.get("/login/openid"), Refusal.UNAVAILABLE)

    provider.status = {}
    assert visitor.get("/login/openid").status_code == 302


def test_a_provider_that_is_not_there_is_told(platform: Platform) -> None:
    visitor = site(platform, NOWHERE)

    assert is_page(visitor.get("/login/openid"), Refusal.UNAVAILABLE)
    assert visitor.get("/login").status_code == 200


def test_a_provider_that_goes_away_while_somebody_is_there_is_told(platform: Platform) -> None:
    with serving() as provider:
        visitor = site(platform, provider.issuer)
        state = sent_to(visitor)["state"]

    answer = visitor.get(f"/login/openid/callback?code=x&state={state}")

    assert is_page(answer, Refusal.UNAVAILABLE), answer.text


def test_a_provider_that_calls_itself_another_is_refused_until_it_does_not(
    visitor: Browser, provider: Provider
) -> None:
    provider.document = {"issuer": f"{provider.issuer}/"}
    assert is_page(visitor.get("/login/openid"), Refusal.INVALID)

    provider.document = {}
    assert visitor.get("/login/openid").status_code == 302


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": "false"},
        {"email_verified": None},
        {"email": None},
        {"email": "no address"},
        {"email": ""},
    ],
)
def test_without_a_verified_address_no_account_is_made(
    claims: Say, visitor: Browser, provider: Provider
) -> None:
    provider.claims = claims

    assert is_page(come_back(visitor, provider), Refusal.UNVERIFIED)
    assert is_page(visitor.get("/login/openid/name"), Refusal.LOST)


def test_who_came_back_is_forgotten_after_ten_minutes(
    visitor: Browser, provider: Provider, platform: Platform
) -> None:
    come_back(visitor, provider)
    assert visitor.get("/login/openid/name").status_code == 200

    cast("Any", platform.clock).advance(minutes=10)

    assert is_page(visitor.get("/login/openid/name"), Refusal.LOST)


def test_the_cookie_keeps_one_log_in_at_a_time(visitor: Browser) -> None:
    for _ in range(20):
        sent_to(visitor)

    cookie = visitor.client.get_cookie("session")
    assert cookie is not None
    assert len(cookie.value) < 2000


def test_another_site_cannot_begin_a_log_in(visitor: Browser) -> None:
    answer = visitor.get("/login/openid", headers={"Sec-Fetch-Site": "cross-site"})

    assert (answer.status_code, answer.location) == (303, "/login")


@pytest.mark.parametrize("path", ["/login", "/register"])
def test_the_way_in_is_offered_where_it_is(path: str, visitor: Browser, app: Any) -> None:
    assert "Log in with Hospital" in visitor.get(path).text
    assert "/login/openid" not in app.test_client().get(path).text


def test_the_page_asked_for_is_kept_on_the_way(visitor: Browser) -> None:
    assert 'href="/login/openid?next=/profile"' in visitor.get("/login?next=/profile").text


@pytest.mark.parametrize(
    ("proved", "allowed"), [(0, True), (-30, True), (-600, False), (None, False)]
)
def test_a_fresh_log_in_is_one_that_began_here(
    proved: int | None,
    allowed: bool,
    visitor: Browser,
    provider: Provider,
    platform: Platform,
    alice: Participant,
) -> None:
    now = platform.clock()
    claims = Claims(issuer=provider.issuer, subject=SUBJECT, email="")
    with platform.database.writing() as session:
        user = session.get_one(User, alice.user.id)
        user.password = identity.NO_PASSWORD
        identity.link(session, user, claims, now=now)
    come_back(visitor, provider)
    provider.claims = {"auth_time": None if proved is None else int(now.timestamp()) + proved}

    start = "/login/openid?afresh=1&next=/profile/delete"
    asked = sent_to(visitor, start=start)
    answer = come_back(visitor, provider, start=start)

    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    if allowed:
        assert (answer.status_code, answer.location) == (303, "/profile/delete")
        done = visitor.send("/profile/delete", {"email": alice.user.email})
        assert "Your account is deleted" in done.text
    else:
        assert is_page(answer, Refusal.NOT_AFRESH)
        assert 'name="email"' not in visitor.get("/profile/delete").text


def test_a_fresh_log_in_is_for_who_is_logged_in(visitor: Browser) -> None:
    assert visitor.get("/login/openid?afresh=1").location == "/login?next=/login/openid?afresh%3D1"


def test_every_refusal_has_its_page() -> None:
    assert set(REFUSED) == set(Refusal)


def test_who_has_a_second_factor_is_asked_for_it(
    visitor: Browser, provider: Provider, platform: Platform, alice: Participant
) -> None:
    claims = Claims(issuer=provider.issuer, subject=SUBJECT, email="")
    with platform.database.writing() as session:
        user = session.get_one(User, alice.user.id)
        user.totp_secret = "of an app"  # noqa: S105 -- nobody computes a code with it here
        identity.link(session, user, claims, now=platform.clock())

    answer = come_back(visitor, provider)

    assert "second-factor" in answer.location or "code" in answer.location
    assert visitor.get("/profile").status_code == 303


def test_a_form_sent_without_its_token_links_nothing(
    visitor: Browser, provider: Provider, alice: Participant
) -> None:
    provider.claims = {"email": alice.user.email}
    come_back(visitor, provider)

    assert visitor.post("/login/openid/link", data={"password": "x"}).status_code == 400
    assert csrf_token(visitor.get("/login/openid/link"))
