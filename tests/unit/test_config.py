"""The settings, as an operator may write them."""

from challenge_platform.config import Settings


def test_a_slash_at_the_end_of_the_public_address_is_not_doubled() -> None:
    settings = Settings(public_url="https://challenges.hospital.example/")

    assert f"{settings.public_url}/dashboard" == "https://challenges.hospital.example/dashboard"
