"""Reads a plain tar as it comes, and writes it anew: only regular files and folders come through.

What reads the result never sees a byte of the original's headers, so that two readers cannot
understand one archive in two ways.
"""

import hashlib
import io
import tarfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from sandbox import SandboxUnavailable

MOST_MEMBERS = 100_000
DEEPEST = 32
LONGEST_NAME = 1_024

_PIECE = 256 * 1024
_HEADERS = 64 * 1024  # bytes of headers that one member may have


def rewritten(archive: BinaryIO, /, *, digest: str, size: int) -> Iterator[bytes]:
    """Give the pieces of a new tar, in memory that does not grow with it.

    The last piece is given only when the whole of `archive` had `size` bytes and this SHA-256.
    Raises SandboxUnavailable with code "files_refused" at the first thing that is wrong.
    """
    source = _Source(archive, size=size)
    try:
        with tarfile.open(fileobj=source, mode="r|", encoding="utf-8", errors="strict") as tar:
            number = 0
            source.allow(_HEADERS)
            while (member := tar.next()) is not None:
                yield from _member(tar, member, number=number, source=source)
                number += 1
                tar.members.clear()  # type: ignore[attr-defined]  # not in the stub; it would remember all
                source.allow(_HEADERS)
    except (tarfile.TarError, ValueError, OverflowError, EOFError) as error:
        raise _refused(f"it is no plain tar: {error}") from error
    found = source.finish()
    if found != digest:
        raise _refused(f"its SHA-256 is {found}, and {digest} was announced")
    yield bytes(2 * tarfile.BLOCKSIZE)


def _member(
    tar: tarfile.TarFile, member: tarfile.TarInfo, *, number: int, source: "_Source"
) -> Iterator[bytes]:
    if number >= MOST_MEMBERS:
        raise _refused(f"it has more than {MOST_MEMBERS} files and folders")
    name = _checked_name(member.name)
    if not name:
        return  # the folder itself
    header = tarfile.TarInfo(name)
    if member.type == tarfile.DIRTYPE:
        header.type = tarfile.DIRTYPE
        header.mode = 0o755
        yield header.tobuf(tarfile.PAX_FORMAT)
        return
    is_regular = member.type in {tarfile.REGTYPE, tarfile.AREGTYPE} and not member.issparse()
    if not is_regular or member.size < 0:
        raise _refused(f"{name!r} is neither a regular file nor a folder")
    header.size = member.size
    header.mode = 0o644
    yield header.tobuf(tarfile.PAX_FORMAT)
    source.allow(member.size + tarfile.RECORDSIZE)
    content = tar.extractfile(member)
    left = member.size
    while left and content is not None:
        piece = content.read(min(_PIECE, left))
        if not piece:
            raise _refused(f"it ends within {name!r}")
        left -= len(piece)
        yield piece
    yield bytes(-member.size % tarfile.BLOCKSIZE)


def _checked_name(name: str) -> str:
    """Give a name as it is written anew; only plain relative ones are."""
    path = PurePosixPath(name)
    is_plain = name.isprintable() and len(name) <= LONGEST_NAME and len(path.parts) <= DEEPEST
    if path.is_absolute() or ".." in path.parts or not is_plain:
        raise _refused(
            f"{name[:100]!r} is no name of a file in it; expected a relative one without '..', of "
            f"at most {LONGEST_NAME} printable characters and {DEEPEST} folders"
        )
    return "/".join(path.parts)


class _Source(io.RawIOBase):
    """The archive as it is read: hashed, counted, and never more of it than was allowed."""

    def __init__(self, archive: BinaryIO, *, size: int) -> None:
        self._archive = archive
        self._left = size
        self._hash = hashlib.sha256()
        self._allowed = _HEADERS

    def allow(self, size: int) -> None:
        """Let so many bytes be read, beside those of a record that is read ahead."""
        self._allowed = size + tarfile.RECORDSIZE

    def read(self, size: int = -1, /) -> bytes:
        """Give at most `size` bytes, none at the end."""
        wanted = self._left if size < 0 else min(size, self._left)
        if wanted > self._allowed:
            raise _refused("the headers of one of its files are too long")
        piece = self._archive.read(wanted)
        if len(piece) < wanted:
            raise _refused(f"it ends {self._left - len(piece)} bytes before the announced size")
        self._allowed -= wanted
        self._left -= wanted
        self._hash.update(piece)
        return piece

    def finish(self) -> str:
        """Read what follows the tar's end, and give the SHA-256 of all."""
        while self._left:
            self.allow(_PIECE)
            self.read(_PIECE)
        return self._hash.hexdigest()


def _refused(why: str) -> SandboxUnavailable:
    return SandboxUnavailable(f"The archive of files was not kept: {why}.", code="files_refused")
