"""How the 23 classes of CYTOLOGIA look on a stained smear, as far as a drawing can show it.

Sizes are of the cell in pixels at the magnification of the original, where a red cell has about 90.
What tells the classes apart is what a cytologist names: size, the share of the nucleus, its shape,
how fine its chromatin is, nucleoli, the colour of the cytoplasm, and granules. Several classes
overlap on purpose: lymphomas with lymphocytes, blasts with blasts.
"""

from dataclasses import dataclass

Colour = tuple[int, int, int]

PINK: Colour = (233, 205, 214)
LILAC: Colour = (214, 190, 222)
SKY: Colour = (196, 208, 234)
BLUE: Colour = (146, 164, 216)
DEEP_BLUE: Colour = (104, 118, 190)
GREY_BLUE: Colour = (184, 184, 208)
GREY_PINK: Colour = (208, 184, 196)

VIOLET: Colour = (112, 62, 142)
DARK_VIOLET: Colour = (74, 40, 110)
PALE_VIOLET: Colour = (150, 102, 172)

AZURE: Colour = (150, 60, 140)
ORANGE: Colour = (222, 122, 88)
INK: Colour = (60, 34, 92)


@dataclass(frozen=True, kw_only=True)
class Granules:
    """Grains in the cytoplasm: how many of 1,000 pixels they cover, and their radius in pixels."""

    colour: Colour
    many: float
    radius: float
    over_nucleus: bool = False


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a class looks.

    `size` and `share` are ranges: of the diameter of the cell and, as a part of it, of the nucleus.
    `clumped` is 0 for fine chromatin and 1 for coarse.
    """

    size: tuple[int, int]
    share: tuple[float, float]
    cytoplasm: Colour
    nucleus: Colour = VIOLET
    shape: str = "round"  # oval, kidney, cleft, folded, two or many lobes, none or smudge
    clumped: float = 0.4
    nucleoli: tuple[int, int] = (0, 0)
    granules: Granules | None = None
    vacuoles: tuple[int, int] = (0, 0)
    uneven: float = 0.03  # how far the outline departs from a circle
    villi: bool = False
    rods: bool = False


LOOKS = {
    "PNN": Look(
        size=(158, 192),
        share=(0.70, 0.80),
        cytoplasm=PINK,
        shape="many",
        clumped=0.7,
        granules=Granules(colour=(202, 160, 196), many=60, radius=1.3),
    ),
    "Lysee": Look(size=(150, 230), share=(0.95, 1.0), cytoplasm=LILAC, shape="smudge", uneven=0.16),
    "LAM3": Look(
        size=(178, 216),
        share=(0.64, 0.74),
        cytoplasm=LILAC,
        shape="two",
        clumped=0.15,
        nucleoli=(0, 2),
        granules=Granules(colour=AZURE, many=150, radius=1.8, over_nucleus=True),
        rods=True,
        uneven=0.06,
    ),
    "LLC": Look(
        size=(118, 144), share=(0.86, 0.93), cytoplasm=SKY, nucleus=DARK_VIOLET, clumped=0.95
    ),
    "LyB": Look(size=(128, 168), share=(0.88, 0.94), cytoplasm=BLUE, clumped=0.12, nucleoli=(0, 2)),
    "MO": Look(
        size=(188, 226),
        share=(0.62, 0.72),
        cytoplasm=GREY_BLUE,
        nucleus=PALE_VIOLET,
        shape="kidney",
        clumped=0.3,
        vacuoles=(0, 6),
        uneven=0.07,
    ),
    "MBL": Look(
        size=(158, 196),
        share=(0.78, 0.86),
        cytoplasm=BLUE,
        nucleus=PALE_VIOLET,
        clumped=0.08,
        nucleoli=(2, 5),
        granules=Granules(colour=AZURE, many=6, radius=1.4),
    ),
    "LGL": Look(
        size=(146, 178),
        share=(0.60, 0.70),
        cytoplasm=SKY,
        clumped=0.7,
        granules=Granules(colour=AZURE, many=9, radius=2.0),
    ),
    "EO": Look(
        size=(166, 200),
        share=(0.62, 0.72),
        cytoplasm=PINK,
        shape="two",
        clumped=0.7,
        granules=Granules(colour=ORANGE, many=560, radius=3.4),
    ),
    "Thromb": Look(
        size=(74, 140),
        share=(0.0, 0.0),
        cytoplasm=LILAC,
        shape="none",
        granules=Granules(colour=(140, 84, 160), many=330, radius=1.8),
        uneven=0.12,
    ),
    "Er": Look(
        size=(98, 128), share=(0.52, 0.66), cytoplasm=GREY_PINK, nucleus=DARK_VIOLET, clumped=1.0
    ),
    "B": Look(
        size=(148, 190),
        share=(0.84, 0.91),
        cytoplasm=BLUE,
        nucleus=PALE_VIOLET,
        clumped=0.1,
        nucleoli=(1, 3),
    ),
    "LF": Look(
        size=(112, 138),
        share=(0.89, 0.95),
        cytoplasm=SKY,
        nucleus=DARK_VIOLET,
        shape="cleft",
        clumped=0.7,
    ),
    "LY": Look(size=(116, 150), share=(0.76, 0.86), cytoplasm=SKY, clumped=0.75),
    "M": Look(
        size=(168, 204),
        share=(0.58, 0.66),
        cytoplasm=PINK,
        shape="oval",
        clumped=0.5,
        granules=Granules(colour=(190, 124, 178), many=130, radius=1.5),
    ),
    "MM": Look(
        size=(164, 196),
        share=(0.60, 0.68),
        cytoplasm=PINK,
        shape="kidney",
        clumped=0.6,
        granules=Granules(colour=(202, 156, 194), many=80, radius=1.3),
    ),
    "LH_lyAct": Look(
        size=(168, 214), share=(0.58, 0.68), cytoplasm=DEEP_BLUE, clumped=0.5, uneven=0.14
    ),
    "MoB": Look(
        size=(184, 226),
        share=(0.70, 0.78),
        cytoplasm=GREY_BLUE,
        nucleus=PALE_VIOLET,
        shape="oval",
        clumped=0.06,
        nucleoli=(1, 3),
        vacuoles=(0, 4),
    ),
    "PM": Look(
        size=(188, 224),
        share=(0.64, 0.72),
        cytoplasm=BLUE,
        shape="oval",
        clumped=0.2,
        nucleoli=(1, 3),
        granules=Granules(colour=AZURE, many=110, radius=1.9, over_nucleus=True),
    ),
    "BA": Look(
        size=(146, 178),
        share=(0.66, 0.76),
        cytoplasm=LILAC,
        nucleus=PALE_VIOLET,
        shape="two",
        clumped=0.5,
        granules=Granules(colour=INK, many=260, radius=3.6, over_nucleus=True),
    ),
    "LM": Look(
        size=(126, 160),
        share=(0.82, 0.90),
        cytoplasm=SKY,
        shape="folded",
        clumped=0.45,
        uneven=0.06,
    ),
    "LZMG": Look(size=(130, 160), share=(0.66, 0.76), cytoplasm=SKY, clumped=0.65, villi=True),
    "SS": Look(
        size=(132, 164),
        share=(0.86, 0.92),
        cytoplasm=SKY,
        nucleus=DARK_VIOLET,
        shape="folded",
        clumped=0.8,
        uneven=0.04,
    ),
}
