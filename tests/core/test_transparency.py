"""The section `transparency` of challenge.yaml."""

from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from challenge_platform.core.definition import ChallengeDefinition
from tests.conftest import TINY


@pytest.fixture
def document() -> dict[str, Any]:
    """Give the tiny challenge as parsed YAML."""
    loaded: dict[str, Any] = yaml.safe_load((TINY / "challenge.yaml").read_text())
    return loaded


def test_an_answer_is_a_text_in_each_language(document: dict[str, Any]) -> None:
    document["transparency"] = {"funder": {"en": "Nobody.", "fr": "Personne."}}

    told = ChallengeDefinition.model_validate(document).transparency

    assert told.funder is not None
    assert (told.funder.get("fr"), told.limits) == ("Personne.", None)


def test_an_answer_in_one_language_is_refused(document: dict[str, Any]) -> None:
    document["transparency"] = {"funder": {"en": "Nobody."}}

    with pytest.raises(ValidationError, match=r"transparency\.funder\.fr"):
        ChallengeDefinition.model_validate(document)
