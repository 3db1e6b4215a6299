"""Tar read with suspicion: what two readers could understand differently is refused.

An engine reads these bytes again with another reader (Go's `archive/tar`). So an entry is plain
ustar with the long names of PAX or GNU. Sparse files, which grow when they are read, are refused.
"""

import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from sandbox.archive import Words
from sandbox.oci.problem import FLATTEN, ImageCode, InvalidImage, refused, shown
from sandbox.oci.stream import Window

BLOCK = 512
END = bytes(2 * BLOCK)
_NOTHING = bytes(BLOCK)
_MOST_SPECIAL = 1 << 20  # bytes of long names and attributes, as Go's reader takes them
_MAGICS = {b"ustar\x0000": True, b"ustar  \x00": False}  # whether there is a prefix of the name
_STAR = b"tar\0"
_BASE_256 = 0x80


class EntryKind(Enum):
    """What an entry is, by its type flag."""

    FILE = b"0"
    HARD_LINK = b"1"
    SYMBOLIC_LINK = b"2"
    CHARACTER_DEVICE = b"3"
    BLOCK_DEVICE = b"4"
    FOLDER = b"5"
    PIPE = b"6"


_KINDS = {kind.value: kind for kind in EntryKind} | {b"\0": EntryKind.FILE}
_PAX, _LONG_NAME, _LONG_LINK = b"x", b"L", b"K"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry; the window stands at its content, `size` bytes from `offset` on."""

    name: str
    kind: EntryKind
    size: int
    link: str
    offset: int


def entries(window: Window, /) -> Iterator[Entry]:
    """Give the entries one by one; what is left of an entry's content is skipped.

    Raises InvalidImage for whatever is not plain.
    """
    special: dict[bytes, bytes] = {}
    while block := window.take(BLOCK):
        if block == _NOTHING:
            _check_end(window, special)
            return
        size, flag = _checked(block, where=window.where)
        if flag in (_PAX, _LONG_NAME, _LONG_LINK):
            if flag in special or (special and _PAX in (flag, *special)) or size > _MOST_SPECIAL:
                raise _unsupported(window.where, found=Words("more than one header of one entry"))
            special[flag] = window.take(_padded(size))[:size]
            continue
        entry = _entry(block, size=size, flag=flag, special=special, window=window)
        special = {}
        end = entry.offset + _padded(entry.size)
        yield entry
        window.skip(end - window.position)
    if special:
        raise _unsupported(window.where, found=Words("a header without its entry"))


def header(name: str, /, *, size: int) -> bytes:
    """Write the header of a regular file that says nothing of where and when it was made."""
    member = tarfile.TarInfo(name)
    member.size = size
    return member.tobuf(format=tarfile.GNU_FORMAT)


def padding(size: int, /) -> bytes:
    """Give what follows a content of this size."""
    return bytes(_padded(size) - size)


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _check_end(window: Window, special: Mapping[bytes, bytes]) -> None:
    if special or window.take(BLOCK) not in (_NOTHING, b""):
        raise _not_a_tar(window.where, found=Words("an empty block between its entries"))


def _checked(block: bytes, *, where: str) -> tuple[int, bytes]:
    """Give the size and type flag of a header that is intact and of a known format."""
    if block[257:265] not in _MAGICS or block[508:512] == _STAR:
        raise _not_a_tar(where, found=Words("a block that is no header of ustar, PAX or GNU"))
    if sum(block) - sum(block[148:156]) + 8 * 0x20 != _number(block[148:156], where=where):
        raise _not_a_tar(where, found=Words("a header whose sum is wrong"))
    return _number(block[124:136], where=where), block[156:157]


def _number(field: bytes, *, where: str) -> int:
    """Read an octal or, for 8 GiB and more, a base-256 number."""
    if field[0] == _BASE_256:
        return int.from_bytes(field[1:])
    digits = field.strip(b" \0") or b"0"
    if digits.strip(b"01234567"):
        raise _not_a_tar(where, found=Words("the number {text}", text=shown(field)))
    return int(digits, 8)


def _entry(
    block: bytes, *, size: int, flag: bytes, special: Mapping[bytes, bytes], window: Window
) -> Entry:
    where = window.where
    kind = _KINDS.get(flag)
    if kind is None:
        raise _unsupported(where, found=Words("an entry of type {flag}", flag=shown(flag)))
    records = _records(special[_PAX], where=where) if _PAX in special else MappingProxyType({})
    name = records.get(b"path") or special.get(_LONG_NAME, b"").rstrip(b"\0")
    if not name:
        name = _text(block[0:100])
        if _MAGICS[block[257:265]] and (prefix := _text(block[345:500])):
            name = prefix + b"/" + name
    link = (
        records.get(b"linkpath")
        or special.get(_LONG_LINK, b"").rstrip(b"\0")
        or _text(block[157:257])
    )
    if given := records.get(b"size"):
        size = _decimal(given, where=where)
    if b"\0" in name or b"\0" in link or not name:
        raise _unsupported(where, found=Words("an entry with the name {name}", name=shown(name)))
    if kind is EntryKind.FILE and name.endswith(b"/"):
        raise _unsupported(
            where, found=Words("{name}, a file whose name ends as a folder's", name=shown(name))
        )
    if kind is not EntryKind.FILE and size:
        raise _unsupported(
            where, found=Words("content in {name}, which is no file", name=shown(name))
        )
    return Entry(_decoded(name), kind, size, _decoded(link), window.position)


def _records(content: bytes, *, where: str) -> Mapping[bytes, bytes]:
    """Read the records `length key=value` of a PAX header."""
    found: dict[bytes, bytes] = {}
    at = 0
    while at < len(content):
        length_text, space, _ = content[at : at + 20].partition(b" ")
        length = _decimal(length_text, where=where)
        record = content[at : at + length]
        key, equals, value = record[len(length_text) + 1 : -1].partition(b"=")
        intact = space and equals and len(record) == length and record.endswith(b"\n")
        if not intact or not key or key in found:
            raise _unsupported(
                where, found=Words("the attributes {text}", text=shown(content[at : at + 100]))
            )
        if key.startswith(b"GNU.sparse."):
            raise _unsupported(where, found=Words("a sparse file"))
        found[key] = value
        at += length
    return found


def _decimal(text: bytes, *, where: str) -> int:
    if not (text.isdigit() and len(text) <= 18):  # noqa: PLR2004  below 2^63
        raise _unsupported(where, found=Words("the number {text}", text=shown(text)))
    return int(text)


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _decoded(name: bytes) -> str:
    return name.decode(errors="surrogateescape")


def _not_a_tar(where: str, *, found: Words) -> InvalidImage:
    return refused(
        ImageCode.NOT_A_TAR,
        where=where,
        found=found,
        expected=Words("a tar"),
        repair=Words("write it with `docker save NAME -o FILE`, plain or gzipped once"),
    )


def _unsupported(where: str, *, found: Words) -> InvalidImage:
    return refused(
        ImageCode.UNSUPPORTED_ENTRY,
        where=where,
        found=found,
        expected=Words("entries as Docker writes them"),
        repair=FLATTEN,
    )
