"""The personas of the tests of access: their world is made once, and each request has a copy."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from werkzeug.routing import Rule

from challenge_platform.bootstrap import Platform
from challenge_platform.core import account, identity, login
from challenge_platform.core.account import Role, User
from challenge_platform.core.ban import ban
from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.identity import Claims
from challenge_platform.core.invitation import invite, redeem
from challenge_platform.web import create_app
from tests.conftest import Participant, participant, published
from tests.web.conftest import Browser, Program, Visitor, logged_in, person, with_token
from tests.web.lying_provider import Say
from tests.web.routes import Values, address_of, known_values

PERSONAS = ("anonymous", "newcomer", "stranger", "organizer", "owner", "team-mate", "banned")
"""A newcomer has joined nothing; a stranger is in another team; the owner is Alice; the team-mate
is in her team. The banned was in it too, and comes with the cookies and the token of that time.
"""

ARRIVALS: dict[str, Say] = {
    "somebody new": {"sub": "of {persona}", "email": "{persona}@hospital.example"},
    "somebody with Bob's address": {"sub": "of {persona}", "email": "bob@example.org"},
    "somebody without an address": {"sub": "of {persona}", "email_verified": False},
    "Alice": {"sub": "alice"},
    "the banned": {"sub": "carl"},
}
"""Who may come back from the provider in a persona's browser, by what it says of them. Bob is the
stranger. The provider's Alice, and its Carl, who is the banned, are linked to their accounts here.
"""


@dataclass(frozen=True, kw_only=True)
class Original:
    """The world as it was made: cookies and tokens by persona, and what is Alice's."""

    data_dir: Path
    database_url: str | None
    cookies: Mapping[str, str]
    tokens: Mapping[str, str]
    values: Values
    token: str
    session: str
    issuer: str

    def copy_to(self, data_dir: Path) -> None:
        """Copy the data folder, and the database where it is a file in it."""
        shutil.copytree(self.data_dir, data_dir)


def make_world(platform: Platform, /) -> Original:
    """Make the personas, with a scored submission, a token and another session of Alice's.

    The settings must name a provider.
    """
    app, challenge = create_app(platform), published(platform)
    alice, bob = (participant(platform, challenge, name=name) for name in ("alice", "bob"))
    maya, carl = (_mate(platform, challenge, alice, name) for name in ("maya", "carl"))
    nina, olga = person(platform, "nina"), person(platform, "olga", role=Role.ORGANIZER)
    people = dict(zip(PERSONAS[1:], (nina, bob.user, olga, alice.user, maya, carl), strict=True))
    cookies = {name: _cookie(logged_in(app, user)) for name, user in people.items()}
    tokens = {name: with_token(app, platform, user).token for name, user in people.items()}
    with logged_in(app, alice.user).client.session_transaction() as cookie:
        other_session = login.identifier_of(cookie["login"])
    issuer = str(platform.settings.oidc_issuer)
    with platform.database.writing() as session:
        for user in (alice.user, carl):
            claims = Claims(issuer=issuer, subject=user.name, email="")
            identity.link(session, user, claims, now=platform.clock())
        [token] = account.tokens_of(session, alice.user)
        ban(session, session.get_one(User, carl.id), reason="cheated", now=platform.clock())
    return Original(
        data_dir=platform.settings.data_dir,
        database_url=platform.settings.database_url,
        cookies=cookies,
        tokens=tokens,
        values=known_values(platform, alice),
        token=token.id,
        session=other_session,
        issuer=issuer,
    )


def _mate(
    platform: Platform, challenge: PublishedChallenge, owner: Participant, name: str, /
) -> User:
    """Make an account that joins the team of another."""
    user, now = participant(platform, challenge, name=name).user, platform.clock()
    with platform.database.writing() as session:
        secret = invite(session, challenge, user=owner.user, now=now)
        redeem(session, challenge, secret, user=user, now=now)
    return user


def _cookie(browser: Browser) -> str:
    cookie = browser.client.get_cookie("session")
    assert cookie
    return cookie.value


@dataclass(frozen=True, kw_only=True)
class World:
    """A copy of the world, at an application that runs on it."""

    app: Flask
    original: Original

    def browser(self, persona: str) -> Browser:
        """Give the browser of a persona."""
        client = self.app.test_client()
        if persona in self.original.cookies:
            client.set_cookie("session", self.original.cookies[persona])
        return Browser(client)

    def program(self, persona: str) -> Visitor:
        """Give the program of a persona, that of nobody without a token."""
        client = self.app.test_client()
        if persona in self.original.tokens:
            return Program(client, self.original.tokens[persona])
        return Visitor(client)

    def address(self, rule: Rule) -> str:
        """Fill in a route with what is Alice's."""
        owned = {"tokens": self.original.token, "sessions": self.original.session}
        section, _, rest = str(rule).removeprefix("/").partition("/")
        own = owned.get(rest.partition("/")[0]) if section == "profile" else None
        return address_of(rule, self.original.values, instead={"id_": own} if own else None)
