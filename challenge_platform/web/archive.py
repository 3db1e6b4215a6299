"""Many files in one archive, made while it is sent, in constant memory."""

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from challenge_platform.storage import ObjectStore

SUMS = "SHA256SUMS"
"""The archive's own list of digests, as `sha256sum --check` reads it."""

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows; the same bytes on every day


class StoredFile(Protocol):
    """A file of the object store, and its name in an archive."""

    @property
    def name(self) -> str:
        """Its path below the archive's folder."""

    @property
    def digest(self) -> str:
        """Its name in the store, the SHA-256 of its content."""

    @property
    def size(self) -> int:
        """Its size in bytes."""


class _Pipe(io.RawIOBase):
    """Takes what the archive writes, until it is taken away."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]  # zipfile writes bytes only
        self._written += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


def zipped(
    store: ObjectStore,
    files: Sequence[StoredFile],
    /,
    *,
    folder: str,
    documents: Mapping[str, bytes] | None = None,
) -> Iterator[bytes]:
    """Give a ZIP archive of the files in a folder, with their digests, piece by piece.

    `documents` come first: contents that are not in the store, by name. The files are stored as
    they are, uncompressed, so that sending them costs no more than sending each. Raises NotFound
    when an object is missing from the store.
    """
    pipe = _Pipe()
    sums = "".join(f"{file.digest}  {file.name}\n" for file in files).encode()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        for name, content in (documents or {}).items():
            archive.writestr(zipfile.ZipInfo(f"{folder}/{name}", _EPOCH), content)
        archive.writestr(zipfile.ZipInfo(f"{folder}/{SUMS}", _EPOCH), sums)
        for file in files:
            entry = zipfile.ZipInfo(f"{folder}/{file.name}", _EPOCH)
            entry.file_size = file.size
            with archive.open(entry, "w") as target:
                for chunk in store.stream(file.digest):
                    target.write(chunk)
                    yield pipe.take()
    yield pipe.take()
