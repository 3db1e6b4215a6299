"""The vault: truth encrypted to its challenge's scoring key, private scores to a release key.

Only the worker holds scoring keys, only the operator holds release keys; every process may encrypt.
The format is age (X25519), so that the files can also be opened with the `age` program.
"""

import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

import pyrage

from challenge_platform.errors import InvalidInput, KeyUnavailable

NONCE_BYTES = 32
_CREATE_ONLY = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


@dataclass(frozen=True)
class Truth:
    """A challenge's hidden truth table with the random nonce that hides it in its commitment."""

    nonce: bytes
    table: bytes

    @classmethod
    def of(cls, table: bytes, /) -> Self:
        """Wrap a table with a fresh nonce."""
        return cls(nonce=os.urandom(NONCE_BYTES), table=table)

    @property
    def commitment(self) -> str:
        """SHA-256(nonce || table): it binds the truth and, the nonce being secret, tells nothing.

        A bare digest of a small table could be found by trying every labelling.
        """
        return hashlib.sha256(self.nonce + self.table).hexdigest()

    def seed(self, name: str, /) -> int:
        """Give the secret 63-bit seed for a purpose such as `resamples/development`."""
        mac = hmac.digest(self.nonce, name.encode(), "sha256")
        return int.from_bytes(mac[:8], "big") >> 1


@dataclass(frozen=True)
class Key:
    """One challenge's key of one purpose, in memory."""

    slug: str
    purpose: str
    identity: pyrage.x25519.Identity

    def decrypt(self, ciphertext: bytes, /) -> bytes:
        """Open what was encrypted to this key; raise KeyUnavailable when it was another."""
        try:
            return bytes(pyrage.decrypt(ciphertext, [self.identity]))
        except pyrage.DecryptError as error:
            raise self._does_not_fit() from error

    def decrypt_stream(self, ciphertext: BinaryIO, clear: BinaryIO, /) -> None:
        """Open what was encrypted to this key into a file, in constant memory.

        Raise KeyUnavailable when it was another key, and OSError when it was changed.
        """
        try:
            pyrage.decrypt_io(ciphertext, clear, [self.identity])
        except pyrage.DecryptError as error:
            raise self._does_not_fit() from error

    def _does_not_fit(self) -> KeyUnavailable:
        return KeyUnavailable(
            f"the {self.purpose} key of {self.slug} does not open this; was the data folder "
            "copied without its keys?"
        )

    @property
    def recipient(self) -> str:
        """The public half, to which anybody may encrypt."""
        return str(self.identity.to_public())

    def seal(self, message: bytes, /) -> str:
        """Give the HMAC-SHA256 that only holders of this key can make."""
        secret = hashlib.sha256(f"seal {self.identity}".encode()).digest()
        return hmac.digest(secret, message, "sha256").hex()


@dataclass(frozen=True)
class KeyRing:
    """The age identities of one purpose, a file a challenge, in a folder one process may read."""

    folder: Path
    purpose: str

    def create(self, slug: str, /) -> str:
        """Make the challenge's key unless it exists, and give its public recipient."""
        path = self._path(slug)
        if not path.exists():
            write_key(path, f"{pyrage.x25519.Identity.generate()}\n".encode())
        return str(self._identity(slug).to_public())

    def decrypt(self, ciphertext: bytes, /, *, slug: str) -> bytes:
        """Open what was encrypted to this key; raise KeyUnavailable without the right key."""
        return self.open(slug).decrypt(ciphertext)

    def open(self, slug: str, /) -> Key:
        """Read the challenge's key; raise KeyUnavailable when this process may not."""
        return Key(slug, self.purpose, self._identity(slug))

    def _path(self, slug: str) -> Path:
        return self.folder / f"{slug}.key"

    def _identity(self, slug: str) -> pyrage.x25519.Identity:
        try:
            return pyrage.x25519.Identity.from_str(self._path(slug).read_text().strip())
        except OSError as error:
            raise KeyUnavailable(
                f"the {self.purpose} key of {slug} cannot be read by this process: {error.strerror}"
            ) from error


def write_key(path: Path, content: bytes, /) -> None:
    """Make a key's file, for its owner to read, so that it survives a power cut.

    What is encrypted to a key outlives the moment, so the key must: the file and its name are
    synced. Raise FileExistsError rather than replace a key.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, _CREATE_ONLY, 0o400), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def encrypt(content: bytes, /, *, recipient: str) -> bytes:
    """Encrypt to an age recipient; raise InvalidInput when the recipient is malformed."""
    return bytes(pyrage.encrypt(content, [_recipient(recipient)]))


def encrypt_stream(clear: BinaryIO, ciphertext: BinaryIO, /, *, recipient: str) -> None:
    """Encrypt a file to an age recipient, in constant memory; raise as `encrypt` does."""
    pyrage.encrypt_io(clear, ciphertext, [_recipient(recipient)])


def _recipient(name: str) -> pyrage.x25519.Recipient:
    try:
        return pyrage.x25519.Recipient.from_str(name)
    except pyrage.RecipientError as error:
        raise InvalidInput("{recipient!r} is not an age recipient", recipient=name) from error


def seal_truth(truth: Truth, /, *, recipient: str) -> bytes:
    """Encrypt the truth with its nonce for the worker."""
    header = json.dumps({"schema": "truth/1", "nonce": truth.nonce.hex()}).encode()
    return encrypt(header + b"\n" + truth.table, recipient=recipient)


def open_truth(ciphertext: bytes, /, *, key: Key) -> Truth:
    """Decrypt what `seal_truth` made; raise KeyUnavailable when it was for another key."""
    header, _, table = key.decrypt(ciphertext).partition(b"\n")
    return Truth(nonce=bytes.fromhex(json.loads(header)["nonce"]), table=table)
