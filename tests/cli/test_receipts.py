"""`challenge receipt`: downloading, and verifying with and without a network."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from challenge_platform.cli.receipts import receipt_facts
from challenge_platform.core.receipt import public_key_text
from tests.cli.conftest import Run
from tests.cli.fake_api import (
    RECEIPT_KEY,
    RECEIPT_PAYLOAD,
    SUBMISSION_ID,
    FakeApi,
    signed_receipt,
)

PUBLIC = RECEIPT_KEY.public_key().public_bytes_raw()


@pytest.fixture
def receipt(here: Path) -> Path:
    """Write a genuine receipt into the working folder."""
    path = here / "receipt.json"
    path.write_text(json.dumps(signed_receipt()))
    return path


def test_the_receipt_is_kept_as_the_platform_wrote_it(ada: Run, here: Path) -> None:
    done = ada("receipt", "download", SUBMISSION_ID)

    kept = here / f"receipt-{SUBMISSION_ID}.json"
    assert done.code == 0
    assert json.loads(kept.read_bytes()) == signed_receipt()


def test_a_place_that_cannot_be_written_is_named(ada: Run) -> None:
    done = ada("receipt", "download", SUBMISSION_ID, "-o", "no/such/folder/r.json")

    assert done.code == 1
    assert "no/such/folder/r.json cannot be written" in done.err


def test_a_genuine_receipt_is_verified_with_the_platforms_key(
    run: Run, api: FakeApi, receipt: Path
) -> None:
    done = run("--url", api.url, "receipt", "verify", receipt.name)

    assert done.code == 0
    assert done.out.startswith("receipt.json is genuine")
    assert f"of {api.url}, unchanged" in done.out
    assert "0.7312 [0.6912, 0.7712]" in done.out
    assert SUBMISSION_ID in done.out


@pytest.mark.parametrize(
    "content",
    [public_key_text(PUBLIC).encode(), base64.b64encode(PUBLIC), base64.b64encode(PUBLIC) + b"\n"],
    ids=["PEM", "base64", "base64 and a line end"],
)
def test_with_a_key_no_network_is_used(run: Run, here: Path, receipt: Path, content: bytes) -> None:
    (here / "key").write_bytes(content)

    assert run("receipt", "verify", receipt.name, "--key", "key").code == 0


def _change_the_score(receipt: dict[str, Any]) -> None:
    receipt["payload"]["scores"][0]["value"] = 0.9


def _sign_again_with_another_key(receipt: dict[str, Any]) -> None:
    receipt["signature"] = base64.b64encode(Ed25519PrivateKey.generate().sign(b"x")).decode()


def _leave_the_payload_out(receipt: dict[str, Any]) -> None:
    del receipt["payload"]


def _name_another_key(receipt: dict[str, Any]) -> None:
    receipt["key"] = "0" * 16


def _name_no_algorithm(receipt: dict[str, Any]) -> None:
    receipt["algorithm"] = "none"


@pytest.mark.parametrize(
    "forge",
    [
        _change_the_score,
        _sign_again_with_another_key,
        _leave_the_payload_out,
        _name_another_key,
        _name_no_algorithm,
    ],
)
def test_a_receipt_that_was_changed_is_not_genuine(
    run: Run, api: FakeApi, receipt: Path, forge: Callable[[dict[str, Any]], None]
) -> None:
    document = signed_receipt()
    document = json.loads(json.dumps(document))
    forge(document)
    receipt.write_text(json.dumps(document))

    done = run("--url", api.url, "receipt", "verify", receipt.name)

    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("receipt.json is not genuine: ")


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_receipt_at_all_is_not_genuine(
    run: Run, api: FakeApi, receipt: Path, content: bytes
) -> None:
    receipt.write_bytes(content)

    assert run("--url", api.url, "receipt", "verify", receipt.name).code == 2


@pytest.mark.parametrize(
    "content", [b"", b"AAAA", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"]
)
def test_a_file_that_is_no_key_is_a_usage_error(
    run: Run, here: Path, receipt: Path, content: bytes
) -> None:
    (here / "key").write_bytes(content)

    done = run("receipt", "verify", receipt.name, "--key", "key")

    assert done.code == 1
    assert "key is no Ed25519 public key" in done.err


def test_under_the_ladder_a_receipt_says_whose_scores_it_has() -> None:
    assert "Scores of" not in dict(receipt_facts(RECEIPT_PAYLOAD))
    protected = dict(receipt_facts({**RECEIPT_PAYLOAD, "protect": "ladder"}))
    assert protected["Scores of"] == "what the team stands by (Ladder)"
