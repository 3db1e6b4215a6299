"""Which kind of archive bytes are, told by how they begin and never by a name."""

from collections.abc import Iterator

from sandbox.archive import tars, zips
from sandbox.archive.content import Content
from sandbox.archive.entries import Entry
from sandbox.archive.limits import Meter
from sandbox.archive.problems import ArchiveProblem, Problem, Words, refuse

_HEAD = 1_000  # bytes by which the kind is told
_OTHERS = {
    b"7z\xbc\xaf\x27\x1c": Words("a 7z archive"),
    b"Rar!": Words("a RAR archive"),
    b"\xfd7zXZ\0": Words("data compressed by xz"),
    b"BZh": Words("data compressed by bzip2"),
    b"\x28\xb5\x2f\xfd": Words("data compressed by zstd"),
    b"\x7fELF": Words("a program"),
    b"MZ": Words("a program"),
    b"%PDF": Words("a PDF document"),
}


def read_entries(content: Content, /, *, meter: Meter) -> Iterator[Entry]:
    """Give the members of a zip, tar or tar.gz archive; raise InvalidArchive if it is none."""
    head = content[:_HEAD]
    if head.startswith(zips.SIGNATURES):
        return zips.read_zip(content, meter=meter)
    if not head.startswith(tars.GZIP_SIGNATURE) and not tars.is_tar(head):
        refuse(_not_an_archive(head))
    return tars.read_tar(content, meter=meter)


def _described(head: bytes) -> Words:
    if not head:
        return Words("an empty file")
    if b"\0" not in head and head.isascii():
        return Words("a text file")
    return Words("another kind of file")


def _not_an_archive(head: bytes) -> Problem:
    known = (words for begin, words in _OTHERS.items() if head.startswith(begin))
    return Problem(
        code=ArchiveProblem.NOT_AN_ARCHIVE,
        found=next(known, None) or _described(head),
        expected=Words("a zip or a tar.gz archive, whatever its name"),
        repair=Words("pack the program's folder with zip -r, or with tar -czf"),
    )
