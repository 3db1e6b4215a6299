"""Who gets what from every route: the tables must have all of them, and each is asked."""

import io
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from werkzeug.routing import Rule

from challenge_platform.bootstrap import Platform
from challenge_platform.config import Settings
from challenge_platform.web import create_app
from tests.conftest import fresh_database, prepared
from tests.fakes import Clock, FakeRunner
from tests.web.access import CALLBACK, MATRIX, RETURNED, START, everybody
from tests.web.conftest import Answer, Browser, Program, csrf_token
from tests.web.lying_provider import NOWHERE, Provider, come_back, serving, with_provider
from tests.web.personas import ARRIVALS, PERSONAS, Original, World, make_world


def routes(app: Flask) -> dict[tuple[str, str], Rule]:
    """Give the route of every method and path."""
    return {
        (method, str(rule)): rule
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in {"HEAD", "OPTIONS"}
    }


def of_the_provider(app: Flask) -> dict[tuple[str, str], Rule]:
    """Give the routes of logging in by a provider."""
    return {key: rule for key, rule in routes(app).items() if rule.endpoint.startswith("openid.")}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """Give the provider of every copy of the world."""
    with serving() as provider:
        yield provider


@pytest.fixture(scope="module")
def original(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str | None, provider: Provider
) -> Original:
    """Make the world of which each test has a copy."""
    folder = tmp_path_factory.mktemp("world") / "data"
    settings = Settings(data_dir=folder, database_url=module_database_url, glance_seconds=0)
    platform = prepared(settings, clock=Clock(), runner=FakeRunner())
    world = make_world(with_provider(platform, provider.issuer))
    platform.database.close()
    return world


@pytest.fixture
def database_url(request: pytest.FixtureRequest, original: Original) -> Iterator[str | None]:
    """Give the address of a copy of the world's database."""
    with fresh_database(request, copy_of=original.database_url) as address:
        yield address


@pytest.fixture
def settings(tmp_path: Path, database_url: str | None, original: Original) -> Settings:
    """Give the settings of a platform on a copy of the world."""
    original.copy_to(tmp_path / "data")
    return Settings(data_dir=tmp_path / "data", database_url=database_url, glance_seconds=0)


@pytest.fixture
def app(platform: Platform, provider: Provider) -> Flask:
    """Give the application; people may log in by the provider."""
    return create_app(with_provider(platform, provider.issuer))


@pytest.fixture
def world(app: Flask, original: Original) -> World:
    """Give a copy of the world."""
    return World(app=app, original=original)


def test_every_route_is_in_the_table(app: Flask) -> None:
    assert set(routes(app)) == set(MATRIX)


def test_every_page_of_the_provider_is_in_the_table_of_those_who_are_back(app: Flask) -> None:
    pages = set(of_the_provider(app))

    assert {arrival: set(table) for arrival, table in RETURNED.items()} == dict.fromkeys(
        ARRIVALS, pages
    )


@pytest.mark.parametrize(("method", "path"), MATRIX, ids=[" ".join(route) for route in MATRIX])
def test_each_persona_gets_from_a_route_what_the_table_says(
    method: str, path: str, world: World
) -> None:
    rule = routes(world.app)[method, path]

    answers = {persona: ask(world, persona, rule, method=method) for persona in PERSONAS}

    assert answers == MATRIX[method, path].by_persona(path)


@pytest.mark.parametrize(
    ("arrival", "method", "path"),
    [(arrival, *route) for arrival, table in RETURNED.items() for route in table],
    ids=lambda part: part.replace(" ", "_"),
)
def test_each_persona_gets_what_the_table_says_when_somebody_is_back_from_the_provider(
    arrival: str, method: str, path: str, world: World, provider: Provider
) -> None:
    rule = routes(world.app)[method, path]
    answers = []

    for persona in PERSONAS:
        browser = world.browser(persona)
        provider.claims = filled(ARRIVALS[arrival], world, persona=persona)
        answer = come_back(browser, provider)
        if path != CALLBACK:
            answer = send(world, browser, rule, method=method, persona=persona)
        answers.append(urlsplit(answer.location or "").path or answer.status_code)

    assert tuple(answers) == RETURNED[arrival][method, path]


def test_while_the_provider_is_away_only_the_way_to_it_is_closed(
    platform: Platform, original: Original
) -> None:
    away = World(app=create_app(with_provider(platform, NOWHERE)), original=original)

    for (method, path), rule in of_the_provider(away.app).items():
        closed = everybody(HTTPStatus.SERVICE_UNAVAILABLE)
        access = closed if path == START else MATRIX[method, path]
        answers = {persona: ask(away, persona, rule, method=method) for persona in PERSONAS}
        assert answers == access.by_persona(path), (method, path)


def test_without_a_provider_its_pages_are_not_there(platform: Platform, original: Original) -> None:
    none = World(app=create_app(platform), original=original)

    for (method, path), rule in of_the_provider(none.app).items():
        answers = {persona: ask(none, persona, rule, method=method) for persona in PERSONAS}
        assert answers == everybody(404).by_persona(path), (method, path)


def ask(world: World, persona: str, rule: Rule, /, *, method: str) -> int:
    """Send the request of the table as a persona."""
    if not rule.rule.startswith("/api/v1"):
        browser = world.browser(persona)
        return send(world, browser, rule, method=method, persona=persona).status_code
    access, address = MATRIX[method, rule.rule], world.address(rule)
    visitor = world.program(persona)
    if isinstance(visitor, Program):
        address = address.removeprefix("/api/v1")
    sent = filled(access.data, world, persona=persona)
    return visitor.open(address, method=method, json=access.json, data=sent or None).status_code


def send(world: World, browser: Browser, rule: Rule, /, *, method: str, persona: str) -> Answer:
    """Send the request of the table from a browser, with a CSRF token where pages want one."""
    sent = filled(MATRIX[method, rule.rule].data, world, persona=persona)
    if method != "GET":
        page = browser.get("/login")
        is_open = page.status_code == HTTPStatus.OK
        sent["csrf_token"] = csrf_token(page if is_open else browser.get("/profile/password"))
    return browser.open(world.address(rule), method=method, data=sent or None)


def filled(data: Mapping[str, object], world: World, /, *, persona: str) -> dict[str, Any]:
    """Give what is sent: bytes as a file, and the persona and the issuer where their places are."""
    places = {"persona": persona, "issuer": world.original.issuer}
    sent: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, bytes):
            sent[name] = (io.BytesIO(value), "p.csv")
        else:
            sent[name] = value.format(**places) if isinstance(value, str) else value
    return sent
