"""The object store: artifacts named by their SHA-256, streamed and fsynced to a local folder."""

import hashlib
import io
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

import obstore
from obstore.store import LocalStore

from challenge_platform.errors import NotFound, ObjectDamaged, UploadTooLarge

CHUNK = 1 << 20
FOLDER_MODE = 0o2770
"""As of the folder of all objects: web and worker are two users of one group."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class StoredObject:
    """What was stored: its name, which is its SHA-256 in hexadecimal, and its size in bytes."""

    digest: str
    size: int


@dataclass(frozen=True)
class CheckedFile:
    """A file on the store's own disk whose SHA-256 and size are known, and that nobody changes."""

    path: Path
    digest: str
    size: int


class ObjectStore:
    """A content-addressed store in a folder: the same bytes are kept once."""

    def __init__(self, folder: Path, /) -> None:
        self._folder = folder
        self._store = LocalStore(prefix=folder, mkdir=True)
        self._made: set[Path] = set()

    def put(self, content: bytes | IO[bytes], /, *, max_bytes: int | None = None) -> StoredObject:
        """Store the content durably and give its digest; raise UploadTooLarge past `max_bytes`."""
        digest, size = hashlib.sha256(), 0

        def counted() -> Iterator[bytes]:
            nonlocal size
            for chunk in _chunks(content):
                size += len(chunk)
                if max_bytes is not None and size > max_bytes:
                    raise UploadTooLarge("the file is over {most:,} bytes", most=max_bytes)
                digest.update(chunk)
                yield chunk

        incoming = f"incoming/{os.urandom(16).hex()}"
        obstore.put(self._store, incoming, counted())
        key = _key(digest.hexdigest())
        self._make_folder((self._folder / key).parent)
        self._sync(self._folder / incoming)  # under its own name somebody may delete it again
        obstore.rename(self._store, incoming, key)
        self._sync((self._folder / key).parent)
        return StoredObject(digest.hexdigest(), size)

    def put_file(self, file: CheckedFile, /) -> StoredObject:
        """Store a file durably without a copy: it then has two names, and may lose its first."""
        incoming = self.scratch / os.urandom(16).hex()
        target = self._folder / _key(file.digest)
        self._make_folder(target.parent)
        incoming.hardlink_to(file.path)
        self._sync(incoming)
        incoming.replace(target)
        incoming.unlink(missing_ok=True)  # still there if it was the same file already
        self._sync(target.parent)
        return StoredObject(file.digest, file.size)

    def read(self, digest: str, /) -> bytes:
        """Give the content, checked against its name; raise NotFound when there is none."""
        try:
            content = bytes(obstore.get(self._store, _key(digest)).bytes())
        except FileNotFoundError as error:
            raise NotFound("there is no stored object {digest}", digest=digest) from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise ObjectDamaged(f"the stored object {digest} was changed on disk")
        return content

    def stream(self, digest: str, /) -> Iterator[bytes]:
        """Give the content in pieces, in constant memory; raise NotFound when there is none."""
        try:
            result = obstore.get(self._store, _key(digest))
        except FileNotFoundError as error:
            raise NotFound("there is no stored object {digest}", digest=digest) from error
        return (bytes(chunk) for chunk in result.stream(min_chunk_size=CHUNK))

    def open(self, digest: str, /) -> BinaryIO:
        """Give the content to be read once, in constant memory; raise as `stream` does."""
        return reader(self.stream(digest))

    def open_file(self, digest: str, /) -> BinaryIO:
        """Give the content to be read in any order; raise NotFound when there is none."""
        try:
            return (self._folder / _key(digest)).open("rb")
        except FileNotFoundError as error:
            raise NotFound("there is no stored object {digest}", digest=digest) from error

    @property
    def scratch(self) -> Path:
        """A folder for large files without a name, which are gone with who made them."""
        folder = self._folder / "incoming"
        folder.mkdir(exist_ok=True)
        return folder

    def has(self, digest: str, /) -> bool:
        """Whether there is an object of this name."""
        try:
            obstore.head(self._store, _key(digest))
        except FileNotFoundError:
            return False
        return True

    def delete(self, digest: str, /) -> bool:
        """Remove an object for good, and say whether there was one."""
        if not self.has(digest):
            return False
        obstore.delete(self._store, _key(digest))
        return True

    def make_folders(self) -> None:
        """Make all folders of objects at once, so that no object has to wait for its own."""
        for number in range(256):
            self._make(self._folder / f"{number:02x}")
        self._sync(self._folder)

    def _make_folder(self, folder: Path) -> None:
        """Make a folder of objects and sync its name, unless that was done before."""
        if not self._made:
            # Those that are there may be unsynced, of a process that was cut short.
            self._made = set(self._folder.glob("[0-9a-f][0-9a-f]"))
            self._sync(self._folder)
        if folder not in self._made:
            self._make(folder)
            self._sync(self._folder)

    def _make(self, folder: Path) -> None:
        with suppress(FileExistsError):
            folder.mkdir()
            folder.chmod(FOLDER_MODE)  # whatever the umask of who is the first to need it
        self._made.add(folder)

    def _sync(self, part: Path) -> None:
        """Make a content, or the names in a folder, survive a power cut."""
        descriptor = os.open(part, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class _Pieces(io.RawIOBase):
    """A file of pieces that are made as it is read."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 -- any writable buffer
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        taken = self._left[: len(buffer)]
        buffer[: len(taken)] = taken
        self._left = self._left[len(taken) :]
        return len(taken)


def reader(pieces: Iterable[bytes], /) -> BinaryIO:
    """Give pieces as a file to be read once; each is made when it is needed."""
    return io.BufferedReader(_Pieces(pieces), buffer_size=CHUNK)


def measured(pieces: Iterable[bytes], /) -> tuple[str, int]:
    """Give the SHA-256 of pieces, in hexadecimal, and their bytes, keeping none of them."""
    sha256, size = hashlib.sha256(), 0
    for piece in pieces:
        sha256.update(piece)
        size += len(piece)
    return sha256.hexdigest(), size


def _key(digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        raise NotFound("{digest!r} is not the name of a stored object", digest=digest)
    return f"{digest[:2]}/{digest}"


def _chunks(content: bytes | IO[bytes]) -> Iterable[bytes]:
    if isinstance(content, bytes):
        return (content,)
    return iter(lambda: content.read(CHUNK), b"")
