"""Slices of a drawn liver: tissue, vessels, and lesions that are darker than it.

All arithmetic is on integers, and all that is random are integers of a seeded generator, so that
every machine draws the same pixels.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.int64]

SIDE = 128
"""Pixels along each side of a slice."""

TISSUE = 110
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE]


@dataclass(frozen=True, kw_only=True)
class Scanner:
    """A make of scanner: hundredths of mm between pixels, how noisy, and how blurred it is."""

    spacing: tuple[int, ...]
    noise: int
    blurs: int


SCANNERS: Mapping[str, Scanner] = {
    "A": Scanner(spacing=(70, 74), noise=14, blurs=1),
    "B": Scanner(spacing=(78, 82), noise=20, blurs=1),
    "C": Scanner(spacing=(86, 90), noise=26, blurs=2),
}


@dataclass(frozen=True, kw_only=True)
class Slice:
    """What is seen of 8 bits a pixel, and where the lesions are: 1, and 0 elsewhere."""

    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]


def draw(rng: np.random.Generator, /, *, scanner: Scanner, spacing: int, contrast: int) -> Slice:
    """Draw a slice with up to five lesions, each darker than the tissue by about `contrast`."""
    image = TISSUE + _slope(rng)
    for _ in range(_between(rng, 2, 4)):
        image = np.where(_vessel(rng), TISSUE + _between(rng, 20, 35), image)
    mask = np.zeros((SIDE, SIDE), dtype=np.bool_)
    for _ in range(_between(rng, 0, 5)):
        lesion = _lesion(rng, spacing=spacing)
        image = np.where(lesion & ~mask, image - contrast - _between(rng, -4, 4), image)
        mask |= lesion
    for _ in range(scanner.blurs):
        image = _blurred(image)
    image = image + _noise(rng, scanner.noise)
    return Slice(image=image.clip(0, 255).astype(np.uint8), mask=mask.astype(np.uint8))


def _between(rng: np.random.Generator, low: int, high: int) -> int:
    return int(rng.integers(low, high + 1))


def _slope(rng: np.random.Generator) -> Pixels:
    """Give a brightness that rises or falls across the slice, as that of uneven contrast."""
    down, right = _between(rng, -18, 18), _between(rng, -18, 18)
    slope: Pixels = (down * (ROWS - SIDE // 2) + right * (COLUMNS - SIDE // 2)) // SIDE
    return slope


def _vessel(rng: np.random.Generator) -> NDArray[np.bool_]:
    """Give a straight band of one to four pixels to either side of a line."""
    down, right = _between(rng, -50, 50), _between(rng, 10, 50)
    through = _between(rng, 10, SIDE - 10), _between(rng, 10, SIDE - 10)
    off = down * (ROWS - through[0]) + right * (COLUMNS - through[1])
    band: NDArray[np.bool_] = off**2 <= _between(rng, 1, 4) ** 2 * (down**2 + right**2)
    return band


def _lesion(rng: np.random.Generator, *, spacing: int) -> NDArray[np.bool_]:
    """Give a turned ellipse whose half axes are 2 to 12 mm; `spacing` is in hundredths of mm."""
    long = _between(rng, 300, 1200)
    short = long * _between(rng, 55, 100) // 100
    down, right = _between(rng, -40, 40), _between(rng, 1, 40)
    y = (ROWS - _between(rng, 8, SIDE - 8)) * spacing
    x = (COLUMNS - _between(rng, 8, SIDE - 8)) * spacing
    square = down**2 + right**2
    along, across = down * y + right * x, right * y - down * x
    ellipse: NDArray[np.bool_] = (along * short) ** 2 + (across * long) ** 2 <= square * (
        long * short
    ) ** 2
    return ellipse


def _blurred(image: Pixels) -> Pixels:
    """Replace each pixel by the mean of the nine around it, rounded down."""
    padded = np.pad(image, 1, mode="edge")
    parts = [padded[y : y + SIDE, x : x + SIDE] for y in range(3) for x in range(3)]
    mean: Pixels = np.sum(parts, axis=0) // 9
    return mean


def _noise(rng: np.random.Generator, most: int) -> Pixels:
    """Give the sum of three even draws, which is nearly normal, with a spread of about `most`."""
    draws: NDArray[Any] = rng.integers(-most, most + 1, size=(3, SIDE, SIDE))
    noise: Pixels = draws.sum(axis=0)
    return noise
