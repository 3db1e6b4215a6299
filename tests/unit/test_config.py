"""The settings, as an operator may write them."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from challenge_platform.config import Settings


def test_a_slash_at_the_end_of_the_public_address_is_not_doubled() -> None:
    settings = Settings(public_url="https://challenges.hospital.example/")

    assert f"{settings.public_url}/dashboard" == "https://challenges.hospital.example/dashboard"


def test_a_child_process_has_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    given = Settings(
        runtime_images={"torch": "mine:1"},
        warm_sandboxes=3,
        lease=timedelta(seconds=7),
        redis_url=SecretStr("redis://:secret@host"),
        registration=False,
    )
    for name, value in given.environment().items():
        monkeypatch.setenv(name, value)

    inherited = Settings()

    assert inherited == given.model_copy(update={"data_dir": given.data_dir.absolute()})
