"""The baseline `smoothed`: what is darker than its surroundings by a margin learned from examples.

    zip code.zip main.py

Each slice is blurred, and the blurred brightness of its wider surroundings is taken away. The
margin and the least size of a lesion are those with the best mean Dice on the training slices.
"""

import io
import zipfile
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter, label

INPUT = Path("/input")
OUTPUT = Path("/output")

NEAR, WIDE = 2.5, 20.0
"""Standard deviations of the two blurs, in pixels."""

MARGINS = range(4, 17)
SIZES = (0, 20, 40, 60)
"""Margins of brightness, and least sizes in pixels, that are tried."""

Contrast = NDArray[np.float64]
Mask = NDArray[np.bool_]


def main() -> None:
    """Learn from train_images.zip and train_masks.zip, and write predictions.zip."""
    examples = read(INPUT / "train_images.zip")
    truth = read(INPUT / "train_masks.zip")
    contrasts = {name: contrast(image) for name, image in examples.items()}
    margin, size = learned(contrasts, {name: mask > 0 for name, mask in truth.items()})
    with zipfile.ZipFile(OUTPUT / "predictions.zip", "w") as archive:
        for name, image in read(INPUT / "test_images.zip").items():
            mask = lesions(contrast(image), margin=margin, size=size)
            archive.writestr(zipfile.ZipInfo(name), png(mask))


def read(path: Path, /) -> dict[str, NDArray[np.float64]]:
    """Give the pixels of each picture of an archive, by its name."""
    pictures = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with Image.open(io.BytesIO(archive.read(name))) as picture:
                pictures[name] = np.asarray(picture, dtype=np.float64)
    return pictures


def contrast(image: NDArray[np.float64], /) -> Contrast:
    """Give by how much each pixel is darker than its wider surroundings."""
    darker: Contrast = gaussian_filter(image, WIDE) - gaussian_filter(image, NEAR)
    return darker


def lesions(darker: Contrast, /, *, margin: float, size: int) -> Mask:
    """Give the pieces of at least `size` pixels that are darker by more than `margin`."""
    pieces, _ = label(darker > margin)
    large = np.bincount(pieces.ravel()) >= size
    large[0] = False
    found: Mask = large[pieces]
    return found


def learned(contrasts: Mapping[str, Contrast], truth: Mapping[str, Mask], /) -> tuple[int, int]:
    """Give the margin and the size with the best mean Dice; the first of equals."""
    scores = {
        (margin, size): np.mean(
            [
                dice(lesions(darker, margin=margin, size=size), truth[name])
                for name, darker in contrasts.items()
            ]
        )
        for margin, size in product(MARGINS, SIZES)
    }
    return max(scores, key=scores.__getitem__)


def dice(one: Mask, other: Mask, /) -> float:
    """Give twice the pixels of both over the pixels of each, and 1 if neither has any."""
    total = int(one.sum()) + int(other.sum())
    return 2 * int((one & other).sum()) / total if total else 1.0


def png(mask: Mask, /) -> bytes:
    """Write a mask as a grey PNG: 1 where it is, else 0."""
    stream = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


if __name__ == "__main__":
    main()
