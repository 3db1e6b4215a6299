"""What programs find in `/input`: a plain tar, known by its SHA-256, that launchers keep.

It holds the files of `data.input`, kept encrypted to the scoring key; their public sample; or,
where nothing is hidden, the public files. The same files always make the same bytes.
"""

import hashlib
import os
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

from challenge_platform.errors import KeyUnavailable
from challenge_platform.storage import CHUNK, reader
from challenge_platform.vault import Key

FILE_MODE = 0o444


@dataclass(frozen=True, kw_only=True)
class InputFile:
    """A file of an input: its name in `/input`, its bytes, and what gives them in pieces."""

    name: str
    size: int
    pieces: Callable[[], Iterable[bytes]]


def file_of(path: Path, /) -> InputFile:
    """Give a file of a folder."""

    def pieces() -> Iterator[bytes]:
        with path.open("rb") as file:
            yield from iter(lambda: file.read(CHUNK), b"")

    return InputFile(name=path.name, size=path.stat().st_size, pieces=pieces)


@dataclass
class Tar:
    """The tar of some files, made in pieces as it is read; then its `digest` is known."""

    files: Iterable[InputFile]
    size: int = 0
    _sha256: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @property
    def digest(self) -> str:
        """The SHA-256 of what was read so far, in hexadecimal."""
        return self._sha256.hexdigest()

    def open(self) -> BinaryIO:
        """Give the tar as a file to be read once."""
        return reader(self._counted())

    def read_to_end(self) -> "Tar":
        """Make the tar for its digest and size alone."""
        for _ in self._counted():
            pass
        return self

    def _counted(self) -> Iterator[bytes]:
        for piece in tar_pieces(self.files):
            self._sha256.update(piece)
            self.size += len(piece)
            yield piece


def tar_pieces(files: Iterable[InputFile], /) -> Iterator[bytes]:
    """Write files as a POSIX tar, sorted by name, without a time or an owner.

    Raise ValueError when a file has not the bytes that it is said to have.
    """
    for file in sorted(files, key=lambda file: file.name):
        yield from _member_pieces(file)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _member_pieces(file: InputFile) -> Iterator[bytes]:
    member = tarfile.TarInfo(file.name)
    member.size, member.mode = file.size, FILE_MODE
    yield member.tobuf(tarfile.PAX_FORMAT)
    left = file.size
    for piece in file.pieces():
        left -= len(piece)
        yield piece
    if left:
        raise ValueError(f"{file.name} was changed while it was read; expected {file.size}")
    yield bytes(-file.size % tarfile.BLOCKSIZE)


def with_file(archive: BinaryIO, /, *, name: str, content: bytes) -> Iterator[bytes]:
    """Write a tar of `tar_pieces` again as it is read, with another content of one of its files."""
    with tarfile.open(fileobj=archive, mode="r|") as tar:
        for member in tar:
            pieces = partial(_pieces_of, tar, member)
            file = InputFile(name=member.name, size=member.size, pieces=pieces)
            if member.name == name:
                file = InputFile(name=name, size=len(content), pieces=lambda: [content])
            yield from _member_pieces(file)
    yield bytes(2 * tarfile.BLOCKSIZE)


def file_in(archive: BinaryIO, /, *, name: str) -> bytes:
    """Give the content of one file of a tar; raise ValueError if it has none of that name."""
    with tarfile.open(fileobj=archive, mode="r|") as tar:
        for member in tar:
            if member.name == name:
                return b"".join(_pieces_of(tar, member))
    raise ValueError(f"the input of programs has no file {name!r}")


def _pieces_of(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    file = tar.extractfile(member)
    if file is None:
        raise ValueError(f"{member.name} in the input of programs is no regular file")
    yield from iter(lambda: file.read(CHUNK), b"")


@contextmanager
def opened(key: Key, ciphertext: BinaryIO, /) -> Iterator[BinaryIO]:
    """Decrypt a file as it is read, in constant memory and never on a disk.

    Raise KeyUnavailable, at the end, when it is damaged or encrypted to another key.
    """
    receiving, sending = os.pipe()
    failed: list[Exception] = []

    def decrypt() -> None:
        try:
            with os.fdopen(sending, "wb") as clear:
                key.decrypt_stream(ciphertext, clear)
        except BrokenPipeError:
            pass  # whoever read had enough of it
        except (KeyUnavailable, OSError) as error:
            failed.append(error)

    thread = threading.Thread(target=decrypt, name=f"decrypt-{key.slug}", daemon=True)
    thread.start()
    try:
        with os.fdopen(receiving, "rb") as clear:
            yield clear
    finally:
        thread.join()
    if failed:
        raise KeyUnavailable(f"the hidden input of {key.slug} cannot be opened") from failed[0]
