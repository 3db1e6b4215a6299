"""Getting back in: by mail, or by an administrator's link, once, within the hour."""

import dataclasses
import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask_security.recoverable import generate_reset_password_token
from pydantic import SecretStr

from challenge_platform.bootstrap import Platform
from challenge_platform.config import Settings
from challenge_platform.core import account, ban, recovery
from challenge_platform.core.account import User
from challenge_platform.errors import NotAuthenticated
from challenge_platform.web import create_app
from challenge_platform.web.account_store import Account, Accounts
from tests.conftest import PASSWORD, Participant
from tests.fakes import Clock
from tests.web.conftest import Browser, Program
from tests.web.mailbox import Mailbox, finish, serving

NEW = {"password": "another four words here", "password_confirm": "another four words here"}


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """Give a mail server."""
    with serving(Mailbox()) as mailbox:
        yield mailbox


@pytest.fixture
def app(platform: Platform, mailbox: Mailbox) -> Iterator[Flask]:
    """Give the application of a platform that sends mail."""
    settings = platform.settings.model_copy(
        update={
            "mail_url": SecretStr(f"smtp://127.0.0.1:{mailbox.port}?tls=off"),
            "mail_sender": "Challenges <no-reply@example.org>",
        }
    )
    made = create_app(dataclasses.replace(platform, settings=settings))
    made.testing = True
    yield made
    finish(made)


@pytest.fixture
def visitor(app: Flask) -> Browser:
    """Give a browser in which nobody has logged in."""
    return Browser(app.test_client())


def log_in(browser: Browser, user: User, *, password: str = PASSWORD) -> bool:
    """Log in, and tell whether that opened the profile."""
    browser.send("/login", {"email": user.email, "password": password})
    return browser.get("/profile").status_code == 200


def test_a_lost_password_is_set_anew_by_the_link_in_a_mail(
    visitor: Browser, alice: Participant, mailbox: Mailbox
) -> None:
    visitor.send("/recover", {"email": alice.user.email})
    link = mailbox.link(1)

    answer = visitor.send(link, NEW)

    [mail, *_] = mailbox.mails
    assert (mail["to"], mail["from"]) == (alice.user.email, "Challenges <no-reply@example.org>")
    assert "Hello alice," in mail.get_content()
    assert answer.location == "/login"
    assert not log_in(visitor, alice.user)
    assert log_in(visitor, alice.user, password=NEW["password"])
    assert mailbox.wait_for(2)[-1]["subject"] == "Your password was changed"


def test_a_link_works_once(visitor: Browser, alice: Participant, mailbox: Mailbox) -> None:
    visitor.send("/recover", {"email": alice.user.email})
    link = mailbox.link(1)
    visitor.send(link, NEW)

    assert visitor.get(link).location == "/recover"
    assert "used already" in visitor.get("/recover").text


def test_a_link_ends_after_an_hour(
    app: Flask, visitor: Browser, alice: Participant, mailbox: Mailbox
) -> None:
    assert app.config["SECURITY_RESET_PASSWORD_WITHIN"] == timedelta(hours=1)
    visitor.send("/recover", {"email": alice.user.email})
    link = mailbox.link(1)

    app.config["SECURITY_RESET_PASSWORD_WITHIN"] = timedelta(seconds=-1)

    assert visitor.get(link).location == "/recover"
    assert "This link has ended" in visitor.get("/recover").text


@pytest.mark.parametrize("token", ["x", "a.b.c", "%00"])
def test_a_link_that_was_never_sent_opens_nothing(token: str, visitor: Browser) -> None:
    assert visitor.get(f"/recover/{token}").location == "/recover"


def test_the_answer_does_not_tell_who_has_an_account(
    visitor: Browser, alice: Participant, mailbox: Mailbox
) -> None:
    answers = [
        visitor.send("/recover", {"email": email})
        for email in (alice.user.email, "nobody@example.org")
    ]

    pages = [re.sub(r'value="[^"]*"', "", answer.text) for answer in answers]
    assert pages[0] == pages[1]
    assert "a link to set a new password is on its way" in pages[0]
    assert [mail["to"] for mail in mailbox.wait_for(1)] == [alice.user.email]


def test_a_closed_account_is_sent_nothing(
    visitor: Browser, alice: Participant, bob: Participant, platform: Platform, mailbox: Mailbox
) -> None:
    with platform.database.writing() as session:
        person = session.get_one(User, alice.user.id)
        ban.ban(session, person, reason="cheated", now=platform.clock())

    answer = visitor.send("/recover", {"email": alice.user.email})
    visitor.send("/recover", {"email": bob.user.email})

    assert "is on its way" in answer.text
    assert [mail["to"] for mail in mailbox.wait_for(1)] == [bob.user.email]


def test_a_recovery_ends_sessions_and_tokens(
    visitor: Browser,
    alice: Participant,
    browser: Callable[[User], Browser],
    alices: Program,
    mailbox: Mailbox,
) -> None:
    before = browser(alice.user)
    visitor.send("/recover", {"email": alice.user.email})

    visitor.send(mailbox.link(1), NEW)

    assert before.get("/profile").status_code == 303
    assert alices.get("/me").status_code == 401


def test_a_mail_leads_to_the_public_address_whatever_name_was_asked(
    visitor: Browser, alice: Participant, mailbox: Mailbox
) -> None:
    token = re.search(
        r'name="csrf_token" value="([^"]+)"',
        visitor.get("/recover", base_url="http://localhost").text,
    )
    assert token
    data = {"email": alice.user.email, "csrf_token": token[1]}
    visitor.post("/recover", data=data, base_url="http://localhost")

    assert mailbox.link(1).startswith("/recover/")


def test_a_mail_server_that_is_away_spoils_no_page(
    platform: Platform, alice: Participant, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = platform.settings.model_copy(
        update={"mail_url": SecretStr("smtp://127.0.0.1:9?tls=off"), "mail_sender": "a@example.org"}
    )
    made = create_app(dataclasses.replace(platform, settings=settings))

    answer = Browser(made.test_client()).send("/recover", {"email": alice.user.email})

    assert answer.status_code == 200
    finish(made)
    assert "mail not sent" in capsys.readouterr().out


def test_an_address_is_confirmed_before_its_account_opens(
    visitor: Browser, mailbox: Mailbox
) -> None:
    form = {"name": "Zoé", "email": "zoe@example.org", **NEW}
    answer = visitor.send("/register", form)
    refused = visitor.send("/login", {"email": form["email"], "password": form["password"]})
    link = mailbox.link(1)

    confirmed = visitor.get(link)

    assert answer.location == "/login"
    assert "Open the link that was sent to this address first." in refused.text
    assert confirmed.location == "/login"
    visitor.send("/login", {"email": form["email"], "password": form["password"]})
    assert visitor.get("/profile").status_code == 200


def test_a_lost_confirmation_is_sent_again(visitor: Browser, mailbox: Mailbox) -> None:
    form = {"name": "Zoé", "email": "zoe@example.org", **NEW}
    visitor.send("/register", form)
    mailbox.wait_for(1)

    visitor.send("/confirm", {"email": form["email"]})

    assert visitor.get(mailbox.link(2)).location == "/login"


def test_registering_a_taken_address_tells_its_owner_and_nobody_else(
    visitor: Browser, alice: Participant, mailbox: Mailbox
) -> None:
    taken = visitor.send("/register", {"name": "Zoé", "email": alice.user.email, **NEW})
    first = visitor.get("/login").text
    free = visitor.send("/register", {"name": "Zoé", "email": "zoe@example.org", **NEW})
    second = visitor.get("/login").text

    assert (taken.status_code, taken.location) == (free.status_code, free.location)
    assert "A link is on its way to this address" in first
    assert "A link is on its way to this address" in second
    [told, welcome] = mailbox.wait_for(2)
    assert (told["to"], welcome["to"]) == (alice.user.email, "zoe@example.org")
    assert "which has one already" in told.get_content()


def test_an_administrators_link_sets_a_new_password_once(
    visitor: Browser, alice: Participant, platform: Platform
) -> None:
    with platform.database.writing() as session:
        link = f"/recovery/{recovery.issue_link(session, alice.user, now=platform.clock())}"
    form = visitor.get(link).location
    assert form is not None

    visitor.send(form, NEW)

    assert log_in(visitor, alice.user, password=NEW["password"])
    assert visitor.get(link).location == "/recover"


def test_an_administrators_link_ends_after_an_hour_and_with_the_next_one(
    visitor: Browser, alice: Participant, platform: Platform, clock: Clock
) -> None:
    with platform.database.writing() as session:
        older = recovery.issue_link(session, alice.user, now=clock())
    with platform.database.writing() as session:
        newer = recovery.issue_link(session, alice.user, now=clock())

    assert visitor.get(f"/recovery/{older}").location == "/recover"
    assert "/recover/" in (visitor.get(f"/recovery/{newer}").location or "")
    clock.advance(hours=1)
    assert visitor.get(f"/recovery/{newer}").location == "/recover"


@pytest.mark.parametrize("key", ["x", "1.x", "1.", "².x", f"{2**70}.x", "-1.x"])
@pytest.mark.usefixtures("alice")
def test_a_key_that_was_never_given_leads_to_the_recovery_page(key: str, visitor: Browser) -> None:
    assert visitor.get(f"/recovery/{key}").location == "/recover"


def test_without_mail_the_page_says_whom_to_ask(platform: Platform) -> None:
    settings = Settings(
        data_dir=platform.settings.data_dir,
        database_url=platform.settings.database_url,
        contact="the help desk, room 12",
    )
    visitor = Browser(create_app(Platform.from_settings(settings)).test_client())

    page = visitor.get("/recover").text

    assert "This platform sends no mail." in page
    assert "Ask the help desk, room 12 for a recovery link." in page
    assert 'name="email"' not in page


def test_a_new_address_ends_the_links_sent_to_the_old_one_and_the_other_sessions(
    visitor: Browser, alice: Participant, browser: Callable[[User], Browser], mailbox: Mailbox
) -> None:
    visitor.send("/recover", {"email": alice.user.email})
    old = mailbox.link(1)
    hers, thief = browser(alice.user), browser(alice.user)
    hers.send("/profile/email", {"email": "alice@new.example", "password": PASSWORD})
    hers.get(mailbox.link(2))

    assert visitor.get(old).location == "/recover"
    assert thief.get("/profile").status_code == 303
    assert "alice@new.example" in hers.get("/profile").text


def test_what_an_administrators_link_led_to_ends_with_the_next_one(
    visitor: Browser, alice: Participant, platform: Platform, clock: Clock
) -> None:
    def issue() -> str:
        with platform.database.writing() as session:
            user = session.get_one(User, alice.user.id)
            return recovery.issue_link(session, user, now=clock())

    form = visitor.get(f"/recovery/{issue()}").location or ""
    newer = issue()

    assert visitor.get(form).location == "/recover"
    assert "/recover/" in (visitor.get(f"/recovery/{newer}").location or "")


def test_a_copy_read_before_a_reset_does_not_bring_the_old_password_back(
    app: Flask, alice: Participant, platform: Platform
) -> None:
    with app.test_request_context():
        stale = Account(alice.user)
        with platform.database.writing() as session:
            user = session.get_one(User, alice.user.id)
            account.reset_password(session, user, password=NEW["password"], now=platform.clock())
        stale.mf_recovery_codes = ["one"]

        with pytest.raises(NotAuthenticated, match="sessions were ended"):
            Accounts(platform).put(stale)

    with platform.database.reading() as session:
        assert session.get_one(User, alice.user.id).password != alice.user.password


def test_a_copy_writes_back_only_what_was_changed_in_it(
    app: Flask, alice: Participant, platform: Platform
) -> None:
    with app.test_request_context():
        stale = Account(alice.user)
        with platform.database.writing() as session:
            user = session.get_one(User, alice.user.id)
            user.password, user.unconfirmed_since = "newer", platform.clock()
            session.add(user)
        stale.mf_recovery_codes = ["one"]

        Accounts(platform).put(stale)

    with platform.database.reading() as session:
        user = session.get_one(User, alice.user.id)
    assert (user.password, user.recovery_codes) == ("newer", ["one"])
    assert user.unconfirmed_since is not None


def test_no_copy_is_written_back_to_a_closed_account(
    app: Flask, alice: Participant, platform: Platform
) -> None:
    with platform.database.writing() as session:
        user = session.get_one(User, alice.user.id)
        user.active = False
        session.add(user)

    with app.test_request_context(), pytest.raises(NotAuthenticated):
        Accounts(platform).put(Account(user))


def test_making_a_link_takes_no_time_that_tells_of_an_account(
    app: Flask, alice: Participant
) -> None:
    with app.test_request_context():
        token = generate_reset_password_token(Account(alice.user))  # type: ignore[no-untyped-call]  # has no annotations
        stands_on = app.extensions["security"].reset_serializer.loads(token)[1]

    assert stands_on == hashlib.sha256(alice.user.password.encode()).hexdigest()


def test_a_mail_that_cannot_be_written_is_recorded(
    app: Flask, visitor: Browser, alice: Participant, capsys: pytest.CaptureFixture[str]
) -> None:
    del app.extensions["mailman"]

    visitor.send("/recover", {"email": alice.user.email})

    finish(app)
    logged = capsys.readouterr().out
    assert "mail not sent" in logged
    assert "KeyError" in logged
