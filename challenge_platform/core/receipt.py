"""Receipts: what was scored, with what, and the result, signed so that anyone can check it.

A receipt is `{"payload": {...}, "signature": ..., "key": ..., "algorithm": "Ed25519"}`; the
signature covers the canonical JSON of the payload (sorted keys, no white space, UTF-8).
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from challenge_platform.errors import InvalidInput, KeyUnavailable

ALGORITHM = "Ed25519"
KEY_BYTES = 32


def canonical(payload: Mapping[str, Any], /) -> bytes:
    """Give the one byte form of a JSON document; raise ValueError for NaN and infinities."""
    return json.dumps(
        payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


@dataclass(frozen=True)
class Signer:
    """The worker's signing key, read from its file at each use."""

    path: Path

    def create(self) -> bytes:
        """Make the key unless it exists, and give the public key's 32 bytes."""
        if not self.path.exists():
            from challenge_platform.vault import write_key  # noqa: PLC0415 -- participants, who only verify, lack what the vault needs

            write_key(self.path, Ed25519PrivateKey.generate().private_bytes_raw())
        return self._private().public_key().public_bytes_raw()

    def sign(self, payload: Mapping[str, Any], /) -> dict[str, Any]:
        """Wrap a payload in its signature."""
        private = self._private()
        signature = private.sign(canonical(payload))
        return {
            "payload": dict(payload),
            "signature": base64.b64encode(signature).decode(),
            "key": key_id(private.public_key().public_bytes_raw()),
            "algorithm": ALGORITHM,
        }

    def _private(self) -> Ed25519PrivateKey:
        try:
            return Ed25519PrivateKey.from_private_bytes(self.path.read_bytes())
        except OSError as error:
            raise KeyUnavailable(
                f"the receipt key cannot be read by this process: {error.strerror}"
            ) from error


def key_id(public_key: bytes, /) -> str:
    """Give the short name of a public key: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def verify_receipt(receipt: Mapping[str, Any], /, *, public_key: bytes) -> Mapping[str, Any]:
    """Give the payload of a genuine receipt; raise InvalidInput saying what does not fit."""
    try:
        payload, signature = (
            receipt["payload"],
            base64.b64decode(receipt["signature"], validate=True),
        )
        signed, key = canonical(payload), receipt["key"]
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise InvalidInput("this is not a receipt: {error}", error=error) from error
    if receipt.get("algorithm") != ALGORITHM or key != key_id(public_key):
        raise InvalidInput(
            "this receipt was signed with key {key!r}, and the key given is {key_id!r}",
            key=key,
            key_id=key_id(public_key),
        )
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, signed)
    except InvalidSignature as error:
        raise InvalidInput("the signature does not fit: this receipt was changed") from error
    return dict(payload)


def public_key_text(public_key: bytes, /) -> str:
    """Give a public key in PEM, as the platform publishes it."""
    pem = Ed25519PublicKey.from_public_bytes(public_key).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode()
