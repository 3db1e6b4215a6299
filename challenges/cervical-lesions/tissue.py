"""Drawn biopsies of the cervix: an epithelium over its stroma, in haematoxylin and eosin.

What makes the classes is drawn as pathology describes it. Normal squamous epithelium matures: small
dark nuclei at its base, few and pale ones at its surface. A low grade lesion crowds the lower third
and has koilocytes, enlarged nuclei in a clear halo, above. A high grade lesion crowds the whole
thickness with large dark nuclei. An invasive carcinoma breaks through the base: nests of such cells
lie in the stroma. The degree of a region is a number, not a class, so that neighbouring classes
look alike as they do to readers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Point = tuple[float, float]

BACKGROUND: Colour = (244, 242, 245)
EOSIN: Colour = (226, 158, 189)
EPITHELIUM: Colour = (205, 152, 197)
SURFACE: Colour = (232, 188, 212)
NUCLEUS: Colour = (96, 62, 138)
PALE_NUCLEUS: Colour = (158, 116, 178)
KERATIN: Colour = (235, 132, 158)

CELL = 7  # pixels from one epithelial cell to the next
CURVE_STEP = 8


@dataclass(frozen=True, kw_only=True)
class Region:
    """A part of the epithelium from `left` to `right`, of one `degree`: 0 is normal, 3 invasive."""

    left: int
    right: int
    degree: float


@dataclass(frozen=True, kw_only=True)
class Stain:
    """How a centre's slides look: the strength of both dyes, and what it does to red and blue."""

    haematoxylin: float
    eosin: float
    red: int
    blue: int

    def apply(self, colour: Colour, /) -> Colour:
        """Give the colour as this centre's scanner shows it."""
        purple = colour[0] < colour[2]
        strength = self.haematoxylin if purple else self.eosin
        red, green, blue = (255 - (255 - part) * strength for part in colour)
        return _clip(red + self.red), _clip(green), _clip(blue + self.blue)


class Biopsy:
    """The drawing of one slide; `regions` follow each other along the epithelium."""

    def __init__(
        self, rng: Random, /, *, size: tuple[int, int], stain: Stain, regions: Sequence[Region]
    ) -> None:
        """Place the surface and the base of the epithelium and the end of the stroma."""
        self.rng, self.stain, self.regions = rng, stain, regions
        self.width, self.height = size
        self.surface = self._curve(rng.randrange(26, 50), swing=rng.randrange(5, 12))
        thickness = rng.randrange(72, 104)
        folds = self._curve(thickness, swing=rng.randrange(6, 15))
        self.base = [top + deep for top, deep in zip(self.surface, folds, strict=True)]
        self.end = self._curve(self.height - rng.randrange(10, 40), swing=rng.randrange(4, 16))
        self.picture = Image.new("RGB", size, BACKGROUND)
        self.draw = ImageDraw.Draw(self.picture)

    def render(self) -> Image.Image:
        """Draw the slide."""
        self._stroma()
        self._epithelium()
        for region in self.regions:
            self._cells(region)
            if region.degree > 2.45:  # noqa: PLR2004 - beyond it, a lesion invades
                self._nests(region)
        soft = self.picture.filter(ImageFilter.GaussianBlur(0.7))
        return ImageChops.add(soft, self._grain(), 1, -4)

    def outline(self, region: Region, /) -> list[tuple[int, int]]:
        """Give the corners of an annotation of the region, as a reader would draw it."""
        deep = 60 if region.degree > 2.45 else 6  # noqa: PLR2004 - with its nests
        steps = [*range(region.left, region.right, 24), region.right]
        above = [(x, max(0, round(self._at(self.surface, x)) - 4)) for x in steps]
        below = [
            (x, min(self.height - 1, round(self._at(self.base, x)) + deep)) for x in reversed(steps)
        ]
        return [*above, *below, above[0]]

    def _stroma(self) -> None:
        """Draw the tissue with its fibres, spindle cells, lymphocytes and vessels."""
        rng = self.rng
        mask = Image.new("L", self.picture.size)
        ImageDraw.Draw(mask).polygon(self._band(self.surface, self.end), fill=255)
        fibres = self._noise(14, 3)
        light, dark = self._dye(EOSIN), self._dye((204, 122, 165))
        cloth = Image.composite(
            Image.new("RGB", mask.size, light), Image.new("RGB", mask.size, dark), fibres
        )
        self.picture.paste(cloth, mask=mask)
        for _ in range(self.width * self.height // 900):
            x, y = rng.randrange(self.width), rng.randrange(self.height)
            if self._at(self.base, x) + 4 < y < self._at(self.end, x) - 3:
                self._spindle(x, y)
        for _ in range(rng.randrange(1, 5)):
            self._vessel()
        for _ in range(rng.randrange(0, 4)):
            self._lymphocytes(rng.randrange(self.width), many=rng.randrange(10, 40))

    def _spindle(self, x: int, y: int) -> None:
        length, rise = self.rng.randrange(5, 10), self.rng.randrange(-3, 4)
        self.draw.line([(x, y), (x + length, y + rise)], fill=self._dye((132, 84, 156)), width=2)

    def _vessel(self) -> None:
        x = self.rng.randrange(20, self.width - 20)
        low, high = self._at(self.base, x) + 24, self._at(self.end, x) - 18
        if high <= low:
            return
        y, wide, tall = low + self.rng.random() * (high - low), *self._two(5, 15)
        self._ellipse(x, y, wide + 2, tall + 2, self._dye((186, 104, 150)))
        self._ellipse(x, y, wide, tall, BACKGROUND)
        for _ in range(self.rng.randrange(0, 6)):
            along, down = self.rng.uniform(-0.6, 0.6), self.rng.uniform(-0.6, 0.6)
            self._ellipse(x + along * wide, y + down * tall, 2.5, 2.5, self._dye((222, 96, 110)))

    def _lymphocytes(self, x: int, *, many: int) -> None:
        depth = self._at(self.base, x) + self.rng.randrange(8, 60)
        for _ in range(many):
            near, down = x + self.rng.gauss(0, 16), depth + self.rng.gauss(0, 9)
            inside = 0 <= near < self.width
            if inside and self._at(self.base, near) + 3 < down < self._at(self.end, near) - 3:
                self._ellipse(near, down, 2.2, 2.2, self._dye((84, 60, 128)))

    def _epithelium(self) -> None:
        """Draw the band of the epithelium, paler towards the surface."""
        shells = 6
        for shell in range(shells):
            part = shell / shells
            top = [
                base + (surface - base) * (1 - part)
                for surface, base in zip(self.surface, self.base, strict=True)
            ]
            colour = _between(SURFACE, EPITHELIUM, part)
            self.draw.polygon(self._band(top, self.base), fill=self._dye(colour))
        self.draw.line(self._points(self.base), fill=self._dye((196, 116, 168)), width=2)

    def _cells(self, region: Region) -> None:
        """Draw the cells of a region, from the base up."""
        rng = self.rng
        for left in range(region.left, region.right, CELL):
            x = left + CELL / 2
            low, high = self._at(self.base, x), self._at(self.surface, x)
            rows = max(1, round((low - high) / CELL))
            for row in range(rows):
                height = (row + rng.uniform(0.2, 0.8)) / rows
                near = x + rng.uniform(-3.2, 3.2)
                degree = self._degree(near + rng.uniform(-14, 14))  # regions end without an edge
                self._cell(near, low + (high - low) * height, height=height, degree=degree)

    def _degree(self, x: float) -> float:
        inside = [region.degree for region in self.regions if region.left <= x < region.right]
        return inside[0] if inside else self.regions[0 if x < 0 else -1].degree

    def _cell(self, x: float, y: float, /, *, height: float, degree: float) -> None:
        """Draw a cell at a height of the epithelium, 0 its base and 1 its surface."""
        rng = self.rng
        reached = 0.16 + 0.30 * min(degree, 1) + 0.5 * max(0.0, min(degree, 2) - 1)
        crowded = 1 / (1 + math.exp((height - reached) * 14))  # how far it has not matured
        if rng.random() > 0.30 + 0.56 * crowded + 0.20 * (1 - height):
            return
        atypia = crowded * min(degree, 3) / 3
        low_grade = max(0.0, 1 - abs(degree - 1.15) / 0.85)
        if height > 0.42 and rng.random() < 0.42 * low_grade:  # noqa: PLR2004 - the upper part
            self._koilocyte(x, y)
            return
        radius = 1.4 + 0.8 * crowded + 1.1 * atypia + rng.uniform(-0.4, 0.5) * (1 + 2 * atypia)
        flat = 1 - 0.45 * (1 - crowded) * height
        long = radius * (1 + 0.35 * crowded * (1 - atypia))
        dark = min(1.0, 0.25 + 0.55 * crowded + 0.35 * atypia + rng.uniform(-0.3, 0.12))
        colour = self._dye(_between(PALE_NUCLEUS, NUCLEUS, dark))
        self._ellipse(x, y, radius / flat, long * flat, colour)

    def _koilocyte(self, x: float, y: float) -> None:
        """Draw an enlarged, wrinkled nucleus in its clear halo."""
        rng = self.rng
        self._ellipse(x, y, *self._two(4, 6), self._dye((244, 222, 234)))
        for _ in range(rng.randrange(1, 3)):
            near, down = x + rng.uniform(-1, 1), y + rng.uniform(-1, 1)
            self._ellipse(near, down, *self._two(1, 3), self._dye(NUCLEUS))

    def _nests(self, region: Region) -> None:
        """Draw nests of a carcinoma in the stroma under a region, some with a keratin pearl."""
        rng = self.rng
        count = max(1, round((region.right - region.left) / 34 * (region.degree - 2.2)))
        for _ in range(count):
            x = rng.uniform(region.left, region.right)
            room = self._at(self.end, x) - self._at(self.base, x) - 30
            if room <= 0:
                continue
            y = self._at(self.base, x) + 15 + rng.random() * min(room, 110)
            self._nest(x, y, radius=rng.uniform(9, 30))
        self._lymphocytes(round((region.left + region.right) / 2), many=rng.randrange(20, 70))

    def _nest(self, x: float, y: float, *, radius: float) -> None:
        rng = self.rng
        corners = 11
        spokes = [radius * rng.uniform(0.65, 1.2) for _ in range(corners)]
        around = [
            (x + 1.35 * spoke * math.cos(turn), y + 0.8 * spoke * math.sin(turn))
            for spoke, turn in ((each, 2 * math.pi * k / corners) for k, each in enumerate(spokes))
        ]
        self.draw.polygon(around, fill=self._dye((196, 140, 188)))
        for _ in range(round(radius * radius / 9)):
            reach, turn = 0.88 * radius * math.sqrt(rng.random()), rng.uniform(0, 2 * math.pi)
            near, down = x + 1.25 * reach * math.cos(turn), y + 0.7 * reach * math.sin(turn)
            size = rng.uniform(1.8, 4.2)
            colour = _between(PALE_NUCLEUS, NUCLEUS, rng.uniform(0.6, 1))
            self._ellipse(near, down, size, size * rng.uniform(0.7, 1.2), self._dye(colour))
        if rng.random() < 0.3:  # noqa: PLR2004 - how many nests keratinise
            for ring in (6, 4, 2):
                tint = _between(KERATIN, SURFACE, ring / 6)
                self._ellipse(x, y, ring * 1.2, ring, self._dye(tint))

    def _curve(self, middle: float, /, *, swing: float) -> list[float]:
        """Give the height of a wavy line every CURVE_STEP pixels."""
        rng = self.rng
        waves = [
            (rng.uniform(0.4, 1) * swing / number, rng.uniform(0, 7), number)
            for number in (1, 2, 4, 7)
        ]
        count = self.width // CURVE_STEP + 2
        return [
            middle + sum(high * math.sin(start + 6.3 * n * k / count) for high, start, n in waves)
            for k in range(count)
        ]

    def _at(self, curve: Sequence[float], x: float, /) -> float:
        place = min(max(x, 0), self.width) / CURVE_STEP
        left = int(place)
        return curve[left] + (curve[left + 1] - curve[left]) * (place - left)

    def _points(self, curve: Sequence[float]) -> list[Point]:
        return [(k * CURVE_STEP, y) for k, y in enumerate(curve)]

    def _band(self, upper: Sequence[float], lower: Sequence[float]) -> list[Point]:
        return [*self._points(upper), *reversed(self._points(lower))]

    def _ellipse(self, x: float, y: float, wide: float, tall: float, colour: Colour) -> None:
        self.draw.ellipse((x - wide, y - tall, x + wide, y + tall), fill=colour)

    def _dye(self, colour: Colour) -> Colour:
        return self.stain.apply(colour)

    def _two(self, low: int, high: int) -> tuple[float, float]:
        return self.rng.uniform(low, high), self.rng.uniform(low, high)

    def _noise(self, across: int, down: int) -> Image.Image:
        """Give smooth noise whose grains are `across` and `down` pixels large."""
        wide, tall = self.width // across + 1, self.height // down + 1
        grains = Image.frombytes("L", (wide, tall), self.rng.randbytes(wide * tall))
        return grains.resize(self.picture.size, Image.Resampling.BICUBIC)

    def _grain(self) -> Image.Image:
        """Give the fine noise of cytoplasm and camera, from 0 to 9."""
        return Image.merge("RGB", [self._noise(2, 2).point(lambda value: value // 28)] * 3)


def _between(first: Colour, second: Colour, part: float, /) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _clip(value: float) -> int:
    return max(0, min(255, round(value)))
