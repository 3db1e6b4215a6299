"""Accounts: how names, addresses and passwords are written before they are kept."""

import subprocess
import sys

import pytest
from argon2 import PasswordHasher

from challenge_platform.bootstrap import Platform
from challenge_platform.core import account
from challenge_platform.errors import Conflict, InvalidInput
from tests.conftest import PASSWORD
from tests.fakes import Clock


def test_a_password_is_the_same_on_every_keyboard() -> None:
    composed, decomposed = "caf\u00e9 au lait 12", "cafe\u0301 au lait 12"

    hashed = account.hash_password(composed)

    assert PasswordHasher().verify(hashed, account.normalize_password(decomposed))


def test_a_password_costs_what_owasp_asks_for_outside_the_tests() -> None:
    """In this process it is cheaper: tests.thrift."""
    program = "from challenge_platform.core.account import hash_password as h; print(h('x' * 12))"

    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)

    assert done.stdout.startswith(b"$argon2id$v=19$m=19456,t=2,p=1$")


def test_the_uses_of_a_token_are_noted_once_a_minute(platform: Platform, clock: Clock) -> None:
    with platform.database.writing() as session:
        user = account.create_user(
            session, email="a@example.org", name="a", password=PASSWORD, now=clock()
        )
        token = account.issue_token(session, user, name="t", now=clock())
        noted = [account.is_use_noted(session, token, now=clock())]
        account.note_token_use(session, token, now=clock())
        noted.append(account.is_use_noted(session, token, now=clock()))
        clock.advance(seconds=61)
        noted.append(account.is_use_noted(session, token, now=clock()))

    assert noted == [False, True, False]


@pytest.mark.parametrize("email", ["nobody", "a@b c", "a\0@example.org", "@", "a@"])
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(InvalidInput):
        account.normalize_email(email)


@pytest.mark.parametrize("other", ["ada", "\uff21DA", " Ada "])
def test_a_name_that_reads_like_another_persons_is_refused(
    other: str, platform: Platform, clock: Clock
) -> None:
    with platform.database.writing() as session:
        account.create_user(session, email="a@x.org", name="Ada", password=PASSWORD, now=clock())
        with pytest.raises(Conflict, match="another account"):
            account.add_user(session, email="b@x.org", name=other, hashed="-", now=clock())
        account.add_user(session, email="b@x.org", name="Ada L.", hashed="-", now=clock())


def test_an_address_has_one_account(platform: Platform, clock: Clock) -> None:
    with platform.database.writing() as session:
        account.create_user(session, email="A@x.org", name="a", password=PASSWORD, now=clock())
        with pytest.raises(Conflict):
            account.add_user(session, email="a@X.org ", name="b", hashed="-", now=clock())
