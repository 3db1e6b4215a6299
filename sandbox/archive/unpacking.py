"""Writing what an archive holds: regular files and folders, below one folder and nowhere else."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

from sandbox.archive.limits import ArchiveLimits
from sandbox.archive.listing import Listing, read

_FILE_MODE = 0o644
_FOLDER_MODE = 0o755


def unpack(content: bytes, folder: Path, /, *, limits: ArchiveLimits | None = None) -> Listing:
    """Write the files of an archive into an existing folder, counting what comes out of it.

    Names, modes, owners and times are our own; no link is followed and nothing is replaced. Raises
    InvalidArchive where the archive cannot be used, and leaves what it wrote before to its caller;
    raises OSError where a file cannot be written.
    """
    root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return read(content, limits=limits, keep=lambda path, chunks: _keep(root, path, chunks))
    finally:
        os.close(root)


def _keep(root: int, path: str, chunks: Iterator[bytes] | None) -> int:
    *above, name = path.split("/") if chunks is not None else [*path.split("/"), ""]
    with ExitStack() as opened:
        inside = root
        for part in filter(None, above):
            inside = _entered(inside, part)
            opened.callback(os.close, inside)
        return 0 if chunks is None else _written(inside, name, chunks)


def _entered(folder: int, name: str) -> int:
    """Open a folder within another, made if it is not there; a link in its place is refused."""
    with suppress(FileExistsError):
        os.mkdir(name, _FOLDER_MODE, dir_fd=folder)
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)


def _written(folder: int, name: str, chunks: Iterator[bytes]) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(name, flags, _FILE_MODE, dir_fd=folder), "wb") as file:
        return sum(map(file.write, chunks))
