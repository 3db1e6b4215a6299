"""The bytes of an archive, in memory or in a file, of which only parts are read at a time."""

import os
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from sandbox.archive.entries import CHUNK


class Content(Protocol):
    """Bytes of a known number, read where they are asked for, as `bytes` themselves are."""

    def __len__(self) -> int:
        """Give the number."""
        ...

    def __getitem__(self, part: slice, /) -> bytes:
        """Give some of them."""
        ...


class FileContent:
    """The bytes of an open file, which nobody changes meanwhile."""

    def __init__(self, file: BinaryIO, /) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)

    def __len__(self) -> int:
        """Give the file's size."""
        return self._size

    def __getitem__(self, part: slice, /) -> bytes:
        """Read a part of the file."""
        start, stop, _ = part.indices(self._size)
        self._file.seek(start)
        return self._file.read(max(0, stop - start))


def pieces(content: Content, /, *, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """Give the bytes as they are, piece by piece."""
    end = len(content) if stop is None else stop
    for at in range(start, end, CHUNK):
        yield content[at : min(at + CHUNK, end)]
