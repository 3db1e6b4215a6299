"""Drawn fields of a blood smear: red cells, platelets, and the leukocytes that were asked for."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from cells import LOOKS, Colour, Granules, Look
from PIL import Image, ImageChops, ImageDraw, ImageFilter

SIZE = (370, 368)
CORNERS = 48  # of an outline

Point = tuple[float, float]
Box = tuple[int, int, int, int]


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A leukocyte to draw: its class, the middle of the cell and its diameter."""

    code: str
    x: float
    y: float
    size: float


@dataclass(frozen=True, kw_only=True)
class Light:
    """How a laboratory's pictures look: what its stain and its camera do to each colour."""

    contrast: float
    shift: Colour
    glass: Colour


class Field:
    """The drawing of one picture; `boxes` are those of its leukocytes, in the order given."""

    def __init__(self, rng: Random, /, *, light: Light) -> None:
        """Start with empty glass."""
        self.rng, self.light = rng, light
        self.picture = Image.new("RGB", SIZE, light.glass)
        self.boxes: list[Box] = []

    def render(self, leukocytes: Sequence[Placed], /) -> Image.Image:
        """Draw the field: what lies in the background first."""
        rng = self.rng
        for _ in range(rng.randrange(4, 13)):
            x, y = rng.randrange(SIZE[0]), rng.randrange(SIZE[1])
            near = min(math.hypot(x - cell.x, y - cell.y) - cell.size / 2 for cell in leukocytes)
            if near > 20:  # noqa: PLR2004 - most red cells lie beside leukocytes
                self._red_cell(x, y)
        for _ in range(rng.randrange(0, 4)):
            self._platelet(rng.randrange(SIZE[0]), rng.randrange(SIZE[1]))
        for cell in leukocytes:
            self._leukocyte(cell)
        soft = self.picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.8, 1.7)))
        return ImageChops.add(soft, self._grain(), 1, -4)

    def _red_cell(self, x: float, y: float) -> None:
        rng = self.rng
        radius = rng.uniform(38, 50)
        rim, middle = self._tint((222, 172, 172)), self._tint((236, 204, 202))
        draw = ImageDraw.Draw(self.picture)
        draw.polygon(_outline(rng, x, y, radius, uneven=0.04), fill=rim)
        pallor = radius * rng.uniform(0.3, 0.5)
        for part in range(5):
            colour = _between(rim, middle, (part + 1) / 5)
            wide = pallor * (1.5 - 0.2 * part)
            draw.ellipse((x - wide, y - wide, x + wide, y + wide), fill=colour)

    def _platelet(self, x: float, y: float) -> None:
        rng = self.rng
        radius = rng.uniform(9, 17)
        draw = ImageDraw.Draw(self.picture)
        draw.polygon(_outline(rng, x, y, radius, uneven=0.14), fill=self._tint((196, 166, 206)))
        for _ in range(12):
            near, down = x + rng.gauss(0, radius / 3), y + rng.gauss(0, radius / 3)
            draw.ellipse((near - 1, down - 1, near + 1, down + 1), fill=self._tint((140, 90, 162)))

    def _leukocyte(self, cell: Placed) -> None:
        """Draw a cell on a patch of its own, paste it, and keep the box of what is seen."""
        rng, look = self.rng, LOOKS[cell.code]
        side = round(cell.size * 1.5)
        middle, radius = side / 2, cell.size / 2
        body = _outline(rng, middle, middle, radius, uneven=look.uneven)
        outside = _mask(side, body)
        if look.villi:
            outside = ImageChops.lighter(outside, self._villi(side, body))
        if look.shape == "smudge":
            outside = outside.filter(ImageFilter.GaussianBlur(5))
        patch = self._cloth(side, look.cytoplasm, grain=9, depth=0.12)
        nucleus = self._nucleus(side, cell, look=look)
        self._grains(patch, look, cell, nucleus=None)
        self._vacuoles(patch, look, radius=radius)
        patch.paste(self._chromatin(side, look), mask=nucleus)
        self._nucleoli(patch, look, cell)
        if look.granules and look.granules.over_nucleus:
            self._grains(patch, look, cell, nucleus=nucleus)
        if look.rods and rng.random() < 0.6:  # noqa: PLR2004 - cells with Auer rods
            self._rods(patch, radius=radius)
        left, top = round(cell.x - middle), round(cell.y - middle)
        self.picture.paste(patch, (left, top), outside)
        self.boxes.append(_box(outside, left, top))

    def _cloth(self, side: int, colour: Colour, *, grain: int, depth: float) -> Image.Image:
        """Give a patch of a colour that is darker and lighter from place to place."""
        dark = self._tint(_between(colour, (90, 60, 130), depth))
        light = self._tint(_between(colour, (255, 255, 255), depth))
        noise = _noise(self.rng, side, grain)
        size = (side, side)
        return Image.composite(Image.new("RGB", size, light), Image.new("RGB", size, dark), noise)

    def _chromatin(self, side: int, look: Look) -> Image.Image:
        """Give the texture of a nucleus: fine, or in clumps with pale lines between."""
        rng = self.rng
        dark = self._tint(_between(look.nucleus, (40, 20, 70), 0.22 + 0.25 * look.clumped))
        pale = self._tint(_between(look.nucleus, (214, 176, 220), 0.26 + 0.10 * look.clumped))
        grain = round(4 + 9 * look.clumped)
        steep = 1 + 1.6 * look.clumped
        noise = _noise(rng, side, grain).point(
            [max(0, min(255, round(128 + (value - 118) * steep))) for value in range(256)]
        )
        size = (side, side)
        return Image.composite(Image.new("RGB", size, pale), Image.new("RGB", size, dark), noise)

    def _nucleus(self, side: int, cell: Placed, *, look: Look) -> Image.Image:
        """Give the mask of the nucleus."""
        rng = self.rng
        mask = Image.new("L", (side, side))
        if look.shape == "none":
            return mask
        middle, share = side / 2, rng.uniform(*look.share)
        radius = share * cell.size / 2
        turn = rng.uniform(0, 2 * math.pi)
        room = max(0.0, cell.size / 2 - radius) * 0.75
        x, y = middle + room * math.cos(turn), middle + room * math.sin(turn)
        draw = ImageDraw.Draw(mask)
        if look.shape in {"two", "many"}:
            self._lobes(
                draw, (x, y), radius, count=2 if look.shape == "two" else rng.randrange(3, 6)
            )
            return mask
        waves = {"folded": 0.13, "smudge": 0.2}.get(look.shape, 0.03)
        flat = rng.uniform(0.74, 0.86) if look.shape in {"oval", "kidney"} else 1.0
        draw.polygon(_outline(rng, x, y, radius, uneven=waves, flat=flat, turn=turn), fill=255)
        if look.shape == "kidney":
            deep = radius * rng.uniform(0.45, 0.75)
            self._bite(
                draw, x + radius * math.cos(turn + 1.6), y + radius * math.sin(turn + 1.6), deep
            )
        if look.shape in {"cleft", "folded"}:
            for _ in range(1 if look.shape == "cleft" else 3):
                self._cleft(draw, (x, y), radius)
        if look.shape == "smudge":
            return mask.filter(ImageFilter.GaussianBlur(9))
        return mask

    def _lobes(
        self, draw: ImageDraw.ImageDraw, middle: Point, radius: float, *, count: int
    ) -> None:
        """Draw lobes along an arc, joined by strands."""
        rng = self.rng
        turn, step = rng.uniform(0, 2 * math.pi), rng.uniform(1.0, 1.5) * 3.0 / (count + 0.5)
        each = radius * {2: 0.56, 3: 0.48, 4: 0.42, 5: 0.38}[count]
        centres = []
        for lobe in range(count):
            reach = radius * rng.uniform(0.50, 0.68)
            angle = turn + step * lobe
            centres.append(
                (middle[0] + reach * math.cos(angle), middle[1] + reach * math.sin(angle))
            )
        draw.line(centres, fill=255, width=max(4, round(each / 3)))
        for x, y in centres:
            draw.polygon(_outline(rng, x, y, each, uneven=0.1, flat=0.85), fill=255)

    def _bite(self, draw: ImageDraw.ImageDraw, x: float, y: float, radius: float) -> None:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=0)

    def _cleft(self, draw: ImageDraw.ImageDraw, middle: Point, radius: float) -> None:
        """Draw a fold from the rim of the nucleus towards its middle."""
        turn = self.rng.uniform(0, 2 * math.pi)
        start = (middle[0] + radius * math.cos(turn), middle[1] + radius * math.sin(turn))
        inner = radius * self.rng.uniform(0.1, 0.5)
        bent = turn + self.rng.uniform(-0.5, 0.5)
        end = (middle[0] + inner * math.cos(bent), middle[1] + inner * math.sin(bent))
        draw.line([start, end], fill=70, width=4)

    def _nucleoli(self, patch: Image.Image, look: Look, cell: Placed) -> None:
        rng = self.rng
        draw = ImageDraw.Draw(patch)
        for _ in range(rng.randrange(look.nucleoli[0], look.nucleoli[1] + 1)):
            reach, turn = cell.size * rng.uniform(0, 0.2), rng.uniform(0, 2 * math.pi)
            x, y = (
                patch.width / 2 + reach * math.cos(turn),
                patch.width / 2 + reach * math.sin(turn),
            )
            radius = rng.uniform(6, 11)
            draw.ellipse(
                (x - radius, y - radius, x + radius, y + radius), fill=self._tint((172, 140, 204))
            )

    def _grains(
        self, patch: Image.Image, look: Look, cell: Placed, *, nucleus: Image.Image | None
    ) -> None:
        """Draw granules in the whole cell, or, given its nucleus, one in three of them on that."""
        rng, grains = self.rng, look.granules
        if grains is None:
            return
        draw = ImageDraw.Draw(patch)
        part = 1.0 if nucleus is None else 0.33
        for _ in range(round(self._count(grains, cell.size) * part)):
            reach, turn = (
                cell.size / 2 * math.sqrt(rng.random()) * 0.97,
                rng.uniform(0, 2 * math.pi),
            )
            x, y = (
                patch.width / 2 + reach * math.cos(turn),
                patch.width / 2 + reach * math.sin(turn),
            )
            if nucleus is not None and not nucleus.getpixel((round(x), round(y))):
                continue
            radius = grains.radius * rng.uniform(0.7, 1.3)
            colour = _between(grains.colour, (255, 240, 240), rng.uniform(0, 0.35))
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=self._tint(colour))

    def _count(self, grains: Granules, size: float) -> float:
        return grains.many / 1000 * (size / 2) ** 2 / grains.radius**2 * self.rng.uniform(0.7, 1.2)

    def _vacuoles(self, patch: Image.Image, look: Look, *, radius: float) -> None:
        rng = self.rng
        draw = ImageDraw.Draw(patch)
        for _ in range(rng.randrange(look.vacuoles[0], look.vacuoles[1] + 1)):
            reach, turn = radius * rng.uniform(0.6, 0.92), rng.uniform(0, 2 * math.pi)
            x, y = (
                patch.width / 2 + reach * math.cos(turn),
                patch.width / 2 + reach * math.sin(turn),
            )
            wide = rng.uniform(3, 8)
            draw.ellipse((x - wide, y - wide, x + wide, y + wide), fill=self._tint((238, 230, 240)))

    def _rods(self, patch: Image.Image, *, radius: float) -> None:
        rng = self.rng
        draw = ImageDraw.Draw(patch)
        for _ in range(rng.randrange(1, 5)):
            turn, lean = rng.uniform(0, 2 * math.pi), rng.uniform(0, math.pi)
            x = patch.width / 2 + 0.75 * radius * math.cos(turn)
            y = patch.width / 2 + 0.75 * radius * math.sin(turn)
            long = rng.uniform(8, 18)
            ends = [(x, y), (x + long * math.cos(lean), y + long * math.sin(lean))]
            draw.line(ends, fill=self._tint((168, 40, 110)), width=3)

    def _villi(self, side: int, body: Sequence[Point]) -> Image.Image:
        """Give the mask of short hairs around two poles of a cell."""
        rng = self.rng
        mask = Image.new("L", (side, side))
        draw = ImageDraw.Draw(mask)
        start = rng.randrange(CORNERS // 2)
        for corner in [
            *range(start, start + 9),
            *range(start + CORNERS // 2, start + CORNERS // 2 + 9),
        ]:
            x, y = body[corner % CORNERS]
            out = rng.uniform(0.10, 0.22)
            end = (x + (x - side / 2) * out, y + (y - side / 2) * out)
            draw.line([(x, y), end], fill=235, width=3)
        return mask

    def _tint(self, colour: Colour) -> Colour:
        """Give a colour as this laboratory's pictures show it."""
        light = self.light
        red, green, blue = (
            max(0, min(255, round(235 + (part - 235) * light.contrast + shift)))
            for part, shift in zip(colour, light.shift, strict=True)
        )
        return red, green, blue

    def _grain(self) -> Image.Image:
        """Give the noise of the camera, from 0 to 8."""
        wide, tall = SIZE[0] // 2, SIZE[1] // 2
        noise = Image.frombytes("L", (wide, tall), self.rng.randbytes(wide * tall))
        small = noise.point([value // 30 for value in range(256)])
        return Image.merge("RGB", [small.resize(SIZE, Image.Resampling.BICUBIC)] * 3)


def _outline(
    rng: Random,
    x: float,
    y: float,
    radius: float,
    /,
    *,
    uneven: float,
    flat: float = 1.0,
    turn: float = 0.0,
) -> list[Point]:
    """Give a closed wavy line around a point; with `flat` below 1, around an ellipse."""
    waves = [(rng.uniform(0, uneven), rng.uniform(0, 7), number) for number in (2, 3, 5, 7)]
    points = []
    for corner in range(CORNERS):
        angle = 2 * math.pi * corner / CORNERS
        reach = radius * (
            1 + sum(high * math.sin(number * angle + start) for high, start, number in waves)
        )
        along, across = reach * math.cos(angle), flat * reach * math.sin(angle)
        points.append(
            (
                x + along * math.cos(turn) - across * math.sin(turn),
                y + along * math.sin(turn) + across * math.cos(turn),
            )
        )
    return points


def _mask(side: int, outline: Sequence[Point]) -> Image.Image:
    mask = Image.new("L", (side, side))
    ImageDraw.Draw(mask).polygon(list(outline), fill=255)
    return mask


def _noise(rng: Random, side: int, grain: int) -> Image.Image:
    """Give smooth noise whose grains are `grain` pixels large."""
    few = side // grain + 2
    rough = Image.frombytes("L", (few, few), rng.randbytes(few * few))
    return rough.resize((side, side), Image.Resampling.BICUBIC)


def _box(mask: Image.Image, left: int, top: int) -> Box:
    """Give the box, in the picture, of what a mask shows."""
    seen = mask.point([0] * 128 + [255] * 128).getbbox() or (0, 0, 1, 1)
    return seen[0] + left, seen[1] + top, seen[2] + left, seen[3] + top


def _between(first: Colour, second: Colour, part: float, /) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(first, second, strict=True))
    return red, green, blue
