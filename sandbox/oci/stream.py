"""Bytes on their way: a window over pieces that come, and pieces uncompressed and counted."""

import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Protocol

from sandbox.archive import Words
from sandbox.oci.problem import ImageCode, InvalidImage, refused, shown

CHUNK = 1 << 20
GZIP = b"\x1f\x8b"
_OTHERS = {"bzip2": b"BZh", "xz": b"\xfd7zXZ\0", "zstd": b"\x28\xb5\x2f\xfd"}
_GZIP_FORMAT = 16 + zlib.MAX_WBITS


class Window(Protocol):
    """Bytes to be read once, forwards."""

    where: str
    position: int

    def take(self, size: int, /) -> bytes:
        """Give exactly so many bytes, b"" at the end; raise InvalidImage if it ends within."""
        ...

    def skip(self, size: int, /) -> None:
        """Go on by so many bytes; raise InvalidImage if it ends before."""
        ...


class StreamWindow:
    """A window over pieces, each of which is asked for when the one before is used up."""

    def __init__(self, pieces: Iterable[bytes], /, *, where: str) -> None:
        self.where = where
        self.position = 0
        self._pieces = iter(pieces)
        self._piece = b""
        self._at = 0

    def take(self, size: int, /) -> bytes:
        """Give exactly so many bytes, b"" at the end; raise InvalidImage if it ends within."""
        end = self._at + size
        if end <= len(self._piece):
            taken = self._piece[self._at : end]
            self._at = end
        else:
            parts = list(self.pieces(size, may_end=True))
            taken = b"".join(parts)
            if len(taken) < size and taken:
                raise cut_short(self.where)
            return taken
        self.position += size
        return taken

    def skip(self, size: int, /) -> None:
        """Go on by so many bytes; raise InvalidImage if it ends before."""
        end = self._at + size
        if end <= len(self._piece):
            self._at = end
            self.position += size
        else:
            for _ in self.pieces(size):
                pass

    def pieces(self, size: int, /, *, may_end: bool = False) -> Iterator[bytes]:
        """Give the next `size` bytes piece by piece."""
        left = size
        while left:
            if self._at == len(self._piece):
                self._piece, self._at = next(self._pieces, b""), 0
                if not self._piece:
                    if may_end:
                        return
                    raise cut_short(self.where)
            piece = self._piece[self._at : self._at + left]
            self._at += len(piece)
            self.position += len(piece)
            left -= len(piece)
            yield piece

    def rest(self) -> Iterator[bytes]:
        """Give all that is left."""
        while True:
            if self._at == len(self._piece):
                self._piece, self._at = next(self._pieces, b""), 0
                if not self._piece:
                    return
            piece = self._piece[self._at :]
            self._at = len(self._piece)
            self.position += len(piece)
            yield piece


class FileWindow:
    """A window over a file that can be sought, which skips without reading."""

    def __init__(self, file: BinaryIO, /, *, where: str) -> None:
        self.where = where
        self.position = 0
        self._file = file
        self._size = file.seek(0, 2)
        file.seek(0)

    def take(self, size: int, /) -> bytes:
        """Give exactly so many bytes, b"" at the end; raise InvalidImage if it ends within."""
        taken = self._file.read(size)
        self.position += len(taken)
        if len(taken) < size and taken:
            raise cut_short(self.where)
        return taken

    def skip(self, size: int, /) -> None:
        """Go on by so many bytes; raise InvalidImage if it ends before."""
        if self.position + size > self._size:
            raise cut_short(self.where)
        self.position = self._file.seek(size, 1)


def read_part(file: BinaryIO, /, *, offset: int, size: int) -> Iterator[bytes]:
    """Give a part of a file piece by piece; the file may be used in between."""
    end = offset + size
    while offset < end:
        file.seek(offset)
        piece = file.read(min(CHUNK, end - offset))
        if not piece:
            return
        offset += len(piece)
        yield piece


def uncompressed(pieces: Iterable[bytes], /, *, most: int, where: str) -> Iterator[bytes]:
    """Give the content of what may be gzipped, at most `most` bytes of it, counted as they come.

    Raises InvalidImage for more, for another compression, and for gzip that is damaged.
    """
    pieces = iter(pieces)
    first = b""
    while len(first) < max(map(len, _OTHERS.values())) and (piece := next(pieces, b"")):
        first += piece
    check_compression(first, where=where)
    everything = _chain(first, pieces)
    if first.startswith(GZIP):
        everything = _gunzipped(everything, where=where)
    return _counted(everything, most=most, where=where)


def check_compression(first: bytes, /, *, where: str) -> None:
    """Raise InvalidImage if these first bytes are those of a compression that is not taken."""
    for name, magic in _OTHERS.items():
        if first.startswith(magic):
            raise refused(
                ImageCode.UNKNOWN_COMPRESSION,
                where=where,
                found=Words("the compression {name}", name=name),
                expected=Words("a plain or a gzipped tar"),
                repair=Words(
                    "write it with `docker save NAME | gzip`, and layers with gzip or none"
                ),
            )


def _chain(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from pieces


def _counted(pieces: Iterator[bytes], *, most: int, where: str) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > most:
            raise too_large(where, most=most)
        yield piece


def _gunzipped(pieces: Iterator[bytes], *, where: str) -> Iterator[bytes]:
    """Uncompress one or more gzip members after each other, at most CHUNK bytes at a time."""
    member = zlib.decompressobj(_GZIP_FORMAT)
    try:
        for piece in pieces:
            waiting = piece
            while waiting:
                if member.eof:
                    member = zlib.decompressobj(_GZIP_FORMAT)
                if content := member.decompress(waiting, CHUNK):
                    yield content
                waiting = member.unused_data if member.eof else member.unconsumed_tail
        while not member.eof and (content := member.decompress(b"", CHUNK)):
            yield content
    except zlib.error as error:
        raise refused(
            ImageCode.BAD_COMPRESSION,
            where=where,
            found=Words("damaged gzip ({error})", error=shown(error)),
            expected=Words("gzip from its first to its last byte"),
            repair=Words("write it anew and compare its SHA-256 with that of the upload"),
        ) from error
    if not member.eof:
        raise cut_short(where)


def cut_short(where: str, /) -> InvalidImage:
    """Give the error of what ends too early."""
    return refused(
        ImageCode.CUT_SHORT,
        where=where,
        found=Words("an end in the middle of an entry"),
        expected=Words("a whole file"),
        repair=Words(
            "write it anew with `docker save` and compare sizes before and after the upload"
        ),
    )


def too_large(where: str, /, *, most: int) -> InvalidImage:
    """Give the error of what is larger than it may be."""
    return refused(
        ImageCode.TOO_LARGE,
        where=where,
        found=Words("more than {most:,} bytes once uncompressed", most=most),
        expected=Words("at most {most:,}", most=most),
        repair=Words(
            "leave out what the program does not need (build tools, caches, data, old layers)"
        ),
    )
