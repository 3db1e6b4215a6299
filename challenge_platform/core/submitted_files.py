"""Archives of whatever files the organizers' own program reads: checked, and opened to be scored.

What the files hold only that program knows: a mistake in them shows when they are scored.
"""

from collections.abc import Iterator

from challenge_platform.core.sandbox_refusal import refused_as_upload
from sandbox.archive import ArchiveLimits, Listing, check_archive, read_archive

MOST_FILES = 1_000


def check_files(content: bytes, /, *, most: int) -> Listing:
    """List an archive's files, of at most `most` bytes; raise InvalidUpload if it is not usable."""
    with refused_as_upload():
        return check_archive(content, limits=_limits(most))


def files_in(content: bytes, /, *, most: int) -> dict[str, bytes]:
    """Give what each file of such an archive holds; raise InvalidArchive if it is not usable."""
    found: dict[str, bytes] = {}

    def keep(path: str, chunks: Iterator[bytes] | None) -> int:
        if chunks is None:
            return 0
        found[path] = b"".join(chunks)
        return len(found[path])

    read_archive(content, limits=_limits(most), keep=keep)
    return found


def _limits(most: int) -> ArchiveLimits:
    return ArchiveLimits(members=MOST_FILES, unpacked=most, file=most)
