"""The second factor: set up, asked for at each log-in, good once, switched off and taken away."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import sleep, time

import pytest
from flask import Flask
from passlib.totp import TOTP  # type: ignore[import-untyped]  # ships no types

from challenge_platform.bootstrap import Platform
from challenge_platform.core import second_factor
from challenge_platform.core.account import User
from challenge_platform.errors import NotFound
from tests.conftest import PASSWORD, Participant
from tests.web.conftest import Browser, Program

SET_UP = "/profile/second-factor"
CODES = "/profile/recovery-codes"
STEP = 30
MARGIN = 2
MALLORY = {"email": "mallory@example.org", "password": PASSWORD}


@dataclass
class App:
    """An authenticator app, which shows the code of a step of time; no step comes twice."""

    totp: TOTP
    steps: Iterator[int]

    def code(self) -> str:
        """Give a code that has not been used, and not one that ends before it can be."""
        if (left := STEP - time() % STEP) < MARGIN:
            sleep(left)
        return str(self.totp.generate(time() + STEP * next(self.steps)).token)


@pytest.fixture
def hers(alice: Participant, browser: Callable[[User], Browser]) -> Browser:
    """Give Alice's browser."""
    return browser(alice.user)


@pytest.fixture
def authenticator(hers: Browser) -> App:
    """Give Alice's app, with which she has switched the second factor on."""
    page = hers.send(SET_UP, {"setup": "authenticator"}).text
    found = re.search(r'class="token"><code>([^<]+)<', page)
    assert found, page
    # The window takes the code before, the one now and the one after: three log-ins a test.
    app = App(TOTP(key=found[1]), iter((-1, 0, 1)))
    answer = hers.send("/login/code", {"code": app.code()}, form=SET_UP)
    assert answer.location == SET_UP, answer.text
    return app


@pytest.fixture
def visitor(app: Flask) -> Browser:
    """Give a browser in which nobody has logged in."""
    return Browser(app.test_client())


def give_password(browser: Browser, user: User) -> str | None:
    """Log in as far as the second factor, and tell where that leads."""
    return browser.send("/login", {"email": user.email, "password": PASSWORD}).location


def is_logged_in(browser: Browser) -> bool:
    """Ask for a page that needs a session."""
    return browser.get("/profile").status_code == 200


def recovery_codes(browser: Browser) -> list[str]:
    """Make recovery codes and read them."""
    page = browser.send(CODES).text
    return re.findall(r"<li><code>([0-9a-f-]+)</code></li>", page)


def find(platform: Platform, user: User) -> User:
    """Read a person's row."""
    with platform.database.reading() as session:
        return session.get_one(User, user.id)


def test_the_set_up_page_shows_the_key_as_a_picture_and_as_text(hers: Browser) -> None:
    page = hers.send(SET_UP, {"setup": "authenticator"}).text

    assert re.search(r'<svg [^>]*><rect fill="white" [^>]*/><path d="M4,4', page)
    assert "for the account alice@example.org:" in page
    assert "data:" not in page


def test_the_password_alone_opens_nothing_any_more(
    visitor: Browser, alice: Participant, authenticator: App
) -> None:
    asked = give_password(visitor, alice.user)
    before = is_logged_in(visitor)

    answer = visitor.send(asked or "", {"code": authenticator.code()})

    assert asked == "/login/code?next=/"
    assert not before
    assert answer.location == "/"
    assert is_logged_in(visitor)
    assert "and a code" in visitor.get("/profile").text


def test_it_is_not_on_before_a_code_was_given(
    hers: Browser, alice: Participant, platform: Platform
) -> None:
    hers.send(SET_UP, {"setup": "authenticator"})

    wrong = hers.send("/login/code", {"code": "000000"}, form=SET_UP)

    assert "This code is wrong" in wrong.text
    assert find(platform, alice.user).totp_secret is None


def test_after_the_code_one_is_where_one_wanted_to_be(
    visitor: Browser, alice: Participant, authenticator: App
) -> None:
    form = {"email": alice.user.email, "password": PASSWORD, "next": "/profile"}
    asked = visitor.send("/login", form).location
    assert asked == "/login/code?next=/profile"

    assert visitor.send(asked, {"code": authenticator.code()}).location == "/profile"


@pytest.mark.usefixtures("authenticator")
@pytest.mark.parametrize("code", ["", "000000", "abc", "9" * 400, "²²²²²²"])
def test_a_wrong_code_opens_nothing(code: str, visitor: Browser, alice: Participant) -> None:
    give_password(visitor, alice.user)

    answer = visitor.send("/login/code", {"code": code})

    assert answer.status_code == 200
    assert not is_logged_in(visitor)


def test_a_code_opens_once(
    visitor: Browser, app: Flask, alice: Participant, authenticator: App
) -> None:
    code = authenticator.code()
    give_password(visitor, alice.user)
    visitor.send("/login/code", {"code": code})
    other = Browser(app.test_client())
    give_password(other, alice.user)

    answer = other.send("/login/code", {"code": code})

    assert is_logged_in(visitor)
    assert "was used already" in answer.text
    assert not is_logged_in(other)


def test_of_two_requests_with_one_code_one_uses_it(alice: Participant, platform: Platform) -> None:
    uses = []
    for counter in (7, 7, 6, 8):
        with platform.database.writing() as session:
            uses.append(second_factor.use_counter(session, user_id=alice.user.id, counter=counter))

    assert uses == [True, False, False, True]


def test_wrong_codes_of_an_account_are_limited_wherever_they_come_from(
    app: Flask, alice: Participant, authenticator: App
) -> None:
    def attempt(number: int, code: str) -> int:
        browser = Browser(app.test_client())
        browser.client.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        give_password(browser, alice.user)
        return browser.send("/login/code", {"code": code}).status_code

    wrong = [attempt(number, "000000") for number in range(6)]
    right = attempt(6, authenticator.code())

    assert wrong == [200, 200, 200, 200, 200, 429]
    assert right == 429


@pytest.mark.usefixtures("authenticator")
def test_wrong_codes_that_would_switch_it_off_are_limited_too(hers: Browser) -> None:
    form = {"setup": "disable", "password": PASSWORD, "code": "000000"}

    sent = [hers.send(SET_UP, form, form="/profile").status_code for _ in range(5)]

    # Setting it up was one of the five that a minute has.
    assert sent == [200, 200, 200, 200, 429]


def test_wrong_codes_of_one_person_limit_nobody_else(
    hers: Browser, bob: Participant, browser: Callable[[User], Browser]
) -> None:
    his = browser(bob.user)
    for person in (hers, his):
        person.send(SET_UP, {"setup": "authenticator"})
    sent = [
        hers.send("/login/code", {"code": "000000"}, form="/profile").status_code for _ in range(6)
    ]

    assert sent[-1] == 429
    assert his.send("/login/code", {"code": "000000"}, form="/profile").status_code == 200


@pytest.mark.usefixtures("authenticator")
def test_recovery_codes_are_shown_once_and_each_opens_once(
    hers: Browser, visitor: Browser, app: Flask, alice: Participant
) -> None:
    codes = recovery_codes(hers)
    assert len(set(codes)) == 10
    assert not any(code in hers.get(f"{CODES}?show_codes=y").text for code in codes)

    give_password(visitor, alice.user)
    visitor.send("/login/recovery-code", {"code": f" {codes[3].upper()} "})
    other = Browser(app.test_client())
    give_password(other, alice.user)
    answer = other.send("/login/recovery-code", {"code": codes[3]})

    assert is_logged_in(visitor)
    assert "was used already" in answer.text
    assert not is_logged_in(other)
    assert "You have 9 recovery codes left." in visitor.get(SET_UP).text


@pytest.mark.usefixtures("authenticator")
def test_new_recovery_codes_end_the_old_ones(
    hers: Browser, visitor: Browser, alice: Participant
) -> None:
    old, new = recovery_codes(hers), recovery_codes(hers)
    give_password(visitor, alice.user)

    visitor.send("/login/recovery-code", {"code": old[0]})
    assert not is_logged_in(visitor)
    visitor.send("/login/recovery-code", {"code": new[0]})

    assert is_logged_in(visitor)


def test_without_a_second_factor_there_are_no_recovery_codes(
    hers: Browser, alice: Participant, platform: Platform
) -> None:
    assert recovery_codes(hers) == []
    assert find(platform, alice.user).recovery_codes is None


def test_it_is_kept_encrypted(
    hers: Browser, alice: Participant, authenticator: App, platform: Platform
) -> None:
    codes = recovery_codes(hers)

    row = find(platform, alice.user)

    key = authenticator.totp.base32_key
    assert key not in str(row.totp_secret)
    assert not any(code in str(row.recovery_codes) for code in codes)
    assert len(platform.keys.second_factor.read_bytes()) == 32


@pytest.mark.parametrize(
    ("password", "right_code", "message"),
    [
        ("not the password", True, "The password is wrong."),
        (PASSWORD, False, "This code is wrong or was used already."),
    ],
)
def test_it_is_switched_off_with_password_and_code_only(
    password: str,
    right_code: bool,
    message: str,
    hers: Browser,
    authenticator: App,
) -> None:
    code = authenticator.code() if right_code else "000000"

    answer = hers.send(SET_UP, {"setup": "disable", "password": password, "code": code})

    assert message in answer.text
    assert "It is on" in hers.get(SET_UP).text


@pytest.mark.parametrize("proof", ["code", "recovery code"])
def test_switched_off_it_is_asked_for_no_more(
    proof: str, hers: Browser, visitor: Browser, alice: Participant, authenticator: App
) -> None:
    code = authenticator.code() if proof == "code" else recovery_codes(hers)[0]

    answer = hers.send(SET_UP, {"setup": "disable", "password": PASSWORD, "code": code})

    assert answer.location == SET_UP
    give_password(visitor, alice.user)
    assert is_logged_in(visitor)


@pytest.mark.usefixtures("authenticator")
def test_it_cannot_be_replaced_while_it_is_on(
    hers: Browser, alice: Participant, platform: Platform
) -> None:
    before = find(platform, alice.user).totp_secret

    answer = hers.send(SET_UP, {"setup": "authenticator"})

    assert "Switch it off before you set up another." in answer.text
    assert find(platform, alice.user).totp_secret == before


@pytest.mark.usefixtures("authenticator")
def test_tokens_are_asked_for_no_code(alices: Program, hers: Browser) -> None:
    assert alices.get("/me").status_code == 200
    assert "API tokens are not asked for one." in hers.get(SET_UP).text


@pytest.mark.usefixtures("authenticator")
def test_an_administrator_takes_a_lost_second_factor_away(
    visitor: Browser, alice: Participant, platform: Platform, hers: Browser
) -> None:
    recovery_codes(hers)
    with platform.database.writing() as session:
        user = session.get_one(User, alice.user.id)
        second_factor.remove(session, user, now=platform.clock())

    give_password(visitor, alice.user)

    assert is_logged_in(visitor)
    with platform.database.writing() as session, pytest.raises(NotFound):
        second_factor.remove(session, session.get_one(User, alice.user.id), now=platform.clock())


def test_whoever_is_asked_for_no_code_stays_logged_in(hers: Browser) -> None:
    assert hers.get("/login/code").location == SET_UP
    assert is_logged_in(hers)


def set_up_key(browser: Browser) -> TOTP:
    """Begin to set a second factor up, and give the app that is waited for."""
    page = browser.send(SET_UP, {"setup": "authenticator"}).text
    found = re.search(r'class="token"><code>([^<]+)<', page)
    assert found, page
    return TOTP(key=found[1])


def register(browser: Browser) -> None:
    """Make an account of one's own, which logs in."""
    form = {**MALLORY, "name": "mallory", "password_confirm": PASSWORD}
    assert browser.send("/register", form).status_code == 302


@pytest.mark.usefixtures("authenticator")
def test_a_factor_of_ones_own_does_not_end_the_log_in_of_somebody_else(
    visitor: Browser, app: Flask, alice: Participant, platform: Platform
) -> None:
    before = find(platform, alice.user).totp_secret
    give_password(visitor, alice.user)
    register(visitor)
    own = set_up_key(visitor)
    other = Browser(app.test_client())
    other.send("/login", MALLORY)
    other.send("/profile/sessions/end-others", form="/profile")

    code = own.generate(time()).token
    answer = visitor.send("/login/code", {"code": code}, form="/register")

    assert answer.location == "/login"
    assert not is_logged_in(visitor)
    assert find(platform, alice.user).totp_secret == before


@pytest.mark.usefixtures("authenticator")
def test_a_log_in_leaves_nothing_of_one_that_waited_for_its_code(
    visitor: Browser, alice: Participant
) -> None:
    give_password(visitor, alice.user)
    register(visitor)

    with visitor.client.session_transaction() as cookie:
        assert not [name for name in cookie if name.startswith("tf_")]


@pytest.mark.usefixtures("authenticator")
def test_only_who_is_logged_in_sets_a_second_factor_up(
    visitor: Browser, alice: Participant
) -> None:
    give_password(visitor, alice.user)
    with visitor.client.session_transaction() as cookie:
        cookie["tf_state"] = "validating_profile"

    assert visitor.get(SET_UP).location == "/login?next=/profile/second-factor"
    assert visitor.send(SET_UP, {"setup": "authenticator"}, form="/login").location == "/login"


def test_setting_it_up_ends_the_sessions_begun_without_it(
    browser: Callable[[User], Browser], alice: Participant, request: pytest.FixtureRequest
) -> None:
    thief = browser(alice.user)
    waiting = set_up_key(thief)

    request.getfixturevalue("authenticator")

    assert not is_logged_in(thief)
    code = waiting.generate(time()).token
    assert thief.send("/login/code", {"code": code}, form="/login").location == "/login"
    assert is_logged_in(request.getfixturevalue("hers"))


def test_a_set_up_that_waits_does_not_replace_one_that_was_quicker(
    alice: Participant, hers: Browser, platform: Platform
) -> None:
    waiting = set_up_key(hers)
    with platform.database.writing() as session:
        user = session.get_one(User, alice.user.id)
        user.totp_secret = MALLORY["email"]
        session.add(user)

    answer = hers.send("/login/code", {"code": waiting.generate(time()).token}, form="/profile")

    assert answer.status_code == 409
    assert find(platform, alice.user).totp_secret == MALLORY["email"]
