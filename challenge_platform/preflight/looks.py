"""What every probe needs of a picture, read once: its bytes' digest, its signs and its tags."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from challenge_platform.preflight.pictures import Picture, contents
from challenge_platform.preflight.tables import Table
from challenge_platform.preflight.tags import Element, Tag, elements_of, tags_of

SIDE = 16
"""A picture becomes 16 x 16 signs: whether each point is darker than the one at its right."""

PLAIN = 0.1
"""Of the signs: a picture with fewer of either has nothing by which it could be known."""

Signs = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a picture is known by, and what it carries beside its pixels.

    `signs` is None of a mask, and of what cannot be read or has none.
    """

    picture: Picture
    digest: str
    signs: Signs | None
    tags: Sequence[Tag]
    elements: Sequence[Element]


def look_at(pictures: Sequence[Picture], /) -> list[Look]:
    """Read every picture once."""
    return [
        Look(
            picture=picture,
            digest=hashlib.sha256(data).hexdigest(),
            signs=None if picture.is_mask else signs_of(data),
            tags=tags_of(data),
            elements=elements_of(data),
        )
        for picture, data in contents(pictures)
    ]


def signs_of(data: bytes, /) -> Signs | None:
    """Give 256 signs of a picture, None if it cannot be read here or is too plain to have any.

    A sign says whether a point of the picture, made small and grey, is darker than the next at its
    right (the difference hash of N. Krawetz, 2013). Of a slide the smallest page is taken.
    """
    try:
        from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 -- an extra, which recipes of pictures need too
    except ModuleNotFoundError:
        return None
    try:
        with Image.open(io.BytesIO(data)) as picture:
            pages = getattr(picture, "n_frames", 1)
            sizes = []
            for page in range(pages):
                picture.seek(page)
                sizes.append((picture.size[0] * picture.size[1], page))
            picture.seek(min(sizes)[1])
            grey = picture.convert("L").resize((SIDE + 1, SIDE), Image.Resampling.BOX)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    points = np.asarray(grey, dtype=np.int16)
    signs: Signs = (points[:, 1:] > points[:, :-1]).ravel()
    share = signs.mean()
    return signs if PLAIN <= share <= 1 - PLAIN else None


def looks_of(table: Table, looks: Sequence[Look], /) -> list[Look]:
    """Give the picture of each row of a table, nothing if no column names one for every row."""
    known: dict[str, Look] = {}
    for look in looks:
        picture = look.picture
        if not picture.is_mask:
            names = (picture.stem, picture.name, picture.member or picture.name)
            known |= dict.fromkeys(names, look)
    for cells in table.columns.values():
        if len(set(cells)) == len(cells) and cells and all(cell in known for cell in cells):
            return [known[cell] for cell in cells]
    return []
