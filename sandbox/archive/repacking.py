"""Writing what an archive holds as a plain tar, which always is the same for the same archive."""

import tarfile
from collections.abc import Iterator

from sandbox.archive.content import Content
from sandbox.archive.limits import ArchiveLimits, Meter
from sandbox.archive.listing import bounded, members
from sandbox.archive.names import is_leftover

_FILE_MODE = 0o444
_FOLDER_MODE = 0o755


def repacked(content: Content, /, *, limits: ArchiveLimits | None = None) -> Iterator[bytes]:
    """Give the tar, piece by piece, with the files and folders in the archive's order.

    Names, modes, owners and times are our own. At most 64 KiB are in memory at a time. Raises
    InvalidArchive, with its first problem, where the archive cannot be used.
    """
    meter = Meter(limits or ArchiveLimits(), packed=len(content))
    for path, entry in members(content, meter=meter):
        chunks = bounded(entry, path=path, limits=meter.limits)
        if is_leftover(path):
            for _ in chunks:  # checked, and left out
                pass
        elif entry.folder:
            yield from _folder(path)
        else:
            yield _header(path, kind=tarfile.REGTYPE, mode=_FILE_MODE, size=entry.size)
            yield from chunks
            yield bytes(-entry.size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _folder(path: str) -> Iterator[bytes]:
    if path:  # and not the archive's own
        yield _header(path, kind=tarfile.DIRTYPE, mode=_FOLDER_MODE, size=0)


def _header(path: str, *, kind: bytes, mode: int, size: int) -> bytes:
    member = tarfile.TarInfo(path)
    member.type, member.mode, member.size = kind, mode, size
    return member.tobuf(tarfile.PAX_FORMAT)
