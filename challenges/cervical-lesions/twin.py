"""The synthetic slides of `cervical-lesions`: as many, of the classes and names of the original.

Counts are those of TissueNet's public files: 1,015 labelled and 1,527 test slides; 270, 288, 238
and 219 labelled ones of the classes 0 to 3, and the same mix in the test set, whose own was never
published. All else (looks, centres, degrees) is made up here. Every slide has a generator of its
own, so that a twin of a smaller scale has some of the slides of the whole one, as they are there.
"""

from collections.abc import Iterator, Sequence
from random import Random

from files import Annotation, Slide, hashed, letters
from PIL import Image
from pyramid import pyramid
from tissue import Biopsy, Region, Stain

TRAIN = (270, 288, 238, 219)
TEST = (406, 433, 358, 330)  # 1,527 of the same mix
CENTRES = 20
SHARE_OF_40 = 659 / 1015  # slides whose nominal magnification is 40; of the others it is 20
LEVELS = 3
REGIONS = (4, 8)  # regions of a slide, on average 5.8 as in the original
OWN_CLASS = 0.7  # the part of the regions, beside the first, that have the class of the slide
LOOKS_AHEAD = 0.42  # standard deviation of the degree of a slide's lesions around its class


def slides_to_learn_from(scale: float, /) -> Iterator[Slide]:
    """Draw the labelled slides, named by centre, block and slide; their order tells nothing."""
    for place, (key, label) in enumerate(plan("train", TRAIN, scale=scale)):
        yield draw(key, label, block=place + 1)


def slides_of_the_test(scale: float, /) -> Iterator[Slide]:
    """Draw the test slides, named by eight letters, from which the centre cannot be told."""
    for key, label in plan("test", TEST, scale=scale):
        yield draw(key, label)


def draw(key: str, label: int, /, *, block: int | None = None) -> Slide:
    """Draw a slide of a class, with regions of which one at least has it and none a worse one.

    `block` is in the name of a train slide; without it, the name is that of a test slide.
    """
    rng = _generator(key)
    centre = _centre(rng)
    regions, classes = _regions(label, rng=rng)
    size = regions[-1].right, rng.randrange(20, 25) * 16
    biopsy = Biopsy(rng, size=size, stain=_stain(centre, rng=rng), regions=regions)
    picture = biopsy.render()
    outlines = [biopsy.outline(region) for region in regions]
    for turn in (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM):
        if rng.random() < 0.5:  # noqa: PLR2004 - one slide in two
            picture = picture.transpose(turn)
            outlines = [_turned(corners, turn, size=size) for corners in outlines]
    resolution = rng.randrange(221, 273) / 1000
    return Slide(
        filename=f"{letters(key)}.tif" if block is None else f"{centre}_B{block}_S11.tif",
        label=label,
        centre=centre,
        width=size[0],
        height=size[1],
        resolution=resolution,
        magnification=40 if rng.random() < SHARE_OF_40 else 20,
        data=pyramid(picture, levels=LEVELS, resolution=resolution),
        annotations=[
            Annotation(geometry=_wkt(corners, height=size[1]), lesion=lesion)
            for corners, lesion in zip(outlines, classes, strict=True)
        ],
    )


def _regions(label: int, *, rng: Random) -> tuple[list[Region], list[int]]:
    count = rng.randrange(*REGIONS)
    classes = [
        label if rng.random() < OWN_CLASS else rng.randrange(label + 1) for _ in range(count)
    ]
    classes[rng.randrange(count)] = label
    looks = rng.gauss(0, LOOKS_AHEAD)
    regions, left = [], 0
    for lesion in classes:
        right = left + rng.randrange(70, 116)
        degree = max(0.0, lesion + looks + rng.gauss(0, 0.12))
        regions.append(Region(left=left, right=right, degree=degree))
        left = right
    return regions, classes


def _stain(centre: str, *, rng: Random) -> Stain:
    """Give the look of a centre, which is its own, and of a slide, which differs a little."""
    usual = _generator(f"stain/{centre}")
    return Stain(
        haematoxylin=usual.uniform(0.82, 1.12) + rng.gauss(0, 0.03),
        eosin=usual.uniform(0.75, 1.15) + rng.gauss(0, 0.03),
        red=usual.randrange(-8, 9) + rng.randrange(-2, 3),
        blue=usual.randrange(-12, 13) + rng.randrange(-2, 3),
    )


def _turned(
    corners: Sequence[tuple[int, int]], turn: Image.Transpose, *, size: tuple[int, int]
) -> list[tuple[int, int]]:
    width, height = size
    if turn is Image.Transpose.FLIP_LEFT_RIGHT:
        return [(width - x, y) for x, y in corners]
    return [(x, height - y) for x, y in corners]


def _wkt(corners: Sequence[tuple[int, int]], /, *, height: int) -> str:
    points = ", ".join(f"{x} {height - y}" for x, y in corners)
    return f"POLYGON (({points}))"


def plan(part: str, counts: Sequence[int], /, *, scale: float) -> list[tuple[str, int]]:
    """List a key and the class of each slide, two of each class at least, in a shuffled order."""
    slides = [
        (f"{part}/{label}/{number}", label)
        for label, count in enumerate(counts)
        for number in range(max(2, round(count * scale)))
    ]
    return sorted(slides, key=lambda slide: hashed("order", slide[0]))


def _centre(rng: Random) -> str:
    """Choose a centre; the first ones send more slides than the last."""
    return f"C{min(rng.randrange(CENTRES), rng.randrange(CENTRES + 8)) + 1:02}"


def _generator(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - it draws pictures, and the same ones each time
