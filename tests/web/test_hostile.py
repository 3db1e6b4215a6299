"""What hostile people and sites try on the pages, each tried on every route that the pages have."""

import csv
import io
import re
from collections.abc import Callable
from html.parser import HTMLParser
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from urllib.parse import urljoin, urlsplit
from zipfile import ZipFile

import pytest
from flask import Flask
from markupsafe import escape
from werkzeug.http import parse_options_header

from challenge_platform.bootstrap import Platform
from challenge_platform.core.account import User
from tests.conftest import PASSWORD, Participant
from tests.web.conftest import Browser, Visitor, csrf_token
from tests.web.hostile_world import PROBE_TAG, hostile_world
from tests.web.routes import PLAUSIBLE, Values, address_of, known_values, page_routes, unlimited_app

TARGETS = (
    *("https://evil.example", "http:evil.example", "//evil.example", "///evil.example/"),
    *(
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
    ),
    *("//localhost@evil.example", "//evil.example\\@localhost", "javascript:alert(1)"),
    *("//evil.example#localhost", "data:text/html,x", "/%2F/../\\evil.example", "."),
)
RETURNING = ("next", "back", "url", "return_to", "redirect", "referrer", "language", "theme")
"""Names of parameters by which pages anywhere are told where to lead."""


@pytest.fixture
def app(platform: Platform) -> Flask:
    """Give the application without limits on guesses, which would hide what is behind them."""
    made = unlimited_app(platform)
    made.testing = True
    return made


@pytest.fixture
def known(platform: Platform, alice: Participant) -> Values:
    """Give what leads somewhere."""
    return known_values(platform, alice)


@pytest.fixture
def alice_at(browser: Callable[[User], Browser], alice: Participant) -> Callable[[], Browser]:
    """Give a maker of browsers in which Alice has logged in."""
    return lambda: browser(alice.user)


def test_no_page_takes_a_form_of_another_site(
    app: Flask, known: Values, alice_at: Callable[[], Browser]
) -> None:
    """Neither without a token nor with one that was given to another browser."""
    alice = alice_at()
    foreign = csrf_token(app.test_client().get("/login"))
    taken = {}
    for rule, method in page_routes(app):
        if method != "GET":
            for name, form in (("none", {}), ("foreign", {"csrf_token": foreign})):
                answer = alice.open(address_of(rule, known), method=method, data=form)
                if answer.status_code != HTTPStatus.BAD_REQUEST:
                    taken[method, str(rule), name] = answer.status_code

    assert taken == {}
    assert alice.get("/profile").status_code == HTTPStatus.OK  # her session is as it was


def test_no_page_leads_who_is_logged_in_to_another_site(
    app: Flask, known: Values, alice_at: Callable[[], Browser]
) -> None:
    astray = {}
    visitor = alice_at()
    for rule, method in page_routes(app):
        if visitor.get("/profile").status_code != HTTPStatus.OK:
            visitor = alice_at()  # the last route ended her session
        token = csrf_token(visitor.get("/profile/password"))
        for target in TARGETS:
            if location := told_to_lead(visitor, address_of(rule, known), target, method, token):
                astray[method, str(rule), target] = location

    assert astray == {}


def test_logging_in_and_registering_lead_to_no_other_site(
    app: Flask, known: Values, alice: Participant
) -> None:
    astray, entered = {}, set()
    visitor, token = Browser(app.test_client()), ""
    for rule, method in page_routes(app):
        for number, target in enumerate(TARGETS):
            entry = {"email": alice.user.email, "password": PASSWORD}
            if "register" in str(rule):
                entry = {
                    "email": f"eve{number}@example.org",
                    "name": f"Eve {number}",
                    "password": PASSWORD,
                    "password_confirm": PASSWORD,
                }
            if not token:
                token = csrf_token(visitor.get("/login"))
            address = address_of(rule, known)
            if location := told_to_lead(visitor, address, target, method, token, **entry):
                astray[method, str(rule), target] = location
            if method != "GET" and visitor.get("/profile").status_code == HTTPStatus.OK:
                entered.add(rule.endpoint)
                visitor, token = Browser(app.test_client()), ""

    assert astray == {}
    assert entered == {"security.login", "security.register"}  # the forms were really taken


def told_to_lead(
    visitor: Visitor, address: str, target: str, method: str, token: str, **form: str
) -> str | None:
    """Tell a page in all ways to lead elsewhere; give the address if it does."""
    told = dict.fromkeys(RETURNING, target)
    said = {name: text for name, text in PLAUSIBLE.items() if "password" not in name}
    answer = visitor.open(
        address,
        method=method,
        query_string=told,
        data=None if method == "GET" else {**said, **told, **form, "csrf_token": token},
        headers={"Referer": re.sub(r"\s", "", target)},
    )
    leads = answer.location and host_reached(address, answer.location) != "http://localhost"
    return answer.location if leads else None


def host_reached(address: str, location: str) -> str:
    """Give where a browser goes: it drops tabs and newlines, and takes a backslash for a slash."""
    seen = re.sub(r"[\t\r\n]", "", location).strip().replace("\\", "/")
    found = urlsplit(urljoin(f"http://localhost{address}", seen))
    return f"{found.scheme}://{found.netloc}"


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded", "X-Original-URL"])
def test_no_page_believes_a_header_about_its_own_address(
    header: str, app: Flask, known: Values, alice_at: Callable[[], Browser]
) -> None:
    alice = alice_at()
    value = {"Forwarded": "host=evil.example", "X-Original-URL": "/evil.example"}
    headers = {header: value.get(header, "evil.example")}
    poisoned = []
    for rule, method in page_routes(app, method="GET"):
        answer = alice.open(address_of(rule, known), method=method, headers=headers)
        refused = answer.status_code == HTTPStatus.BAD_REQUEST
        believed = b"evil.example" in answer.data or "evil.example" in str(answer.headers)
        if not refused if header == "Host" else believed:
            poisoned.append(str(rule))

    assert poisoned == []


@pytest.mark.parametrize("persona", ["anonymous", "participant"])
def test_no_answer_is_kept_by_a_shared_cache_or_shown_in_a_frame(
    persona: str, app: Flask, known: Values, alice_at: Callable[[], Browser]
) -> None:
    """Not even one that is refused: a refusal, too, can say who asked."""
    visitor = alice_at() if persona == "participant" else Visitor(app.test_client())
    kept, framed = {}, {}
    for rule, method in page_routes(app):
        headers = visitor.open(address_of(rule, known), method=method).headers
        cache = headers["Cache-Control"]
        said = set(re.split(r",\s*", cache))
        if not said & {"no-store", "private"} and rule.endpoint != "static":
            kept[method, str(rule)] = cache
        policy = headers.get("Content-Security-Policy", "")
        if "frame-ancestors 'none'" not in policy or headers.get("X-Frame-Options") != "DENY":
            framed[method, str(rule)] = policy

    assert kept == {}
    assert framed == {}


def test_nothing_that_people_write_becomes_part_of_a_page(
    platform: Platform, tmp_path: Path, browser: Callable[[User], Browser]
) -> None:
    world = hostile_world(platform, tmp_path)
    visitor = browser(world.author)
    seen, found = "", {}
    for rule, _ in page_routes(visitor.client.application, method="GET"):
        answer = visitor.get(address_of(rule, world.known))
        if answer.mimetype == "text/html":
            seen += answer.text
            if tags := foreign_tags(answer.text):
                found[str(rule)] = tags

    assert found == {}
    for text in world.written:  # each was really on a page, as text
        assert str(escape(text)) in seen, text


def foreign_tags(page: str) -> list[str]:
    """List the tags of a page that can only come from what people wrote."""
    tags: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            scripted = any(
                name.startswith("on")
                or re.match(r"\s*(javascript|data|vbscript):", value or "", re.IGNORECASE)
                for name, value in attrs
            )
            if tag == PROBE_TAG or scripted:
                tags.append(str(self.get_starttag_text()))

    Reader().feed(page)
    return tags


def test_no_export_holds_a_formula(
    platform: Platform, tmp_path: Path, browser: Callable[[User], Browser]
) -> None:
    world = hostile_world(platform, tmp_path)
    visitor = browser(world.author)
    formulas, all_cells = {}, []
    for rule, _ in page_routes(visitor.client.application, method="GET"):
        answer = visitor.get(address_of(rule, world.known))
        if answer.mimetype == "text/csv":
            cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
            if run := [cell for cell in cells if is_formula(cell)]:
                formulas[str(rule)] = run
            all_cells += cells

    assert formulas == {}
    assert any(world.author.name in cell for cell in all_cells)


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would compute what is in a cell; a negative number is none."""
    return cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r")) and not re.fullmatch(
        r"-?\d+(\.\d+)?(e-?\d+)?", cell
    )


def test_no_name_adds_a_header_or_a_path_to_a_file_that_is_taken_away(
    platform: Platform, tmp_path: Path, browser: Callable[[User], Browser]
) -> None:
    world = hostile_world(platform, tmp_path)
    visitor = browser(world.author)
    names: list[str] = []
    for rule, _ in page_routes(visitor.client.application, method="GET"):
        answer = visitor.get(address_of(rule, world.known))
        assert "X-Evil" not in answer.headers, rule
        if "Content-Disposition" in answer.headers and rule.endpoint != "static":
            kind, options = parse_options_header(answer.headers["Content-Disposition"])
            assert (kind, set(options) - {"filename"}) == ("attachment", set()), rule
            names.append(options["filename"])
        if answer.mimetype == "application/zip":
            names += ZipFile(io.BytesIO(answer.data)).namelist()

    assert names
    for name in names:
        path = PurePosixPath(name.replace("\\", "/"))
        assert not path.is_absolute(), name
        assert ".." not in path.parts, name
        assert name.isprintable(), name
