"""The profile: tokens made, shown once, and revoked."""

import re
from collections.abc import Callable

import pytest

from challenge_platform.core.account import User
from tests.conftest import Participant
from tests.fakes import Clock
from tests.web.conftest import Browser, Program


@pytest.fixture
def hers(alice: Participant, browser: Callable[[User], Browser]) -> Browser:
    """Give Alice's browser."""
    return browser(alice.user)


def make(browser: Browser, **fields: str) -> str:
    """Make a token and give its text."""
    answer = browser.send("/profile/tokens", {"name": "laptop", **fields})
    assert answer.status_code == 201
    [token] = re.findall(r"chp_[0-9a-f]{16}_[\w-]{43}", answer.text)
    return str(token)


def test_a_token_is_shown_once_and_opens_the_api(hers: Browser) -> None:
    token = make(hers)

    assert token not in hers.get("/profile").text
    assert "laptop" in hers.get("/profile").text
    assert Program(hers.client, token).get("/me").json["name"] == "alice"


def test_a_token_lasts_and_may_do_what_was_chosen(hers: Browser, clock: Clock) -> None:
    reader = Program(hers.client, make(hers, scope="read", days="7"))

    assert reader.submit().status_code == 403
    clock.advance(days=6)
    assert reader.get("/me").status_code == 200
    clock.advance(days=1)
    assert reader.get("/me").status_code == 401


def test_a_revoked_token_opens_nothing(hers: Browser) -> None:
    token = make(hers)
    token_id = token.split("_")[1]

    assert hers.send(f"/profile/tokens/{token_id}/revoke", form="/profile").status_code == 303
    assert Program(hers.client, token).get("/me").status_code == 401
    assert "revoked" in hers.get("/profile").text


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"days": "36500"}, {"days": "x"}, {"scope": "admin"}]
)
def test_a_wrong_choice_makes_no_token(fields: dict[str, str], hers: Browser) -> None:
    answer = hers.send("/profile/tokens", {"name": "laptop", **fields})

    assert answer.status_code == 422
    assert "You have no token." in hers.get("/profile").text
