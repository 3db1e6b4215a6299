"""What every answer carries: headers, cookies, and pages that a strict policy lets work."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import challenge_platform.web
from challenge_platform.bootstrap import Platform
from challenge_platform.config import Settings
from challenge_platform.core.account import User
from challenge_platform.web import create_app
from tests.conftest import PASSWORD, Participant
from tests.web.conftest import Browser, Visitor

TEMPLATES = Path(challenge_platform.web.__file__).parent / "templates"


@pytest.mark.parametrize("path", ["/", "/login", "/api/v1/challenges", "/nothing", "/healthz"])
def test_every_answer_forbids_what_pages_do_not_need(path: str, anonymous: Visitor) -> None:
    headers = anonymous.get(path).headers

    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] in {"no-store", "private, no-cache"}
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_no_template_has_inline_scripts_or_styles_or_foreign_files(template: Path) -> None:
    text = template.read_text()

    assert not re.search(r"\bstyle\s*=|\son[a-z]+=\W|<style|<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"https?://", text)


@pytest.mark.usefixtures("challenge")
def test_pages_load_only_files_of_this_site_that_are_there(anonymous: Visitor) -> None:
    page = anonymous.get("/").text

    files = re.findall(r'<(?:link|script)[^>]*(?:href|src)="([^"]+)"', page)
    assert files
    for file in files:
        assert file.startswith("/")
        assert anonymous.get(file).status_code == 200


def test_a_reader_without_an_account_gets_no_cookie(anonymous: Visitor) -> None:
    assert "Set-Cookie" not in anonymous.get("/").headers


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(
    alice: Participant, anonymous: Visitor
) -> None:
    browser = Browser(anonymous.client)

    answer = browser.send("/login", {"email": alice.user.email, "password": PASSWORD})

    cookies = answer.headers.getlist("Set-Cookie")
    [cookie] = [cookie for cookie in cookies if cookie.startswith("session=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_under_https_cookies_are_secure_and_bound_to_the_host(platform: Platform) -> None:
    settings = Settings(
        data_dir=platform.settings.data_dir, public_url="https://challenges.example.org"
    )
    client = create_app(Platform.from_settings(settings)).test_client()

    answer = client.get("/login", base_url="https://challenges.example.org")

    [cookie] = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert client.get("/login", base_url="https://evil.example").status_code == 400


def test_pages_of_a_session_are_not_kept_by_browsers(
    alice: Participant, browser: Callable[[User], Browser]
) -> None:
    assert browser(alice.user).get("/profile").headers["Cache-Control"] == "no-store"
