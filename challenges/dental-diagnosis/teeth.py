"""Drawings of teeth, as photographs and as radiographs, with four states of the enamel.

No picture of a person takes part: every pixel is computed from integer draws of a seeded generator.
The looks follow Witkop's description of amelogenesis imperfecta, coarsely: enamel that is thin
and pitted (hypoplastic), thick and mottled with little contrast to dentine (hypomature), or thick,
yellow, rough and less dense than dentine (hypocalcified).
"""

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from dice import Array, Dice
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Shape (height, width) in grey, or (height, width, 3) in colour."""

CLASSES = ("none", "hypoplastic", "hypomature", "hypocalcified")
SIZES = {"photo": (64, 96), "panoramic": (48, 112), "periapical": (64, 48)}
"""Height and width by modality."""

COLOURED = 3
"""Axes of a picture in colour."""

NECK = -0.1
"""Where enamel ends: this share of the half height above the middle of a tooth."""

CHALKY, BROWN, STAINED = 0.6, 0.4, 0.7
"""Where a smooth field from 0 to 1 makes patches: above, below, above."""

TEETH = {"photo": 4, "panoramic": 8, "periapical": 2}


@dataclass(frozen=True, kw_only=True)
class Mouth:
    """What all pictures of a patient share.

    `kind` is one of CLASSES; `severity` from 0 to 1 is how much of it there is to be seen; `tone`
    is how yellow the teeth are by nature, which has nothing to do with a defect.
    """

    kind: str
    severity: float
    tone: float


def draw(dice: Dice, mouth: Mouth, /, *, modality: str) -> Picture:
    """Draw one picture of a mouth; exposure, teeth and dirt differ between pictures."""
    height, width = SIZES[modality]
    enamel, dentine = _anatomy(dice, modality=modality)
    # A picture may show less of the defect than there is.
    seen = mouth.severity * (0.15 + 0.85 * dice.one())
    if modality == "photo":
        return _photograph(dice, mouth, enamel=enamel | dentine, seen=seen)
    thin = enamel & (_smooth(dice, height, width) > 0.75 - 0.75 * seen)
    shown = enamel & ~thin if mouth.kind == "hypoplastic" else enamel
    density = {
        "none": 1.0,
        "hypoplastic": 1.0 - 0.1 * seen,
        "hypomature": 1.0 - 0.45 * seen,
        "hypocalcified": 1.0 - 0.8 * seen,
    }[mouth.kind]
    grey = 30 + 12 * _smooth(dice, height, width)
    grey = np.where(dentine | enamel, 120 + 10 * _smooth(dice, height, width), grey)
    grey = np.where(shown, 120 + 85 * density + 8 * _smooth(dice, height, width), grey)
    return _exposed(dice, grey)


def _anatomy(dice: Dice, /, *, modality: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Place teeth side by side; give where enamel is, and dentine."""
    height, width = SIZES[modality]
    rows, columns = np.mgrid[0:height, 0:width]
    enamel, dentine = (np.zeros((height, width), dtype=np.bool_) for _ in range(2))
    step = width / TEETH[modality]
    for number in range(TEETH[modality]):
        jitter = dice.uniform(4)
        middle = step * (number + 0.5) + (jitter[0] - 0.5) * 0.12 * step
        half = step * (0.38 + 0.08 * jitter[1])
        top, bottom = height * (0.18 + 0.08 * jitter[2]), height * (0.80 + 0.08 * jitter[3])
        across = np.abs(columns - middle) / half
        along = (rows - (top + bottom) / 2) / ((bottom - top) / 2)
        tooth = across**4 + np.abs(along) ** 4 < 1
        # Enamel covers the crown, the lower part here, and ends towards the root.
        inner = (across * 1.35) ** 4 + np.abs(along * 1.2) ** 4 < 1
        crown = tooth & (along > NECK)
        enamel |= crown & ~inner
        dentine |= tooth & ~(crown & ~inner)
    return enamel, dentine & ~enamel


def _photograph(dice: Dice, mouth: Mouth, /, *, enamel: NDArray[np.bool_], seen: float) -> Picture:
    height, width = enamel.shape
    rough, fine = _smooth(dice, height, width), dice.uniform(height, width)
    yellow = 0.25 * mouth.tone
    stains = dice.one() * 45 * (_smooth(dice, height, width) > STAINED)  # healthy teeth too
    whiteness = 205 + 10 * rough - stains
    if mouth.kind == "hypoplastic":  # pits and grooves
        pits = (fine < 0.10 * seen) | (np.abs(rough - 0.5) < 0.05 * seen)
        whiteness = np.where(pits, whiteness - 70, whiteness)
    elif mouth.kind == "hypomature":  # chalky and brown patches side by side
        patches = np.where(rough > CHALKY, 30, np.where(rough < BROWN, -35, 0))
        whiteness = whiteness + seen * patches
        yellow += 0.10 * seen
    elif mouth.kind == "hypocalcified":  # yellow-brown and rough
        whiteness = whiteness - 40 * seen - 40 * seen * fine
        yellow += 0.35 * seen
    teeth = np.stack([whiteness, whiteness * (1 - 0.35 * yellow), whiteness * (1 - yellow)], axis=2)
    gum = np.stack([150 + 25 * rough, 70 + 15 * rough, 75 + 15 * rough], axis=2)
    return _exposed(dice, np.where(enamel[:, :, None], teeth, gum))


def _smooth(dice: Dice, height: int, width: int) -> Array:
    """Draw a field from 0 to 1 that varies over some eight pixels."""
    coarse = dice.uniform(height // 8 + 2, width // 8 + 2)
    rows, columns = np.arange(height) / 8, np.arange(width) / 8
    row, column = rows.astype(int), columns.astype(int)
    down, right = (rows - row)[:, None], (columns - column)[None, :]
    upper = coarse[row][:, column] * (1 - right) + coarse[row][:, column + 1] * right
    lower = coarse[row + 1][:, column] * (1 - right) + coarse[row + 1][:, column + 1] * right
    field: Array = upper * (1 - down) + lower * down
    return field


def _exposed(dice: Dice, light: Array, /) -> Picture:
    """Turn light into a picture: another exposure each time, and noise."""
    gain, offset = 0.85 + 0.3 * dice.one(), 20 * (dice.one() - 0.5)
    aslant = 1 + 0.35 * (dice.one() - 0.5) * np.linspace(-1, 1, light.shape[1])
    fallen = light * (aslant[None, :, None] if light.ndim == COLOURED else aslant[None, :])
    noisy = gain * fallen + offset + 6 * dice.normal(*light.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def png(picture: Picture, /) -> bytes:
    """Write a picture as PNG, stored and not compressed, so that every machine writes the same."""
    height, width = picture.shape[:2]
    colour = 2 if picture.ndim == COLOURED else 0
    lines = b"".join(b"\0" + picture[row].tobytes() for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 0)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
