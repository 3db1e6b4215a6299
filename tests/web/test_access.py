"""Who gets what from every route: the table below must have all of them, and each is asked."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import pytest
from flask import Flask

from challenge_platform.bootstrap import Platform
from challenge_platform.core import account, login
from challenge_platform.core.account import User
from challenge_platform.core.ban import ban
from challenge_platform.core.board import build_board
from challenge_platform.core.challenge import find_challenge
from challenge_platform.core.definition import Board
from challenge_platform.core.invitation import invite, redeem
from challenge_platform.core.team import join
from tests.conftest import PASSWORD, Participant
from tests.web.conftest import SLUG, Browser, Program, Visitor, csrf_token, predictions

PERSONAS = ("anonymous", "newcomer", "stranger", "organizer", "owner", "team-mate", "banned")
"""A newcomer has joined nothing; a stranger is in another team; the owner is Alice; the team-mate
is in her team. The banned was in it too, and comes with the cookies and the token of that time.
"""


@dataclass(frozen=True)
class Access:
    """The status for each persona, in their order, and what a POST sends.

    The last two may be left out: a team-mate then gets what the owner gets; the banned gets what
    anybody without an account gets from a page, and is told with 401 that the token is refused.
    """

    statuses: tuple[int, ...]
    data: Mapping[str, object] = field(default_factory=dict)
    json: Mapping[str, object] | None = None
    mate: int | None = None
    banned: int | None = None

    def by_persona(self, path: str, /) -> dict[str, int]:
        """Give the status for each persona by name."""
        anonymous, *_, owner = self.statuses
        mate = owner if self.mate is None else self.mate
        refused = HTTPStatus.UNAUTHORIZED if path.startswith("/api/v1") else anonymous
        banned = refused if self.banned is None else self.banned
        return dict(zip(PERSONAS, (*self.statuses, mate, banned), strict=True))


def everybody(status: int) -> Access:
    """Give the access of what is for anybody."""
    return Access((status,) * len(PERSONAS[:-2]), banned=status)


LOGGED_IN = Access((303, 200, 200, 200, 200))
OF_THE_TEAM = Access((303, 404, 404, 200, 200))
UPLOAD = {"file": predictions()}
AGREED = {"agreement_version": "1"}

STATES = "/challenges/<slug:slug>/leaderboard/<key:phase>/<any(public, private):board>"
BUILT = datetime(2026, 11, 22, tzinfo=UTC)
"""When the world's board has its state 1."""

MATRIX: dict[tuple[str, str], Access] = {
    # Pages.
    ("GET", "/"): everybody(200),
    ("GET", "/challenges/<slug:slug>"): everybody(200),
    ("GET", "/challenges/<slug:slug>/data"): everybody(200),
    ("GET", "/challenges/<slug:slug>/rules"): everybody(200),
    ("GET", "/challenges/<slug:slug>/leaderboard"): everybody(200),
    ("GET", "/challenges/<slug:slug>/leaderboard.csv"): everybody(200),
    ("GET", "/challenges/<slug:slug>/leaderboard.json"): everybody(200),
    ("GET", STATES): everybody(200),
    ("GET", f"{STATES}/<state:name>"): everybody(200),
    ("GET", f"{STATES}/<state:name>.csv"): everybody(200),
    ("GET", f"{STATES}/<state:name>.json"): everybody(200),
    ("GET", "/challenges/<slug:slug>/files/<file:name>"): Access((303, 403, 200, 200, 200)),
    ("GET", "/challenges/<slug:slug>/files.zip"): Access((303, 403, 200, 200, 200)),
    ("POST", "/challenges/<slug:slug>/join"): Access((303, 303, 303, 303, 303), AGREED),
    ("GET", "/challenges/<slug:slug>/submit"): LOGGED_IN,
    ("POST", "/challenges/<slug:slug>/submit"): Access((303, 403, 303, 403, 303), UPLOAD),
    ("GET", "/challenges/<slug:slug>/submissions"): LOGGED_IN,
    ("GET", "/challenges/<slug:slug>/submissions.csv"): LOGGED_IN,
    ("GET", "/challenges/<slug:slug>/submissions.json"): LOGGED_IN,
    ("GET", "/challenges/<slug:slug>/template.csv"): Access((303, 403, 200, 200, 200)),
    ("GET", "/challenges/<slug:slug>/team"): LOGGED_IN,
    ("POST", "/challenges/<slug:slug>/team/invitations"): Access((303, 403, 201, 403, 409)),
    ("POST", "/challenges/<slug:slug>/team/invitations/<id_>/withdraw"): Access(
        (303, 403, 404, 403, 404)
    ),
    ("GET", "/challenges/<slug:slug>/team/join/<secret>"): Access((303, 404, 404, 404, 404)),
    ("POST", "/challenges/<slug:slug>/team/join/<secret>"): Access((303, 404, 404, 404, 404)),
    ("POST", "/challenges/<slug:slug>/team/leave"): Access((303, 403, 409, 403, 409)),
    ("GET", "/submissions/<hex:id_>"): OF_THE_TEAM,
    ("GET", "/submissions/<hex:id_>/state.json"): OF_THE_TEAM,
    ("GET", "/submissions/<hex:id_>/receipt"): OF_THE_TEAM,
    ("POST", "/submissions/<hex:id_>/cancel"): Access((303, 404, 404, 404, 409)),
    ("GET", "/help"): everybody(200),
    ("GET", "/dashboard"): LOGGED_IN,
    ("POST", "/dashboard/seen"): Access((303,) * 5, {"until": "2026-11-22T12:00:00+00:00"}),
    ("GET", "/profile/preferences"): LOGGED_IN,
    ("POST", "/profile/preferences"): Access((303,) * 5, {"timezone": "Europe/Paris"}),
    ("GET", "/profile"): LOGGED_IN,
    ("POST", "/profile/tokens"): Access((303, 201, 201, 201, 201), {"name": "laptop"}),
    ("GET", "/profile/tokens"): LOGGED_IN,
    ("POST", "/profile/tokens/<hex:id_>/revoke"): Access((303, 404, 404, 404, 303), mate=404),
    ("POST", "/profile/sessions/<hex:id_>/end"): Access((303, 404, 404, 404, 303), mate=404),
    ("POST", "/profile/sessions/end-others"): Access((303, 303, 303, 303, 303)),
    # Accounts: who is logged in is led away from the log-in and registration pages.
    ("GET", "/login"): Access((200, 302, 302, 302, 302)),
    ("POST", "/login"): Access((200, 302, 302, 302, 302)),
    ("GET", "/register"): Access((200, 302, 302, 302, 302)),
    ("POST", "/register"): Access((200, 302, 302, 302, 302)),
    ("POST", "/logout"): everybody(302),
    ("GET", "/profile/password"): LOGGED_IN,
    ("POST", "/profile/password"): LOGGED_IN,
    ("GET", "/profile/email"): LOGGED_IN,
    ("POST", "/profile/email"): LOGGED_IN,
    ("GET", "/profile/email/<token>"): everybody(302),
    ("GET", "/login/again"): LOGGED_IN,
    ("POST", "/login/again"): LOGGED_IN,
    ("GET", "/recover"): everybody(200),
    ("POST", "/recover"): everybody(200),
    ("GET", "/recover/<token>"): everybody(302),
    ("POST", "/recover/<token>"): everybody(302),
    ("GET", "/recovery/<key>"): everybody(303),
    # The second factor, which nobody here has: whoever was not asked for a code is led away.
    ("GET", "/profile/second-factor"): LOGGED_IN,
    ("POST", "/profile/second-factor"): LOGGED_IN,
    ("POST", "/profile/second-factor/<token>"): Access((303, 302, 302, 302, 302)),
    ("GET", "/profile/recovery-codes"): LOGGED_IN,
    ("POST", "/profile/recovery-codes"): LOGGED_IN,
    ("GET", "/login/code"): everybody(302),
    ("POST", "/login/code"): everybody(302),
    ("GET", "/login/lost-code"): everybody(302),
    ("POST", "/login/lost-code"): everybody(302),
    ("GET", "/login/second-factor"): everybody(302),
    ("POST", "/login/second-factor"): everybody(302),
    ("GET", "/login/recovery-code"): everybody(302),
    ("POST", "/login/recovery-code"): everybody(302),
    # Logging in by a provider, of which the settings here name none.
    ("GET", "/login/openid"): everybody(404),
    ("GET", "/login/openid/callback"): everybody(404),
    ("GET", "/login/openid/name"): everybody(404),
    ("POST", "/login/openid/name"): everybody(404),
    ("GET", "/login/openid/link"): everybody(404),
    ("POST", "/login/openid/link"): everybody(404),
    ("GET", "/profile/openid"): everybody(404),
    ("POST", "/profile/openid/unlink"): Access((303, 404, 404, 404, 404)),
    # One's own data. What is sent confirms nothing, so that nobody is deleted here.
    ("GET", "/profile/data"): LOGGED_IN,
    ("POST", "/profile/data"): Access((303, 200, 200, 200, 200)),
    ("GET", "/profile/delete"): LOGGED_IN,
    ("POST", "/profile/delete"): Access((303, 422, 422, 403, 422)),
    # For programs and operators.
    ("GET", "/openapi.json"): everybody(200),
    ("GET", "/api-reference"): everybody(200),
    ("GET", "/healthz"): everybody(200),
    ("GET", "/readyz"): everybody(200),
    ("GET", "/metrics"): everybody(200),
    ("GET", "/static/<path:filename>"): everybody(200),
    # The API.
    ("GET", "/api/v1/me"): Access((401, 200, 200, 200, 200)),
    ("GET", "/api/v1/receipt-key"): everybody(200),
    ("GET", "/api/v1/challenges"): everybody(200),
    ("GET", "/api/v1/challenges/<slug:slug>"): Access((200, 200, 200, 200, 200)),
    ("GET", "/api/v1/challenges/<slug:slug>/leaderboard"): everybody(200),
    ("GET", "/api/v1/challenges/<slug:slug>/files/<file:name>"): Access((401, 403, 200, 200, 200)),
    ("POST", "/api/v1/challenges/<slug:slug>/join"): Access((401, 200, 200, 200, 200), json=AGREED),
    ("POST", "/api/v1/challenges/<slug:slug>/validate"): Access((401, 403, 200, 200, 200), UPLOAD),
    ("POST", "/api/v1/challenges/<slug:slug>/submissions"): Access(
        (401, 403, 201, 403, 201), UPLOAD
    ),
    ("GET", "/api/v1/challenges/<slug:slug>/submissions"): Access((401, 200, 200, 200, 200)),
    ("GET", "/api/v1/submissions/<hex:id>"): Access((401, 404, 404, 200, 200)),
    ("GET", "/api/v1/submissions/<hex:id>/receipt"): Access((401, 404, 404, 200, 200)),
    ("POST", "/api/v1/submissions/<hex:id>/cancel"): Access((401, 404, 404, 404, 409)),
}


def routes(app: Flask) -> set[tuple[str, str]]:
    """List every method of every route."""
    return {
        (method, str(rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in {"HEAD", "OPTIONS"}
    }


def test_every_route_is_in_the_table(app: Flask) -> None:
    assert routes(app) == set(MATRIX)


@dataclass(frozen=True)
class World:
    """The personas' browsers and programs, and what is Alice's; the session is another of hers."""

    browsers: Mapping[str, Visitor]
    programs: Mapping[str, Visitor]
    submission: str
    token: str
    session: str

    def address(self, route: str) -> str:
        """Fill in a route with what is Alice's."""
        owned = {"tokens": self.token, "sessions": self.session}.get(
            route.split("/")[2] if route.startswith("/profile/") else "", self.submission
        )
        parts = {
            "<slug:slug>": SLUG,
            "<file:name>": "test.csv",
            "<hex:id_>": owned,
            "<hex:id>": owned,
            "/static/<path:filename>": "/static/tokens.css",
            "<token>": "x",
            "<secret>": "x",
            "<id_>": "x",
            "<key>": "x",
            "<key:phase>": "development",
            "<any(public, private):board>": "public",
            "<state:name>": f"{BUILT:%Y-%m-%d}-1",
        }
        for part, value in parts.items():
            route = route.replace(part, value)
        return route


@pytest.fixture
def world(
    app: Flask,
    platform: Platform,
    alice: Participant,
    bob: Participant,
    organizer: User,
    browser: Callable[[User], Browser],
    program: Callable[..., Program],
) -> World:
    """Give the personas, with a scored submission and a token of Alice's."""
    newcomer = make_user(platform, "nina")
    mate, closed = (make_mate(platform, alice.user, name) for name in ("maya", "carl"))
    people = dict(
        zip(
            PERSONAS[1:],
            (newcomer, bob.user, organizer, alice.user, mate, closed),
            strict=True,
        )
    )
    programs = {name: program(user) for name, user in people.items()}
    browsers = {name: browser(user) for name, user in people.items()}
    submission = programs["owner"].submit().json["id"]
    platform.evaluator.evaluate(submission)
    build_board(
        platform.database,
        platform.store,
        alice.team.challenge_id,
        phase="development",
        board=Board.PUBLIC,
        clock=lambda: BUILT,
    )
    with browser(alice.user).client.session_transaction() as cookie:
        other_session = login.identifier_of(cookie["login"])
    with platform.database.writing() as session:
        [token] = account.tokens_of(session, alice.user)
        ban(session, session.get_one(User, closed.id), reason="cheated", now=platform.clock())
    nobody = Visitor(app.test_client())
    return World(
        browsers={"anonymous": nobody, **browsers},
        programs={"anonymous": nobody, **programs},
        submission=submission,
        token=token.id,
        session=other_session,
    )


def make_user(platform: Platform, name: str, /) -> User:
    """Make an account."""
    email = f"{name}@example.org"
    with platform.database.writing() as session:
        return account.create_user(
            session, email=email, name=name, password=PASSWORD, now=platform.clock()
        )


def make_mate(platform: Platform, owner: User, name: str, /) -> User:
    """Make an account that joins the team of another."""
    user, now = make_user(platform, name), platform.clock()
    with platform.database.writing() as session:
        challenge = find_challenge(session, SLUG)
        join(session, challenge, user=user, agreement_version="1", now=now)
        secret = invite(session, challenge, user=owner, now=now)
        redeem(session, challenge, secret, user=user, now=now)
    return user


@pytest.mark.parametrize("route", MATRIX, ids=[f"{method} {path}" for method, path in MATRIX])
def test_each_persona_gets_from_a_route_what_the_table_says(
    route: tuple[str, str], world: World
) -> None:
    method, path = route
    access = MATRIX[route]

    answers = {persona: ask(world, persona, method=method, path=path) for persona in PERSONAS}

    assert answers == access.by_persona(path)


def ask(world: World, persona: str, *, method: str, path: str) -> int:
    """Send the request of the table as a persona, with a CSRF token where pages want one."""
    access = MATRIX[method, path]
    address = world.address(path)
    sent: dict[str, Any] = dict(access.data)
    if "file" in sent:
        sent["file"] = (io.BytesIO(sent["file"]), "p.csv")
    if path.startswith("/api/v1"):
        visitor = world.programs[persona]
        if isinstance(visitor, Program):
            address = address.removeprefix("/api/v1")
        return visitor.open(address, method=method, json=access.json, data=sent or None).status_code
    visitor = world.browsers[persona]
    if method == "POST":
        form = "/login" if persona in {"anonymous", "banned"} else "/profile/password"
        sent["csrf_token"] = csrf_token(visitor.get(form))
    return visitor.open(address, method=method, data=sent or None).status_code
