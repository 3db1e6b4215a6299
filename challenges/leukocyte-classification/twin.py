"""The synthetic pictures of `leukocyte-classification`, one eighth of as many as the original.

The proportions of the classes and of pictures with several leukocytes are those counted in the
training file of CYTOLOGIA: 52,748 boxes on 48,417 pictures. The whole would be 1 GB. Two traps of
that file are drawn too, in the train part alone: pictures that are there twice under two names, and
boxes that begin outside of the picture. Every picture has a generator of its own.
"""

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from cells import LOOKS
from files import Box, Cell, Picture, file_name, hashed
from smear import SIZE, Field, Light, Placed

BOXES = {
    "PNN": 6827,
    "Lysee": 3408,
    "LAM3": 3338,
    "LLC": 3158,
    "LyB": 3029,
    "MO": 2743,
    "MBL": 2668,
    "LGL": 2439,
    "EO": 2432,
    "Thromb": 2319,
    "Er": 2308,
    "B": 2263,
    "LF": 2131,
    "LY": 2092,
    "M": 1994,
    "MM": 1707,
    "LH_lyAct": 1705,
    "MoB": 1531,
    "PM": 1152,
    "BA": 1001,
    "LM": 944,
    "LZMG": 845,
    "SS": 714,
}
"""Boxes of each class in the original's training file."""

PICTURES = {1: 45283, 2: 2499, 3: 394, 4: 97, 5: 64, 6: 34, 7: 22, 8: 10, 9: 6, 10: 3, 11: 5}
"""Pictures by their number of boxes there: those of 4 and more, 241 in all, are dealt here."""

DUPLICATES = 154  # pictures of the original that are there twice
OUTSIDE = 356  # boxes of the original with a negative coordinate
PART = 1 / 8  # of the original, at scale 1
TEST = 22689 / 52748  # boxes to predict for each box to learn from
LABORATORIES = 20
QUALITY, QUALITY_OF_COPY = 80, 74
SEVERAL = 4  # from so many leukocytes on they are drawn smaller, so that there is room
OFF_THE_MIDDLE = 31  # pixels, the standard deviation of where a single leukocyte lies
ANNOTATORS = 3  # pixels by which a box may be off at each side


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A picture to draw: its key, the classes of its leukocytes, and its traps."""

    key: str
    codes: tuple[str, ...]
    copied: bool = False
    outside: bool = False


def pictures_to_learn_from(scale: float, /) -> Iterator[Picture]:
    """Draw the pictures to learn from, with their traps, in an order that tells nothing."""
    plans = plan("train", scale * PART)
    singles = [each for each in plans if len(each.codes) == 1]
    odd = Counter(
        {"copied": round(DUPLICATES * scale * PART), "outside": round(OUTSIDE * scale * PART)}
    )
    copied = {each.key for each in singles[: odd["copied"]]}
    outside = {each.key for each in singles[odd["copied"] : odd.total()]}
    pictures = [
        Plan(key=each.key, codes=each.codes, copied=copy, outside=each.key in outside)
        for each in plans
        for copy in ((False, True) if each.key in copied else (False,))
    ]
    for each in sorted(pictures, key=lambda each: hashed("order", f"{each.key}/{each.copied}")):
        yield draw(each)


def pictures_of_the_test(scale: float, /) -> Iterator[Picture]:
    """Draw the pictures to predict, in an order that tells nothing."""
    for each in plan("test", scale * PART * TEST):
        yield draw(each)


def plan(part: str, share: float, /) -> list[Plan]:
    """Plan the pictures that hold `share` of the original's boxes, in a shuffled order.

    Classes are dealt to pictures at random. There is at least one box of each class.
    """
    boxes = [
        (hashed("deal", f"{part}/{code}/{number}"), code)
        for code, count in BOXES.items()
        for number in range(max(1, round(count * share)))
    ]
    codes = [code for _, code in sorted(boxes)]
    sizes = [
        size for size, count in PICTURES.items() if size > 1 for _ in range(round(count * share))
    ]
    sizes += [1] * (len(codes) - sum(sizes))
    plans, start = [], 0
    for number, size in enumerate(sizes):
        plans.append(Plan(key=f"{part}/{number}", codes=tuple(codes[start : start + size])))
        start += size
    return sorted(plans, key=lambda each: hashed("order", each.key))


def draw(each: Plan, /) -> Picture:
    """Draw a picture; a copied one is the same scene, compressed anew under another name."""
    rng = Random(f"{each.key}/{'/'.join(each.codes)}")  # noqa: S311 - it draws the same each time
    laboratory = f"L{min(rng.randrange(LABORATORIES), rng.randrange(LABORATORIES + 6)) + 1:02}"
    field = Field(rng, light=_light(laboratory, rng=rng))
    placed = _places(each, rng=rng)
    picture = field.render(placed)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=QUALITY_OF_COPY if each.copied else QUALITY)
    return Picture(
        name=file_name(f"{each.key}/{each.copied}"),
        data=file.getvalue(),
        cells=[
            Cell(code=cell.code, box=_annotated(box, rng=rng, outside=each.outside))
            for cell, box in zip(placed, field.boxes, strict=True)
        ],
        laboratory=laboratory,
    )


def _places(each: Plan, *, rng: Random) -> list[Placed]:
    """Place the leukocytes: one near the middle, several apart from each other."""
    small = 1.0 if len(each.codes) < SEVERAL else 0.62 if len(each.codes) < 2 * SEVERAL else 0.5
    placed: list[Placed] = []
    for code in each.codes:
        size = rng.uniform(*LOOKS[code].size) * small
        tries = [_spot(each, size, rng=rng) for _ in range(40 if len(each.codes) > 1 else 1)]
        x, y = max(tries, key=lambda spot: _room(spot, size, placed))
        placed.append(Placed(code=code, x=x, y=y, size=size))
    return placed


def _spot(each: Plan, size: float, *, rng: Random) -> tuple[float, float]:
    if each.outside:
        return size * rng.uniform(0.30, 0.44), rng.uniform(0.4, 0.6) * SIZE[1]
    if len(each.codes) == 1:
        x, y = (
            min(max(side / 2 + rng.gauss(0, OFF_THE_MIDDLE), 0.45 * size), side - 0.45 * size)
            for side in SIZE
        )
        return x, y
    x, y = (rng.uniform(0.45 * size, side - 0.45 * size) for side in SIZE)
    return x, y


def _room(spot: tuple[float, float], size: float, placed: Sequence[Placed]) -> float:
    """Tell how far a spot is from the next leukocyte, edge to edge."""
    x, y = spot
    apart = [
        ((x - cell.x) ** 2 + (y - cell.y) ** 2) ** 0.5 - (size + cell.size) / 2 for cell in placed
    ]
    return min(apart, default=0.0)


def _light(laboratory: str, *, rng: Random) -> Light:
    """Give the look of a laboratory, which is its own, and of a picture, which differs a little."""
    usual = Random(f"light/{laboratory}")  # noqa: S311 - as above
    return Light(
        contrast=usual.uniform(0.82, 1.16) + rng.gauss(0, 0.04),
        shift=_three(usual.randrange(-10, 11) + rng.randrange(-3, 4) for _ in range(3)),
        glass=_three(usual.randrange(226, 248) for _ in range(3)),
    )


def _three(numbers: Iterator[int]) -> tuple[int, int, int]:
    red, green, blue = numbers
    return red, green, blue


def _annotated(box: Box, *, rng: Random, outside: bool) -> Box:
    """Give a box as an annotator draws it; only one that is `outside` leaves the picture."""
    x1, y1, x2, y2 = (edge + rng.randrange(-ANNOTATORS, ANNOTATORS + 1) for edge in box)
    if outside:
        return min(x1, -1), max(y1, 0), x2, min(y2, SIZE[1])
    return max(x1, 0), max(y1, 0), min(x2, SIZE[0]), min(y2, SIZE[1])
