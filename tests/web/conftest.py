"""What the tests of pages and API share: the application, people with sessions and tokens."""

import dataclasses
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from challenge_platform.bootstrap import Platform
from challenge_platform.config import Settings
from challenge_platform.core import account
from challenge_platform.core.account import Role, Scope, User
from challenge_platform.web import create_app
from tests.conftest import PASSWORD, Participant

SLUG = "tiny-survival"
API = "/api/v1"
IDS = [f"p{number:03}" for number in range(120)]


def predictions(*, sign: int = 1) -> bytes:
    """Give a valid predictions file of the tiny challenge."""
    lines = [f"{name},{sign * number}\n" for number, name in enumerate(IDS)]
    return ("patient_id,risk\n" + "".join(lines)).encode()


@pytest.fixture
def app(platform: Platform) -> Flask:
    """Give the application; what is not anticipated rises in the test."""
    made = create_app(platform)
    made.testing = True
    return made


@pytest.fixture
def queueing(platform: Platform, redis_url: str) -> Platform:
    """Give the platform with a Redis that works."""
    settings = Settings(data_dir=platform.settings.data_dir, redis_url=SecretStr(redis_url))
    wired = Platform.from_settings(settings)
    return dataclasses.replace(wired, clock=platform.clock, runner=platform.runner)


class Answer(TestResponse):
    """An answer whose JSON is what the test says that it is."""

    json: Any


@dataclass(frozen=True)
class Visitor:
    """Somebody who opens addresses, with the cookies of `client`."""

    client: FlaskClient

    def open(self, path: str, **options: Any) -> Answer:
        """Send a request."""
        return cast("Answer", self.client.open(path, buffered=True, **options))

    def get(self, path: str, **options: Any) -> Answer:
        """Send a GET."""
        return self.open(path, method="GET", **options)

    def post(self, path: str, **options: Any) -> Answer:
        """Send a POST."""
        return self.open(path, method="POST", **options)


@pytest.fixture
def anonymous(app: Flask) -> Visitor:
    """Give a visitor without a session or a token."""
    return Visitor(app.test_client())


@dataclass(frozen=True)
class Program(Visitor):
    """A program that calls the API, below /api/v1, with a token."""

    token: str

    def open(self, path: str, **options: Any) -> Answer:
        """Send a request with the token."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return super().open(f"{API}{path}", headers=headers, **options)

    def submit(
        self, content: bytes | None = None, *, path: str = "submissions", **options: Any
    ) -> Answer:
        """Send a predictions file, a valid one unless given."""
        headers = options.pop("headers", {})
        file = (io.BytesIO(predictions() if content is None else content), "p.csv")
        data = {"file": file, **options}
        return self.post(f"/challenges/{SLUG}/{path}", data=data, headers=headers)


@pytest.fixture
def program(app: Flask, platform: Platform) -> Callable[..., Program]:
    """Give a maker of programs that act for a person, with all scopes unless said otherwise."""
    return partial(with_token, app, platform)


def with_token(
    app: Flask, platform: Platform, user: User, /, *, scopes: tuple[Scope, ...] = tuple(Scope)
) -> Program:
    """Give a program that acts for a person."""
    now = platform.clock()
    with platform.database.writing() as session:
        token = account.issue_token(session, user, name="test", scopes=scopes, now=now)
    return Program(app.test_client(), token)


@pytest.fixture
def alices(program: Callable[..., Program], alice: Participant) -> Program:
    """Give Alice's program."""
    return program(alice.user)


@pytest.fixture
def bobs(program: Callable[..., Program], bob: Participant) -> Program:
    """Give Bob's program."""
    return program(bob.user)


@pytest.fixture
def organizer(platform: Platform) -> User:
    """Give an organizer, who joined nothing."""
    return person(platform, "olga", role=Role.ORGANIZER)


def person(platform: Platform, name: str, /, *, role: Role = Role.PARTICIPANT) -> User:
    """Make the account of somebody who joined nothing."""
    email, now = f"{name}@example.org", platform.clock()
    with platform.database.writing() as session:
        return account.create_user(
            session, email=email, name=name, password=PASSWORD, role=role, now=now
        )


@pytest.fixture
def organizers(program: Callable[..., Program], organizer: User) -> Program:
    """Give the organizer's program."""
    return program(organizer)


@dataclass(frozen=True)
class Browser(Visitor):
    """A browser that fills in forms with the CSRF token of the page that has them."""

    def send(
        self, path: str, data: dict[str, Any] | None = None, *, form: str | None = None
    ) -> Answer:
        """Send the form that is on the page `form`, or at the address it is sent to."""
        token = csrf_token(self.get(form or path))
        return self.post(path, data={**(data or {}), "csrf_token": token})


def csrf_token(page: TestResponse) -> str:
    """Find the token of the first form on a page."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found, f"no form on this page: {page.status} {page.text[:500]}"
    return found[1]


@pytest.fixture
def browser(app: Flask) -> Callable[[User], Browser]:
    """Give a maker of browsers in which a person has logged in."""
    return partial(logged_in, app)


def logged_in(app: Flask, user: User, /) -> Browser:
    """Give a browser in which a person has logged in."""
    browser = Browser(app.test_client())
    answer = browser.send("/login", {"email": user.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.text
    return browser
