"""Slides as pyramidal TIFF files: tiled, JPEG-compressed, halved from level to level.

Written here in sixty lines, because Pillow writes no tiles and tifffile writes JPEG only with
imagecodecs, 26 MB that nothing else here needs. Pillow, tifffile, libvips and OpenSlide read them.
"""

import io
import struct
from collections.abc import Iterator

from PIL import Image

TILE = 256
QUALITY = 78
BACKGROUND = (244, 242, 245)

SHORT, LONG, RATIONAL = 3, 4, 5
CODES = {SHORT: "H", LONG: "I", RATIONAL: "I"}
Field = tuple[int, int, list[int]]  # a tag, its type and its values


def pyramid(picture: Image.Image, /, *, levels: int, resolution: float) -> bytes:
    """Give the TIFF file of a slide; `resolution` is in micrometres a pixel of its first level.

    Level after level has half the width and height, `levels` of them. TIFF 6.0, sections 15 (tiles)
    and 22 (JPEG, as replaced by Adobe's technical note 2); two builds give the same bytes.
    """
    file = bytearray(struct.pack("<2sHI", b"II", 42, 0))
    link = 4  # where the place of the next level is to be written
    for level in range(levels):
        tiles = [_jpeg(tile) for tile in _tiles(picture)]
        offsets = []
        for tile in tiles:
            offsets.append(len(file))
            file += tile + bytes(len(tile) % 2)
        per_cm = round(10_000_000 / (resolution * 2**level))
        fields: list[Field] = [
            (254, LONG, [1 if level else 0]),  # a reduced version of the first
            (256, LONG, [picture.width]),
            (257, LONG, [picture.height]),
            (258, SHORT, [8, 8, 8]),
            (259, SHORT, [7]),  # JPEG
            (262, SHORT, [6]),  # YCbCr
            (277, SHORT, [3]),
            (282, RATIONAL, [per_cm, 1000]),
            (283, RATIONAL, [per_cm, 1000]),
            (284, SHORT, [1]),
            (296, SHORT, [3]),  # a centimetre
            (322, LONG, [TILE]),
            (323, LONG, [TILE]),
            (324, LONG, offsets),
            (325, LONG, [len(tile) for tile in tiles]),
            (530, SHORT, [2, 2]),
        ]
        place = len(file)
        file += _directory(fields, place=place)
        struct.pack_into("<I", file, link, place)
        link = place + 2 + 12 * len(fields)
        picture = picture.reduce(2)
    return bytes(file)


def _tiles(picture: Image.Image) -> Iterator[Image.Image]:
    """Yield the tiles, row after row; those at the edge are filled up with background."""
    for top in range(0, picture.height, TILE):
        for left in range(0, picture.width, TILE):
            tile = Image.new("RGB", (TILE, TILE), BACKGROUND)
            tile.paste(picture.crop((left, top, *_end(picture, left, top))))
            yield tile


def _end(picture: Image.Image, left: int, top: int) -> tuple[int, int]:
    return min(left + TILE, picture.width), min(top + TILE, picture.height)


def _jpeg(tile: Image.Image) -> bytes:
    file = io.BytesIO()
    tile.save(file, "JPEG", quality=QUALITY, subsampling="4:2:0")
    return file.getvalue()


def _directory(fields: list[Field], *, place: int) -> bytes:
    """Give the directory of a level, to be put at `place`; what does not fit follows it."""
    entries, beyond = bytearray(struct.pack("<H", len(fields))), bytearray()
    after = place + 2 + 12 * len(fields) + 4
    for tag, kind, values in fields:
        packed = struct.pack(f"<{len(values)}{CODES[kind]}", *values)
        count = len(values) // 2 if kind == RATIONAL else len(values)
        entries += struct.pack("<HHI", tag, kind, count)
        if len(packed) <= 4:  # noqa: PLR2004 - the room that an entry has
            entries += packed.ljust(4, b"\0")
        else:
            entries += struct.pack("<I", after + len(beyond))
            beyond += packed
    return bytes(entries + b"\0\0\0\0" + beyond)
