"""PNG files are read as other programs wrote them, whatever their filters, and no further."""

import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from scorers.rasters.png import read_png, written
from scorers.rasters.raster import Fault, Unreadable
from tests.png import GREY, chunk
from tests.png import png as assembled

FOLDER = Path(__file__).parents[3] / "data/rasters"
ROWS, COLUMNS = np.mgrid[:23, :31]
SHAPE = ROWS.shape
SMALL = (ROWS // 4 + COLUMNS // 5) % 3
LABELS = {
    "grey8": SMALL,
    "palette": SMALL,
    "palette8": SMALL,
    "bits1": SMALL > 0,
    "gradient": (ROWS * 7 + COLUMNS * 3) % 251,
    "grey16": ROWS * 1000 + COLUMNS * 37,
    "smooth": np.load(FOLDER / "smooth.npy"),
}

Bytes = NDArray[np.uint8]

NOISE: Bytes = np.random.default_rng(0).integers(0, 256, (300, 10), dtype=np.uint8)
"""Rows enough for more slow filters than are undone one by one."""


def png(
    data: Iterable[bytes],
    /,
    *,
    shape: tuple[int, int],
    depth: int = 8,
    colour: int = GREY,
    more: tuple[bytes, ...] = (),
    interlaced: int = 0,
) -> bytes:
    """Give a PNG of chunks of pixels, which may be wrong in many ways."""
    height, width = shape
    parts = (*more, *(chunk(b"IDAT", part) for part in data))
    return assembled(
        *parts, width=width, height=height, depth=depth, colour=colour, interlaced=interlaced
    )


def paeth(a: int, b: int, c: int) -> int:
    """Foretell a byte as section 9.4 of the specification does, in its own words."""
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    if pa <= pb and pa <= pc:
        return a
    return b if pb <= pc else c


def filtered(rows: Bytes, kinds: list[int], *, step: int) -> bytes:
    """Filter byte by byte, as the specification says: the slow way there and back."""
    made = bytearray()
    for y, kind in enumerate(kinds):
        made.append(kind)
        for x in range(rows.shape[1]):
            a = int(rows[y, x - step]) if x >= step else 0
            b = int(rows[y - 1, x]) if y else 0
            c = int(rows[y - 1, x - step]) if y and x >= step else 0
            foretold = (0, a, b, (a + b) // 2, paeth(a, b, c))[kind]
            made.append((int(rows[y, x]) - foretold) % 256)
    return bytes(made)


@pytest.mark.parametrize("name", LABELS)
def test_a_png_of_another_program_is_read_as_it_wrote_it(name: str) -> None:
    raster = read_png((FOLDER / f"{name}.png").read_bytes(), shape=SHAPE)

    assert raster.labels.tolist() == LABELS[name].astype(int).tolist()
    assert raster.spacing is None


@given(
    rows=arrays(np.uint8, st.tuples(st.integers(1, 9), st.sampled_from([2, 4, 10]))),
    kinds=st.lists(st.integers(0, 4), min_size=9, max_size=9),
    wide=st.booleans(),
)
@example(rows=NOISE, kinds=[4], wide=False)
@example(rows=NOISE, kinds=[3, 4, 4, 2, 1, 4, 3, 0, 3, 4], wide=True)
@example(rows=NOISE, kinds=[3, 3, 4, 1, 4, 4, 0, 4, 2], wide=False)
def test_every_mixture_of_filters_is_undone(rows: Bytes, kinds: list[int], wide: bool) -> None:
    step = 2 if wide else 1
    packed = zlib.compress(filtered(rows, (kinds * len(rows))[: len(rows)], step=step))
    shape = len(rows), rows.shape[1] // step

    raster = read_png(png([packed], shape=shape, depth=8 * step), shape=shape)

    expected: NDArray[Any] = rows.view(">u2") if wide else rows
    assert raster.labels.tolist() == expected.tolist()


def test_a_png_in_several_chunks_with_a_comment_is_read() -> None:
    packed = zlib.compress(bytes(12))
    comment = chunk(b"tEXt", b"Software\0a program")

    made = png([packed[:3], packed[3:]], shape=(3, 3), more=(comment,))

    assert not read_png(made, shape=(3, 3)).labels.any()


def test_what_is_written_is_read_again_and_the_same_each_time() -> None:
    labels = SMALL.astype(np.uint8)

    assert written(labels) == written(labels.copy())
    assert read_png(written(labels), shape=SHAPE).labels.tolist() == labels.tolist()


GOOD = png([zlib.compress(bytes(12))], shape=(3, 3))
REFUSED = {
    "another kind of file": b"GIF89a" + GOOD,
    "a file that is cut off": GOOD[:-13],
    "a header that cannot be read": png([b""], shape=(3, 3), depth=3),
    "bytes that do not give their checksum": GOOD.replace(b"IEND\xae", b"IEND\xaf"),
    "bytes after the end of the picture": GOOD + b"MZ",
    "an interlaced picture": png([zlib.compress(bytes(12))], shape=(3, 3), interlaced=1),
    "a grey picture with transparency": png([b""], shape=(3, 3), colour=4),
    "a part that PNG does not have": png([b""], shape=(3, 3), more=(chunk(b"EVIL", b""),)),
    "a filter that PNG does not have": png([zlib.compress(b"\5\0\0\0" * 3)], shape=(3, 3)),
    "cut off, damaged": png([zlib.compress(bytes(12))[:-5]], shape=(3, 3)),
    "more than it says": png([zlib.compress(bytes(10_000_000))], shape=(3, 3)),
    "pixels in several places": png(
        [zlib.compress(bytes(12))[:5]],
        shape=(3, 3),
        more=(chunk(b"IDAT", b""), chunk(b"tEXt", b"")),
    ),
    "cut off, damaged, or": png([zlib.compress(bytes(8))], shape=(3, 3)),
    "damaged, or more": png([zlib.compress(bytes(12)) + b"hidden"], shape=(3, 3)),
}


@pytest.mark.parametrize("found", REFUSED)
def test_a_png_that_is_not_whole_or_of_another_kind_is_refused(found: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_png(REFUSED[found], shape=(3, 3))

    assert found in refused.value.found
    assert refused.value.fault is Fault.UNREADABLE


def test_colours_are_refused_with_the_repair() -> None:
    with pytest.raises(Unreadable, match="one channel, of the labels themselves") as refused:
        read_png((FOLDER / "rgb.png").read_bytes(), shape=SHAPE)

    assert refused.value.found == "a picture in red, green and blue"


def test_the_shape_is_compared_before_a_pixel_is_read() -> None:
    enormous = png([b"no pixels at all"], shape=(2**31, 2**31))

    with pytest.raises(Unreadable, match="found the shape 2147483648 × 2147483648") as refused:  # noqa: RUF001 -- the sign for multiplied by
        read_png(enormous, shape=(3, 3))

    assert refused.value.fault is Fault.SHAPE


@given(place=st.integers(0, len(GOOD) - 1), byte=st.integers(0, 255))
def test_no_changed_byte_makes_another_picture_or_another_error(place: int, byte: int) -> None:
    changed = GOOD[:place] + bytes([byte]) + GOOD[place + 1 :]
    try:
        raster = read_png(changed, shape=(3, 3))
    except Unreadable:
        assert changed != GOOD
    else:
        assert changed == GOOD
        assert not raster.labels.any()
