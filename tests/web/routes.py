"""The routes of the pages, as the application has them, and addresses that lead somewhere."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from flask import Flask
from werkzeug.routing import Rule

from challenge_platform.bootstrap import Platform
from challenge_platform.core.board import build_board
from challenge_platform.core.definition import Board
from challenge_platform.web import create_app
from tests.conftest import PASSWORD, Participant
from tests.core.test_submission import send
from tests.web.conftest import API, SLUG

Values = Mapping[str, str]
PLAUSIBLE = {
    "name": "Eve",
    "email": "eve@example.org",
    "password": PASSWORD,
    "new_password": PASSWORD,
    "new_password_confirm": PASSWORD,
    "message": "",
    "agreement_version": "1",
    "kind": "predictions",
    "timezone": "UTC",
}
"""What a form says where nothing hostile stands in its place."""


def unlimited_app(platform: Platform, /) -> Flask:
    """Make the application without limits of rate, which would hide what is behind them."""
    app = create_app(platform)
    for limiter in app.extensions["limiter"]:
        limiter.enabled = False
    return app


def page_routes(app: Flask, /, *, method: str | None = None) -> Iterator[tuple[Rule, str]]:
    """List the routes that are no operation of the API, with each, or one, of their methods."""
    for rule in app.url_map.iter_rules():
        if not str(rule).startswith(API):
            for found in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                if method in {None, found}:
                    yield rule, found


def address_of(rule: Rule, values: Values, /, *, instead: Values | None = None) -> str:
    """Fill the places of a route with `values`, except where there is something `instead`."""

    def fill(place: re.Match[str]) -> str:
        kind, name = place[1], place[2]
        found = values.get(f"{kind}:{name}", values.get(name, "nothing"))
        return quote((instead or {}).get(name, found), safe="")

    return re.sub(r"<(?:([^<>]*):)?(\w+)>", fill, str(rule))


def known_values(platform: Platform, who: Participant, /, **upload: str) -> dict[str, str]:
    """Score a submission, build its board, and give what is then in the places of routes."""
    submission_id = send(platform, who, **upload).submission_id
    platform.evaluator.evaluate(submission_id)
    build_board(
        platform.database,
        platform.store,
        who.team.challenge_id,
        phase="development",
        board=Board.PUBLIC,
        clock=platform.clock,
    )
    return {
        "slug": SLUG,
        "id": submission_id,
        "id_": submission_id,
        "phase": "development",
        "any(public, private):board": "public",
        "file:name": "test.csv",
        "state:name": f"{platform.clock():%Y-%m-%d}-1",
        "filename": "icon.svg",
    }
