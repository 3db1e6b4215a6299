"""Reading a tar archive strictly, plain or within one gzip member.

The layout is that of POSIX.1-2017, pax: ustar headers and their pax records, and GNU's long names.
Of what tar can say, only the name, the size and whether it is a folder are taken.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.archive.content import Content, pieces
from sandbox.archive.entries import (
    CHUNK,
    Entry,
    damaged,
    hidden_data,
    not_a_regular_file,
    not_utf8,
    unsupported,
)
from sandbox.archive.inflate import GZIP, inflated
from sandbox.archive.limits import Meter
from sandbox.archive.problems import Problem, Words, refuse, visible

GZIP_SIGNATURE = b"\x1f\x8b"
MAGIC = slice(257, 262)
"""Where a header of tar says `ustar`."""

_BLOCK = 512
_NOTHING = bytes(_BLOCK)
_MOST_ABOUT = 64 * 1024  # bytes of a record about a member: attributes of macOS have some thousand
_OCTAL = re.compile(rb" *([0-7]{1,12})[ \0]*")
_MOST_RECORDS = 100  # in one of them
_RECORD = re.compile(rb"([0-9]{1,6}) ([^=]+)=")

_FILES, _FOLDER = (b"0", b"\0"), b"5"
_LONG_NAME, _ABOUT_NEXT, _ABOUT_ALL = b"L", b"x", b"g"
_SPECIAL = {
    b"1": Words("a hard link"),
    b"2": Words("a symbolic link"),
    b"K": Words("a link"),
    b"3": Words("a device"),
    b"4": Words("a device"),
    b"6": Words("a named pipe"),
    b"S": Words("a sparse file"),
}


class _Stream:
    """The unpacked bytes of an archive, read once from their begin; all are counted."""

    def __init__(self, content: Content, /, *, meter: Meter) -> None:
        data = pieces(content)
        is_zipped = content[: len(GZIP_SIGNATURE)] == GZIP_SIGNATURE
        self._chunks = inflated(data, form=GZIP) if is_zipped else data
        self._meter = meter
        self._kept = memoryview(b"")

    def some(self, most: int, /) -> bytes:
        """Give the next bytes, 1 to `most`, and none at the end."""
        if not self._kept:
            self._kept = memoryview(next(self._chunks, b""))
            self._meter.add(len(self._kept))
        taken, self._kept = self._kept[:most], self._kept[most:]
        return bytes(taken)

    def exactly(self, count: int, /) -> bytes:
        """Give the next bytes; raise InvalidArchive if there are fewer."""
        return b"".join(self.parts(count))

    def parts(self, count: int, /) -> Iterator[bytes]:
        """Give the next bytes part by part; raise InvalidArchive if there are fewer."""
        while count:
            part = self.some(min(count, CHUNK))
            if not part:
                refuse(damaged(Words("a tar archive that is cut off")))
            count -= len(part)
            yield part


@dataclass(frozen=True, kw_only=True)
class _Header:
    """A header: whose it is, what kind of member it is, and how many bytes follow."""

    name: bytes
    kind: bytes
    size: int

    @property
    def padded(self) -> int:
        return -(-self.size // _BLOCK) * _BLOCK


def is_tar(content: bytes, /) -> bool:
    """Whether bytes begin as a tar archive that is not compressed."""
    return content[MAGIC] == b"ustar"


def read_tar(content: Content, /, *, meter: Meter) -> Iterator[Entry]:
    """Give the members in their order; raise InvalidArchive if it is no strict tar."""
    stream = _Stream(content, meter=meter)
    name: bytes | None = None
    while header := _next_header(stream):
        meter.member()
        if header.kind in {_LONG_NAME, _ABOUT_NEXT, _ABOUT_ALL}:
            about = _about(stream, header)
            if header.kind != _ABOUT_ALL:
                name = about or name
            elif about:
                refuse(unsupported(Words("one name for all files")))
            continue
        unread = stream.parts(header.padded)
        yield _entry(name or header.name, header, unread=unread)
        for _ in unread:  # what nobody asked for, and the padding
            pass
        name = None
    if name is not None:
        refuse(damaged(Words("a name without a file")))
    _require_end(stream)


def _require_end(stream: _Stream) -> None:
    """Raise InvalidArchive unless zeros alone follow, a block of them at least."""
    if stream.exactly(_BLOCK) != _NOTHING:
        refuse(damaged(Words("half of an end")))
    while rest := stream.some(CHUNK):
        if any(rest):
            refuse(hidden_data(Words("bytes after the end of the tar archive")))


def _next_header(stream: _Stream) -> _Header | None:
    """Read a header; None at the block of zeros that ends the archive."""
    block = stream.exactly(_BLOCK)
    if block == _NOTHING:
        return None
    if not is_tar(block):
        refuse(damaged(Words("a header that is not of tar")))
    # The checksum is that of the header with spaces in the checksum's own place.
    if _number(block[148:156]) != sum(block) - sum(block[148:156]) + 8 * ord(" "):
        refuse(damaged(Words("a header that does not give its checksum")))
    name = block[:100].split(b"\0", 1)[0]
    prefix = block[345:500].split(b"\0", 1)[0] if block[257:263] == b"ustar\0" else b""
    return _Header(
        name=prefix + b"/" + name if prefix else name,
        kind=block[156:157],
        size=_number(block[124:136]),
    )


def _number(field: bytes) -> int:
    found = _OCTAL.fullmatch(field)
    if found is None:
        refuse(damaged(Words("a number that cannot be read")))
    return int(found[1], base=8)


def _about(stream: _Stream, header: _Header) -> bytes | None:
    """Read a record about a member and give the name that it has, if any."""
    if header.size > _MOST_ABOUT:
        refuse(unsupported(Words("a record of {size:,} bytes about a file", size=header.size)))
    data = stream.exactly(header.padded)[: header.size]
    return data.removesuffix(b"\0") if header.kind == _LONG_NAME else _pax_name(data)


def _pax_name(data: bytes) -> bytes | None:
    """Give the path in pax records, each of which is `length key=value` and a line's end."""
    name, at, left = None, 0, _MOST_RECORDS
    while at < len(data):
        if not left:
            too_many = Words("more than {most:,} records about a file", most=_MOST_RECORDS)
            refuse(unsupported(too_many))
        found = _RECORD.match(data, at)
        end = at + (int(found[1]) if found else 0)
        if found is None or not found.end() < end <= len(data) or data[end - 1 : end] != b"\n":
            refuse(damaged(Words("a record about a file that cannot be read")))
        key = found[2]
        if key == b"size" or key.startswith(b"GNU.sparse"):
            refuse(unsupported(Words("a sparse file, or a size outside of the header")))
        if key == b"path":
            name = data[found.end() : end - 1]
        at, left = end, left - 1
    return name


def _entry(name: bytes, header: _Header, *, unread: Iterator[bytes]) -> Entry:
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        return Entry(name="", problem=not_utf8(name))
    folder = header.kind == _FOLDER
    return Entry(
        name=text.removesuffix("/") if folder else text,
        folder=folder,
        size=header.size,
        problem=_problem(header, shown=visible(text)),
        chunks=_cut(unread, size=header.size),
    )


def _problem(header: _Header, *, shown: str) -> Problem | None:
    if header.kind in _SPECIAL:
        return not_a_regular_file(_SPECIAL[header.kind], member=shown)
    if header.kind not in {*_FILES, _FOLDER}:
        return not_a_regular_file(Words("a special file"), member=shown)
    if header.kind == _FOLDER and header.size:
        return not_a_regular_file(Words("a folder that holds bytes"), member=shown)
    return None


def _cut(parts: Iterator[bytes], *, size: int) -> Iterator[bytes]:
    """Give the first `size` bytes of what the parts hold together; the padding is left out."""
    left = size
    for part in parts:
        yield part[:left]
        left -= min(left, len(part))
