"""Logging in through a real OpenID provider, by its own form, and back into an account here."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from pydantic import SecretStr
from sqlmodel import select

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import datadir
from challenge_platform.config import Settings
from challenge_platform.core import account, identity
from challenge_platform.core.account import User
from challenge_platform.core.identity import Identity
from challenge_platform.core.login import LoginSession, Way
from tests.conftest import PASSWORD
from tests.live import free_port
from tests.openid import CLIENT_ID, SECRET, Visitor, running_provider
from tests.served import serving

PEOPLE = {
    "ada": {"email": "Ada@hospital.example", "email_verified": True, "name": "Ada Lovelace"},
    "eve": {"email": "eve@hospital.example", "email_verified": False, "name": "Eve"},
    "sly": {"email": "alice@example.org", "email_verified": True, "name": "alice"},
    "joe": {"email": "joe@hospital.example", "email_verified": True, "name": "baseline"},
}
CALLBACK = "/login/openid/callback"


@pytest.fixture(scope="module")
def address() -> str:
    """Give the address of the platform, which the provider must know beforehand."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def issuer(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the provider."""
    folder = tmp_path_factory.mktemp("provider")
    with running_provider(folder, callback=f"{address}{CALLBACK}", people=PEOPLE) as issuer:
        yield issuer


@pytest.fixture
def settings(tmp_path: Path, address: str, issuer: str) -> Settings:
    """Give the settings of a platform that has the provider."""
    return Settings(
        data_dir=tmp_path / "data",
        public_url=address,
        oidc_issuer=issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=SecretStr(SECRET),
        oidc_name="Hospital",
    )


@pytest.fixture
def platform(settings: Settings) -> Iterator[Platform]:
    """Serve a platform on the real clock, as the provider has no other."""
    platform = Platform.from_settings(settings)
    datadir.prepare(platform, separate=False)
    port = int(settings.public_url.rpartition(":")[2])
    with serving(platform, port=port):
        yield platform
    platform.database.close()


@pytest.fixture
def visitor(platform: Platform) -> Iterator[Visitor]:
    """Give somebody who has logged in nowhere."""
    visitor = Visitor(platform.settings.public_url)
    yield visitor
    visitor.client.close()


@pytest.fixture
def alice(platform: Platform) -> User:
    """Give somebody who has an account with a password."""
    with platform.database.writing() as session:
        return account.create_user(
            session,
            email="alice@example.org",
            name="alice",
            password=PASSWORD,
            now=platform.clock(),
        )


def profile(visitor: Visitor) -> str:
    """Give the page of whose session it is, or nothing."""
    page = visitor.open("/profile")
    return page.text if page.url.path == "/profile" else ""


def users(platform: Platform) -> list[User]:
    """List all people, by number."""
    with platform.database.reading() as session:
        return list(session.exec(select(User).order_by(User.email)))


def heading(page: object) -> str:
    """Give the title of a page."""
    found = re.search(r"<h1>(.*?)</h1>", str(getattr(page, "text", page)), re.DOTALL)
    assert found
    return found[1].strip()


def registered(visitor: Visitor, name: str) -> None:
    """Log in for the first time and make an account."""
    visitor.send(visitor.log_in(name))
    assert profile(visitor)


def test_a_first_log_in_makes_an_account_under_the_name_that_is_chosen(
    visitor: Visitor, platform: Platform
) -> None:
    page = visitor.log_in("ada")

    assert heading(page) == "Choose a name"
    assert 'value="Ada Lovelace"' in page.text
    assert users(platform) == []

    page = visitor.send(page, name="Ada L.")

    assert "Ada L." in profile(visitor)
    [user] = users(platform)
    assert (user.email, user.name) == ("ada@hospital.example", "Ada L.")
    assert not identity.has_password(user)


def test_the_next_log_in_opens_the_same_account_at_once(
    visitor: Visitor, platform: Platform
) -> None:
    registered(visitor, "ada")
    again = Visitor(visitor.site)

    page = again.log_in("ada", start="/login/openid?next=/profile")

    assert page.url.path == "/profile"
    assert len(users(platform)) == 1
    with platform.database.reading() as session:
        assert session.exec(select(Identity)).one().used_at is not None
        ways = [login.way for login in session.exec(select(LoginSession))]
    assert ways == [Way.OPENID, Way.OPENID]


def test_the_session_from_before_the_log_in_is_not_kept(visitor: Visitor) -> None:
    registered(visitor, "ada")
    fresh = Visitor(visitor.site)
    fresh.open("/login")
    before = fresh.client.cookies["session"]

    fresh.log_in("ada")
    with_old_cookie = Visitor(visitor.site)
    with_old_cookie.client.cookies.set("session", before)

    assert profile(fresh)
    assert profile(with_old_cookie) == ""


def test_an_account_with_this_address_is_not_taken_over_without_its_password(
    visitor: Visitor, platform: Platform, alice: User
) -> None:
    page = visitor.log_in("sly")
    assert heading(page) == "Link a log-in"

    page = visitor.send(page, password=SECRET)
    assert page.status_code == 422
    assert "This is not the password of the account." in page.text
    assert profile(visitor) == ""

    visitor.send(page, password=PASSWORD)
    assert "alice" in profile(visitor)
    assert [user.id for user in users(platform)] == [alice.id]


def test_an_account_with_this_address_that_has_no_password_is_not_taken_over(
    visitor: Visitor, platform: Platform, alice: User
) -> None:
    with platform.database.writing() as session:
        session.get_one(User, alice.id).password = identity.NO_PASSWORD

    page = visitor.log_in("sly")

    assert (page.status_code, heading(page)) == (409, "Your account opens by another log-in")


def test_a_log_in_is_linked_from_the_profile_and_unlinked_again(
    visitor: Visitor, platform: Platform, alice: User
) -> None:
    visitor.send(visitor.open("/login"), email=alice.email, password=PASSWORD)
    page = visitor.log_in("ada", start="/login/openid?next=/profile/openid")
    assert heading(page) == "Link a log-in"

    page = visitor.send(page, password=PASSWORD)
    assert "From now on you can log in by Hospital." in page.text
    other = Visitor(visitor.site)
    other.log_in("ada")
    assert "alice" in profile(other)

    page = visitor.send(visitor.open("/profile/openid"))
    assert "That log-in opens your account no longer." in page.text
    with platform.database.reading() as session:
        assert session.exec(select(Identity)).all() == []


def test_the_only_way_into_an_account_is_not_unlinked(
    visitor: Visitor, platform: Platform, issuer: str
) -> None:
    registered(visitor, "ada")
    page = visitor.open("/profile/openid")
    assert "This is the only way into your account" in page.text
    assert 'action="/profile/openid/unlink"' not in page.text

    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    answer = visitor.client.post(
        f"{visitor.site}/profile/openid/unlink", data={"csrf_token": token[1], "issuer": issuer}
    )

    assert answer.status_code == 409
    with platform.database.reading() as session:
        assert len(session.exec(select(Identity)).all()) == 1


def test_a_log_in_of_another_account_cannot_be_linked(visitor: Visitor, alice: User) -> None:
    registered(Visitor(visitor.site), "ada")
    visitor.send(visitor.open("/login"), email=alice.email, password=PASSWORD)

    page = visitor.log_in("ada")

    assert (page.status_code, heading(page)) == (409, "This log-in is not that of your account")


def test_a_banned_person_is_not_let_in(visitor: Visitor, platform: Platform) -> None:
    registered(visitor, "ada")
    with platform.database.writing() as session:
        session.exec(select(User)).one().active = False

    page = Visitor(visitor.site).log_in("ada")

    assert (page.status_code, heading(page)) == (403, "This account is closed")
    assert profile(visitor) == ""


def test_an_address_that_the_provider_did_not_verify_makes_no_account(
    visitor: Visitor, platform: Platform
) -> None:
    page = visitor.log_in("eve")

    assert (page.status_code, heading(page)) == (403, "Your e-mail address is not verified")
    assert users(platform) == []


def test_a_name_that_is_taken_or_not_allowed_is_asked_for_again(
    visitor: Visitor, platform: Platform, alice: User
) -> None:
    page = visitor.log_in("joe")

    for wrong, message in (("baseline", "without the word baseline"), ("ALICE", "another account")):
        page = visitor.send(page, name=wrong)
        assert page.status_code == 422
        assert message in page.text
    visitor.send(page, name="Joe")

    assert [user.name for user in users(platform)] == [alice.name, "Joe"]


def test_refusing_to_be_named_is_told(visitor: Visitor, platform: Platform) -> None:
    page = visitor.log_in("ada", consent=False)

    assert (page.status_code, heading(page)) == (403, "The log-in was cancelled")
    assert users(platform) == []


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(visitor: Visitor) -> None:
    stolen = answer_of(Visitor(visitor.site), "ada")
    visitor.client.get(f"{visitor.site}/login/openid", follow_redirects=False)

    page = visitor.open(stolen)

    assert page.status_code == 400
    assert heading(page) == "This log-in took too long, or began in another window"
    assert profile(visitor) == ""


def answer_of(visitor: Visitor, name: str) -> str:
    """Go through the provider, but stop before coming back, and give the address of the return."""
    visitor.client.event_hooks["request"] = [stop_at_callback]
    try:
        visitor.log_in(name)
    except Stopped as stopped:
        return str(stopped)
    finally:
        visitor.client.event_hooks["request"] = []
    raise AssertionError("the provider did not send the browser back")


class Stopped(Exception):
    """The browser was about to come back to this address."""


def stop_at_callback(request: object) -> None:
    """Raise Stopped with the address of the return."""
    url = getattr(request, "url", None)
    if url is not None and url.path == CALLBACK:
        raise Stopped(str(url))


def test_an_answer_is_good_once(visitor: Visitor, platform: Platform) -> None:
    answer = answer_of(visitor, "ada")
    cookie = visitor.client.cookies["session"]
    assert heading(visitor.open(answer)) == "Choose a name"

    again = visitor.open(answer)
    assert (again.status_code, users(platform)) == (400, [])

    thief = Visitor(visitor.site)  # has a copy of the cookie of before, so that the state fits
    thief.client.cookies.set("session", cookie)
    page = thief.open(answer)
    assert page.status_code == 400
    assert heading(page) == "This log-in took too long, or began in another window"


def test_no_account_is_made_while_registration_is_closed(
    tmp_path: Path, settings: Settings
) -> None:
    closed = settings.model_copy(update={"registration": False})
    assert refusal_of(closed) == "You have no account on this platform"

    opened = closed.model_copy(update={"oidc_registration": True, "data_dir": tmp_path / "opened"})
    assert refusal_of(opened) == "Choose a name"


def refusal_of(settings: Settings) -> str:
    """Give the title of the page that a newcomer gets at a platform with these settings."""
    platform = Platform.from_settings(settings)
    datadir.prepare(platform, separate=False)
    port = int(settings.public_url.rpartition(":")[2])
    try:
        with serving(platform, port=port):
            return heading(Visitor(settings.public_url).log_in("ada"))
    finally:
        platform.database.close()


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example"]
)
def test_a_log_in_never_leads_to_another_site(target: str, visitor: Visitor) -> None:
    registered(visitor, "ada")
    again = Visitor(visitor.site)

    page = again.log_in("ada", start=f"/login/openid?next={quote(target)}")

    assert page.url.host == "127.0.0.1"
    assert page.url.path == "/"


def test_an_account_without_a_password_is_deleted_after_a_fresh_log_in(
    visitor: Visitor, platform: Platform
) -> None:
    registered(visitor, "ada")
    page = visitor.open("/profile/delete")
    assert 'name="email"' not in page.text

    asked = visitor.open("/login/openid?afresh=1&next=/profile/delete")
    assert "/login/?" in str(asked.url), "the provider asks again, though it knows the browser"
    page = visitor.log_in("ada", start="/login/openid?afresh=1&next=/profile/delete")
    assert page.url.path == "/profile/delete"
    page = visitor.send(page, email="ada@hospital.example")

    assert heading(page) == "Your account is deleted"
    assert profile(visitor) == ""
    assert [user.name for user in users(platform)] == ["Departed 1"]
    assert heading(Visitor(visitor.site).log_in("ada")) == "Choose a name"
