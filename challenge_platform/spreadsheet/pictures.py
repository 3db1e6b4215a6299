"""PNG and JPEG pictures without what is written beside the picture: names, dates, places, devices.

The bytes of the picture itself are kept as they are. Of a PNG only the chunks that make the picture
are kept (PNG, third edition, section 11); of a JPEG everything but application data and comments
(ITU-T T.81, annex B), save how its colours are stored (Adobe's APP14) and which side is up.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

PNG_START: Final = b"\x89PNG\r\n\x1a\n"
JPEG_START: Final = b"\xff\xd8"
KEPT_CHUNKS: Final = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB"}

_APPS, _COMMENT, _ADOBE, _EXIF = range(0xE0, 0xF0), 0xFE, 0xEE, 0xE1
_SCAN, _END = 0xDA, 0xD9
_RESTARTS = range(0xD0, 0xD8)
_ADOBE_BYTES = 12
_ORIENTATION = 0x0112


class InvalidPicture(ValueError):
    """A file is no PNG or JPEG picture, or is not whole; the message says why."""


def kind_of(content: bytes, /) -> str:
    """Give `png` or `jpg` by the first bytes; raise InvalidPicture for anything else."""
    if content.startswith(PNG_START):
        return "png"
    if content.startswith(JPEG_START):
        return "jpg"
    raise InvalidPicture("is neither a PNG nor a JPEG picture")


def bare(content: bytes, /) -> bytes:
    """Give the picture alone; raise InvalidPicture if it is none, or is not whole."""
    try:
        return _bare_png(content) if kind_of(content) == "png" else _bare_jpeg(content)
    except (IndexError, struct.error) as error:
        raise InvalidPicture("ends before the picture does") from error


def _bare_png(content: bytes) -> bytes:
    kept, place, kind = [PNG_START], len(PNG_START), b""
    while kind != b"IEND":
        size, kind = struct.unpack_from(">I4s", content, place)
        end = place + 12 + size
        chunk = content[place:end]
        (found,) = struct.unpack_from(">I", content, end - 4)
        if zlib.crc32(chunk[4:-4]) != found:
            raise InvalidPicture("is damaged: a checksum in it is wrong")
        if kind in KEPT_CHUNKS:
            kept.append(chunk)
        elif kind == b"acTL":
            raise InvalidPicture("is an animation")
        elif kind[:1].isupper():
            raise InvalidPicture(f"has a part of an unknown kind, {kind!r}, without which it lacks")
        place = end
    return b"".join(kept)


def _bare_jpeg(content: bytes) -> bytes:
    kept, orientation = [JPEG_START], 1
    for marker, segment in _segments(content):
        if marker == _EXIF and segment[4:10] == b"Exif\0\0":
            orientation = _orientation(segment[10:]) or orientation
        if marker == _ADOBE and segment[4:9] == b"Adobe":
            kept.append(b"\xff\xee" + struct.pack(">H", _ADOBE_BYTES + 2) + segment[4:16])
        elif marker not in _APPS and marker != _COMMENT:
            kept.append(segment)
    if orientation != 1:
        kept.insert(1, _upright(orientation))
    return b"".join(kept)


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Give the marker and bytes of each segment up to the end of the picture."""
    place, marker = len(JPEG_START), 0
    while marker != _END:
        if content[place] != 0xFF:  # noqa: PLR2004 -- how each marker begins
            raise InvalidPicture("is damaged: a part of it does not begin where it should")
        marker, start = content[place + 1], place
        if marker == 0xFF:  # noqa: PLR2004 -- a fill byte before a marker
            place += 1
            continue
        place += 2
        if marker not in _RESTARTS and marker != _END:
            (size,) = struct.unpack_from(">H", content, place)
            place += size
        if marker == _SCAN:
            place = _end_of_scan(content, place)
        yield marker, content[start:place]


def _end_of_scan(content: bytes, place: int) -> int:
    """Give where the next marker begins that is not part of the coded picture."""
    while True:
        place = content.find(b"\xff", place)
        if place < 0:
            raise InvalidPicture("ends before the picture does")
        following = content[place + 1]
        if following == 0xFF:  # noqa: PLR2004 -- a fill byte
            place += 1
        elif following == 0 or following in _RESTARTS:
            place += 2
        else:
            return place


def _orientation(exif: bytes) -> int | None:
    """Give which side is up, by Exif's tag 0x0112 (1 to 8); None where it does not say."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return None
    try:
        (first,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, first)
        for number in range(count):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", exif, first + 2 + 12 * number)
            if tag == _ORIENTATION:
                return value if 1 <= value <= 8 else None  # noqa: PLR2004 -- as Exif has it
    except struct.error:
        return None
    return None


def _upright(orientation: int) -> bytes:
    """Write an Exif segment that says which side is up, and nothing else."""
    tag = struct.pack(">HHIHH", _ORIENTATION, 3, 1, orientation, 0)
    exif = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + tag + bytes(4)
    return b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
