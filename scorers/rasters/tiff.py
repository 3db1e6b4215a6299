"""Reading a TIFF of one page and one channel strictly, in strips, plain or deflated.

The layout is that of Adobe's TIFF 6.0: header and directory (section 2), strips (section 3), and
deflate as of Adobe's Technical Note of 2002.
"""

import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorers.message import Message
from scorers.rasters.raster import ZLIB, Raster, Shape, inflate, refuse, refuse_type, require_shape

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_OFFSETS, _SAMPLES, _ROWS, _COUNTS, _PREDICTOR, _FORMAT = 273, 277, 278, 279, 317, 339
_NEEDED = {_WIDTH, _HEIGHT, _OFFSETS, _COUNTS}
_USUAL = {_BITS: 1, _COMPRESSION: 1, _PHOTOMETRIC: 1, _SAMPLES: 1, _PREDICTOR: 1, _FORMAT: 1}
_READ = {*_NEEDED, *_USUAL, _ROWS}

_NUMBERS = {1: "B", 3: "H", 4: "I"}
_MOST_ENTRIES = 100
_MOST_SAMPLES = 16
"""Numbers that an entry about the channels has at most; one about strips has one for each row."""

_PLAIN, _DEFLATED = 1, (8, 32946)
_DEPTHS = (8, 16, 32)
_BLACK_IS_ZERO, _PALETTE = 1, 3
_FORMATS = {1: "u", 2: "i"}

Tags = Mapping[int, tuple[int, ...]]


def read_tiff(content: bytes, /, *, shape: Shape) -> Raster:
    """Return the samples of a TIFF; raise Unreadable unless it is one page of this shape."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(content[:4])
    if order is None:
        refuse(Message("another kind of file"), expected=_expected())
    tags = _directory(content, order=order, most=max(shape[0], _MOST_SAMPLES))
    if missing := _NEEDED - tags.keys():
        refuse(Message("no entry {tag}", tag=min(missing)), expected=_expected())
    require_shape((_one(tags, _HEIGHT), _one(tags, _WIDTH)), expected=shape)
    kind = _kind(tags, order=order)
    data = _strips(content, tags, rows=shape[0], stride=shape[1] * kind.itemsize)
    labels: NDArray[np.integer[Any]] = np.frombuffer(data, dtype=kind).reshape(shape)
    return Raster(labels=labels)


def _directory(content: bytes, *, order: str, most: int) -> Tags:
    """Read the one directory; what is not asked for is passed over, whatever it says of itself.

    An entry has at most `most` numbers, so that no more is read than the picture has rows.
    """
    try:
        (start,) = struct.unpack_from(f"{order}I", content, 4)
        (count,) = struct.unpack_from(f"{order}H", content, start)
        (following,) = struct.unpack_from(f"{order}I", content, start + 2 + 12 * count)
        if following or count > _MOST_ENTRIES:
            refuse(Message("more than one page"), expected=_expected())
        tags = {}
        for place in range(start + 2, start + 2 + 12 * count, 12):
            tag, form, length = struct.unpack_from(f"{order}HHI", content, place)
            if tag in _READ and form in _NUMBERS:
                if length > most:
                    refuse(Message("strips that do not make the picture"), expected=_expected())
                tags[tag] = _values(content, place + 8, f"{length}{_NUMBERS[form]}", order=order)
    except struct.error:
        refuse(Message("a directory that is cut off"), expected=_expected())
    return tags


def _values(content: bytes, place: int, form: str, *, order: str) -> tuple[int, ...]:
    """Read numbers where they are, or where it is said that they are if they need more room."""
    if struct.calcsize(f"{order}{form}") > 4:  # noqa: PLR2004 -- the bytes of an entry's own room
        (place,) = struct.unpack_from(f"{order}I", content, place)
    return struct.unpack_from(f"{order}{form}", content, place)


def _one(tags: Tags, tag: int) -> int:
    """Give the number of an entry, or its usual one; -1 if there are several."""
    values = tags.get(tag, (_USUAL.get(tag, -1),))
    return values[0] if len(values) == 1 else -1


def _kind(tags: Tags, *, order: str) -> np.dtype[Any]:
    """Give the type of the samples; raise Unreadable for more channels, or no integers."""
    if _one(tags, _SAMPLES) != 1 or _one(tags, _PHOTOMETRIC) not in {_BLACK_IS_ZERO, _PALETTE}:
        refuse(
            Message("a picture of several channels, or one in which white is 0"),
            expected=_expected(),
            repair=Message("save it with one channel, of the labels themselves"),
        )
    bits, form = _one(tags, _BITS), _one(tags, _FORMAT)
    if bits not in _DEPTHS or form not in _FORMATS:
        refuse_type(f"{bits} bits, format {form}")
    return np.dtype(f"{order}{_FORMATS[form]}{bits // 8}")


def _strips(content: bytes, tags: Tags, *, rows: int, stride: int) -> bytes:
    """Join the strips of `rows` rows, each of `stride` bytes."""
    packing = _one(tags, _COMPRESSION)
    if packing not in (_PLAIN, *_DEFLATED) or _one(tags, _PREDICTOR) != 1:
        refuse(
            Message("the compression {number}", number=packing),
            expected=_expected(),
            repair=Message("save it without compression"),
        )
    of_strip = _one(tags, _ROWS) if _ROWS in tags else rows
    offsets, counts = tags[_OFFSETS], tags[_COUNTS]
    # Strips that lay over each other could be read as often as there are rows.
    is_apart = sum(counts) <= len(content)
    if of_strip < 1 or not (is_apart and len(offsets) == len(counts) == -(-rows // of_strip)):
        refuse(Message("strips that do not make the picture"), expected=_expected())
    parts = []
    for number, (offset, count) in enumerate(zip(offsets, counts, strict=True)):
        size = min(of_strip, rows - number * of_strip) * stride
        packed = content[offset : offset + count]
        part = packed if packing == _PLAIN else inflate(packed, form=ZLIB, most=size)
        if part is None or len(part) != size:
            refuse(Message("a strip that is cut off or damaged"), expected=_expected())
        parts.append(part)
    return b"".join(parts)


def _expected() -> Message:
    return Message(
        "a whole TIFF of one page and one channel of 8, 16 or 32 bits, in strips, plain or deflated"
    )
