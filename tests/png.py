"""PNG files made by hand, of parts that need not fit together."""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, COLOUR = 0, 2


def chunk(kind: bytes, content: bytes, /) -> bytes:
    """Give a part of a PNG."""
    crc = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + crc


def png(
    *parts: bytes,
    width: int,
    height: int,
    depth: int = 8,
    colour: int = GREY,
    interlaced: int = 0,
) -> bytes:
    """Give a PNG that says this of itself, with these parts before its end."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return b"".join((SIGNATURE, chunk(b"IHDR", header), *parts, chunk(b"IEND", b"")))
