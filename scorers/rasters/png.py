"""Reading a PNG of one channel strictly, and writing one.

The layout is that of W3C's PNG specification, third edition: chunks (section 5), samples (7) and
filters (9). The value of a pixel is its sample: the number of its colour in a palette, not scaled.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorers.message import Message
from scorers.rasters.raster import ZLIB, Raster, Shape, inflate, refuse, require_shape
from scorers.rasters.unfiltering import unfiltered

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">IIBBBBB")
_GREY, _PALETTE = 0, 3
_DEPTHS = {_GREY: (1, 2, 4, 8, 16), _PALETTE: (1, 2, 4, 8)}
_COLOURS = {
    2: Message("a picture in red, green and blue"),
    4: Message("a grey picture with transparency"),
    6: Message("a picture in red, green and blue, with transparency"),
}
_ANCILLARY = 0x20
"""The bit of a chunk's first letter that says that a reader may pass it over."""

_BYTE, _WORD = 8, 16
_FILTERS = 5


@dataclass(frozen=True, kw_only=True)
class _Header:
    width: int
    height: int
    depth: int

    @property
    def stride(self) -> int:
        """The bytes of a row, less the one that names its filter."""
        return -(-self.width * self.depth // _BYTE)


def read_png(content: bytes, /, *, shape: Shape) -> Raster:
    """Return the samples of a PNG of one channel; raise Unreadable unless it has this shape."""
    if not content.startswith(SIGNATURE):
        refuse(Message("another kind of file"), expected=_expected())
    chunks = _chunks(content)
    header = _header(*next(chunks, (b"", b"")))
    require_shape((header.height, header.width), expected=shape)
    size = header.height * (header.stride + 1)
    raw = inflate(_data(chunks), form=ZLIB, most=size)
    if raw is None or len(raw) != size:
        refuse(
            Message("pixels that are cut off, damaged, or more than it says"), expected=_expected()
        )
    rows = np.frombuffer(raw, dtype=np.uint8).reshape(header.height, header.stride + 1)
    if rows[:, 0].max() >= _FILTERS:
        refuse(Message("a filter that PNG does not have"), expected=_expected())
    return Raster(labels=_samples(rows, header))


def written(labels: NDArray[np.integer[Any]], /) -> bytes:
    """Write labels of 0 to 255, of shape (height, width), as a grey PNG; the same bytes always."""
    height, width = labels.shape
    rows = np.zeros((height, width + 1), dtype=np.uint8)
    rows[:, 1:] = labels
    header = _HEADER.pack(width, height, _BYTE, _GREY, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return b"".join([SIGNATURE, *(_chunk(kind, data) for kind, data in parts)])


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give kind and data of each chunk; raise Unreadable unless they fill the file to its end."""
    position, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        start = position + 8
        if start > len(content):
            refuse(Message("a file that is cut off"), expected=_expected())
        length, kind = struct.unpack_from(">I4s", content, position)
        data = content[start : start + length]
        position = start + length + 4
        if position > len(content):
            refuse(Message("a file that is cut off"), expected=_expected())
        if zlib.crc32(kind + data) != int.from_bytes(content[position - 4 : position]):
            refuse(Message("bytes that do not give their checksum"), expected=_expected())
        yield kind, data
    if position != len(content):
        refuse(Message("bytes after the end of the picture"), expected=_expected())


def _header(kind: bytes, data: bytes) -> _Header:
    if kind != b"IHDR" or len(data) != _HEADER.size:
        refuse(Message("a header that cannot be read"), expected=_expected())
    width, height, depth, colour, packing, filtering, interlaced = _HEADER.unpack(data)
    single = Message("save it with one channel, of the labels themselves")
    if colour in _COLOURS:
        refuse(_COLOURS[colour], expected=_expected(), repair=single)
    if depth not in _DEPTHS.get(colour, ()) or packing or filtering:
        refuse(Message("a header that cannot be read"), expected=_expected())
    if interlaced:
        plain = Message("save it without interlacing")
        refuse(Message("an interlaced picture"), expected=_expected(), repair=plain)
    return _Header(width=width, height=height, depth=depth)


def _data(chunks: Iterator[tuple[bytes, bytes]]) -> bytes:
    """Join the data of the IDAT chunks, which follow one another; others may be passed over."""
    parts: list[bytes] = []
    before = b""
    for kind, data in chunks:
        if kind == b"IDAT":
            if parts and before != b"IDAT":
                refuse(Message("pixels in several places"), expected=_expected())
            parts.append(data)
        elif kind not in {b"PLTE", b"IEND"} and not kind[0] & _ANCILLARY:
            refuse(Message("a part that PNG does not have"), expected=_expected())
        before = kind
    return b"".join(parts)


def _samples(rows: NDArray[np.uint8], header: _Header) -> NDArray[np.integer[Any]]:
    """Undo the filters, and take the samples out of the bytes."""
    step = 2 if header.depth == _WORD else 1
    data = unfiltered(rows[:, 1:], filters=rows[:, 0], step=step)
    if header.depth == _WORD:
        return data.view(">u2").astype(np.uint16)
    if header.depth == _BYTE:
        return data
    bits = np.unpackbits(data, axis=1)[:, : header.width * header.depth]
    samples = bits.reshape(header.height, header.width, header.depth)
    weights = 1 << np.arange(header.depth - 1, -1, -1, dtype=np.uint8)
    labels: NDArray[np.uint8] = (samples * weights).sum(axis=2, dtype=np.uint8)
    return labels


def _expected() -> Message:
    return Message("a whole PNG of one channel, grey or of a palette, with 1 to 16 bits a pixel")
