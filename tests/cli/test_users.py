"""The operator's commands on accounts, each on a platform's own database."""

import dataclasses
import re

import pytest
from argon2 import PasswordHasher
from sqlmodel import col, select

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import main, users
from challenge_platform.config import Settings
from challenge_platform.core import recovery
from challenge_platform.core.account import User
from challenge_platform.core.audit import AuditEvent
from tests.conftest import PASSWORD, Participant

EMAIL = "alice@example.org"


@pytest.fixture(autouse=True)
def on_this_platform(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands use the test's platform; that they give root up is tested elsewhere."""
    settings = Settings(
        data_dir=platform.settings.data_dir,
        database_url=platform.settings.database_url,
        public_url="https://challenges.example/",
    )
    here = dataclasses.replace(platform, settings=settings)
    monkeypatch.setattr(users, "prepared_platform", lambda _folder: here)


def find(platform: Platform, person: Participant) -> User:
    """Read a person's row."""
    with platform.database.reading() as session:
        return session.get_one(User, person.user.id)


def test_a_lost_password_is_answered_by_a_link(
    platform: Platform, alice: Participant, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["user", "reset-password", EMAIL]) == 0

    printed = capsys.readouterr().out.strip()
    key = printed.removeprefix("https://challenges.example/recovery/")
    with platform.database.reading() as session:
        assert recovery.find_by_link(session, key, now=platform.clock()).id == alice.user.id
    assert find(platform, alice).password == alice.user.password


def test_a_password_is_set_at_once_when_asked_for(
    platform: Platform, alice: Participant, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["user", "reset-password", EMAIL, "--set"]) == 0

    found = re.fullmatch(r"password: (\S{16})\n", capsys.readouterr().out)
    assert found
    after = find(platform, alice)
    assert PasswordHasher().verify(after.password, found[1])
    assert after.fs_uniquifier != alice.user.fs_uniquifier
    assert found[1] != PASSWORD


def test_an_account_is_closed_with_a_reason_and_opened_again(
    platform: Platform, alice: Participant
) -> None:
    assert main(["user", "ban", EMAIL, "--reason", "two accounts"]) == 0
    closed = find(platform, alice).active
    assert main(["user", "ban", EMAIL, "--reason", "again"]) != 0
    assert main(["user", "unban", EMAIL]) == 0

    assert (closed, find(platform, alice).active) == (False, True)
    with platform.database.reading() as session:
        query = select(AuditEvent).where(col(AuditEvent.action) == "user banned")
        assert session.exec(query).one().detail == {"reason": "two accounts"}


def test_a_lost_second_factor_is_taken_away(platform: Platform, alice: Participant) -> None:
    with platform.database.writing() as session:
        person = session.get_one(User, alice.user.id)
        person.totp_secret, person.recovery_codes = "{}", ["x"]

    assert main(["user", "reset-totp", EMAIL]) == 0

    after = find(platform, alice)
    assert (after.totp_secret, after.recovery_codes) == (None, None)
    assert main(["user", "reset-totp", EMAIL]) != 0


def test_an_address_without_an_account_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["user", "reset-password", "nobody@example.org"]) != 0
    assert "there is no account for nobody@example.org" in capsys.readouterr().err
