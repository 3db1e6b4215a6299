"""Pictures keep what is seen in them, and lose what is written beside it."""

import struct

import pytest

from challenge_platform.spreadsheet.pictures import InvalidPicture, bare, kind_of
from tests.png import chunk
from tests.unit.spreadsheet.conftest import pixel


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def exif(*, orientation: int, order: str) -> bytes:
    name, mark = (b"MM", b"\0*") if order == ">" else (b"II", b"*\0")
    artist = struct.pack(f"{order}HHII", 0x013B, 2, 4, 0) + b""
    side = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"Exif\0\0" + name + mark + struct.pack(f"{order}IH", 8, 2) + artist + side + bytes(4)


TABLES = segment(0xDB, bytes(65)) + segment(0xC0, bytes(15))
SCAN = segment(0xDA, bytes(6)) + b"coded \xff\x00 picture \xff\xd0 goes on"
ADOBE = b"Adobe\0\x64\0\0\0\0\x01"


def jpeg(*segments: bytes, after: bytes = b"") -> bytes:
    return b"\xff\xd8" + b"".join(segments) + TABLES + SCAN + b"\xff\xd9" + after


def test_a_png_keeps_its_picture_alone() -> None:
    extra = chunk(b"tEXt", b"Author\0Dupont") + chunk(b"eXIf", b"x") + chunk(b"pHYs", bytes(9))

    assert bare(pixel(shade=3, extra=extra) + b"Dupont") == pixel(shade=3)


def test_a_jpeg_keeps_its_picture_and_how_its_colours_are_stored() -> None:
    noted = jpeg(
        segment(0xE0, b"JFIF\0" + bytes(9)),
        segment(0xE1, exif(orientation=1, order=">")),
        segment(0xE2, b"ICC_PROFILE\0made by Dupont"),
        segment(0xEE, ADOBE + b"and Dupont"),
        segment(0xFE, b"patient Dupont"),
        after=b"Dupont",
    )

    assert bare(noted) == jpeg(segment(0xEE, ADOBE))


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_jpeg_keeps_which_side_is_up_and_nothing_else_of_its_exif(order: str) -> None:
    once = bare(jpeg(segment(0xE1, exif(orientation=6, order=order))))

    assert b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06" in once
    assert b"\x01\x3b" not in once
    assert bare(once) == once


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"II*\0 a TIFF", "neither a PNG nor a JPEG"),
        (pixel(shade=1)[:-6], "ends before the picture does"),
        (pixel(shade=1).replace(b"IDAT", b"IDAX"), "checksum"),
        (pixel(shade=1, extra=chunk(b"acTL", bytes(8))), "animation"),
        (pixel(shade=1, extra=chunk(b"QQQQ", b"")), "unknown kind"),
        (jpeg()[:-2], "ends before the picture does"),
        (jpeg()[:40], "ends before the picture does"),
        (b"\xff\xd8 no marker", "does not begin where it should"),
    ],
)
def test_a_picture_that_is_none_or_not_whole_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(InvalidPicture, match=message):
        bare(content)


def test_the_kind_of_a_picture_is_told_by_its_bytes() -> None:
    assert (kind_of(pixel(shade=1)), kind_of(jpeg())) == ("png", "jpg")
