"""Pictures of the test that are in training too: the same bytes, or nearly the same to look at."""

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from challenge_platform.preflight.finding import Finding, Severity
from challenge_platform.preflight.pictures import Picture

SIDE = 16
"""A picture becomes 16 x 16 signs: whether each point is darker than the one at its right."""

NEAR = 12
"""Of the 256 signs: pictures that differ in no more look the same."""

PLAIN = 0.1
"""Of the signs: a picture with fewer of either has nothing by which it could be known."""

MOST = 4_000
"""Pictures that are looked at, on each side."""

Signs = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a picture is known by: its bytes, and its signs if it can be read and has some."""

    picture: Picture
    digest: str
    signs: Signs | None


def find_likeness(pictures: Sequence[Picture], /) -> Iterator[Finding]:
    """Find pictures of the test that are copies of one to learn from, and those that look so."""
    shown = [picture for picture in pictures if not picture.is_mask]
    learned = [picture for picture in shown if picture.learned][:MOST]
    asked = [picture for picture in shown if not picture.learned][:MOST]
    if not learned or not asked:
        return
    train, test = [look_at(each) for each in learned], [look_at(each) for each in asked]
    if all(look.signs is None for look in test):
        yield _not_compared(asked[0])
    known = {look.digest: look.picture for look in train}
    copies = [(look.picture, known[look.digest]) for look in test if look.digest in known]
    same = {look.picture.shown for look in test if look.digest in known}
    alike = [pair for pair in _alike(test, train) if pair[0].shown not in same]
    for code, severity, pairs, words in (
        ("duplicate_picture", Severity.BLOCK, copies, "is the same file as"),
        ("near_duplicate_picture", Severity.WARN, alike, "looks the same as"),
    ):
        if pairs:
            one, other = pairs[0]
            yield Finding(
                code=code,
                severity=severity,
                about=one.source.name,
                message=f"{len(pairs)} of {len(asked)} pictures of the test: {one.shown} {words} "
                f"{other.shown}",
                repair="remove the copies, or deal the pictures of a person to one part",
                file=one.shown,
            )


def look_at(picture: Picture, /) -> Look:
    """Read a picture and take its signs."""
    data = picture.read()
    return Look(picture=picture, digest=hashlib.sha256(data).hexdigest(), signs=signs_of(data))


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


def _alike(test: Sequence[Look], train: Sequence[Look]) -> Iterator[tuple[Picture, Picture]]:
    """Yield for each picture of the test the nearest of training, if it looks the same."""
    known = [look for look in train if look.signs is not None]
    if not known:
        return
    table = np.array([look.signs for look in known], dtype=np.float32)
    for look in test:
        if look.signs is None:
            continue
        signs = look.signs.astype(np.float32)
        distance = table.sum(axis=1) + signs.sum() - 2 * (table @ signs)
        nearest = int(distance.argmin())
        if distance[nearest] <= NEAR:
            yield look.picture, known[nearest].picture


def _not_compared(picture: Picture) -> Finding:
    return Finding(
        code="pictures_not_compared",
        severity=Severity.WARN,
        about=picture.source.name,
        message="no picture of the test could be read, so that only equal files were looked for",
        repair="install the extra `recipes`, whose Pillow reads PNG, JPEG and TIFF",
        file=picture.shown,
    )
