"""What pictures carry beside their pixels: tags of TIFF and EXIF, and data elements of DICOM."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

TIFF_HEADS = {b"II*\0": ("<", False), b"MM\0*": (">", False), b"II+\0": ("<", True)}
TIFF_HEADS[b"MM\0+"] = (">", True)
"""The first four bytes of a TIFF: the order of its bytes, and whether it is a BigTIFF."""

WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
WIDTHS |= {13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of a value of each type (TIFF 6.0, section 2, and BigTIFF)."""

SUB_DIRECTORIES = {330: "TIFF", 34665: "EXIF", 34853: "GPS"}
"""Tags that point to further directories."""

MOST_DIRECTORIES = 200

MOST_TEXT = 65_536
"""Bytes of a tag that are read."""

USER_COMMENT = 37510
CODINGS = {b"UNICODE\0": "utf-16", b"JIS\0\0\0\0\0": "iso2022_jp"}
"""How a UserComment is written, by its first eight bytes (CIPA DC-008, 4.6.5); else latin-1."""

WIDE_TEXTS = range(40091, 40096)
"""Texts of Windows, such as XPComment, which are UTF-16."""

BYTE_TEXTS = {USER_COMMENT, *WIDE_TEXTS}
"""Texts that may be written as mere bytes."""

COMMENT = 0xFE
"""The marker of a comment in a JPEG (ITU-T T.81, B.2.4.5)."""

DICOM_PREAMBLE = 128
PIXELS = 0x7FE00010
LONG_FORMS = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT"}
LONG_FORMS |= {b"UV"}
"""Representations whose length has four bytes (DICOM PS3.5, 7.1.2)."""

OPENING = {b"SQ"}
ITEMS = {0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD}
MOST_ELEMENTS = 5_000


@dataclass(frozen=True, kw_only=True)
class Tag:
    """One tag: the directory that has it (GPS, EXIF, TIFF, PNG or JPEG), its number and its text.

    `keyword` is what a text of PNG is called by.
    """

    directory: str
    number: int
    text: str
    page: int = 0
    keyword: str = ""

    @property
    def shown(self) -> str:
        """What it is, for people."""
        return f"{self.directory} {self.keyword or self.number}"


@dataclass(frozen=True, kw_only=True)
class Element:
    """One data element of DICOM: its tag, such as 0x00100010, and whether it is a name."""

    tag: int
    is_name: bool
    empty: bool


def tags_of(data: bytes, /) -> list[Tag]:
    """List the tags of a TIFF, JPEG or PNG; nothing of what is none, or is broken."""
    try:
        if data[:4] in TIFF_HEADS:
            return list(_tiff(data))
        if data.startswith(b"\xff\xd8"):
            return [tag for kind, block in _jpeg(data) for tag in _of_block(kind, block)]
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return list(_png(data))
    except (struct.error, IndexError):
        pass
    return []


def _tiff(data: bytes) -> Iterator[Tag]:
    """Walk the directories of a TIFF, pages and those within them."""
    if data[:4] not in TIFF_HEADS:
        return
    order, big = TIFF_HEADS[data[:4]]
    first = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)[0]
    waiting, seen, page = [(first, "TIFF")], set[int](), 0
    while waiting and len(seen) < MOST_DIRECTORIES:
        offset, name = waiting.pop(0)
        if not 0 < offset < len(data) or offset in seen:
            continue
        seen.add(offset)
        if name == "TIFF":
            page += 1
        following, tags = _directory(data, offset, order=order, big=big)
        for number, text, numbers in tags:
            yield Tag(directory=name, number=number, text=text, page=page)
            if number in SUB_DIRECTORIES:
                waiting += [(each, SUB_DIRECTORIES[number]) for each in numbers]
        waiting.append((following, "TIFF"))


def _directory(
    data: bytes, offset: int, *, order: str, big: bool
) -> tuple[int, list[tuple[int, str, list[int]]]]:
    """Read one directory: the offset of the next, and of each tag its text or its numbers."""
    head, entry = ("Q", "HHQ8s") if big else ("H", "HHI4s")
    (count,) = struct.unpack_from(order + head, data, offset)
    start, width = offset + struct.calcsize(order + head), struct.calcsize(order + entry)
    tags = []
    for place in range(start, start + count * width, width):
        number, kind, many, inline = struct.unpack_from(order + entry, data, place)
        length = WIDTHS.get(kind, 1) * many
        if length > len(inline):
            (where,) = struct.unpack(order + ("Q" if big else "I"), inline)
            value = data[where : where + min(length, MOST_TEXT)]
        else:
            value = inline[:length]
        text = _text(number, value) if kind in (2, 7) or number in BYTE_TEXTS else ""
        form = {3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}.get(kind)
        known = len(value) // WIDTHS.get(kind, 1)
        numbers = list(struct.unpack(f"{order}{known}{form}", value)) if form and known else []
        tags.append((number, text or " ".join(map(str, numbers[:8])), numbers))
    end = start + count * width
    return struct.unpack_from(order + ("Q" if big else "I"), data, end)[0], tags


def _text(number: int, value: bytes) -> str:
    """Read a text up to its first zero, or as its tag says that it is written."""
    if number in WIDE_TEXTS:
        return value.decode("utf-16-le", errors="replace").rstrip("\0")
    if number == USER_COMMENT:
        coding = CODINGS.get(value[:8], "latin-1")
        return value[8:].decode(coding, errors="replace").strip("\0 ")
    return value.split(b"\0")[0].decode("latin-1")


def _of_block(kind: int, block: bytes) -> Iterator[Tag]:
    if kind == COMMENT:
        text = block[:MOST_TEXT].decode("latin-1")
        yield Tag(directory="JPEG", number=kind, text=text, keyword="comment")
    else:
        yield from _tiff(block)


def _jpeg(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the comments and EXIF blocks of a JPEG, with their markers."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] != 0xDA:  # noqa: PLR2004 -- markers
        (length,) = struct.unpack_from(">H", data, place + 2)
        block = data[place + 4 : place + 2 + length]
        if data[place + 1] == 0xE1 and block.startswith(b"Exif\0\0"):  # noqa: PLR2004 -- APP1
            yield data[place + 1], block[6:]
        elif data[place + 1] == COMMENT:
            yield COMMENT, block
        place += 2 + length


def _png(data: bytes) -> Iterator[Tag]:
    """Yield the tags of the EXIF chunk of a PNG, and its texts."""
    place = 8
    while place + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        kind, content = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        if kind == b"eXIf":
            yield from _tiff(content)
        elif kind in (b"tEXt", b"iTXt", b"zTXt"):
            keyword, text = _png_text(kind, content)
            yield Tag(directory="PNG", number=0, text=text, keyword=keyword)
        place += 12 + length


def _png_text(kind: bytes, content: bytes) -> tuple[str, str]:
    """Read the keyword and the text of a chunk (PNG, W3C 2003, 11.3.4); of a broken one none."""
    keyword, _, rest = content.partition(b"\0")
    packed, coding = kind == b"zTXt", "latin-1"
    if kind == b"zTXt":
        rest = rest[1:]
    elif kind == b"iTXt":
        packed, coding = rest[:1] == b"\x01", "utf-8"
        rest = rest[2:].split(b"\0", 2)[-1]
    if packed:
        try:
            rest = zlib.decompressobj().decompress(rest, MOST_TEXT)
        except zlib.error:
            rest = b""
    return keyword.decode("latin-1"), rest[:MOST_TEXT].decode(coding, errors="replace")


def elements_of(data: bytes, /) -> list[Element]:
    """List the data elements of a DICOM file up to its pixels, those within sequences too."""
    if data[DICOM_PREAMBLE : DICOM_PREAMBLE + 4] != b"DICM":
        return []
    try:
        return list(_elements(data))
    except (struct.error, IndexError):
        return []


def _elements(data: bytes) -> Iterator[Element]:
    """Walk the elements in order; what is in a sequence or an item follows it."""
    place, explicit, order, count = DICOM_PREAMBLE + 4, True, "<", 0
    while place + 8 <= len(data) and count < MOST_ELEMENTS:
        group, number = struct.unpack_from(order + "HH", data, place)
        if group != 2 and count and explicit and _is_implicit(data, place):  # noqa: PLR2004 -- the header
            explicit = False
        tag = group << 16 | number
        if tag == PIXELS:
            return
        if tag in ITEMS:
            place += 8
            continue
        kind, length, start = _form(data, place, order=order, explicit=explicit)
        value = b"" if kind in OPENING or length == 0xFFFFFFFF else data[start : start + length]  # noqa: PLR2004 -- of undefined length
        yield Element(tag=tag, is_name=kind == b"PN", empty=not value.strip(b"\0 "))
        count += 1
        opens = kind in OPENING or length == 0xFFFFFFFF  # noqa: PLR2004 -- as above
        place = start if opens else start + length


def _is_implicit(data: bytes, place: int) -> bool:
    return not data[place + 4 : place + 6].isalpha() and data[place + 4 : place + 6] != b"\0\0"


def _form(data: bytes, place: int, *, order: str, explicit: bool) -> tuple[bytes, int, int]:
    """Give the representation of an element, the length of its value and where that starts."""
    if not explicit:
        return b"", struct.unpack_from(order + "I", data, place + 4)[0], place + 8
    kind = data[place + 4 : place + 6]
    if kind in LONG_FORMS:
        return kind, struct.unpack_from(order + "I", data, place + 8)[0], place + 12
    return kind, struct.unpack_from(order + "H", data, place + 6)[0], place + 8
