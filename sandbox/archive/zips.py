"""Reading a zip archive strictly: its records must cover the file from end to end, once.

The layout is that of PKWARE's APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.9 (data
descriptor), 4.3.12 (central directory) and 4.3.16 (end record). Because each byte belongs to
exactly one record, members cannot overlap, nothing can hide between them, and what the directory
says of a member is what its own header says.
"""

import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from sandbox.archive.content import Content, pieces
from sandbox.archive.entries import (
    Entry,
    contradictory,
    damaged,
    encrypted,
    hidden_data,
    not_a_regular_file,
    not_utf8,
    unsupported,
)
from sandbox.archive.inflate import DEFLATE, inflated
from sandbox.archive.limits import Meter, too_many_members
from sandbox.archive.problems import Problem, Words, refuse, visible

_LOCAL_SIGNATURE = b"PK\x03\x04"
_DIRECTORY_SIGNATURE = b"PK\x01\x02"
_END_SIGNATURE = b"PK\x05\x06"
SIGNATURES = (_LOCAL_SIGNATURE, _END_SIGNATURE)
"""How a zip archive begins, with a file or, if it has none, with its end."""
_DESCRIPTOR_SIGNATURE = b"PK\x07\x08"
_ZIP64_SIGNATURE = b"PK\x06\x07"

_LOCAL = struct.Struct("<4s2xHH4xIIIHH")
_CENTRAL = struct.Struct("<4s2x2xHH4xIIIHHHH2xII")
_END = struct.Struct("<4sHHHHIIH")
_DESCRIPTOR = struct.Struct("<III")

_STORED, _DEFLATED = 0, 8
_COMPRESSED_OPTIONS, _DESCRIBED, _UTF8 = 0x0006, 0x0008, 0x0800
_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_WHOLE_2, _WHOLE_4 = 0xFFFF, 0xFFFFFFFF  # "see the zip64 record"


@dataclass(frozen=True, kw_only=True)
class _Record:
    """A member as the central directory tells it; `mode` is that of Unix, 0 where it is unknown."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    mode: int
    offset: int

    @property
    def shown(self) -> str:
        return visible(self.name.decode("utf-8", errors="replace"))

    @property
    def folder(self) -> bool:
        return self.name.endswith(b"/")


@dataclass(frozen=True, kw_only=True)
class _Directory:
    """Where the central directory is, and how many records it has."""

    start: int
    end: int
    count: int

    @classmethod
    def find(cls, content: Content, /) -> Self:
        """Read the end record, which must end with the file; raise InvalidArchive without one."""
        tail = max(0, len(content) - _END.size - _WHOLE_2)
        found = content[tail:].rfind(_END_SIGNATURE)
        end = tail + found
        if found < 0 or end + _END.size > len(content):
            refuse(damaged(Words("no end of the zip archive")))
        _, disk, first_disk, here, count, size, start, comment = _at(content, end, form=_END)
        if content[max(0, end - 20) : end][:4] == _ZIP64_SIGNATURE or _WHOLE_4 in {size, start}:
            refuse(unsupported(Words("records of zip64, which are for archives above 4 GB")))
        if disk or first_disk or here != count:
            refuse(unsupported(Words("one part of a zip archive in several parts")))
        if end + _END.size + comment != len(content):
            refuse(hidden_data(Words("bytes after the end of the zip archive")))
        if start + size != end:
            refuse(hidden_data(Words("bytes before the zip archive, or within its directory")))
        return cls(start=start, end=end, count=count)


def read_zip(content: Content, /, *, meter: Meter) -> Iterator[Entry]:
    """Give the members in the order of the file; raise InvalidArchive if it is no strict zip."""
    directory = _Directory.find(content)
    if directory.count > meter.limits.members:
        refuse(too_many_members(meter.limits))
    records = sorted(_records(content, directory), key=lambda record: record.offset)
    position = 0
    for record, following in zip(
        records, [*(record.offset for record in records[1:]), directory.start], strict=False
    ):
        data = _data_start(content, record, position=position, limit=following)
        position = _end_of(content, record, data=data, limit=following)
        meter.member()
        yield _entry(content, record, data=data, meter=meter)
    if position != directory.start:
        refuse(hidden_data(Words("bytes between the files and their directory")))


def _records(content: Content, directory: _Directory) -> Iterator[_Record]:
    """Read the central directory, which must have exactly as many records as it says."""
    position = directory.start
    for _ in range(directory.count):
        if position + _CENTRAL.size > directory.end:
            refuse(damaged(Words("a directory that is cut off")))
        fields = _at(content, position, form=_CENTRAL)
        signature, flags, method, crc, packed, size, name, extra, comment, disk, attributes, at = (
            fields
        )
        text = position + _CENTRAL.size
        position = text + name + extra + comment
        if signature != _DIRECTORY_SIGNATURE or position > directory.end:
            refuse(damaged(Words("a directory that cannot be read")))
        record = _Record(
            name=content[text : text + name],
            flags=flags,
            method=method,
            crc=crc,
            packed=packed,
            size=size,
            mode=attributes >> 16,
            offset=at,
        )
        if disk or _WHOLE_4 in {packed, size, at}:
            refuse(
                unsupported(
                    Words("records of zip64, which are for archives above 4 GB"),
                    member=record.shown,
                )
            )
        yield record
    if position != directory.end:
        refuse(contradictory(Words("more in the directory than it says")))


def _data_start(content: Content, record: _Record, *, position: int, limit: int) -> int:
    """Give where the data of a member begins; its header must be at `position` and agree."""
    if record.offset < position:
        refuse(contradictory(Words("files that lie over each other"), member=record.shown))
    if record.offset > position:
        refuse(hidden_data(Words("bytes that belong to no file, before {name}", name=record.shown)))
    if position + _LOCAL.size > limit:
        refuse(contradictory(Words("files that lie over each other"), member=record.shown))
    signature, flags, method, crc, packed, size, name, extra = _at(content, position, form=_LOCAL)
    start: int = position + _LOCAL.size
    if signature != _LOCAL_SIGNATURE:
        refuse(damaged(Words("a header that cannot be read"), member=record.shown))
    # What the header did not know when it was written is 0 there, and in the descriptor.
    later = 0 if flags & _DESCRIBED else None
    same = (
        (flags, method) == (record.flags, record.method)
        and crc in {record.crc, later}
        and packed in {record.packed, later}
        and size in {record.size, later}
        and content[start : start + name] == record.name
    )
    if not same:
        refuse(
            contradictory(
                Words("a header that says something else than the directory"), member=record.shown
            )
        )
    return start + int(name) + int(extra)


def _end_of(content: Content, record: _Record, *, data: int, limit: int) -> int:
    """Give where a member ends, its data descriptor included, which must agree."""
    end = data + record.packed
    if end > limit:
        refuse(contradictory(Words("files that lie over each other"), member=record.shown))
    if not record.flags & _DESCRIBED:
        return end
    if content[end : end + 4] == _DESCRIPTOR_SIGNATURE and limit - end != _DESCRIPTOR.size:
        end += 4
    told = (record.crc, record.packed, record.size)
    if end + _DESCRIPTOR.size > limit or _at(content, end, form=_DESCRIPTOR) != told:
        refuse(
            contradictory(
                Words("a descriptor that says something else than the directory"),
                member=record.shown,
            )
        )
    return end + _DESCRIPTOR.size


def _entry(content: Content, record: _Record, *, data: int, meter: Meter) -> Entry:
    try:
        name = record.name.decode("utf-8")
    except UnicodeDecodeError:
        return Entry(name="", problem=not_utf8(record.name))
    if problem := _problem(record):
        return Entry(name=name, folder=record.folder, problem=problem)
    return Entry(
        name=name.removesuffix("/"),
        folder=record.folder,
        size=record.size,
        chunks=_unpacked(content, record, data=data, meter=meter),
    )


def _problem(record: _Record) -> Problem | None:
    """Say why a member cannot be unpacked, as far as its record tells."""
    if record.flags & _ENCRYPTED:
        return encrypted(record.shown)
    if record.flags & ~(_COMPRESSED_OPTIONS | _DESCRIBED | _UTF8):
        return unsupported(Words("a feature of zip that is not read here"), member=record.shown)
    if record.method not in {_STORED, _DEFLATED}:
        found = Words("the compression method {method}", method=record.method)
        return unsupported(found, member=record.shown)
    kind = stat.S_IFMT(record.mode)
    if kind not in {0, stat.S_IFDIR if record.folder else stat.S_IFREG}:
        found = Words("a symbolic link") if kind == stat.S_IFLNK else Words("a special file")
        return not_a_regular_file(found, member=record.shown)
    if record.folder and record.size:
        return contradictory(Words("a folder that holds bytes"), member=record.shown)
    return None


def _unpacked(content: Content, record: _Record, *, data: int, meter: Meter) -> Iterator[bytes]:
    """Give what a member holds; its size and its checksum must be those of the directory."""
    packed = pieces(content, start=data, stop=data + record.packed)
    size = crc = 0
    is_stored = record.method == _STORED
    chunks = packed if is_stored else inflated(packed, form=DEFLATE, member=record.shown)
    for chunk in chunks:
        size += len(chunk)
        if size > record.size:
            refuse(contradictory(Words("more bytes than it says"), member=record.shown))
        meter.add(len(chunk))
        crc = zlib.crc32(chunk, crc)
        yield chunk
    if (size, crc) != (record.size, record.crc):
        refuse(damaged(Words("bytes that do not give the checksum"), member=record.shown))


def _at(content: Content, position: int, *, form: struct.Struct) -> tuple[Any, ...]:
    """Read the fields of a record."""
    return form.unpack(content[position : position + form.size])
