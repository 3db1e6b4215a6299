"""Identities in pictures: tags of DICOM, EXIF and GPS, and the label and macro pages of slides."""

import re
from collections.abc import Iterator, Sequence

from challenge_platform.preflight.finding import Finding, Severity
from challenge_platform.preflight.looks import Look
from challenge_platform.preflight.pictures import Picture
from challenge_platform.preflight.tags import Element, Tag

EXIF_IDENTITIES = {
    315: "Artist",
    316: "HostComputer",
    33432: "Copyright",
    37510: "UserComment",
    40093: "XPAuthor",
    40092: "XPComment",
    42016: "ImageUniqueID",
    42032: "CameraOwnerName",
    42033: "BodySerialNumber",
    42037: "LensSerialNumber",
}
"""Tags of TIFF and EXIF (CIPA DC-008) that say who took a picture, or of whom."""

SLIDE_LABEL = re.compile(r"\b(label|macro)\b", re.IGNORECASE)
DESCRIPTION = 270
"""ImageDescription, in which a slide says which pages are pictures of its label."""

ALLOWED_GROUPS = {0x0002, 0x0018, 0x0020, 0x0028, 0x2050, 0x7FE0}
ALLOWED = {0x00080005, 0x00080008, 0x00080016, 0x00080018, 0x00080060, 0x00080064, 0x00080068}
ALLOWED |= {0x00080070, 0x00081090, 0x00082111, 0x00082112, 0x00081140, 0x00081150, 0x00081155}
ALLOWED |= {0x00100040, 0x00101010, 0x00101020, 0x00101030, 0x00120062, 0x00120063, 0x00120064}
DENIED = {0x00181000, 0x0018A003, 0x00200010, 0x00204000, 0x00181030, 0x00181400}
"""Elements of DICOM that may have a value: whole groups and single ones, less some of the groups.

Groups 0018, 0020 and 0028 say how a picture was taken, where it lies and what its pixels are; of
0008 and 0010 only what says nothing of whom (after PS3.15, annex E, basic profile).
"""


def find_picture_identities(looks: Sequence[Look], /) -> Iterator[Finding]:
    """Find tags that name a person or a place, each told once with the first file that has it."""
    first: dict[tuple[str, str, str], Picture] = {}
    count: dict[tuple[str, str, str], int] = {}
    for look in looks:
        for each in {*_of_tags(look.tags), *_of_elements(look.elements)}:
            first.setdefault(each, look.picture)
            count[each] = count.get(each, 0) + 1
    for (code, what, repair), picture in first.items():
        yield Finding(
            code=code,
            severity=Severity.BLOCK,
            about=what,
            message=f"{count[code, what, repair]} pictures have {what}",
            repair=repair,
            file=picture.shown,
            column=what,
        )


def _of_tags(tags: Sequence[Tag]) -> Iterator[tuple[str, str, str]]:
    for tag in tags:
        if tag.directory == "GPS":
            yield "identity_exif", "GPS", "write the pictures without EXIF"
        elif tag.number in EXIF_IDENTITIES and tag.text.strip():
            yield "identity_exif", EXIF_IDENTITIES[tag.number], "write the pictures without EXIF"
        elif tag.number == DESCRIPTION and tag.page > 1 and SLIDE_LABEL.search(tag.text):
            yield (
                "slide_label",
                "a label or macro page",
                "write the slide without the pages of its label, on which names are written",
            )


def _of_elements(elements: Sequence[Element]) -> Iterator[tuple[str, str, str]]:
    for element in elements:
        group = element.tag >> 16
        allowed = element.tag in ALLOWED or (
            group in ALLOWED_GROUPS and element.tag not in DENIED and not element.is_name
        )
        if not element.empty and not allowed:
            tag = f"DICOM ({group:04X},{element.tag & 0xFFFF:04X})"
            yield "identity_dicom", tag, "empty the element, or take it out"
