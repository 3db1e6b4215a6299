"""What the files of pictures give away, without a look at a pixel."""

import re
from collections.abc import Iterator, Sequence

import numpy as np

from challenge_platform.preflight.details import id_features
from challenge_platform.preflight.feature import Feature, Kind, marks_of
from challenge_platform.preflight.looks import Look

STRUCTURE = {256, 257, 273, 278, 279, 322, 323, 324, 325, 330, 513, 514, 34665, 34853, 40962, 40963}
"""Tags of TIFF and EXIF that say where the pixels are and how many, as the picture itself does."""

_PARTS = re.compile(r"[^A-Za-z0-9]+")


def picture_features(looks: Sequence[Look], /) -> list[Feature]:
    """Give the features of pictures, one for each row; only what varies."""
    return [feature for feature in _features(looks) if feature.varies] if looks else []


def _features(looks: Sequence[Look]) -> Iterator[Feature]:
    pictures = [look.picture for look in looks]
    yield Feature(
        name="file_size",
        kind=Kind.SHAPE,
        words="the size of the picture's file",
        values=np.array([picture.size for picture in pictures], dtype=np.float64),
    )
    yield Feature(
        name="mtime",
        kind=Kind.ORDER,
        words="the time at which the picture was written",
        values=np.array([picture.written for picture in pictures]),
    )
    yield Feature(
        name="archive_order",
        kind=Kind.ORDER,
        words="the place of the picture in its archive",
        values=np.array([picture.place for picture in pictures], dtype=np.float64),
    )
    yield Feature(
        name="exif",
        kind=Kind.ORDER,
        words="how many tags the picture carries",
        values=np.array([len(look.tags) for look in looks], dtype=np.float64),
    )
    yield from marks_of(
        [picture.folder for picture in pictures],
        name="folder",
        words="the folder of the picture",
        kind=Kind.ORDER,
    )
    parts = [_PARTS.split(picture.stem) for picture in pictures]
    common = min(map(len, parts))
    for place in range(common if common > 1 else 0):
        part = [each[place] for each in parts]
        yield from marks_of(part, name="name_part", words=f"part {place + 1} of the picture's name")
    yield from _of_tags(looks)


def _of_tags(looks: Sequence[Look]) -> Iterator[Feature]:
    """Yield what the texts of tags are made of, and the order of the texts of each tag."""
    texts: dict[str, list[str]] = {}
    for place, look in enumerate(looks):
        for tag in look.tags:
            if tag.number not in STRUCTURE:
                of_tag = texts.setdefault(tag.shown, [""] * len(looks))
                of_tag[place] = f"{of_tag[place]} {tag.text}".strip()
    for name, cells in texts.items():
        if len(set(cells)) > 1:
            yield from marks_of(cells, name="tag", words=f"the tag {name} of the picture")
            yield from id_features(cells, column=f"the tag {name} of the picture", name="tag")
