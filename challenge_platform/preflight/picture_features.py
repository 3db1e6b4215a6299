"""What the files of pictures give away, without a look at a pixel."""

import re
from collections.abc import Iterator, Sequence

import numpy as np

from challenge_platform.preflight.feature import Feature, Kind
from challenge_platform.preflight.looks import Look
from challenge_platform.preflight.natural import natural_order

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
    yield Feature(
        name="folder",
        kind=Kind.ORDER,
        words="the folder of the picture",
        values=natural_order([picture.folder for picture in pictures]),
    )
    parts = [_PARTS.split(picture.stem) for picture in pictures]
    several = min(map(len, parts)) > 1
    for place in range(min(map(len, parts)) if several else 0):
        yield Feature(
            name="name_part",
            kind=Kind.ORDER,
            words=f"part {place + 1} of the picture's name",
            values=natural_order([each[place] for each in parts]),
        )
