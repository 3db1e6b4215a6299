"""The launcher's table: which image stands behind the name of a runtime."""

import pytest
from pydantic import ValidationError

from challenge_platform.cli.launcher import images_of
from challenge_platform.config import Settings
from sandbox.images.content import SCORING, image_tag


def test_the_images_that_are_made_here_are_in_the_table_by_their_names() -> None:
    table = images_of(Settings())

    assert table[SCORING] == image_tag(SCORING)
    assert table["python"] == image_tag("python")


def test_an_operator_adds_runtimes_and_replaces_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHALLENGE_RUNTIME_IMAGES", '{"torch": "mine:1", "python": "mine:2"}')

    table = images_of(Settings())

    assert (table["torch"], table["python"]) == ("mine:1", "mine:2")


def test_no_runtime_takes_the_place_of_the_scorers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHALLENGE_RUNTIME_IMAGES", '{"scoring": "theirs"}')

    assert images_of(Settings())[SCORING] == image_tag(SCORING)


def test_a_name_that_no_challenge_could_give_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHALLENGE_RUNTIME_IMAGES", '{"My Runtime": "mine"}')

    with pytest.raises(ValidationError, match="runtime_images"):
        Settings()
