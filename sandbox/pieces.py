"""Large things in pieces: as they are sent, and as they are read."""

import io
from collections.abc import Iterator
from typing import BinaryIO

from sandbox import SandboxUnavailable

_PIECE = 256 * 1024


def pieces_of(archive: BinaryIO, /, *, size: int) -> Iterator[bytes]:
    """Give `size` bytes of a file in pieces. Raises SandboxUnavailable when it has fewer."""
    left = size
    while left:
        piece = archive.read(min(_PIECE, left))
        if not piece:
            raise SandboxUnavailable(
                f"{left} of {size} bytes are missing: it was sent in part.", code="cut_short"
            )
        left -= len(piece)
        yield piece


class PiecesFile(io.RawIOBase):
    """What comes in pieces, to be read as a file."""

    def __init__(self, pieces: Iterator[bytes], /) -> None:
        self._pieces = pieces
        self._rest = b""

    def read(self, size: int = -1, /) -> bytes:
        """Give at most `size` bytes, none at the end."""
        if not self._rest:
            self._rest = next(self._pieces, b"")
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken
