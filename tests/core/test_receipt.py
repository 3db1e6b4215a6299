"""Receipts: what they hold, and that no change to one goes unseen."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from challenge_platform.bootstrap import Platform
from challenge_platform.core.receipt import Signer, canonical, verify_receipt
from challenge_platform.core.result import Result
from challenge_platform.errors import InvalidInput
from tests.conftest import Participant
from tests.core.test_submission import send


@pytest.fixture
def receipt(platform: Platform, alice: Participant) -> dict[str, Any]:
    """Give the receipt of a scored submission."""
    submission_id = send(platform, alice).submission_id
    platform.evaluator.evaluate(submission_id)
    with platform.database.reading() as session:
        return session.get_one(Result, submission_id).receipt


def test_a_genuine_receipt_is_verified_with_the_published_key(
    platform: Platform, receipt: dict[str, Any]
) -> None:
    key = platform.keys.receipt_public.read_bytes()

    assert verify_receipt(json.loads(json.dumps(receipt)), public_key=key) == receipt["payload"]


def test_a_receipt_pins_everything_that_made_the_score(receipt: dict[str, Any]) -> None:
    payload = receipt["payload"]

    assert payload.keys() == {
        "schema",
        "platform",
        "challenge",
        "phase",
        "team",
        "submission",
        "artifact",
        "times",
        "scores",
        "protect",
        "private",
        "truth",
        "scorer",
        "environment",
        "reproducibility",
    }
    assert payload["times"].keys() == {"opened", "received", "scored"}
    assert payload["scorer"].keys() == {"name", "version", "image"}


def test_a_receipt_shows_no_more_digits_than_the_page(receipt: dict[str, Any]) -> None:
    (score,) = receipt["payload"]["scores"]

    assert all(len(repr(score[key])) <= len("0.1234") for key in ("value", "low", "high"))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("payload", "scores", 0, "value"), 1.0),
        (("payload", "team"), "mallory"),
        (("payload", "extra"), 1),
        (("signature",), "AAAA"),
        (("signature",), "not base64"),
        (("key",), "0" * 16),
        (("algorithm",), "none"),
    ],
)
def test_a_changed_receipt_is_refused(
    platform: Platform, receipt: dict[str, Any], path: tuple[Any, ...], value: object
) -> None:
    changed = copy.deepcopy(receipt)
    *parents, last = path
    place: Any = changed
    for step in parents:
        place = place[step]
    place[last] = value

    with pytest.raises(InvalidInput):
        verify_receipt(changed, public_key=platform.keys.receipt_public.read_bytes())


def test_a_receipt_of_another_platform_is_refused(receipt: dict[str, Any], tmp_path: Path) -> None:
    other = Signer(tmp_path / "other.key").create()

    with pytest.raises(InvalidInput, match="signed with key"):
        verify_receipt(receipt, public_key=other)


@pytest.mark.parametrize("text", ["{}", "[]", '{"payload": 1}', '"receipt"'])
def test_what_is_no_receipt_is_told_as_such(platform: Platform, text: str) -> None:
    platform.keys.create()

    with pytest.raises(InvalidInput, match="not a receipt"):
        verify_receipt(json.loads(text), public_key=platform.keys.receipt_public.read_bytes())


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), values))
def test_the_canonical_form_survives_a_round_trip(payload: dict[str, Any]) -> None:
    try:
        form = canonical(payload)
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8 form, and never comes from JSON here
        return

    assert canonical(json.loads(form)) == form
